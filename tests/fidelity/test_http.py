"""HTTP and HTTP_PROXY integrations: requests, parameters, headers, statuses."""

from __future__ import annotations

from typing import Any

import pytest

from .facts import case, fact, guide, recorded, unsure
from .gateway import FAILED, JSON, Answer, Api, Cloud, http_to, response


@pytest.fixture(scope="module")
def http(cloud: Cloud, upstream: str) -> Api:
    """Every path once below /http and once below /proxy."""
    api = cloud.api("http")
    address = upstream.removeprefix("http://")
    for base, is_proxy in (("/http", False), ("/proxy", True)):

        def put(
            path: str, uri: str, *, verb: str = "POST", base: str = base, is_proxy: bool = is_proxy, **settings: Any
        ) -> None:
            wanted = {
                name: False for name in settings.get("requestParameters", {}).values() if name.startswith("method.")
            }
            api.method(
                "ANY", f"{base}{path}", http_to(uri, proxy=is_proxy, verb=verb, **settings), responses=[response(200)],
                requestParameters=wanted,
            )  # fmt: skip

        put("/echo", f"{upstream}/x")
        put("/get", f"{upstream}/x", verb="GET")
        put(
            "/status/{code}",
            f"{upstream}/status/{{code}}",
            requestParameters={"integration.request.path.code": "method.request.path.code"},
        )
        put("/variables", "http://${stageVariables.host}/${stageVariables.path}?${stageVariables.query}")
        put("/mapped/{part}", f"{upstream}/x?testVar={{pathVar}}&testQs={{qsVar}}", requestParameters={
            "integration.request.header.headerVar": "method.request.header.foobar",
            "integration.request.path.qsVar": "method.request.querystring.testVar",
            "integration.request.path.pathVar": "method.request.path.part",
            "integration.request.querystring.queryString": "method.request.querystring.testQueryString",
            "integration.request.querystring.testQs": "method.request.querystring.testQueryString",
            "integration.request.querystring.testEmptyQs": "method.request.header.emptyheader",
            "integration.request.header.contextHeader": "context.resourceId",
            "integration.request.header.literal": "'text'",
            "integration.request.header.variable": "stageVariables.path",
        })  # fmt: skip
        for header in ("Content-Length", "Transfer-Encoding"):
            put(
                f"/wrong-{header.lower()}",
                f"{upstream}/x",
                requestParameters={f"integration.request.header.{header}": "'0'"},
            )
    api.method("ANY", "/patterns/{code}", http_to(f"{upstream}/status/{{code}}", requestParameters={"integration.request.path.code": "method.request.path.code"}),
               requestParameters={"method.request.path.code": True},
               responses=[response(200), response(404, "none", selectionPattern="404"), response(502, "bad", selectionPattern="5\\d{2}")])  # fmt: skip
    api.method(
        "POST",
        "/xml",
        http_to(f"{upstream}/x", requestTemplates={JSON: "{}"}, passthroughBehavior="NEVER"),
        responses=[response(200)],
    )
    api.method("GET", "/refused", http_to("http://127.0.0.1:9/x", proxy=True, verb="GET"), responses=[])
    api.deploy("dev", variables={"host": address, "path": "test-path", "query": "qs_key=qs_value"})
    api.deploy("bare")
    return api


LAMBDA_URL = recorded("http", "test_http_integration_with_lambda[HTTP]")

LAMBDA_URL_PROXY = recorded("http", "test_http_integration_with_lambda[HTTP_PROXY]")

SENT = {"Content-Type": JSON, "accept": "application/xml", "user-Agent": "test/integration"}


