"""The event that a Lambda proxy function gets."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .apis import lambda_proxy_api
from .facts import case, fact, guide, recorded
from .gateway import ACCOUNT, JSON, Api, Cloud


@pytest.fixture(scope="module")
def api(cloud: Cloud, echo: str, reply: str) -> Api:
    return lambda_proxy_api(cloud, echo, reply)


PROXY = recorded("lambda", "test_lambda_aws_proxy_integration")

MAPPING = recorded("lambda", "test_lambda_aws_proxy_integration_request_data_mapping")

TRACE = recorded("common", "TestApiGatewayCommon::test_invocation_trace_id")

EVENT = guide("set-up-lambda-proxy-integrations")


def event(api: Api, path: str = "/proxy-value", verb: str = "GET", **settings: Any) -> dict[str, Any]:
    settings.setdefault("headers", {"User-Agent": "fidelity"})
    settings.setdefault("stage", "plain")
    answer = api.send(verb, path, **settings)
    assert answer.status == 200, answer.body
    return dict(answer.json())


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
