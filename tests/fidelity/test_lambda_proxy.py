"""Lambda proxy integration: the event a function gets, and every rule for what it may answer."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from .facts import case, documented, fact, guide, recorded
from .gateway import ACCOUNT, JSON, ROLE, Answer, Api, Cloud, add

PROXY = recorded("lambda", "test_lambda_aws_proxy_integration")
FORMAT = recorded("lambda", "test_aws_proxy_response_payload_format_validation")
MAPPING = recorded("lambda", "test_lambda_aws_proxy_integration_request_data_mapping")
TRACE = recorded("common", "TestApiGatewayCommon::test_invocation_trace_id")
EVENT = guide("set-up-lambda-proxy-integrations")
FAILED = {"message": "Internal server error"}


def proxy(cloud: Cloud, arn: str, **settings: Any) -> dict[str, Any]:
    base = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": cloud.invocation_uri(arn), "credentials": ROLE}
    return base | settings


@pytest.fixture(scope="module")
def api(cloud: Cloud, echo: str, reply: str) -> Api:
    """ANY on /{proxy+} and /hardcoded echo the event; ANY on /reply answers what the body says."""
    made = cloud.api("lambda-proxy")
    for path in ("/{proxy+}", "/hardcoded"):
        made.method("ANY", path, proxy(cloud, echo))
    made.method("ANY", "/reply", proxy(cloud, reply))
    made.method("GET", "/wrong-verb", proxy(cloud, echo, integrationHttpMethod="GET"))
    parameters = {"integration.request.header.headerVar": "method.request.header.foobar"}
    made.method(
        "ANY", "/mapped/{part}", proxy(cloud, echo, requestParameters=parameters),
        requestParameters={"method.request.header.foobar": True},
    )  # fmt: skip
    made.deploy("dev", variables={"color": "blue"})
    made.deploy("plain")
    return made


def event(api: Api, path: str = "/proxy-value", verb: str = "GET", **settings: Any) -> dict[str, Any]:
    settings.setdefault("headers", {"User-Agent": "fidelity"})
    settings.setdefault("stage", "plain")
    answer = api.send(verb, path, **settings)
    assert answer.status == 200, answer.body
    return dict(answer.json())


# the shape of the event


@fact("LPE-01", "The event has exactly these twelve fields", PROXY)
def test_fields(api: Api) -> None:
    assert set(event(api)) == {
        "resource", "path", "httpMethod", "headers", "multiValueHeaders", "queryStringParameters",
        "multiValueQueryStringParameters", "pathParameters", "stageVariables", "requestContext", "body", "isBase64Encoded",
    }  # fmt: skip


@fact("LPE-02", "The request context has exactly these sixteen fields", PROXY)
def test_context_fields(api: Api) -> None:
    assert set(event(api)["requestContext"]) == {
        "accountId", "apiId", "deploymentId", "domainName", "domainPrefix", "extendedRequestId", "httpMethod", "identity",
        "path", "protocol", "requestId", "requestTime", "requestTimeEpoch", "resourceId", "resourcePath", "stage",
    }  # fmt: skip


@fact("LPE-03", "Only address and user agent of the identity are set without authorization", PROXY)
def test_identity(api: Api) -> None:
    identity = event(api)["requestContext"]["identity"]
    assert set(identity) == {
        "accessKey", "accountId", "caller", "cognitoAuthenticationProvider", "cognitoAuthenticationType", "cognitoIdentityId",
        "cognitoIdentityPoolId", "principalOrgId", "sourceIp", "user", "userAgent", "userArn",
    }  # fmt: skip
    assert {name for name, value in identity.items() if value is not None} == {"sourceIp", "userAgent"}
    assert identity["userAgent"] == "fidelity"


CONTEXT = {
    "httpMethod": "GET",
    "path": "/plain/proxy-value",
    "protocol": "HTTP/1.1",
    "resourcePath": "/{proxy+}",
    "stage": "plain",
    "accountId": ACCOUNT,
}


@pytest.mark.parametrize(
    "name",
    [
        case(f"LPE-{number:02}", f"The request context's {name} is {CONTEXT[name]!r} here", PROXY, name)
        for number, name in enumerate(CONTEXT, 4)
    ],
)
def test_context_value(api: Api, name: str) -> None:
    assert event(api)["requestContext"][name] == CONTEXT[name]


@fact("LPE-10", "Ids of API, deployment and resource are in the request context", PROXY)
def test_context_ids(api: Api) -> None:
    context = event(api)["requestContext"]
    assert context["apiId"] == context["domainPrefix"] == api.id
    assert context["deploymentId"] == api.get_stage("plain")["deploymentId"]
    assert context["resourceId"] == api.resource("/{proxy+}")


@fact("LPE-11", "The request time is given as text and in milliseconds", PROXY)
def test_request_time(api: Api) -> None:
    context = event(api)["requestContext"]
    assert re.fullmatch(r"\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} \+0000", context["requestTime"])
    assert isinstance(context["requestTimeEpoch"], int)
    assert context["requestTimeEpoch"] > 10**12


@fact("LPE-12", "The request id is a UUID and the answer's x-amzn-RequestId", PROXY)
def test_request_id(api: Api) -> None:
    answer = api.get("/proxy-value")
    request_id = answer.json()["requestContext"]["requestId"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", request_id)
    assert answer.header("x-amzn-RequestId") == request_id
    assert answer.header("x-amz-apigw-id") == answer.json()["requestContext"]["extendedRequestId"]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        case("LPE-13", "Without a query string its two maps are null", PROXY, "queryStringParameters", None),
        case(
            "LPE-14", "Without a query string the map of lists is null", PROXY, "multiValueQueryStringParameters", None
        ),
        case("LPE-15", "Without a body the body is null", PROXY, "body", None),
        case("LPE-16", "Without stage variables they are null", PROXY, "stageVariables", None),
        case("LPE-17", "The resource is the path of the resource", PROXY, "resource", "/{proxy+}"),
        case("LPE-18", "A greedy variable is a path parameter", PROXY, "pathParameters", {"proxy": "proxy-value"}),
        case("LPE-19", "The path has no stage", PROXY, "path", "/proxy-value"),
    ],
)
def test_empty_fields(api: Api, field: str, expected: Any) -> None:
    assert event(api)[field] == expected


@fact("LPE-20", "Without path variables the path parameters are null", PROXY)
def test_no_path_parameters(api: Api) -> None:
    assert event(api, "/hardcoded")["pathParameters"] is None


@fact("LPE-21", "Stage variables are in the event", EVENT)
def test_stage_variables(api: Api) -> None:
    assert event(api, stage="dev")["stageVariables"] == {"color": "blue"}


PATHS = {
    "/proxy-value": ("/proxy-value", "proxy-value", "/plain/proxy-value"),
    "/proxy-value/": ("/proxy-value/", "proxy-value", "/plain/proxy-value/"),
    "/proxy-value//double-slash": (
        "/proxy-value//double-slash",
        "proxy-value//double-slash",
        "/plain/proxy-value//double-slash",
    ),
    "//proxy-value": ("/proxy-value", "proxy-value", "/plain//proxy-value"),
    "/a/test%2Balias@gmail.com/b/test+alias": (
        "/a/test%2Balias@gmail.com/b/test+alias",
        "a/test%2Balias@gmail.com/b/test+alias",
        "/plain/a/test%2Balias@gmail.com/b/test+alias",
    ),
}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        case(
            "LPE-22",
            "A trailing slash stays in the paths and not in the greedy variable",
            PROXY,
            "/proxy-value/",
            PATHS["/proxy-value/"],
        ),
        case(
            "LPE-23",
            "A double slash inside stays everywhere",
            PROXY,
            "/proxy-value//double-slash",
            PATHS["/proxy-value//double-slash"],
        ),
        case(
            "LPE-24",
            "A double slash in front is one in the path and two in the context's path",
            PROXY,
            "//proxy-value",
            PATHS["//proxy-value"],
        ),
        case(
            "LPE-25",
            "Paths and path parameters stay encoded",
            PROXY,
            "/a/test%2Balias@gmail.com/b/test+alias",
            PATHS["/a/test%2Balias@gmail.com/b/test+alias"],
        ),
    ],
)
def test_paths(api: Api, sent: str, expected: tuple[str, str, str]) -> None:
    seen = event(api, sent)
    assert (seen["path"], seen["pathParameters"]["proxy"], seen["requestContext"]["path"]) == expected


@fact("LPE-26", "A double slash in front still finds a literal resource", PROXY)
def test_double_slash_literal(api: Api) -> None:
    seen = event(api, "//hardcoded")
    assert (seen["resource"], seen["path"], seen["requestContext"]["path"]) == (
        "/hardcoded",
        "/hardcoded",
        "/plain//hardcoded",
    )


QUERIES = {
    "email=test%2Balias@gmail.com": {"email": "test+alias@gmail.com"},
    "plus=test+alias@gmail.com": {"plus": "test alias@gmail.com"},
    "whitespace=foo%20bar": {"whitespace": "foo bar"},
    "url=https://www.google.com/": {"url": "https://www.google.com/"},
    "date=2023-06-12T18:05:10.123456+00:00": {"date": "2023-06-12T18:05:10.123456 00:00"},
    "price=10&price=20&price=30": {"price": "30"},
}


@pytest.mark.parametrize(
    "query",
    [
        case("LPE-30", "Query values are decoded", PROXY, "email=test%2Balias@gmail.com"),
        case("LPE-31", "A plus in a query value is a space", PROXY, "plus=test+alias@gmail.com"),
        case("LPE-32", "An encoded space in a query value is a space", PROXY, "whitespace=foo%20bar"),
        case("LPE-33", "A URL as a query value is kept", PROXY, "url=https://www.google.com/"),
        case("LPE-34", "A plus in a date is a space", PROXY, "date=2023-06-12T18:05:10.123456+00:00"),
        case(
            "LPE-35",
            "Of a repeated query parameter the last one is the single value",
            PROXY,
            "price=10&price=20&price=30",
        ),
    ],
)
def test_queries(api: Api, query: str) -> None:
    assert event(api, f"/x?{query}")["queryStringParameters"] == QUERIES[query]


@fact("LPE-36", "A repeated query parameter has all its values in order in the map of lists", PROXY)
def test_repeated_query(api: Api) -> None:
    seen = event(api, "/x?category=electronics&category=books&price=10")
    assert seen["multiValueQueryStringParameters"] == {"category": ["electronics", "books"], "price": ["10"]}


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        case("LPE-40", "A header of the client keeps its case", PROXY, "tEsT-HEADeR", "tEsT-HEADeR"),
        case("LPE-41", "Authorization gets its usual case", PROXY, "aUThorization", "Authorization"),
        case("LPE-42", "User-Agent gets its usual case", MAPPING, "user-Agent", "User-Agent"),
    ],
)
def test_header_case(api: Api, sent: str, name: str) -> None:
    seen = event(api, headers={sent: "random-value"})
    assert seen["headers"][name] == "random-value"
    assert seen["multiValueHeaders"][name] == ["random-value"]


@fact("LPE-43", "Of a repeated header the last one is the single value and all are in the map of lists", EVENT)
def test_repeated_header(api: Api) -> None:
    seen = event(api, headers=[("x-many", "one"), ("x-many", "two")])
    assert (seen["headers"]["x-many"], seen["multiValueHeaders"]["x-many"]) == ("two", ["one", "two"])


@pytest.mark.parametrize(
    "name",
    [
        case("LPE-44", "The event has Host", PROXY, "Host"),
        case("LPE-45", "The event has X-Amzn-Trace-Id", PROXY, "X-Amzn-Trace-Id"),
        case("LPE-46", "The event has X-Forwarded-For", PROXY, "X-Forwarded-For"),
        case("LPE-47", "The event has X-Forwarded-Port", PROXY, "X-Forwarded-Port"),
        case("LPE-48", "The event has X-Forwarded-Proto", PROXY, "X-Forwarded-Proto"),
    ],
)
def test_added_headers(api: Api, name: str) -> None:
    seen = event(api)
    assert seen["multiValueHeaders"][name] == [seen["headers"][name]]


DROPPED = recorded("integrations", "TestApiGatewayHeaderRemapping::test_apigateway_header_remapping_aws[AWS_PROXY]")


@pytest.mark.parametrize(
    "name",
    [
        case("LPE-50", "Content-Length is not in the event", DROPPED, "Content-Length"),
        case("LPE-51", "Content-MD5 is not in the event", DROPPED, "Content-MD5"),
        case("LPE-52", "Max-Forwards is not in the event", DROPPED, "Max-Forwards"),
        case("LPE-53", "Proxy-Authenticate is not in the event", DROPPED, "Proxy-Authenticate"),
        case("LPE-54", "Server is not in the event", DROPPED, "Server"),
        case("LPE-55", "TE is not in the event", DROPPED, "TE"),
        case("LPE-56", "Trailer is not in the event", DROPPED, "Trailer"),
        case("LPE-57", "WWW-Authenticate is not in the event", DROPPED, "WWW-Authenticate"),
        case("LPE-58", "Connection is not in the event", DROPPED, "Connection"),
    ],
)
def test_dropped_headers(api: Api, name: str) -> None:
    seen = event(api, verb="POST", headers={name: "0" if name == "Content-Length" else "x", "x-kept": "y"}, body=b"")
    assert name.lower() not in {key.lower() for key in seen["headers"]}
    assert seen["headers"]["x-kept"] == "y"


@fact("LPE-60", "The body is the text as sent, and not base64", PROXY)
def test_body(api: Api) -> None:
    seen = event(api, verb="POST", headers={"Content-Type": JSON}, body='{"message": "hello world"}')
    assert (seen["body"], seen["isBase64Encoded"], seen["httpMethod"]) == ('{"message": "hello world"}', False, "POST")


@fact("LPE-61", "Request parameters of the integration are not used by the Lambda proxy", MAPPING)
def test_no_mapping(api: Api) -> None:
    seen = event(api, "/mapped/foobar?testVar=bar", headers={"foobar": "mapped-value", "headerVar": "request-value"})
    assert seen["headers"]["headerVar"] == "request-value"
    assert seen["pathParameters"] == {"part": "foobar"}
    assert seen["queryStringParameters"] == {"testVar": "bar"}


@fact("LPE-62", "A trace header of the client is passed on and answered", TRACE)
def test_trace_header(api: Api) -> None:
    trace = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"
    answer = api.get("/proxy-value", {"x-amzn-trace-id": trace})
    root = trace.split(";")[0]
    assert root in answer.json()["headers"]["X-Amzn-Trace-Id"]
    assert trace in (answer.header("X-Amzn-Trace-Id") or "")


@fact("LPE-63", "A trace header with only a root gets a parent", TRACE)
def test_trace_parent(api: Api) -> None:
    root = "Root=1-3152b799-8954dae64eda91bc9a23a7e8"
    found = api.get("/proxy-value", {"x-amzn-trace-id": root}).header("X-Amzn-Trace-Id") or ""
    assert found.startswith(root)
    assert found.split(";")[1].startswith("Parent=")


@fact("LPE-64", "An answer of a function has a trace header without being asked", TRACE)
def test_trace_answer(api: Api) -> None:
    assert (api.get("/proxy-value").header("X-Amzn-Trace-Id") or "").startswith("Root=1-")


# what a function may answer


def replied(api: Api, body: Any, headers: dict[str, str] | None = None, stage: str = "dev") -> Answer:
    return api.send("POST", "/reply", body=body, headers=headers or {}, stage=stage)


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        case("LPA-01", "A status alone is an empty answer", FORMAT, {"statusCode": 200}, 200, ""),
        case("LPA-02", "A status as text is taken", FORMAT, {"statusCode": "201"}, 201, ""),
        case("LPA-03", "Headers alone are an empty 200", FORMAT, {"headers": {"test-header": "value"}}, 200, ""),
        case("LPA-04", "A null map of headers is taken", FORMAT, {"statusCode": 200, "headers": None}, 200, ""),
        case(
            "LPA-05",
            "A base64 body without binary media types is answered as it is",
            FORMAT,
            {"statusCode": 200, "body": "dGVzdC1kYXRh", "isBase64Encoded": True},
            200,
            "dGVzdC1kYXRh",
        ),
        case(
            "LPA-06",
            "A body that is not marked as base64 is answered as it is",
            FORMAT,
            {"statusCode": 200, "body": "dGVzdC1kYXRh"},
            200,
            "dGVzdC1kYXRh",
        ),
        case("LPA-07", "A null body is an empty body", EVENT, {"statusCode": 200, "body": None}, 200, ""),
        case(
            "LPA-08",
            "An error status of the function is the answer's status",
            EVENT,
            {"statusCode": 418, "body": "teapot"},
            418,
            "teapot",
        ),
    ],
)
def test_answer(api: Api, answer: Any, status: int, body: str) -> None:
    found = replied(api, answer)
    assert (found.status, found.text) == (status, body)


@pytest.mark.parametrize(
    "answer",
    [
        case(
            "LPA-10", "One unknown field makes the answer malformed", FORMAT, {"statusCode": 200, "wrongValue": "value"}
        ),
        case("LPA-11", "An answer of null is malformed", FORMAT, None),
        case(
            "LPA-12",
            "A multi-value header that is no list is malformed",
            FORMAT,
            {"statusCode": 200, "multiValueHeaders": {"x": "value1"}},
        ),
        case("LPA-13", "A status that is no number is malformed", FORMAT, {"statusCode": "test"}),
        case("LPA-14", "A bare string is malformed", FORMAT, '"justAString"'),
        case("LPA-15", "A list is malformed", EVENT, "[1]"),
        case("LPA-16", "A number is malformed", EVENT, "42"),
        case(
            "LPA-17",
            "A body that is an object is malformed",
            documented("https://repost.aws/knowledge-center/malformed-502-api-gateway"),
            {"statusCode": 200, "body": {"a": 1}},
        ),
    ],
)
def test_malformed(api: Api, answer: Any) -> None:
    found = replied(api, answer)
    assert (found.status, found.json()) == (502, FAILED)


EMPTY = recorded("lambda", "test_lambda_aws_proxy_response_format")


@fact("LPA-18", "An empty object is a valid, empty 200", EMPTY)
def test_empty_object(api: Api) -> None:
    found = replied(api, "{}")
    assert (found.status, found.body) == (200, b"")


@pytest.mark.parametrize(
    ("answer", "name", "expected"),
    [
        case("LPA-20", "A header is answered", FORMAT, {"headers": {"test-header": "value"}}, "test-header", ["value"]),
        case(
            "LPA-21",
            "A boolean header is its text in small letters",
            FORMAT,
            {"headers": {"header-bool": True}},
            "header-bool",
            ["true"],
        ),
        case(
            "LPA-22", "A number header is its text", EVENT, {"headers": {"header-number": 42}}, "header-number", ["42"]
        ),
        case(
            "LPA-23", "The content type is JSON unless the function says otherwise", FORMAT, {}, "Content-Type", [JSON]
        ),
        case(
            "LPA-24",
            "The function's content type is answered",
            EVENT,
            {"headers": {"content-type": "text/plain"}},
            "Content-Type",
            ["text/plain"],
        ),
    ],
)
def test_headers(api: Api, answer: dict[str, Any], name: str, expected: list[str]) -> None:
    assert replied(api, {"statusCode": 200} | answer).all(name) == expected


def values(answer: Answer, name: str) -> list[str]:
    return [value.strip() for field in answer.all(name) for value in field.split(",")]


@fact("LPA-25", "Multi-value headers are all answered", FORMAT)
def test_multi_headers(api: Api) -> None:
    assert values(
        replied(api, {"statusCode": 200, "multiValueHeaders": {"test-multi": ["value1", "value2"]}}), "test-multi"
    ) == ["value1", "value2"]


@fact("LPA-26", "A header in both maps has the values of both, the list's first", FORMAT)
def test_both_headers(api: Api) -> None:
    answer = {
        "statusCode": 200,
        "multiValueHeaders": {"test-multi": ["value-multi"]},
        "headers": {"test-multi": "value-solo"},
    }
    assert values(replied(api, answer), "test-multi") == ["value-multi", "value-solo"]


@fact("LPA-27", "Of a header in both maps with another case the list's name comes first", FORMAT)
def test_both_headers_case(api: Api) -> None:
    answer = {
        "statusCode": 200,
        "multiValueHeaders": {"tesT-Multi": ["value-multi"]},
        "headers": {"test-multi": "value-solo"},
    }
    found = replied(api, answer)
    assert values(found, "test-multi") == ["value-multi", "value-solo"]
    assert next(name for name, _ in found.headers if name.lower() == "test-multi") == "tesT-Multi"


@fact("LPA-28", "A malformed answer is InternalServerErrorException", FORMAT)
def test_malformed_type(api: Api) -> None:
    assert (
        replied(api, {"statusCode": 200, "wrongValue": "value"}).header("x-amzn-ErrorType")
        == "InternalServerErrorException"
    )


@fact("LPA-29", "A function that raises gives 502", EVENT)
def test_raise(api: Api) -> None:
    found = replied(api, "{}", {"x-raise": "broken"})
    assert (found.status, found.json()) == (502, FAILED)


@fact(
    "LPA-30",
    "An integration verb other than POST gives 500",
    recorded("lambda", "test_lambda_aws_proxy_integration_non_post_method"),
)
def test_wrong_verb(api: Api) -> None:
    found = api.get("/wrong-verb")
    assert (found.status, found.json()) == (500, FAILED)


@fact(
    "LPA-31",
    "A function that is not there gives 500",
    documented("https://repost.aws/knowledge-center/api-gateway-lambda-stage-variable-500"),
)
def test_no_function(cloud: Cloud) -> None:
    api = cloud.api("no-function")
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:fidelity-not-there"
    api.method("GET", "/", proxy(cloud, arn))
    api.deploy()
    found = api.get("/")
    assert (found.status, found.json()) == (500, FAILED)


SLOW = """
import time