def seen(
    api: Api, path: str, verb: str = "POST", headers: dict[str, str] | None = None, body: str | None = "{}"
) -> dict[str, Any]:
    """What the upstream got, its header names in small letters."""
    found = api.send(verb, path, headers=SENT if headers is None else headers, body=body)
    assert found.status == 200, found.body
    request = dict(found.json())
    return request | {"headers": {name.lower(): value for name, value in request["headers"]}}


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        case(
            "HTP-01",
            "HTTP asks the upstream for JSON whatever the client accepts",
            LAMBDA_URL,
            "/http/echo",
            "accept",
            JSON,
        ),
        case(
            "HTP-02",
            "HTTP_PROXY passes the client's Accept on",
            LAMBDA_URL_PROXY,
            "/proxy/echo",
            "accept",
            "application/xml",
        ),
        case(
            "HTP-03",
            "HTTP names itself with the API's id as user agent",
            LAMBDA_URL,
            "/http/echo",
            "user-agent",
            "AmazonAPIGateway_<api>",
        ),
        case(
            "HTP-04",
            "HTTP_PROXY passes the client's user agent on",
            LAMBDA_URL_PROXY,
            "/proxy/echo",
            "user-agent",
            "test/integration",
        ),
        case(
            "HTP-05",
            "HTTP tells the upstream the API's id",
            LAMBDA_URL,
            "/http/echo",
            "x-amzn-apigateway-api-id",
            "<api>",
        ),
        case(
            "HTP-06",
            "HTTP_PROXY tells the upstream the API's id",
            LAMBDA_URL_PROXY,
            "/proxy/echo",
            "x-amzn-apigateway-api-id",
            "<api>",
        ),
        case("HTP-07", "HTTP sends the content type of the request", LAMBDA_URL, "/http/echo", "content-type", JSON),
    ],
)
def test_sent_headers(http: Api, path: str, name: str, expected: str) -> None:
    assert seen(http, path)["headers"][name] == expected.replace("<api>", http.id)


METHODS = recorded("http", "test_http_integration_method[HTTP_PROXY]")


@pytest.mark.parametrize(
    ("path", "verb"),
    [
        case(
            "HTP-08",
            "HTTP sends with the integration's verb, not the client's",
            recorded("http", "test_http_integration_method[HTTP]"),
            "/http/echo",
            "PUT",
        ),
        case("HTP-09", "HTTP_PROXY sends with the integration's verb, not the client's", METHODS, "/proxy/echo", "PUT"),
    ],
)
def test_integration_verb(http: Api, path: str, verb: str) -> None:
    assert seen(http, path, verb)["method"] == "POST"


@pytest.mark.parametrize(
    "path",
    [
        case("HTP-10", "HTTP passes the body on", LAMBDA_URL, "/http/echo"),
        case("HTP-11", "HTTP_PROXY passes the body on", LAMBDA_URL_PROXY, "/proxy/echo"),
    ],
)
def test_body(http: Api, path: str) -> None:
    assert seen(http, path, body='{"message": "hello world"}')["body"] == '{"message": "hello world"}'


STATUS = recorded("http", "test_http_integration_invoke_status_code_passthrough[HTTP]")

STATUS_PROXY = recorded("http", "test_http_integration_invoke_status_code_passthrough[HTTP_PROXY]")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        case(
            "HTP-12",
            "HTTP answers its default response's status when the upstream fails",
            STATUS,
            "/http/status/400",
            200,
        ),
        case("HTP-13", "HTTP_PROXY answers the upstream's status", STATUS_PROXY, "/proxy/status/400", 400),
        case(
            "HTP-14",
            "A selection pattern matches the upstream's status",
            guide("api-gateway-integration-settings-integration-response"),
            "/patterns/404",
            404,
        ),
        case(
            "HTP-15",
            "A selection pattern may match a range",
            guide("api-gateway-integration-settings-integration-response"),
            "/patterns/503",
            502,
        ),
        case(
            "HTP-16",
            "An upstream's status without a pattern takes the default response",
            guide("api-gateway-integration-settings-integration-response"),
            "/patterns/201",
            200,
        ),
    ],
)
def test_status(http: Api, path: str, status: int) -> None:
    assert http.send("POST", path, headers=SENT, body="{}").status == status


@pytest.mark.parametrize(
    "name",
    [
        case("HTP-17", "HTTP_PROXY remaps the upstream's Connection", LAMBDA_URL_PROXY, "x-amzn-Remapped-Connection"),
        case(
            "HTP-18",
            "HTTP_PROXY remaps the upstream's Content-Length",
            LAMBDA_URL_PROXY,
            "x-amzn-Remapped-Content-Length",
        ),
        case("HTP-19", "HTTP_PROXY remaps the upstream's Date", LAMBDA_URL_PROXY, "x-amzn-Remapped-Date"),
        case(
            "HTP-20",
            "HTTP_PROXY remaps the upstream's Server",
            recorded(
                "integrations", "TestApiGatewayHeaderRemapping::test_apigateway_header_remapping_http[HTTP_PROXY]"
            ),
            "x-amzn-Remapped-Server",
        ),
    ],
)
def test_remapped(http: Api, name: str) -> None:
    assert http.post("/proxy/echo", "{}").header(name)


