from __future__ import annotations

import base64
from typing import Any

import pytest

from infra.local.ports import FunctionForbidden, FunctionNotFound, FunctionThrottled
from tests.infra.local.gateway.fakes import ACCOUNT, API_ID, FUNCTION, REGION, World, header, proxy

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/wIAAgkBAyMAlYwAAAAASUVORK5CYII=")


def proxy_world(answer: Any = None, **settings: Any) -> World:
    world = World(**settings)
    world.method("/hardcoded")
    world.method("/{proxy+}", "ANY")
    if answer is not None:
        world.functions.handlers[FUNCTION] = lambda event: answer
    return world


HEADERS = (
    ("Host", f"{API_ID}.execute-api.{REGION}.amazonaws.com"),
    ("user-Agent", "python-requests/testing"),
    ("Accept-Encoding", "gzip, deflate"),
    ("tEsT-HEADeR", "aValUE"),
    ("aUThorization", "random-value"),
    ("Connection", "keep-alive"),
)


async def test_the_event() -> None:
    """test_lambda_aws_proxy_integration: invocation-payload-without-trailing-slash, of a regional endpoint."""
    world = proxy_world()
    await world.call("/proxy-value", headers=HEADERS)
    event = world.event
    trace, identifier = event["headers"]["X-Amzn-Trace-Id"], event["requestContext"]["requestId"]
    extended = event["requestContext"]["extendedRequestId"]
    single = {
        "Host": HEADERS[0][1],
        "User-Agent": "python-requests/testing",
        "Accept-Encoding": "gzip, deflate",
        "tEsT-HEADeR": "aValUE",
        "Authorization": "random-value",
        "X-Amzn-Trace-Id": trace,
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }
    identity = dict.fromkeys(
        [
            "accessKey",
            "accountId",
            "caller",
            "cognitoAuthenticationProvider",
            "cognitoAuthenticationType",
            "cognitoIdentityId",
            "cognitoIdentityPoolId",
            "principalOrgId",
            "user",
            "userArn",
        ]
    )
    assert event == {
        "body": None,
        "headers": single,
        "httpMethod": "GET",
        "isBase64Encoded": False,
        "multiValueHeaders": {name: [value] for name, value in single.items()},
        "multiValueQueryStringParameters": None,
        "path": "/proxy-value",
        "pathParameters": {"proxy": "proxy-value"},
        "queryStringParameters": None,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": API_ID,
            "deploymentId": "dep0",
            "domainName": HEADERS[0][1],
            "domainPrefix": API_ID,
            "extendedRequestId": extended,
            "httpMethod": "GET",
            "identity": {**identity, "sourceIp": "203.0.113.7", "userAgent": "python-requests/testing"},
            "path": "/test/proxy-value",
            "protocol": "HTTP/1.1",
            "requestId": identifier,
            "requestTime": "24/Nov/2026:12:00:00 +0000",
            "requestTimeEpoch": 1_795_521_600_000,
            "resourceId": "res1",
            "resourcePath": "/{proxy+}",
            "stage": "test",
        },
        "resource": "/{proxy+}",
        "stageVariables": None,
    }
    assert len(identifier) == 36
    assert trace.startswith("Root=1-")


@pytest.mark.parametrize(
    ("path", "event_path", "context_path", "parameters"),
    [
        pytest.param(
            "/proxy-value/", "/proxy-value/", "/test/proxy-value/", {"proxy": "proxy-value"}, id="trailing slash"
        ),
        pytest.param("/a//b", "/a//b", "/test/a//b", {"proxy": "a//b"}, id="double slash"),
        pytest.param("//a", "/a", "/test//a", {"proxy": "a"}, id="prepended slash"),
        pytest.param("//hardcoded", "/hardcoded", "/test//hardcoded", None, id="hardcoded"),
        pytest.param(
            "/t%2Ba@g.com/t+a", "/t%2Ba@g.com/t+a", "/test/t%2Ba@g.com/t+a", {"proxy": "t%2Ba@g.com/t+a"}, id="encoded"
        ),
    ],
)
async def test_event_paths(path: str, event_path: str, context_path: str, parameters: Any) -> None:
    """test_lambda_aws_proxy_integration: one case of the same name each."""
    world = proxy_world()
    await world.call(path)
    event = world.event
    assert (event["path"], event["requestContext"]["path"], event["pathParameters"]) == (
        event_path,
        context_path,
        parameters,
    )