def handler(event, context):
    time.sleep(2)
    return {"statusCode": 200}
"""


@fact(
    "LPA-32",
    "A function that takes longer than the integration's timeout gives 504",
    guide("supported-gateway-response-types"),
)
def test_timeout(cloud: Cloud, unique: str) -> None:
    api = cloud.api("slow")
    api.method("GET", "/", proxy(cloud, cloud.function(f"fidelity-slow-{unique}", SLOW), timeoutInMillis=300))
    api.deploy()
    found = api.get("/")
    assert (found.status, found.json()) == (504, {"message": "Endpoint request timed out"})


@fact(
    "LPA-33",
    "A stage variable in the URI picks the function's alias, for the stage that has it",
    guide("amazon-api-gateway-using-stage-variables"),
)
def test_alias_by_stage_variable(cloud: Cloud, unique: str) -> None:
    client, name = cloud.client("lambda"), f"fidelity-alias-{unique}"
    arn = cloud.function(name, 'def handler(e, c):\n    return {"statusCode": 200, "body": c.function_version}\n')
    version = client.publish_version(FunctionName=name)["Version"]
    client.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    api = cloud.api("aliases")
    api.method("GET", "/", proxy(cloud, f"{arn}:${{stageVariables.alias}}"))
    api.deploy("dev", variables={"alias": "live"})
    assert api.get("/").text == version


# binary


PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/wIAAgkBAyMAlYwAAAAASUVORK5CYII=")
ENCODED = base64.b64encode(PNG).decode()
BINARY = recorded("lambda", "test_aws_proxy_binary_response")
IMAGE = {"statusCode": 200, "body": ENCODED, "isBase64Encoded": True, "headers": {"Content-Type": "image/png"}}


@pytest.fixture(scope="module")
def binary(cloud: Cloud, reply: str, echo: str) -> Api:
    """Stage none has no binary media types, some has image/png and */test, more has application/* and images."""
    api = cloud.api("binary")
    api.method("ANY", "/reply", proxy(cloud, reply))
    api.method("ANY", "/echo", proxy(cloud, echo))
    api.deploy("none")
    for stage, kinds in {"some": ("image~1png", "*~1test"), "more": ("application~1*", "image~1jpg")}.items():
        operations = [add(f"/binaryMediaTypes/{kind}") for kind in kinds]
        api.control.update_rest_api(restApiId=api.id, patchOperations=operations)
        api.deploy(stage)
    return api


ACCEPTS = [
    ("none", "image/png", False, "Without binary media types a base64 body stays text"),
    ("some", "image/png", True, "Accept that equals a binary media type decodes a base64 body"),
    ("some", "image/jpg", False, "Accept with another type leaves the body as text"),
    ("some", "image/*", False, "A wildcard in Accept does not match a binary media type"),
    ("some", "*/test", False, "A wildcard on the left is no binary media type, not even to itself"),
    ("some", "random/test", False, "A wildcard on the left of a binary media type matches nothing"),
    ("some", "*/*", False, "Accept of anything does not match a binary media type"),
    ("some", "image/webp,image/png,*/*;q=0.8", False, "Only the first type of Accept counts when it is the wrong one"),
    ("some", "image/png,image/*,*/*;q=0.8", True, "Only the first type of Accept counts when it is the right one"),
    ("some", None, False, "Without Accept the body stays text"),
    ("more", "application/whatever", True, "A wildcard on the right of a binary media type matches"),
    ("more", "application/*", True, "Accept may be the wildcard itself"),
    ("more", "image/jpg", True, "The content type of the answer does not matter, only Accept"),
    ("more", "application", False, "Accept that is no media type matches nothing"),
]