@fact("HTP-21", "HTTP_PROXY answers the upstream's other headers as they are", LAMBDA_URL_PROXY)
def test_upstream_header(http: Api) -> None:
    assert http.post("/proxy/echo", "{}").header("X-Upstream") == "yes"


@fact("HTP-22", "HTTP answers no header of the upstream unless it is mapped", LAMBDA_URL)
def test_no_upstream_header(http: Api) -> None:
    assert http.post("/http/echo", "{}").header("X-Upstream") is None


@pytest.mark.parametrize(
    "path",
    [
        case("HTP-23", "An HTTP answer has a trace header", LAMBDA_URL, "/http/echo"),
        case(
            "HTP-24",
            "An HTTP_PROXY answer that the upstream did not trace has none",
            recorded(
                "integrations", "TestApiGatewayHeaderRemapping::test_apigateway_header_remapping_http[HTTP_PROXY]"
            ),
            "/proxy/echo",
        ),
    ],
)
def test_trace(http: Api, path: str) -> None:
    found = http.post(path, "{}").header("X-Amzn-Trace-Id")
    assert (found is not None) is path.startswith("/http")


VARIABLES = recorded("import", "TestApiGatewayImportRestApi::test_import_with_stage_variables")


@fact("STV-01", "Stage variables fill host, path and query string of an HTTP URI", VARIABLES)
def test_stage_variables(http: Api) -> None:
    assert seen(http, "/http/variables")["path"] == "/test-path?qs_key=qs_value"


@fact("STV-02", "A URI whose stage variables are missing gives 500", VARIABLES)
def test_missing_stage_variables(http: Api) -> None:
    found = http.send("POST", "/http/variables", headers=SENT, body="{}", stage="bare")
    assert (found.status, found.json()) == (500, FAILED)
    assert found.header("x-amzn-ErrorType") == "InternalServerErrorException"


DATA = recorded("http", "test_http_proxy_integration_request_data_mappings")

CONTEXT = recorded("common", "TestApiGatewayCommon::test_integration_request_parameters_mapping")


@pytest.fixture(scope="module")
def mapped(http: Api) -> dict[str, Any]:
    headers = {"Content-Type": JSON, "foobar": "mapped-value", "headerVar": "request-value"}
    return seen(http, "/proxy/mapped/foobar?testQueryString=foo&testVar=bar", headers=headers)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        case("MAP-01", "A mapped header replaces the client's header of that name", DATA, "headervar", "mapped-value"),
        case("MAP-02", "The source header of a mapping is passed on by HTTP_PROXY too", DATA, "foobar", "mapped-value"),
        case("MAP-03", "A literal in quotes is mapped", guide("request-response-data-mappings"), "literal", "text"),
        case("MAP-04", "A stage variable is mapped", guide("request-response-data-mappings"), "variable", "test-path"),
    ],
)
def test_mapped_headers(mapped: dict[str, Any], name: str, expected: str) -> None:
    assert mapped["headers"][name] == expected


@fact("MAP-05", "A context variable is mapped", CONTEXT)
def test_mapped_context(http: Api, mapped: dict[str, Any]) -> None:
    assert mapped["headers"]["contextheader"] == http.resource("/proxy/mapped/{part}")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        case("MAP-06", "A mapped query parameter is sent", DATA, "queryString", ["foo"]),
        case(
            "MAP-07",
            "A path mapping fills the query string of the URI, then the client's own follows",
            DATA,
            "testVar",
            ["foobar", "bar"],
        ),
        case("MAP-08", "A query mapping adds to the one in the URI", DATA, "testQs", ["bar", "foo"]),
        case("MAP-09", "A mapping from a header that is not there sends nothing", DATA, "testEmptyQs", []),
        case("MAP-10", "HTTP_PROXY passes the client's query parameters on", DATA, "testQueryString", ["foo"]),
    ],
)
def test_mapped_query(mapped: dict[str, Any], name: str, expected: list[str]) -> None:
    pairs = [pair.partition("=") for pair in mapped["path"].partition("?")[2].split("&")]
    assert [value for key, _, value in pairs if key == name] == expected


REMAP_HTTP = recorded("integrations", "TestApiGatewayHeaderRemapping::test_apigateway_header_remapping_http[HTTP]")

REMAP_PROXY = recorded(
    "integrations", "TestApiGatewayHeaderRemapping::test_apigateway_header_remapping_http[HTTP_PROXY]"
)


