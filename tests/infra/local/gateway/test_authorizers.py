from __future__ import annotations

import json
from typing import Any

import pytest

from infra.local.gateway.authorizers import read_result
from infra.local.gateway.faults import GatewayFault
from infra.local.ports import FunctionForbidden, FunctionThrottled
from tests.infra.local.gateway.fakes import ACCOUNT, API_ID, FUNCTION, REGION, STAGE, World, header, lambda_uri

AUTHORIZER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:auth"
ARN = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{API_ID}/{STAGE}"


def policy(effect: str = "Allow", resource: Any = "*", **more: Any) -> dict[str, Any]:
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "user", "policyDocument": document, **more}


def world_with(answer: Any = None, **authorizer: Any) -> World:
    world = World()
    world.live.authorizers["a1"] = {
        "id": "a1",
        "name": "auth",
        "type": "TOKEN",
        "identitySource": "method.request.header.Authorization",
        "authorizerUri": lambda_uri(AUTHORIZER),
        **authorizer,
    }
    secured = {"authorizationType": "CUSTOM", "authorizerId": "a1"}
    world.method("/orders/{id}", "ANY", **secured)
    world.method("/users", **secured)
    world.functions.handlers[AUTHORIZER] = answer if callable(answer) else lambda event: answer or policy()
    return world


TOKEN = (("Authorization", "Bearer abc"),)


def asked(world: World) -> list[Any]:
    return [event for arn, event in world.functions.events if arn == AUTHORIZER]


