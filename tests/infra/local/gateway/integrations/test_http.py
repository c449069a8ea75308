from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from infra.local.gateway.dataplane import DataPlane
from infra.local.gateway.exchange import parse_query
from infra.local.gateway.integrations.answer import Answer
from infra.local.gateway.integrations.http import AiohttpUpstream
from tests.infra.local.gateway.fakes import API_ID, World, header

URL = "http://backend.test/"


def http(kind: str = "HTTP", uri: str = URL, **shape: Any) -> dict[str, Any]:
    responses = {"200": {"statusCode": "200"}}
    return {"type": kind, "httpMethod": "POST", "uri": uri, "integrationResponses": responses, **shape}


async def send(integration: dict[str, Any], path: str = "/foobar", verb: str = "POST", **request: Any) -> Any:
    """One call through the fake upstream: (response, what was sent)."""
    world = World()
    world.method("/{pathVariable}", "ANY", integration=integration)
    response = await world.call(path, verb, **request)
    return response, (world.upstream.sent[-1] if world.upstream.sent else None)


CLIENT = (
    ("Host", "x"),
    ("Accept", "application/xml"),
    ("Accept-Encoding", "gzip, deflate"),
    ("User-Agent", "test/integration"),
    ("Content-Type", "application/json"),
)


async def test_http_sends_only_what_is_mapped() -> None:
    """test_http_integration_with_lambda[HTTP]: the gateway's own headers, the body as it came."""
    response, sent = await send(http(), headers=CLIENT, body=b'{"message": "hello world"}')
    trace = sent["headers"].pop("X-Amzn-Trace-Id")
    assert sent == {
        "method": "POST",
        "url": URL,
        "body": b'{"message": "hello world"}',
        "headers": {
            "Accept": "application/json",
            "User-Agent": f"AmazonAPIGateway_{API_ID}",
            "Content-Type": "application/json",
            "X-Amzn-Apigateway-Api-Id": API_ID,
        },
    }
    assert trace.startswith("Root=1-")
    assert header(response, "X-Amzn-Trace-Id") is not None


async def test_http_proxy_sends_the_clients_headers() -> None:
    """test_http_integration_with_lambda[HTTP_PROXY]."""
    response, sent = await send(http("HTTP_PROXY"), headers=CLIENT, body=b"{}")
    kept = {name: value for name, value in CLIENT if name != "Host"}
    assert {name: sent["headers"][name] for name in kept} == kept
    assert "Host" not in sent["headers"]
    assert sent["headers"]["X-Forwarded-For"] == "203.0.113.7"
    assert header(response, "X-Amzn-Trace-Id") is None


@pytest.mark.parametrize("kind", ["HTTP", "HTTP_PROXY"])
@pytest.mark.parametrize("verb", ["POST", "PUT", "GET"])
async def test_the_integration_method_is_used(kind: str, verb: str) -> None:
    """test_http_integration_method: always the integration's."""
    _, sent = await send(http(kind), verb=verb)
    assert sent["method"] == "POST"


async def test_any_means_the_clients_method() -> None:
    _, sent = await send(http("HTTP_PROXY", httpMethod="ANY"), verb="DELETE")
    assert sent["method"] == "DELETE"