@pytest.mark.parametrize(
    "path",
    [
        case(
            "HDR-01", "Mapping Content-Length into an HTTP request gives 500", REMAP_HTTP, "/http/wrong-content-length"
        ),
        case(
            "HDR-02",
            "Mapping Transfer-Encoding into an HTTP request gives 500",
            REMAP_HTTP,
            "/http/wrong-transfer-encoding",
        ),
        case(
            "HDR-03",
            "Mapping Content-Length into an HTTP_PROXY request gives 500",
            REMAP_PROXY,
            "/proxy/wrong-content-length",
        ),
        case(
            "HDR-04",
            "Mapping Transfer-Encoding into an HTTP_PROXY request gives 500",
            REMAP_PROXY,
            "/proxy/wrong-transfer-encoding",
        ),
    ],
)
def test_wrong_mapping(http: Api, path: str) -> None:
    found = http.get(path)
    assert (found.status, found.json()) == (500, FAILED)
    assert found.header("x-amzn-ErrorType") == "InternalServerErrorException"


CLIENT = {
    "Accept": JSON, "Accept-Charset": "UTF-8", "Age": "a", "Authorization": "Unauthorized", "Content-MD5": "m",
    "Content-Type": JSON, "Max-Forwards": "2", "Pragma": "cache", "Proxy-Authenticate": "Basic", "Range": "bytes=500-999",
    "Referer": "https://example.com/", "Server": "s", "TE": "deflate", "Trailer": "Expires", "User-Agent": "ua",
    "Warn": "299 x", "WWW-Authenticate": "Basic x", "Date": "d",
}  # fmt: skip

KEPT = [
    "Accept",
    "Accept-Charset",
    "Age",
    "Authorization",
    "Content-Type",
    "Date",
    "Pragma",
    "Range",
    "Referer",
    "User-Agent",
    "Warn",
]

LOST = ["Content-MD5", "Max-Forwards", "Proxy-Authenticate", "Server", "TE", "Trailer", "WWW-Authenticate"]


@pytest.fixture(scope="module")
def through(http: Api) -> dict[str, str]:
    return dict(seen(http, "/proxy/echo", "POST", CLIENT, "")["headers"])


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        case(f"HDR-{number:02}", f"HTTP_PROXY passes {name} on", REMAP_PROXY, name, True)
        for number, name in enumerate(KEPT, 10)
    ]
    + [
        case(f"HDR-{number:02}", f"HTTP_PROXY does not pass {name} on", REMAP_PROXY, name, False)
        for number, name in enumerate(LOST, 30)
    ],
)
def test_client_header(through: dict[str, str], name: str, kept: bool) -> None:
    assert through.get(name.lower()) == (CLIENT[name] if kept else None)


REMAPPED = [
    "Authorization", "Connection", "Content-Length", "Content-MD5", "Date", "Expect", "Host", "Max-Forwards",
    "Proxy-Authenticate", "Server", "Trailer", "Upgrade", "User-Agent", "WWW-Authenticate",
]  # fmt: skip

STRAIGHT = ["Accept", "Accept-Charset", "Age", "Content-Type", "Pragma", "Range", "Referer", "TE", "Via", "Warn"]


@pytest.fixture(scope="module")
def answered(cloud: Cloud, upstream: str) -> Answer:
    """An HTTP method whose response parameters set every header to a literal."""
    api = cloud.api("answered")
    headers = {f"method.response.header.{name}": f"'param_{name}'" for name in REMAPPED + STRAIGHT}
    api.method("POST", "/", http_to(f"{upstream}/x"), responses=[response(200, responseParameters=headers)])
    api.deploy()
    return api.post("/", "{}")


@pytest.mark.parametrize(
    ("name", "answered_as"),
    [
        case(
            f"HDR-{number}", f"A mapped response header {name} is remapped", REMAP_HTTP, name, f"x-amzn-Remapped-{name}"
        )
        for number, name in enumerate(REMAPPED, 40)
    ]
    + [
        case(f"HDR-{number}", f"A mapped response header {name} is answered as it is", REMAP_HTTP, name, name)
        for number, name in enumerate(STRAIGHT, 60)
    ],
)
def test_response_header(answered: Answer, name: str, answered_as: str) -> None:
    assert f"param_{name}" in answered.all(answered_as)


@fact(
    "HTP-25",
    "An upstream that refuses the connection gives 504",
    unsure("https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html"),
)
def test_refused(http: Api) -> None:
    assert http.get("/refused").status in {500, 504}
