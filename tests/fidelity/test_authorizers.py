"""Lambda authorizers on the wire: what they get, what they may answer, and what is cached."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .apis import lambda_proxy
from .facts import case, fact, guide, reference, unsure
from .functions import AUTHORIZER
from .gateway import ACCOUNT, ROLE, Answer, Api, Cloud, replace

USE = guide("apigateway-use-lambda-authorizer")
OUTPUT = guide("api-gateway-lambda-authorizer-output")
INPUT = guide("api-gateway-lambda-authorizer-input")
CACHE = reference("API_Authorizer")
KEYS = guide("api-gateway-api-key-source")


@pytest.fixture(scope="module")
def function(cloud: Cloud, unique: str) -> str:
    return cloud.function(f"fidelity-authorizer-{unique}", AUTHORIZER)


class Guarded:
    """GET /a and /b of an API, each below /token, /cached, /checked, /request and /sources, answered by the echo function."""

    def __init__(self, cloud: Cloud, function: str, echo: str) -> None:
        self.cloud, self.api = cloud, cloud.api("guarded")
        uri = cloud.invocation_uri(function)
        token = {"type": "TOKEN", "identitySource": "method.request.header.Authorization"}
        kinds: dict[str, dict[str, Any]] = {
            "token": token | {"authorizerResultTtlInSeconds": 0},
            "cached": token | {"authorizerResultTtlInSeconds": 300},
            "checked": token | {"authorizerResultTtlInSeconds": 0, "identityValidationExpression": "^[a-z:]+$"},
            "request": {"type": "REQUEST", "authorizerResultTtlInSeconds": 0},
            "sources": {
                "type": "REQUEST", "authorizerResultTtlInSeconds": 300,
                "identitySource": "method.request.header.x-token,method.request.querystring.user",
            },
        }  # fmt: skip
        integration = lambda_proxy(cloud, echo)
        for kind, settings in kinds.items():
            made = self.api.control.create_authorizer(
                restApiId=self.api.id, name=kind, authorizerUri=uri, authorizerCredentials=ROLE, **settings
            )
            for path in (f"/{kind}/a", f"/{kind}/b"):
                self.api.method("GET", path, integration, authorizationType="CUSTOM", authorizerId=made["id"])
        self.api.deploy()

    def get(self, path: str, token: str | None = None) -> Answer:
        return self.api.get(path, {} if token is None else {"Authorization": token})

    def request(self, path: str, token: str | None) -> Answer:
        return self.api.get(path, {} if token is None else {"x-token": token})


@pytest.fixture(scope="module")
def guarded(cloud: Cloud, function: str, echo: str) -> Guarded:
    return Guarded(cloud, function, echo)


def token_authorizer(api: Api, function: str, **settings: Any) -> dict[str, Any]:
    uri = api.cloud.invocation_uri(function)
    made = api.control.create_authorizer(
        restApiId=api.id, name="a", type="TOKEN", authorizerUri=uri, authorizerCredentials=ROLE,
        identitySource="method.request.header.Authorization", **settings,
    )  # fmt: skip
    return dict(made)


def context(answer: Answer) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    return dict(answer.json()["requestContext"]["authorizer"])


# decisions

UNAUTHORIZED = {"message": "Unauthorized"}


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        case("AUT-01", "An allowing policy opens the method", USE, "/token/a", "allow", 200),
        case("AUT-02", "No token is 401 without asking the function", CACHE, "/token/a", None, 401),
        case("AUT-03", "A function that raises exactly Unauthorized is 401", USE, "/token/a", "unauthorized", 401),
        case("AUT-04", "A denying policy is 403", USE, "/token/a", "deny", 403),
        case("AUT-05", "A policy for another resource is 403", USE, "/token/a", "elsewhere", 403),
        case("AUT-06", "A function that raises anything else is 500", USE, "/token/a", "broken", 500),
        case("AUT-07", "An answer without a policy is 500", OUTPUT, "/token/a", "malformed", 500),
        case("AUT-08", "A context with an object in it is 500", OUTPUT, "/token/a", "nested", 500),
        case(
            "AUT-09",
            "A token that does not match the validation expression is 401",
            CACHE,
            "/checked/a",
            "NOT-SMALL",
            401,
        ),
        case(
            "AUT-10",
            "A token that matches the validation expression is passed to the function",
            CACHE,
            "/checked/a",
            "allow",
            200,
        ),
    ],
)
def test_decision(guarded: Guarded, path: str, token: str | None, status: int) -> None:
    assert guarded.get(path, token).status == status


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        case("AUT-11", "A missing token is UnauthorizedException", USE, None, "UnauthorizedException"),
        case("AUT-12", "A denied request is AccessDeniedException", USE, "deny", "AccessDeniedException"),
        case(
            "AUT-13",
            "A broken authorizer is AuthorizerConfigurationException",
            guide("supported-gateway-response-types"),
            "malformed",
            "AuthorizerConfigurationException",
        ),
    ],
)
def test_error_type(guarded: Guarded, token: str | None, kind: str) -> None:
    assert guarded.get("/token/a", token).header("x-amzn-ErrorType") == kind


@fact("AUT-14", "A 401 says Unauthorized", USE)
def test_unauthorized_body(guarded: Guarded) -> None:
    assert guarded.get("/token/a").json() == guarded.get("/token/a", "unauthorized").json() == UNAUTHORIZED


@fact("AUT-15", "A denied request says that the user is not authorized to access this resource", USE)
def test_denied_body(guarded: Guarded) -> None:
    (message,) = guarded.get("/token/a", "elsewhere").json().values()
    assert message == "User is not authorized to access this resource"


@fact(
    "AUT-16",
    "An explicit deny is named in the message",
    unsure("https://repost.aws/knowledge-center/api-gateway-lambda-authorization-errors"),
)
def test_explicit_deny(guarded: Guarded) -> None:
    (message,) = guarded.get("/token/a", "deny").json().values()
    assert message.startswith("User is not authorized to access this resource with an explicit deny")


# what the function gets and what the backend sees


@fact("AUT-20", "A TOKEN authorizer gets type, token and method ARN and nothing else", INPUT)
def test_token_event(guarded: Guarded) -> None:
    seen = json.loads(context(guarded.get("/token/a", "allow"))["event"])
    arn = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{guarded.api.id}/dev/GET/token/a"
    assert seen == {"type": "TOKEN", "authorizationToken": "allow", "methodArn": arn}


@fact("AUT-21", "A REQUEST authorizer gets the request with these fields", INPUT)
def test_request_event(guarded: Guarded) -> None:
    seen = json.loads(context(guarded.api.get("/request/a?q=1&q=2", {"x-token": "allow"}))["event"])
    assert set(seen) == {
        "type", "methodArn", "resource", "path", "httpMethod", "headers", "multiValueHeaders", "queryStringParameters",
        "multiValueQueryStringParameters", "pathParameters", "stageVariables", "requestContext",
    }  # fmt: skip
    assert (seen["type"], seen["path"], seen["resource"], seen["httpMethod"]) == (
        "REQUEST",
        "/request/a",
        "/request/a",
        "GET",
    )
    assert seen["multiValueQueryStringParameters"] == {"q": ["1", "2"]}
    assert seen["methodArn"].endswith(f"{guarded.api.id}/dev/GET/request/a")


@fact("AUT-22", "A REQUEST authorizer gets empty maps where a proxy event has null", INPUT)
def test_request_event_empty(guarded: Guarded) -> None:
    seen = json.loads(context(guarded.request("/request/a", "allow"))["event"])
    assert seen["queryStringParameters"] == seen["pathParameters"] == seen["stageVariables"] == {}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        case("AUT-23", "The principal is in the request context of the backend", OUTPUT, "principalId", "someone"),
        case("AUT-24", "A number of the context reaches the backend as text", OUTPUT, "number", "42"),
        case("AUT-25", "A boolean of the context reaches the backend as text", OUTPUT, "yes", "true"),
        case("AUT-26", "A text of the context reaches the backend as it is", OUTPUT, "text", "x"),
    ],
)
def test_context(guarded: Guarded, name: str, expected: str) -> None:
    assert context(guarded.get("/token/a", "allow"))[name] == expected


@fact(
    "AUT-27",
    "The backend sees how long the authorizer took",
    unsure("https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html"),
)
def test_latency(guarded: Guarded) -> None:
    assert isinstance(context(guarded.get("/token/a", "allow"))["integrationLatency"], int)


@fact("AUT-28", "`$context.authorizer` has principal and values in a mapping template", OUTPUT)
def test_template(cloud: Cloud, function: str) -> None:
    api = cloud.api("guarded-template")
    made = token_authorizer(api, function)
    template = "$context.authorizer.principalId $context.authorizer.number $context.authorizer.text"
    api.mock("GET", "/", template, authorizationType="CUSTOM", authorizerId=made["id"])
    api.deploy()
    assert api.get("/", {"Authorization": "allow"}).text == "someone 42 x"


# caching


def call(answer: Answer) -> str:
    return str(context(answer)["call"])


@fact("AUT-30", "With a time to live of 0 the function is asked for every request", CACHE)
def test_no_cache(guarded: Guarded) -> None:
    assert call(guarded.get("/token/a", "allow")) != call(guarded.get("/token/a", "allow"))


@fact("AUT-31", "A cached answer is used for the same token", CACHE)
def test_cache(guarded: Guarded) -> None:
    assert call(guarded.get("/cached/a", "stage:same")) == call(guarded.get("/cached/a", "stage:same"))


@fact("AUT-32", "Another token asks the function again", CACHE)
def test_cache_other_token(guarded: Guarded) -> None:
    assert call(guarded.get("/cached/a", "stage:one")) != call(guarded.get("/cached/a", "stage:two"))


@fact("AUT-33", "A cached policy is used for another method of the stage when it covers it", CACHE)
def test_cache_other_method(guarded: Guarded) -> None:
    assert call(guarded.get("/cached/a", "stage:both")) == call(guarded.get("/cached/b", "stage:both"))


@fact(
    "AUT-34",
    "A cached policy for one method is 403 for another",
    unsure("https://github.com/auth0-samples/jwt-rsa-aws-custom-authorizer/pull/8"),
)
def test_cache_narrow(guarded: Guarded) -> None:
    assert guarded.get("/cached/a", "allow:narrow").status == 200
    assert guarded.get("/cached/b", "allow:narrow").status == 403


@fact(
    "AUT-35",
    "Flushing the authorizers' cache of a stage asks the function again",
    reference("API_FlushStageAuthorizersCache"),
)
def test_flush(guarded: Guarded) -> None:
    before = call(guarded.get("/cached/a", "stage:flush"))
    gone = guarded.api.control.flush_stage_authorizers_cache(restApiId=guarded.api.id, stageName="dev")
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert call(guarded.get("/cached/a", "stage:flush")) != before


@fact("AUT-36", "A cached REQUEST authorizer is 401 when one identity source is missing", CACHE)
def test_missing_source(guarded: Guarded) -> None:
    assert guarded.request("/sources/a", "stage").status == 401
    assert guarded.api.get("/sources/a?user=x").status == 401


@fact("AUT-37", "A cached REQUEST authorizer is 401 when one identity source is empty", CACHE)
def test_empty_source(guarded: Guarded) -> None:
    assert guarded.request("/sources/a?user=", "stage").status == 401


@fact("AUT-38", "A REQUEST authorizer is cached by all identity sources together", CACHE)
def test_cache_sources(guarded: Guarded) -> None:
    first = call(guarded.request("/sources/a?user=1", "stage"))
    assert call(guarded.request("/sources/a?user=1", "stage")) == first
    assert call(guarded.request("/sources/a?user=2", "stage")) != first


@fact("AUT-39", "A REQUEST authorizer without identity sources and cache is asked without any header", CACHE)
def test_no_sources(guarded: Guarded) -> None:
    assert guarded.request("/request/a", None).status == 200


@fact("AUT-40", "A denial is cached as well", unsure("https://github.com/ministackorg/ministack/pull/1367"))
def test_cached_denial(guarded: Guarded) -> None:
    assert [guarded.get("/cached/a", "deny").status for _ in range(2)] == [403, 403]


# keys from the authorizer


@pytest.fixture(scope="module")
def metered(cloud: Cloud, function: str) -> tuple[Api, dict[str, Any], dict[str, Any]]:
    """An API that takes its keys from the authorizer, a key of its plan, and a key of no plan."""
    api = cloud.api("metered", apiKeySource="AUTHORIZER")
    made = token_authorizer(api, function, authorizerResultTtlInSeconds=0)
    api.mock("GET", "/", "ok", authorizationType="CUSTOM", authorizerId=made["id"], apiKeyRequired=True)
    api.deploy()
    plan = cloud.control.create_usage_plan(
        name="metered", apiStages=[{"apiId": api.id, "stage": "dev"}], quota={"limit": 2, "period": "DAY"}
    )
    key, loose = (cloud.control.create_api_key(name=name, enabled=True) for name in ("metered", "loose"))
    cloud.control.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    return api, key, loose


@fact("AUT-50", "The usage identifier key of the authorizer opens the method and is metered", KEYS)
def test_metered(metered: tuple[Api, dict[str, Any], dict[str, Any]]) -> None:
    api, key, _ = metered
    statuses = [api.get("/", {"Authorization": f"key:{key['value']}"}).status for _ in range(3)]
    assert statuses == [200, 200, 429]


@fact("AUT-51", "A usage identifier key that is in no plan is 403", KEYS)
def test_metered_loose(metered: tuple[Api, dict[str, Any], dict[str, Any]]) -> None:
    api, _, loose = metered
    assert api.get("/", {"Authorization": f"key:{loose['value']}"}).status == 403


@fact("AUT-52", "With keys from the authorizer the x-api-key header does not count", KEYS)
def test_metered_header(metered: tuple[Api, dict[str, Any], dict[str, Any]]) -> None:
    api, key, _ = metered
    assert api.get("/", {"Authorization": "allow", "x-api-key": key["value"]}).status == 403


@fact(
    "AUT-53",
    "The authorizer decides before the key is looked at",
    unsure("inferred: the key may come from the authorizer"),
)
def test_order_of_key(metered: tuple[Api, dict[str, Any], dict[str, Any]]) -> None:
    api, _, _ = metered
    assert api.get("/").status == 401


@fact(
    "AUT-54",
    "The authorizer decides before the request is validated",
    unsure("inferred: a refused caller must not probe the validation"),
)
def test_order_of_validation(cloud: Cloud, function: str) -> None:
    api = cloud.api("guarded-order")
    made = token_authorizer(api, function)
    validator = api.control.create_request_validator(restApiId=api.id, name="v", validateRequestParameters=True)["id"]
    api.mock(
        "GET", "/", "ok", authorizationType="CUSTOM", authorizerId=made["id"], requestValidatorId=validator,
        requestParameters={"method.request.querystring.q": True},
    )  # fmt: skip
    api.deploy()
    assert api.get("/").status == 401
    assert api.get("/", {"Authorization": "allow"}).status == 400


@fact("AUT-55", "A changed authorizer holds after a deployment", guide("how-to-deploy-api"))
def test_deployed(cloud: Cloud, function: str) -> None:
    api = cloud.api("guarded-later")
    made = token_authorizer(api, function)
    place = api.mock("GET", "/", "ok")
    api.deploy()
    api.control.update_method(
        **place, patchOperations=[replace("/authorizationType", "CUSTOM"), replace("/authorizerId", made["id"])]
    )
    assert api.get("/").status == 200
    api.deploy()
    assert api.get("/").status == 401