async def test_http_proxy_mappings_are_added() -> None:
    """test_http_proxy_integration_request_data_mappings."""
    mappings = {
        "integration.request.header.headerVar": "method.request.header.foobar",
        "integration.request.path.qsVar": "method.request.querystring.testVar",
        "integration.request.path.pathVar": "method.request.path.pathVariable",
        "integration.request.querystring.queryString": "method.request.querystring.testQueryString",
        "integration.request.querystring.testQs": "method.request.querystring.testQueryString",
        "integration.request.querystring.testEmptyQs": "method.request.header.emptyheader",
    }
    integration = http("HTTP_PROXY", URL + "?testVar={pathVar}&testQs={qsVar}", requestParameters=mappings)
    headers = (("foobar", "mapped-value"), ("headerVar", "request-value"))
    _, sent = await send(integration, query="testQueryString=foo&testVar=bar", headers=headers)
    assert sent["url"] == URL + "?testVar=foobar&testQs=bar&testQueryString=foo&testVar=bar&queryString=foo&testQs=foo"
    assert (sent["headers"]["foobar"], sent["headers"]["headerVar"]) == ("mapped-value", "mapped-value")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("'static'", "static", id="static"),
        pytest.param("context.identity.sourceIp", "203.0.113.7", id="context"),
        pytest.param("context.resourcePath", "/{pathVariable}", id="context of the route"),
        pytest.param("stageVariables.color", "blue", id="stage variable"),
        pytest.param("method.request.body.a.b[0]", "1", id="body member"),
        pytest.param("method.request.body", '{"a": {"b": [1]}}', id="body"),
        pytest.param("method.request.multivalueheader.many", "1,2", id="many headers"),
        pytest.param("method.request.header.many", "2", id="last header"),
        pytest.param("method.request.multivaluequerystring.q", ["x", "y"], id="many values"),
        pytest.param("method.request.nothing.q", None, id="unknown place"),
        pytest.param("nonsense", None, id="unknown expression"),
    ],
)
async def test_mapping_expressions(expression: str, expected: Any) -> None:
    world = World()
    mapping = {"integration.request.querystring.out": expression}
    world.method("/{pathVariable}", "ANY", integration=http(requestParameters=mapping))
    world.stage["variables"] = {"color": "blue"}
    headers = (("many", "1"), ("many", "2"))
    await world.call("/p", "POST", query="q=x&q=y", headers=headers, body=b'{"a": {"b": [1]}}')
    query = parse_query(world.upstream.sent[0]["url"].partition("?")[2])
    assert query.get("out") == (None if expected is None else [expected] if isinstance(expected, str) else expected)


async def test_a_body_mapping_of_broken_json_is_a_client_error() -> None:
    mapping = {"integration.request.querystring.out": "method.request.body.a"}
    response, _ = await send(http(requestParameters=mapping), body=b"{")
    assert response.status == 400


@pytest.mark.parametrize(
    ("kind", "status"),
    [pytest.param("HTTP", 200, id="default response"), pytest.param("HTTP_PROXY", 400, id="as it came")],
)
async def test_status_of_an_upstream_error(kind: str, status: int) -> None:
    """test_http_integration_invoke_status_code_passthrough: non-matching-response."""
    world = World()
    responses = {"200": {"statusCode": "200"}, "500": {"statusCode": "500", "selectionPattern": "5.."}}
    world.method("/", integration=http(kind, integrationResponses=responses))
    world.upstream.answer = Answer(400, [], b"x")
    assert (await world.call()).status == status


@pytest.mark.parametrize(
    ("pattern", "status"),
    [
        pytest.param(r"2\d{2}", 201, id="matches"),
        pytest.param("20", 500, id="must match the whole status"),
        pytest.param("(", 500, id="broken pattern matches nothing"),
    ],
)
async def test_selection_patterns(pattern: str, status: int) -> None:
    world = World()
    responses = {"201": {"statusCode": "201", "selectionPattern": pattern}}
    world.method("/", integration=http(integrationResponses=responses))
    response = await world.call()
    assert response.status == status
    if status == 500:
        assert response.body == b'{"message": "Internal server error"}'