async def test_event_query_and_repeated_values() -> None:
    """test_lambda_aws_proxy_integration: params-encoding and params-encoding-multi."""
    world = proxy_world()
    query = "dateTimeOffset=2023-06-12T18:05:10.123456+00:00&email=test%2Balias@gmail.com&plus=test+alias@gmail.com"
    query += "&url=https://www.google.com/&whitespace=foo%20bar&zhash=abort/&price=10&price=20&empty"
    await world.call("/api", "POST", query=query, headers=(("A", "1"), ("A", "2")), body=b'{"m": "\xc3\xa9"}')
    event = world.event
    assert event["queryStringParameters"] == {
        "dateTimeOffset": "2023-06-12T18:05:10.123456 00:00",
        "email": "test+alias@gmail.com",
        "plus": "test alias@gmail.com",
        "url": "https://www.google.com/",
        "whitespace": "foo bar",
        "zhash": "abort/",
        "price": "20",
        "empty": "",
    }
    assert event["multiValueQueryStringParameters"]["price"] == ["10", "20"]
    assert (event["headers"]["A"], event["multiValueHeaders"]["A"]) == ("2", ["1", "2"])
    assert event["body"] == '{"m": "é"}'


async def test_edge_endpoints_add_cloudfront_headers() -> None:
    """test_lambda_aws_proxy_integration (EDGE); names recorded, values are stand-ins."""
    world = proxy_world(endpoint="EDGE")
    response = await world.call("/x")
    names = {"CloudFront-Forwarded-Proto", "CloudFront-Viewer-ASN", "CloudFront-Viewer-Country", "Via", "X-Amz-Cf-Id"}
    assert names <= set(world.event["headers"])
    assert header(response, "X-Cache") == "Miss from cloudfront"


async def test_dropped_headers() -> None:
    """test_apigateway_header_remapping_aws[AWS_PROXY]: no-param-integration."""
    dropped = ["Connection", "Content-Length", "Content-MD5", "Expect", "Max-Forwards", "Proxy-Authenticate", "Server"]
    dropped += ["TE", "Trailer", "Transfer-Encoding", "Upgrade", "WWW-Authenticate"]
    kept = ["Accept", "Age", "Content-Encoding", "Date", "Pragma", "Range", "Referer", "Via", "Warn"]
    world = proxy_world()
    await world.call("/x", headers=[(name, "v") for name in dropped + kept])
    assert not set(dropped) & set(world.event["headers"])
    assert set(kept) <= set(world.event["headers"])