async def test_token_event() -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html"""
    world = world_with()
    assert (await world.call("/orders/7", "PUT", headers=TOKEN)).status == 200
    assert asked(world) == [{"type": "TOKEN", "methodArn": f"{ARN}/PUT/orders/7", "authorizationToken": "Bearer abc"}]


async def test_request_event() -> None:
    world = world_with(
        type="REQUEST", identitySource="method.request.header.Authorization, method.request.querystring.q"
    )
    await world.call("/orders/7", query="q=1&q=2", headers=TOKEN)
    event = asked(world)[0]
    assert {k: event[k] for k in event if k not in ("headers", "multiValueHeaders", "requestContext")} == {
        "type": "REQUEST",
        "methodArn": f"{ARN}/GET/orders/7",
        "resource": "/orders/{id}",
        "path": "/orders/7",
        "httpMethod": "GET",
        "queryStringParameters": {"q": "2"},
        "multiValueQueryStringParameters": {"q": ["1", "2"]},
        "pathParameters": {"id": "7"},
        "stageVariables": {},
    }
    assert event["headers"]["Authorization"] == "Bearer abc"
    assert event["requestContext"]["resourcePath"] == "/orders/{id}"


@pytest.mark.parametrize(
    ("headers", "more"),
    [
        pytest.param((), {}, id="missing"),
        pytest.param((("Authorization", ""),), {}, id="empty"),
        pytest.param(TOKEN, {"identityValidationExpression": "Basic .*"}, id="does not fit the expression"),
        pytest.param(TOKEN, {"identityValidationExpression": "Bearer"}, id="fits only in part"),
        pytest.param(
            TOKEN,
            {"type": "REQUEST", "identitySource": "method.request.header.Authorization,method.request.querystring.q"},
            id="one of two sources",
        ),
    ],
)
async def test_unauthorized_without_invoking(headers: Any, more: dict[str, Any]) -> None:
    world = world_with(**more)
    response = await world.call("/users", headers=headers)
    assert (response.status, response.body) == (401, b'{"message":"Unauthorized"}')
    assert header(response, "x-amzn-ErrorType") == "UnauthorizedException"
    assert asked(world) == []


async def test_context_reaches_the_integration_as_text() -> None:
    """Documented: strings, numbers and booleans, all as text."""
    world = world_with(policy(context={"name": "a", "age": 3, "admin": True, "none": None}))
    await world.call("/users", headers=TOKEN)
    latency = world.event["requestContext"]["authorizer"].pop("integrationLatency")
    expected = {"principalId": "user", "name": "a", "age": "3", "admin": "true"}
    assert (world.event["requestContext"]["authorizer"], latency) == (expected, 0)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(policy("Deny"), "User is not authorized to access this resource with an explicit deny", id="deny"),
        pytest.param(
            policy(resource=f"{ARN}/GET/other"), "User is not authorized to access this resource", id="no match"
        ),
    ],
)
async def test_denied(answer: Any, message: str) -> None:
    response = await world_with(answer).call("/users", headers=TOKEN)
    assert (response.status, json.loads(response.body)) == (403, {"Message": message})
    assert header(response, "x-amzn-ErrorType") == "AccessDeniedException"


def raising(message: str) -> Any:
    def handler(event: Any) -> Any:
        raise RuntimeError(message)

    return handler


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        pytest.param(raising("Unauthorized"), 401, "UnauthorizedException", id="exactly Unauthorized"),
        pytest.param(raising("unauthorized"), 500, "AuthorizerFailureException", id="another case"),
        pytest.param(raising("boom"), 500, "AuthorizerFailureException", id="any other error"),
        pytest.param({"statusCode": 401}, 500, "AuthorizerConfigurationException", id="no policy"),
        pytest.param(policy(context={"list": [1]}), 500, "AuthorizerConfigurationException", id="list in context"),
        pytest.param(
            {"principalId": "u", "policyDocument": {}}, 500, "AuthorizerConfigurationException", id="empty policy"
        ),
        pytest.param(b"null", 500, "AuthorizerConfigurationException", id="null"),
    ],
)
async def test_broken_authorizers(answer: Any, status: int, error: str) -> None:
    world = world_with(answer if callable(answer) else lambda event: answer)
    for _ in range(2):  # failures are never cached
        response = await world.call("/users", headers=TOKEN)
    assert (response.status, header(response, "x-amzn-ErrorType")) == (status, error)
    assert len(asked(world)) == 2
    if status == 500:
        assert response.body == b'{"message":null}'


@pytest.mark.parametrize(
    ("raised", "error"),
    [(FunctionForbidden(), "AuthorizerConfigurationException"), (FunctionThrottled(), "AuthorizerFailureException")],
    ids=["forbidden", "throttled"],
)
async def test_unreachable_authorizers(raised: Exception, error: str) -> None:
    world = world_with()
    world.functions.raises = raised
    assert header(await world.call("/users", headers=TOKEN), "x-amzn-ErrorType") == error


async def test_the_policy_is_cached_and_evaluated_again() -> None:
    """The wildcard trap: a policy for one method denies the next one until the TTL ends."""
    world = world_with(lambda event: policy(resource=event["methodArn"]))
    assert (await world.call("/users", headers=TOKEN)).status == 200
    assert (await world.call("/orders/1", headers=TOKEN)).status == 403
    assert len(asked(world)) == 1
    world.clock.now += 301
    assert (await world.call("/orders/1", headers=TOKEN)).status == 200
    assert len(asked(world)) == 2


@pytest.mark.parametrize(
    ("more", "headers", "calls"),
    [
        pytest.param({}, [TOKEN, TOKEN], 1, id="same token"),
        pytest.param({}, [TOKEN, (("Authorization", "x"),)], 2, id="other token"),
        pytest.param({"authorizerResultTtlInSeconds": 0}, [TOKEN, TOKEN], 2, id="no cache"),
        pytest.param({"type": "REQUEST", "identitySource": ""}, [TOKEN, TOKEN], 2, id="nothing to key by"),
    ],
)
async def test_cache_key(more: dict[str, Any], headers: list[Any], calls: int) -> None:
    world = world_with(**more)
    for one in headers:
        assert (await world.call("/users", headers=one)).status == 200
    assert len(asked(world)) == calls


async def test_flushing_the_cache() -> None:
    world = world_with()
    await world.call("/users", headers=TOKEN)
    world.region.authorizer_epoch[API_ID, STAGE] = 1
    await world.call("/users", headers=TOKEN)
    assert len(asked(world)) == 2


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        pytest.param((), "", 403, id="unsigned"),
        pytest.param(TOKEN, "", 403, id="another scheme"),
        pytest.param((("Authorization", "AWS4-HMAC-SHA256 Credential=..."),), "", 200, id="signed"),
        pytest.param((), "X-Amz-Signature=1", 200, id="presigned"),
    ],
)
async def test_iam(headers: Any, query: str, status: int) -> None:
    world = World()
    world.method("/", authorizationType="AWS_IAM")
    response = await world.call(headers=headers, query=query)
    assert response.status == status
    if status == 403:
        assert response.body == b'{"message":"Missing Authentication Token"}'


async def test_cognito_tokens_are_never_trusted() -> None:
    world = World()
    world.method("/", authorizationType="COGNITO_USER_POOLS", authorizerId="c")
    assert (await world.call(headers=TOKEN)).status == 401


async def test_the_key_of_an_authorizer_is_metered() -> None:
    """apiKeySource AUTHORIZER: usageIdentifierKey is the key's value."""
    world = world_with(policy(usageIdentifierKey="k" * 20))
    world.live.settings["apiKeySource"] = "AUTHORIZER"
    for resource in world.live.resources.values():
        for method in resource["resourceMethods"].values():
            method["apiKeyRequired"] = True
    world.region.api_keys["k1"] = {"id": "k1", "value": "k" * 20, "enabled": True}
    world.region.usage_plans["p1"] = {"id": "p1", "apiStages": [{"apiId": API_ID, "stage": STAGE}]}
    world.region.usage_plan_keys["p1"] = ["k1"]
    assert (await world.call("/users", headers=TOKEN)).status == 200
    assert world.event["requestContext"]["identity"]["apiKeyId"] == "k1"
    assert world.region.usage == {("p1", "k1"): {"2026-11-24": 1}}
    assert FUNCTION in [arn for arn, _ in world.functions.events]


def test_read_result_takes_a_single_statement() -> None:
    answer = policy()
    answer["policyDocument"]["Statement"] = answer["policyDocument"]["Statement"][0]
    assert read_result(json.dumps(answer).encode()).principal_id == "user"


def test_read_result_refuses_text() -> None:
    with pytest.raises(GatewayFault):
        read_result(b'"Unauthorized"')
