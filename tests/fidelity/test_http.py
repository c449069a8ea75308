"""HTTP and HTTP_PROXY integrations: requests, parameters, statuses."""

from __future__ import annotations

from typing import Any

import pytest

from .apis import SENT, http_api, seen
from .facts import case, fact, guide, recorded, unsure
from .gateway import FAILED, JSON, Api, Cloud


@pytest.fixture(scope="module")
def http(cloud: Cloud, upstream: str) -> Api:
    return http_api(cloud, upstream)


LAMBDA_URL = recorded("http", "test_http_integration_with_lambda[HTTP]")

LAMBDA_URL_PROXY = recorded("http", "test_http_integration_with_lambda[HTTP_PROXY]")


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


@fact(
    "HTP-25",
    "An upstream that refuses the connection gives 504",
    unsure("https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html"),
)
def test_refused(http: Api) -> None:
    assert http.get("/refused").status in {500, 504}