async def test_request_mappings_are_ignored_but_checked() -> None:
    """test_lambda_aws_proxy_integration_request_data_mapping, and header remapping's special cases."""
    world = World()
    world.method("/ok", integration=proxy(requestParameters={"integration.request.header.X": "'mapped'"}))
    for name in (
        "Content-Length",
        "Transfer-Encoding",
        "Authorization",
        "Connection",
        "Expect",
        "Proxy-Authenticate",
        "TE",
    ):
        world.method(f"/{name}", integration=proxy(requestParameters={f"integration.request.header.{name}": "''"}))
    assert (await world.call("/ok", headers=(("X", "own"),))).status == 200
    assert world.event["headers"]["X"] == "own"
    for name in (
        "Content-Length",
        "Transfer-Encoding",
        "Authorization",
        "Connection",
        "Expect",
        "Proxy-Authenticate",
        "TE",
    ):
        response = await world.call(f"/{name}")
        assert (response.status, response.body) == (500, b'{"message": "Internal server error"}'), name


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        pytest.param({"statusCode": 200}, 200, b"", id="no-body"),
        pytest.param({"statusCode": 200, "headers": None}, 200, b"", id="headers-null"),
        pytest.param({"statusCode": "201"}, 201, b"", id="status-code-str"),
        pytest.param({"headers": {"test-header": "value"}}, 200, b"", id="only-headers"),
        pytest.param({"statusCode": None, "body": "x"}, 200, b"x", id="null status"),
        pytest.param(
            {"statusCode": 200, "body": "dGVzdC1kYXRh", "isBase64Encoded": True}, 200, b"dGVzdC1kYXRh", id="b64-true"
        ),
        pytest.param({"statusCode": 200, "body": "dGVzdC1kYXRh"}, 200, b"dGVzdC1kYXRh", id="b64-false"),
        pytest.param({"statusCode": 200, "body": 5}, 200, b"5", id="number as body"),
        pytest.param(b'{"body": "\\ud800"}', 200, b"?", id="half a surrogate pair"),
    ],
)
async def test_accepted_answers(answer: Any, status: int, body: bytes) -> None:
    """test_aws_proxy_response_payload_format_validation."""
    response = await proxy_world(answer).call("/x")
    assert (response.status, response.body) == (status, body)
    assert header(response, "Content-Type") == "application/json"
    trace = header(response, "X-Amzn-Trace-Id")
    assert trace is not None
    assert trace.startswith("Root=")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"statusCode": 200, "wrongValue": "value"}, id="wrong-format"),
        pytest.param({"statusCode": 200, "multiValueHeaders": {"a": "value1"}}, id="multi-headers-invalid"),
        pytest.param({"statusCode": "test"}, id="invalid-status-code"),
        pytest.param({"statusCode": 99}, id="status out of range"),
        pytest.param("justAString", id="just-string"),
        pytest.param([], id="list"),
        pytest.param(b"null", id="null"),
        pytest.param(b"<html>", id="not JSON"),
        pytest.param({"body": {"a": 1}}, id="object as body"),
        pytest.param({"headers": ["a"]}, id="headers are a list"),
        pytest.param({"headers": {"a": "b\r\nSet-Cookie: c"}}, id="header injection"),
        pytest.param({"headers": {"a b": "c"}}, id="no header name"),
    ],
)
async def test_malformed_answers(answer: Any) -> None:
    """test_aws_proxy_response_payload_format_validation: 502 and a body that says nothing."""
    response = await proxy_world(answer).call("/x")
    assert (response.status, response.body) == (502, b'{"message": "Internal server error"}')
    assert header(response, "x-amzn-ErrorType") == "InternalServerErrorException"
    assert header(response, "X-Amzn-Trace-Id") is None


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(
            {"headers": {"test-header": "value", "header-bool": True}},
            [("test-header", "value"), ("header-bool", "true")],
            id="with-headers",
        ),
        pytest.param(
            {"multiValueHeaders": {"m": ["value1", "value2"]}}, [("m", "value1"), ("m", "value2")], id="multi"
        ),
        pytest.param(
            {"multiValueHeaders": {"m": ["multi"]}, "headers": {"m": "solo"}},
            [("m", "multi"), ("m", "solo")],
            id="overwrite",
        ),
        pytest.param(
            {"multiValueHeaders": {"tesT-M": ["multi"]}, "headers": {"test-m": "solo"}},
            [("tesT-M", "multi"), ("tesT-M", "solo")],
            id="casing",
        ),
        pytest.param(
            {"multiValueHeaders": {"m": ["same"]}, "headers": {"m": "same"}},
            [("m", "same")],
            id="the same pair once: documented",
        ),
        pytest.param({"headers": {"n": 5, "none": None}}, [("n", "5")], id="number and null"),
        pytest.param(
            {"headers": {"Date": "d", "Server": "s", "Connection": "c", "WWW-Authenticate": "w"}},
            [
                ("x-amzn-Remapped-Date", "d"),
                ("x-amzn-Remapped-Server", "s"),
                ("x-amzn-Remapped-Connection", "c"),
                ("x-amzn-Remapped-WWW-Authenticate", "w"),
            ],
            id="remapped",
        ),
    ],
)
async def test_answer_headers(answer: Any, expected: list[tuple[str, str]]) -> None:
    """test_aws_proxy_response_payload_format_validation: invoke-api-*headers*."""
    response = await proxy_world({"statusCode": 200, **answer}).call("/x")
    own = {"Content-Type", "x-amzn-RequestId", "x-amz-apigw-id", "X-Amzn-Trace-Id"}
    assert [pair for pair in response.headers if pair[0] not in own] == expected


async def test_the_functions_content_type_replaces_the_default() -> None:
    response = await proxy_world({"headers": {"content-type": "text/html"}}).call("/x")
    assert [value for name, value in response.headers if name.lower() == "content-type"] == ["text/html"]


BINARY = ["image/png", "*/test", "application/*", "image/jpg"]