RESPONSE_HEADERS = ["Accept", "Age", "Authorization", "Connection", "Content-Encoding", "Content-Length", "Content-MD5"]
RESPONSE_HEADERS += ["Content-Type", "Date", "Expect", "Host", "Max-Forwards", "Pragma", "Proxy-Authenticate", "Range"]
RESPONSE_HEADERS += ["Referer", "Server", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent", "Via", "Warn"]
RESPONSE_HEADERS += ["WWW-Authenticate"]
REMAPPED = {"Authorization", "Connection", "Content-Length", "Content-MD5", "Date", "Expect", "Host", "Max-Forwards"}
REMAPPED |= {"Proxy-Authenticate", "Server", "Trailer", "Upgrade", "User-Agent", "WWW-Authenticate"}


async def test_mapped_response_headers_are_renamed() -> None:
    """test_apigateway_header_remapping_http[HTTP]: full-integration, response-headers."""
    parameters = {f"method.response.header.{name}": f"'response_param_{name}'" for name in RESPONSE_HEADERS}
    responses = {"200": {"statusCode": "200", "responseParameters": parameters}}
    response, _ = await send(http(integrationResponses=responses))
    for name in RESPONSE_HEADERS:
        shown = f"x-amzn-Remapped-{name}" if name in REMAPPED else name
        expected = None if name == "Transfer-Encoding" else f"response_param_{name}"
        assert header(response, shown) == expected, name
        if name in REMAPPED:
            assert header(response, name) is None, name


async def test_proxy_response_headers_are_renamed() -> None:
    """test_apigateway_header_remapping_http[HTTP_PROXY], and x-amzn-remapped-x-amzn-requestid of test_apigateway_http."""
    world = World()
    world.method("/", integration=http("HTTP_PROXY"))
    renamed = ["Connection", "Content-Length", "Date", "Server"]
    headers = [(name, "v") for name in [*renamed, "Via", "Content-Encoding", "Access-Control-Allow-Origin"]]
    world.upstream.answer = Answer(200, [*headers, ("x-amzn-RequestId", "theirs")], b"")
    response = await world.call()
    for name in renamed:
        assert (header(response, name), header(response, f"x-amzn-Remapped-{name}")) == (None, "v")
    assert header(response, "x-amzn-Remapped-x-amzn-RequestId") == "theirs"
    assert header(response, "x-amzn-RequestId") != "theirs"
    assert [header(response, n) for n in ("Via", "Content-Encoding", "Access-Control-Allow-Origin")] == [
        None,
        None,
        "v",
    ]


REQUEST_MAPPINGS = {
    "Accept": "text/html",
    "Host": "other.test",
    "Max-Forwards": "2",
    "Server": "s",
    "Trailer": "t",
    "Upgrade": "u",
    "User-Agent": "Override-Agent",
    "WWW-Authenticate": "w",
    "Content-MD5": "m",
    "Connection": "keep-alive",
    "Expect": "200-ok",
    "Proxy-Authenticate": "p",
    "TE": "gzip",
    "Via": "othersite.net",
}


@pytest.mark.parametrize("kind", ["HTTP", "HTTP_PROXY"])
async def test_mapped_request_headers(kind: str) -> None:
    """test_apigateway_header_remapping_http: full-integration, headers."""
    mappings = {f"integration.request.header.{name}": f"'{value}'" for name, value in REQUEST_MAPPINGS.items()}
    _, sent = await send(http(kind, requestParameters=mappings), headers=CLIENT)
    dropped = {"Connection", "Expect", "Proxy-Authenticate", "TE", "Via"}
    for name, value in REQUEST_MAPPINGS.items():
        assert sent["headers"].get(name) == (None if name in dropped else value), name


@pytest.mark.parametrize("kind", ["HTTP", "HTTP_PROXY"])
@pytest.mark.parametrize("name", ["Content-Length", "Transfer-Encoding"])
async def test_illegal_mappings(kind: str, name: str) -> None:
    """test_apigateway_header_remapping_http: content-length and transfer-encoding."""
    response, sent = await send(http(kind, requestParameters={f"integration.request.header.{name}": "'0'"}))
    assert (response.status, response.body, sent) == (500, b'{"message": "Internal server error"}', None)


async def test_response_parameters_and_template() -> None:
    parameters = {
        "method.response.header.X-Header": "integration.response.header.x-in",
        "method.response.header.X-Body": "integration.response.body.user.name",
        "method.response.header.X-Request": "context.requestId",
        "method.response.header.X-None": "integration.response.header.absent",
    }
    templates = {"application/json": '{"name": $input.json("$.user.name")}', "text/plain": "plain"}
    responses = {"200": {"statusCode": "200", "responseParameters": parameters, "responseTemplates": templates}}
    world = World()
    world.method("/", integration=http(integrationResponses=responses))
    world.upstream.answer = Answer(200, [("X-In", "yes")], b'{"user": {"name": "a"}}')
    response = await world.call()
    assert json.loads(response.body) == {"name": "a"}
    request_id = header(response, "x-amzn-RequestId")
    names = ("X-Header", "X-Body", "X-Request", "X-None")
    assert [header(response, n) for n in names] == ["yes", "a", request_id, None]
    assert (await world.call(headers=(("Accept", "text/plain"),))).body == b"plain"


async def test_path_parameters_without_a_mapping_stay() -> None:
    """test_http_proxy_integration_request_data_mappings: a path parameter cannot be used directly."""
    _, sent = await send(http("HTTP_PROXY", URL + "{pathVariable}"))
    assert sent["url"] == URL + "{pathVariable}"


async def test_stage_variables_in_the_uri() -> None:
    world = World()
    world.method("/", integration=http("HTTP_PROXY", "http://${stageVariables.host}/x"))
    world.stage["variables"] = {"host": "blue.test"}
    await world.call()
    assert world.upstream.sent[0]["url"] == "http://blue.test/x"


@pytest.fixture
async def upstream() -> AsyncIterator[tuple[str, AiohttpUpstream]]:
    """A real HTTP server that echoes, and the real client."""

    async def echo(request: web.Request) -> web.Response:
        if request.path == "/big":
            return web.Response(body=b"x" * (10 * 1024 * 1024 + 1))
        if request.path == "/redirect":
            return web.Response(status=302, headers={"Location": "/elsewhere"})
        seen = {"method": request.method, "path": request.raw_path, "headers": list(request.headers.items())}
        return web.json_response({**seen, "body": await request.text()}, status=201)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    client = AiohttpUpstream()
    yield f"http://127.0.0.1:{port}", client
    await client.close()
    await runner.cleanup()


def real_world(client: AiohttpUpstream) -> World:
    world = World()
    world.plane = DataPlane(world.store, world.functions, world.telemetry, clock=world.clock, http=client)
    return world


async def test_a_real_upstream(upstream: tuple[str, AiohttpUpstream]) -> None:
    base, client = upstream
    world = real_world(client)
    mapping = {"integration.request.path.proxy": "method.request.path.proxy"}
    integration = http("HTTP_PROXY", base + "/in/{proxy}", httpMethod="ANY", requestParameters=mapping)
    world.method("/{proxy+}", "ANY", integration=integration)
    response = await world.call("/a%2Fb/c", "POST", query="q=a%26b", headers=(("X-Own", "1"),), body=b"hello")
    seen = json.loads(response.body)
    assert (response.status, seen["method"], seen["path"], seen["body"]) == (
        201,
        "POST",
        "/in/a%2Fb/c?q=a%26b",
        "hello",
    )
    names = [name for name, _ in seen["headers"]]
    assert "X-Own" in names
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("path", "status"),
    [pytest.param("/redirect", 302, id="redirects are not followed"), pytest.param("/big", 500, id="over 10 MB")],
)
async def test_real_answers(upstream: tuple[str, AiohttpUpstream], path: str, status: int) -> None:
    base, client = upstream
    world = real_world(client)
    world.method("/", integration=http("HTTP_PROXY", base + path))
    assert (await world.call()).status == status