@pytest.mark.parametrize(
    ("stage", "accept", "decoded"),
    [
        case(f"BIN-{number:02}", statement, BINARY, stage, accept, decoded)
        for number, (stage, accept, decoded, statement) in enumerate(ACCEPTS, 1)
    ],
)
def test_binary_answer(binary: Api, stage: str, accept: str | None, decoded: bool) -> None:
    # The request is text: a binary request body would reach the function encoded.
    headers = {"Content-Type": "text/plain"} | ({"Accept": accept} if accept else {})
    found = replied(binary, IMAGE, headers, stage)
    assert found.status == 200
    assert found.body == (PNG if decoded else ENCODED.encode())


@fact("BIN-20", "A body that is not marked as base64 is not decoded", BINARY)
def test_unmarked(binary: Api) -> None:
    found = replied(
        binary, IMAGE | {"isBase64Encoded": False}, {"Accept": "image/png", "Content-Type": "text/plain"}, "some"
    )
    assert found.text == ENCODED


@fact("BIN-21", "A body that is marked as base64 and is not gives 500", BINARY)
def test_bad_base64(binary: Api) -> None:
    found = replied(binary, IMAGE | {"body": "èé+à)("}, {"Accept": "image/png", "Content-Type": "text/plain"}, "some")
    assert found.status == 500


@fact(
    "BIN-22", "A request body of a binary media type reaches the function as base64", guide("lambda-proxy-binary-media")
)
def test_binary_request(binary: Api) -> None:
    seen = binary.send("POST", "/echo", headers={"Content-Type": "image/png"}, body=PNG, stage="some").json()
    assert (seen["body"], seen["isBase64Encoded"]) == (ENCODED, True)


@fact("BIN-23", "A request body of another media type reaches the function as text", guide("lambda-proxy-binary-media"))
def test_text_request(binary: Api) -> None:
    seen = binary.send("POST", "/echo", headers={"Content-Type": "text/plain"}, body=b"text", stage="some").json()
    assert (seen["body"], seen["isBase64Encoded"]) == ("text", False)