@pytest.mark.parametrize(
    ("accept", "types", "binary"),
    [
        pytest.param("image/png", [], False, id="nothing configured"),
        pytest.param("image/png", BINARY, True, id="match"),
        pytest.param("image/gif", BINARY, False, id="wrong accept"),
        pytest.param("image/*", BINARY, False, id="wildcard accept"),
        pytest.param("*/test", BINARY, False, id="wildcard on the left"),
        pytest.param("random/test", BINARY, False, id="matches only the left wildcard"),
        pytest.param("*/*", BINARY, False, id="accept anything"),
        pytest.param("image/webp,image/png,*/*;q=0.8", BINARY, False, id="only the first counts"),
        pytest.param("image/png,image/*,*/*;q=0.8", BINARY, True, id="the first is right"),
        pytest.param("application/whatever", BINARY, True, id="right wildcard"),
        pytest.param("application/*", BINARY, True, id="right wildcard itself"),
        pytest.param("application", BINARY, False, id="bad accept"),
        pytest.param(None, BINARY, False, id="no accept"),
        pytest.param("text/html", ["*/*"], True, id="everything is binary: documented"),
    ],
)
async def test_binary_answers(accept: str | None, types: list[str], binary: bool) -> None:
    """test_aws_proxy_binary_response: only Accept decides, whatever the function's Content-Type."""
    text = base64.b64encode(PNG).decode()
    world = proxy_world({"body": text, "isBase64Encoded": True}, binaryMediaTypes=types)
    response = await world.call("/x", headers=(("Accept", accept),) if accept else ())
    assert response.body == (PNG if binary else text.encode())


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        pytest.param({"body": "èé+à)(", "isBase64Encoded": True}, 500, id="bad base64: recorded"),
        pytest.param({"body": "abc", "isBase64Encoded": False}, 200, id="not flagged"),
    ],
)
async def test_binary_answers_that_are_none(answer: Any, status: int) -> None:
    world = proxy_world(answer, binaryMediaTypes=["image/png"])
    assert (await world.call("/x", headers=(("Accept", "image/png"),))).status == status


async def test_binary_requests_are_encoded() -> None:
    world = proxy_world(binaryMediaTypes=["image/png"])
    await world.call("/x", "POST", headers=(("Content-Type", "image/png"),), body=PNG)
    assert (base64.b64decode(world.event["body"]), world.event["isBase64Encoded"]) == (PNG, True)


async def test_undecodable_text_is_replaced() -> None:
    world = proxy_world()
    await world.call("/x", "POST", body=b"\xff")
    assert (world.event["body"], world.event["isBase64Encoded"]) == ("\ufffd", False)


async def test_a_failing_function() -> None:
    world = proxy_world()

    def fail(event: Any) -> Any:
        raise ValueError("boom")

    world.functions.handlers[FUNCTION] = fail
    response = await world.call("/x")
    assert (response.status, response.body) == (502, b'{"message": "Internal server error"}')


@pytest.mark.parametrize("error", [FunctionForbidden, FunctionNotFound, FunctionThrottled])
async def test_a_function_that_cannot_be_invoked(error: type[Exception]) -> None:
    world = proxy_world()
    world.functions.raises = error()
    response = await world.call("/x")
    assert (response.status, response.body) == (500, b'{"message": "Internal server error"}')


async def test_the_integration_timeout() -> None:
    world = World()
    world.method("/", integration=proxy(timeoutInMillis=20))
    world.functions.hangs = True
    response = await world.call()
    assert (response.status, response.body) == (504, b'{"message": "Endpoint request timed out"}')


async def test_only_post_may_invoke() -> None:
    """test_lambda_aws_proxy_integration_non_post_method."""
    world = World()
    world.method("/", integration={**proxy(), "httpMethod": "GET"})
    response = await world.call()
    assert (response.status, response.body) == (500, b'{"message": "Internal server error"}')


async def test_stage_variables_choose_the_function() -> None:
    world = World()
    world.method("/", integration=proxy(FUNCTION + ":${stageVariables.alias}"))
    world.functions.handlers = {FUNCTION + ":blue": lambda event: {"body": event["stageVariables"]["alias"]}}
    world.stage["variables"] = {"alias": "blue"}
    assert (await world.call()).body == b"blue"
    world.stage["variables"] = {"other": "1"}
    assert (await world.call()).status == 500


async def test_custom_domains_keep_their_path() -> None:
    world = proxy_world()
    await world.call("/users", full_path="/v1/users", headers=(("Host", "api.example.com"),))
    context = world.event["requestContext"]
    assert (world.event["path"], context["path"], context["domainName"]) == (
        "/v1/users",
        "/v1/users",
        "api.example.com",
    )


async def test_a_local_path_form_gets_awss_domain() -> None:
    world = proxy_world()
    await world.call("/a", full_path=f"/_aws/execute-api/{API_ID}/test/a", headers=(("Host", "127.0.0.1:4566"),))
    context = world.event["requestContext"]
    assert (context["path"], context["domainName"]) == ("/test/a", f"{API_ID}.execute-api.{REGION}.amazonaws.com")


async def test_an_incoming_trace_is_kept() -> None:
    """test_invocation_trace_id: trace-id-req-headers-AWS_PROXY."""
    world = proxy_world()
    incoming = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"
    response = await world.call("/x", headers=(("X-Amzn-Trace-Id", incoming),))
    assert world.event["headers"]["X-Amzn-Trace-Id"] == incoming
    assert header(response, "X-Amzn-Trace-Id") == incoming