@pytest.mark.parametrize(
    ("uri", "status", "message"),
    [
        pytest.param("http://127.0.0.1:{port}/", 504, "Network error communicating with endpoint", id="refused"),
        pytest.param(
            "http://nowhere.invalid/", 500, "Internal server error", id="no such host: recorded invalid endpoint"
        ),
        pytest.param("http:///", 500, "Internal server error", id="no host"),
    ],
)
async def test_unreachable_upstreams(uri: str, status: int, message: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        uri = uri.replace("{port}", str(probe.getsockname()[1]))
    client = AiohttpUpstream()
    world = real_world(client)
    world.method("/", integration=http("HTTP_PROXY", uri))
    response = await world.call()
    await client.close()
    assert (response.status, json.loads(response.body)) == (status, {"message": message})


async def test_a_slow_upstream(upstream: tuple[str, AiohttpUpstream]) -> None:
    server = socket.create_server(("127.0.0.1", 0))  # accepts and says nothing
    client = upstream[1]
    world = real_world(client)
    uri = f"http://127.0.0.1:{server.getsockname()[1]}/"
    world.method("/", integration=http("HTTP_PROXY", uri, timeoutInMillis=30))
    response = await world.call()
    server.close()
    assert (response.status, json.loads(response.body)) == (504, {"message": "Endpoint request timed out"})
