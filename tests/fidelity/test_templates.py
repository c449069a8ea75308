"""MOCK, HTTP, HTTP_PROXY and AWS integrations: templates, parameters, selection of responses, headers."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from .facts import case, documented, fact, guide, recorded, unsure
from .gateway import JSON, ROLE, Answer, Api, Cloud, http_to, response

MAPPING = guide("api-gateway-mapping-template-reference")
PATHS = recorded("common", "TestApiGatewayCommon::test_input_path_template_formatting")
BODIES = recorded("common", "TestApiGatewayCommon::test_input_body_formatting")
FAILED = {"message": "Internal server error"}


def route(api: Api, upstream: str, name: str, *, request: str | None = None, answer: str | None = None) -> None:
    """POST /name: the request template's result goes to an upstream that echoes it, the answer's template reads that."""
    templates = {"requestTemplates": {JSON: request}} if request is not None else {}
    api.method("POST", f"/{name}", http_to(f"{upstream}/body", **templates), responses=[response(200, answer)])


INVALID = (
    '{"body": $result, "nested": $result.nested, "isNull": #if( $result == $null )"true"#else"false"#end, '
    '"isEmptyString": #if( $result == "" )"true"#else"false"#end}'
)
ANSWERS = {
    "path": '#set($result = $input.path("$.json"))$result',
    "nested": '#set($result = $input.path("$.json"))$result.nested',
    "first": '#set($result = $input.path("$.json"))$result[0]',
    "to-string": '#set($result = $input.path("$.json"))$result.toString()',
    "missing": '#set($result = $input.path("$.nonExisting"))' + INVALID,
    "list-value": '#set($result = $input.path("$.json.listValue"))' + INVALID,
}
RAW = "#set($result = $input.body)$result"
IN_TEXT = "Action=SendMessage&MessageBody=$input.body"
ATTRIBUTE = "#set($result = $input.body.testAccess)$result"
URL_ENCODED = "EncodedBody=$util.urlEncode($input.body)&EncodedBodyAccess=$util.urlEncode($input.body.testAccess)"


@pytest.fixture(scope="module")
def formats(cloud: Cloud, upstream: str) -> Api:
    api = cloud.api("formats")
    for name, template in ANSWERS.items():
        route(api, upstream, name, answer=template)
    for name, (request, answer) in {
        "raw": (RAW, RAW),
        "text-in": (IN_TEXT, RAW),
        "text-out": (RAW, IN_TEXT),
        "text-both": (IN_TEXT, IN_TEXT),
        "attribute": (ATTRIBUTE, RAW),
        "url-encoded": (URL_ENCODED, RAW),
    }.items():
        route(api, upstream, name, request=request, answer=answer)
    api.deploy()
    return api


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        case("VTL-01", "A map of `$input.path` prints as Java does", PATHS, "path", {"foo": "bar"}, "{foo=bar}"),
        case("VTL-02", "A list of `$input.path` prints as JSON", PATHS, "path", [{"foo": "bar"}], '[{"foo":"bar"}]'),
        case(
            "VTL-03", "A map inside a map prints as Java does", PATHS, "nested", {"nested": {"foo": "bar"}}, "{foo=bar}"
        ),
        case(
            "VTL-04",
            "A list inside a map prints as JSON",
            PATHS,
            "nested",
            {"nested": [{"foo": "bar"}]},
            '[{"foo":"bar"}]',
        ),
        case("VTL-05", "A map inside a list prints as Java does", PATHS, "first", [{"foo": "bar"}], "{foo=bar}"),
        case("VTL-06", "A list inside a list prints as JSON", PATHS, "first", [[{"foo": "bar"}]], '[{"foo":"bar"}]'),
        case(
            "VTL-07",
            "A printed map has its lists as JSON",
            PATHS,
            "path",
            {"foo": [{"nested": "bar"}]},
            '{foo=[{"nested":"bar"}]}',
        ),
        case(
            "VTL-08",
            "A printed map separates its entries by a comma and a space",
            PATHS,
            "path",
            {"bigger": "dict", "to": "test", "with": "separators"},
            "{bigger=dict, to=test, with=separators}",
        ),
        case("VTL-09", "`toString` of a map prints as Java does", PATHS, "to-string", {"foo": "bar"}, "{foo=bar}"),
        case(
            "VTL-10",
            "`toString` of a map with a list has the list as JSON",
            PATHS,
            "to-string",
            {"list": [{"foo": "bar"}]},
            '{list=[{"foo":"bar"}]}',
        ),
        case(
            "VTL-11",
            "A path that is not there is empty, null and an empty string",
            PATHS,
            "missing",
            1,
            '{"body": , "nested": , "isNull": "true", "isEmptyString": "true"}',
        ),
        case(
            "VTL-12",
            "An empty list is neither null nor an empty string",
            PATHS,
            "list-value",
            {"listValue": []},
            '{"body": [], "nested": , "isNull": "false", "isEmptyString": "false"}',
        ),
        case(
            "VTL-13",
            "A null is empty, null and an empty string",
            PATHS,
            "list-value",
            {"listValue": None},
            '{"body": , "nested": , "isNull": "true", "isEmptyString": "true"}',
        ),
    ],
)
def test_input_path(formats: Api, name: str, value: Any, expected: str) -> None:
    assert formats.post(f"/{name}", {"json": value}).text == expected


SOME = '{"some": "value"}'


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        case("VTL-14", "`$input.body` of an empty request is an empty object", BODIES, "raw", None, "{}"),
        case("VTL-15", "`$input.body` of JSON is the text as sent", BODIES, "raw", SOME, SOME),
        case("VTL-16", "`$input.body` of text is the text as sent", BODIES, "raw", "some raw data", "some raw data"),
        case(
            "VTL-17",
            "An empty `$input.body` inside text is an empty object",
            BODIES,
            "text-in",
            None,
            "Action=SendMessage&MessageBody={}",
        ),
        case(
            "VTL-18",
            "`$input.body` inside text is the text as sent",
            BODIES,
            "text-in",
            SOME,
            f"Action=SendMessage&MessageBody={SOME}",
        ),
        case(
            "VTL-19",
            "`$input.body` in a response template is the integration's body",
            BODIES,
            "text-out",
            SOME,
            f"Action=SendMessage&MessageBody={SOME}",
        ),
        case(
            "VTL-20",
            "Request and response templates run after one another",
            BODIES,
            "text-both",
            SOME,
            f"Action=SendMessage&MessageBody=Action=SendMessage&MessageBody={SOME}",
        ),
        case(
            "VTL-21",
            "An attribute of `$input.body` is empty, which becomes an empty object on the way",
            BODIES,
            "attribute",
            SOME,
            "{}",
        ),
        case(
            "VTL-22",
            "`$util.urlEncode` encodes spaces as plus",
            BODIES,
            "url-encoded",
            SOME,
            "EncodedBody=%7B%22some%22%3A+%22value%22%7D&EncodedBodyAccess=",
        ),
        case(
            "VTL-23",
            "`$util.urlEncode` of an empty body encodes the empty object",
            BODIES,
            "url-encoded",
            None,
            "EncodedBody=%7B%7D&EncodedBodyAccess=",
        ),
    ],
)
def test_input_body(formats: Api, name: str, body: str | None, expected: str) -> None:
    assert formats.post(f"/{name}", body).text == expected


RENDERED = [
    ("`$input.json` of the root is the body", "$input.json('$')", '{"a":{"b":1},"s":"x","l":[1,2]}'),
    ("`$input.json` of a path is JSON text", "$input.json('$.a')", '{"b":1}'),
    ("`$input.json` of a string is quoted", "$input.json('$.s')", '"x"'),
    ("`$input.path` of a string is bare", "$input.path('$.s')", "x"),
    ("`$input.path` of a list has size()", "$input.path('$.l').size()", "2"),
    ("`#foreach` walks over a list", "#foreach($e in $input.path('$.l'))$e#if($foreach.hasNext),#end#end", "1,2"),
    ("`$input.params` finds a query parameter", "$input.params('q')", "query"),
    ("`$input.params` finds a header", "$input.params('X-Sent')", "header"),
    ("`$input.params` finds a path parameter", "$input.params('part')", "value"),
    ("`$input.params` of what is not there is empty", "[$input.params('none')]", "[]"),
    ("`$input.params().querystring` is a map", "$input.params().querystring.get('q')", "query"),
    ("`$input.params().path` is a map", "$input.params().path.get('part')", "value"),
    ("`$input.params().get` finds the maps by name", "$input.params().get('querystring').get('q')", "query"),
    ("`$util.escapeJavaScript` escapes quotes", "$util.escapeJavaScript('a\"b')", 'a\\"b'),
    ("`$util.base64Encode` encodes", "$util.base64Encode('abc')", "YWJj"),
    ("`$util.base64Decode` decodes", "$util.base64Decode('YWJj')", "abc"),
    ("`$util.urlDecode` decodes", "$util.urlDecode('a%20b')", "a b"),
    ("`$util.parseJson` gives an object", "#set($o = $util.parseJson('{\"k\": [1, 2]}'))$o.k[1]", "2"),
    ("`$context.stage` is the stage", "$context.stage", "dev"),
    ("`$context.httpMethod` is the verb", "$context.httpMethod", "POST"),
    ("`$context.resourcePath` is the resource", "$context.resourcePath", "/vtl/{part}"),
    ("`$context.path` has the stage", "$context.path", "/dev/vtl/value"),
    ("`$context.identity.userAgent` is the client's", "$context.identity.userAgent", "fidelity"),
    ("`$stageVariables` is read by name", "$stageVariables.color", "blue"),
    ("`$stageVariables.get` is read by name", "$stageVariables.get('color')", "blue"),
    ("An unknown `$context` variable is empty", "[$context.nothing]", "[]"),
    ("`$util.escapeJavaScript` escapes single quotes", '$util.escapeJavaScript("it\'s")', "it\\'s"),
    ("A quiet unknown reference prints nothing", "[$!unknown]", "[]"),
    ("Arithmetic works on integers", "#set($x = 2 + 3)$x", "5"),
    ("`#elseif` and `#else` branch", "#if($x == 1)a#elseif($stageVariables.color == \"blue\")b#else c#end", "b"),
    ("A line comment is left out", "a## comment", "a"),
    ("A macro variable in braces is found", "${stageVariables.color}x", "bluex"),
]  # fmt: skip


@pytest.fixture(scope="module")
def rendered(cloud: Cloud, upstream: str) -> list[str]:
    """All templates in one request template, by a separator, asked once."""
    api = cloud.api("rendered")
    template = "\x1f".join(template for _, template, _ in RENDERED).replace("a## comment", "a## comment\n")
    api.method(
        "POST", "/vtl/{part}", http_to(f"{upstream}/body", requestTemplates={JSON: template}), responses=[response(200)]
    )
    api.deploy("dev", variables={"color": "blue"})
    headers = {"Content-Type": JSON, "X-Sent": "header", "User-Agent": "fidelity"}
    found = api.send("POST", "/vtl/value?q=query", headers=headers, body='{"a":{"b":1},"s":"x","l":[1,2]}')
    assert found.status == 200, found.body
    return found.text.split("\x1f")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        case(f"VTL-{place + 30}", statement, MAPPING, place, expected)
        for place, (statement, _, expected) in enumerate(RENDERED)
    ],
)
def test_rendered(rendered: list[str], place: int, expected: str) -> None:
    assert len(rendered) == len(RENDERED)
    assert rendered[place].strip("\n") == expected


# MOCK

OVERRIDE = recorded("integrations", "test_integration_mock_with_response_override_in_request_template[True]")
OVERRIDE_EMPTY = recorded("integrations", "test_integration_mock_with_response_override_in_request_template[False]")
REQUEST_OVERRIDE = recorded("integrations", "test_integration_mock_with_request_overrides_in_response_template")
VTL_MAP = recorded("integrations", "test_integration_mock_with_vtl_map_assignation")
MOCKS = guide("how-to-mock-integration")
PATH_PARAMETER = recorded("integrations", "test_integration_mock_with_path_param")
OVERRIDING = (
    '#set($context.responseOverride.status = 444)\n#set($context.responseOverride.header.foo = "bar")\n'
    '#set($context.responseOverride.custom = "is also passed around")\n{"statusCode": 200}'
)
DECODING = (
    "#set($body = $util.base64Decode($input.params('testPath')))\n#set($context.requestOverride.path.body = $body)\n"
    + '{"statusCode": 200}'
)
BRANCHES = (
    "#set($body = $util.parseJson($context.requestOverride.path.body))\n#set($inputBody = $body.message)\n"
    '#if($inputBody == "path1")one#elseif($inputBody == "path2")two#{else}other#end'
)
ASSIGNING = (
    '#set($paramName = "foo")\n#set($context.requestOverride.querystring[$paramName] = "bar")\n#set($paramPutName = "putfoo")\n'
    '$context.requestOverride.querystring.put($paramPutName, "putBar")\n'
    '#set($context["requestOverride"].querystring["nestedfoo"] = "nestedFoo")\n{"statusCode": 200}'
)


@pytest.fixture(scope="module")
def mocks(cloud: Cloud) -> Api:
    api = cloud.api("mocks")

    def put(path: str, template: str | None, *answers: dict[str, Any], **settings: Any) -> None:
        integration = (
            {"type": "MOCK"} | ({"requestTemplates": {JSON: template}} if template is not None else {}) | settings
        )
        api.method("ANY", path, integration, responses=answers)

    def any_status(template: str | None) -> dict[str, Any]:
        return response(200, template, selectionPattern="2\\d{2}")

    put(
        "/override",
        OVERRIDING,
        any_status(
            '{"status": "$context.responseOverride.status", "foo": "$context.responseOverride.header.foo", "custom": "$context.responseOverride.custom"}'
        ),
    )
    put("/override-empty", OVERRIDING, any_status(None))
    put("/decode/{testPath}", DECODING, any_status(BRANCHES))
    put(
        "/assign",
        ASSIGNING,
        any_status('#set($q = $context.requestOverride.querystring)$q["foo"] $q["putfoo"] $q["nestedfoo"]'),
    )
    put("/not-json", "{statusCode: 200}", any_status(None))
    put(
        "/by-status",
        '{"statusCode": $input.params("code")}',
        response(200, "fine"),
        response(404, "gone", selectionPattern="404"),
        response(500, "5xx", selectionPattern="5\\d{2}"),
    )
    put("/never", '{"statusCode": 200}', response(200, "ok"), passthroughBehavior="NEVER")
    put("/when-no-templates", '{"statusCode": 200}', response(200, "ok"), passthroughBehavior="WHEN_NO_TEMPLATES")
    put("/no-status", '{"other": 1}', response(200, "ok"))
    put("/no-response", '{"statusCode": 200}')
    put("/only-404", '{"statusCode": 200}', response(404, "gone", selectionPattern="404"))
    put("/set-status", '{"statusCode": 200}', response(200, "#set($context.responseOverride.status = 418)teapot"))
    headers = {"method.response.header.x-literal": "'literal'"}
    put("/header", '{"statusCode": 200}', response(200, "{}", responseParameters=headers))
    put(
        "/overridden-header",
        '{"statusCode": 200}',
        response(200, '#set($context.responseOverride.header.x-literal = "new")x', responseParameters=headers),
    )
    api.deploy()
    return api


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        case(
            "MCK-01",
            "A status override in the request template is the answer's status",
            OVERRIDE_EMPTY,
            "/override-empty",
            444,
            "",
        ),
        case(
            "MCK-02",
            "Overrides of the request template are seen by the response template",
            OVERRIDE,
            "/override",
            444,
            '{"status": "444", "foo": "bar", "custom": "is also passed around"}',
        ),
        case(
            "MCK-03",
            "A request override carries data from request to response template",
            REQUEST_OVERRIDE,
            "/decode/" + base64.b64encode(b'{"message": "path1"}').decode(),
            200,
            "one",
        ),
        case(
            "MCK-04",
            "An elseif of a parsed override is taken",
            REQUEST_OVERRIDE,
            "/decode/" + base64.b64encode(b'{"message": "path2"}').decode(),
            200,
            "two",
        ),
        case(
            "MCK-05",
            "The else of a parsed override is taken",
            REQUEST_OVERRIDE,
            "/decode/" + base64.b64encode(b'{"message": "whatever"}').decode(),
            200,
            "other",
        ),
        case(
            "MCK-06",
            "Overrides are assigned by index, by put and by a nested index",
            VTL_MAP,
            "/assign",
            200,
            "bar putBar nestedFoo",
        ),
        case("MCK-07", "A request template that is no strict JSON is taken", PATH_PARAMETER, "/not-json", 200, ""),
        case(
            "MCK-08",
            "The status in the request template picks the response by its pattern",
            MOCKS,
            "/by-status?code=404",
            404,
            "gone",
        ),
        case("MCK-09", "A pattern is a regular expression over the status", MOCKS, "/by-status?code=503", 500, "5xx"),
        case(
            "MCK-10", "A status without a pattern takes the default response", MOCKS, "/by-status?code=201", 200, "fine"
        ),
        case(
            "MCK-11",
            "A status override in a response template is the answer's status",
            MAPPING,
            "/set-status",
            418,
            "teapot",
        ),
    ],
)
def test_mock(mocks: Api, path: str, status: int, body: str) -> None:
    found = mocks.get(path)
    assert (found.status, found.text.strip()) == (status, body)


@fact("MCK-12", "A header override in the request template is an answer's header", OVERRIDE)
def test_mock_override_header(mocks: Api) -> None:
    assert mocks.get("/override").header("foo") == "bar"


@fact("MCK-13", "A literal response parameter is an answer's header", guide("request-response-data-mappings"))
def test_mock_header(mocks: Api) -> None:
    assert mocks.get("/header").header("x-literal") == "literal"


@fact("MCK-14", "A header override wins over a response parameter", MAPPING)
def test_mock_overridden_header(mocks: Api) -> None:
    assert mocks.get("/overridden-header").header("x-literal") == "new"


PASS = recorded("basic", "TestIntegrations::test_mock_integration_response[NEVER-UrlType.PATH_BASED-POST]")
PASSTHROUGH = guide("integration-passthrough-behaviors")


@pytest.mark.parametrize(
    ("path", "verb", "kind", "status"),
    [
        case(
            "MCK-15", "Passthrough NEVER takes a GET without a content type as JSON", PASS, "/never", "GET", None, 200
        ),
        case("MCK-16", "Passthrough NEVER takes a POST of JSON", PASS, "/never", "POST", JSON, 200),
        case(
            "MCK-17",
            "Passthrough NEVER refuses another content type with 415",
            PASSTHROUGH,
            "/never",
            "POST",
            "text/plain",
            415,
        ),
        case(
            "MCK-18",
            "Passthrough WHEN_NO_TEMPLATES refuses another content type with 415",
            PASSTHROUGH,
            "/when-no-templates",
            "POST",
            "text/plain",
            415,
        ),
    ],
)
def test_passthrough(mocks: Api, path: str, verb: str, kind: str | None, status: int) -> None:
    found = mocks.send(
        verb, path, headers={"Content-Type": kind} if kind else {}, body="{}" if verb == "POST" else None
    )
    assert found.status == status
    if status == 415:
        assert found.json() == {"message": "Unsupported Media Type"}


@pytest.mark.parametrize(
    "path",
    [
        case("MCK-19", "A request template without a status gives 500", MOCKS, "/no-status"),
        case("MCK-20", "No integration response gives 500", MOCKS, "/no-response"),
        case("MCK-21", "No matching and no default response gives 500", MOCKS, "/only-404"),
    ],
)
def test_mock_fails(mocks: Api, path: str) -> None:
    found = mocks.get(path)
    assert (found.status, found.json()) == (500, FAILED)
    assert found.header("x-amzn-ErrorType") == "InternalServerErrorException"


# HTTP and HTTP_PROXY


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


# AWS: Lambda without proxy, and AWS services


@pytest.fixture(scope="module")
def aws(cloud: Cloud, plain: str) -> Api:
    api = cloud.api("aws")

    def put(verb: str, path: str, *answers: dict[str, Any], **settings: Any) -> None:
        base = {"type": "AWS", "integrationHttpMethod": "POST", "uri": cloud.invocation_uri(plain), "credentials": ROLE}
        api.method(verb, path, base | settings, responses=answers)

    put("POST", "/plain", response(200))
    put("GET", "/template", response(200), requestTemplates={JSON: '{"param1": "$input.params(\'param1\')"}'})
    put(
        "POST", "/select",
        response(200), response(405, selectionPattern=".*four hundred.*"), response(502, selectionPattern=".+"),
        response(504, selectionPattern="200"),
    )  # fmt: skip
    put(
        "POST",
        "/mapped",
        response(
            200,
            '#set($root = $input.path("$"))\n#if($root.httpStatus == "400")\n#set($context.responseOverride.status = 400)\n#else\n#set($context.responseOverride.status = 202)\n#end\n{"body": "$root.httpStatus"}',
        ),
    )
    for header in (
        "Authorization",
        "Connection",
        "Expect",
        "Proxy-Authenticate",
        "TE",
        "Content-Length",
        "Transfer-Encoding",
    ):
        put(
            "GET",
            f"/wrong-{header.lower()}",
            response(200),
            requestParameters={f"integration.request.header.{header}": "'x'"},
        )
    api.deploy()
    return api


AWS = recorded("lambda", "test_lambda_aws_integration")
SELECT = recorded("lambda", "test_lambda_selection_patterns")
REMAP_AWS = recorded("integrations", "TestApiGatewayHeaderRemapping::test_apigateway_header_remapping_aws[AWS]")


@fact("AWS-01", "A Lambda without proxy gets the body as its event and its result is the answer", AWS)
def test_aws_plain(aws: Api) -> None:
    found = aws.post("/plain", {"message": "hello world"})
    assert (found.status, found.json()) == (200, {"message": "hello world"})
    assert found.header("Content-Type") == JSON


@fact(
    "AWS-02",
    "A request template makes the event of a Lambda without proxy",
    recorded("lambda", "test_lambda_aws_integration_with_request_template"),
)
def test_aws_template(aws: Api) -> None:
    assert aws.get("/template?param1=foobar").json() == {"param1": "foobar"}


@fact(
    "AWS-03",
    "A query parameter named Signature does not disturb",
    recorded("lambda", "test_lambda_aws_integration_with_request_template"),
)
def test_aws_signature(aws: Api) -> None:
    assert aws.get("/template?param1=foobar&Signature=1").json() == {"param1": "foobar"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        case(
            "AWS-04",
            "A result without an error takes the default response, whatever it says",
            SELECT,
            {"statusCode": "200"},
            200,
        ),
        case(
            "AWS-05",
            "A pattern is matched against the error message",
            SELECT,
            {"raise": "Error: Raising four hundred from within"},
            405,
        ),
        case(
            "AWS-06",
            "Any error matches the pattern of one or more characters",
            SELECT,
            {"raise": "Error: Raising five hundred from within"},
            502,
        ),
    ],
)
def test_aws_select(aws: Api, body: dict[str, str], status: int) -> None:
    assert aws.post("/select", body).status == status


@fact("AWS-07", "The answer of an error is Lambda's error object", SELECT)
def test_aws_error_object(aws: Api) -> None:
    found = aws.post("/select", {"raise": "Error: four hundred"}).json()
    assert set(found) == {"errorMessage", "errorType", "requestId", "stackTrace"}
    assert (found["errorMessage"], found["errorType"]) == ("Error: four hundred", "Exception")


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        case(
            "AWS-08",
            "A response template overrides the status with 202",
            recorded("lambda", "test_lambda_aws_integration_response_with_mapping_templates"),
            "200",
            202,
        ),
        case(
            "AWS-09",
            "A response template overrides the status with 400",
            recorded("lambda", "test_lambda_aws_integration_response_with_mapping_templates"),
            "400",
            400,
        ),
    ],
)
def test_aws_mapped(aws: Api, wanted: str, status: int) -> None:
    found = aws.post("/mapped", {"httpStatus": wanted})
    assert (found.status, json.loads(found.text)) == (status, {"body": wanted})


@pytest.mark.parametrize(
    "header",
    [
        case(f"AWS-{number}", f"Mapping {header} into an AWS request gives 500", REMAP_AWS, header.lower())
        for number, header in enumerate(
            (
                "Authorization",
                "Connection",
                "Expect",
                "Proxy-Authenticate",
                "TE",
                "Content-Length",
                "Transfer-Encoding",
            ),
            10,
        )
    ],
)
def test_aws_wrong_header(aws: Api, header: str) -> None:
    found = aws.get(f"/wrong-{header}")
    assert (found.status, found.json()) == (500, FAILED)


@fact("AWS-17", "An AWS answer has a trace header", REMAP_AWS)
def test_aws_trace(aws: Api) -> None:
    assert (aws.post("/plain", {}).header("X-Amzn-Trace-Id") or "").startswith("Root=1-")


TABLE = "fidelity-table"


@pytest.fixture(scope="module")
def table(cloud: Cloud) -> Api:
    """DynamoDB PutItem, Query and Scan behind one API."""
    client = cloud.client("dynamodb")
    client.create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    api = cloud.api("table")
    templates = {
        "PutItem": {"Item": {"id": {"S": "$input.params('id')"}}},
        "Scan": {},
        "Query": {
            "KeyConditionExpression": "id = :id",
            "ExpressionAttributeValues": {":id": {"S": "$input.params('id')"}},
        },
    }  # fmt: skip
    for action, template in templates.items():
        integration = {
            "type": "AWS", "integrationHttpMethod": "POST", "uri": f"arn:aws:apigateway:us-east-1:dynamodb:action/{action}",
            "credentials": ROLE, "requestTemplates": {JSON: json.dumps({"TableName": TABLE} | template)},
        }  # fmt: skip
        api.method("GET", f"/{action}", integration, responses=[response(200)])
    api.deploy()
    api.get("/PutItem?id=test")
    return api


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        case(
            "AWS-20",
            "DynamoDB PutItem answers an empty object",
            recorded("dynamodb", "test_rest_api_to_dynamodb_integration[PutItem]"),
            "/PutItem?id=test",
            {},
        ),
        case(
            "AWS-21",
            "DynamoDB Query answers what DynamoDB says",
            recorded("dynamodb", "test_rest_api_to_dynamodb_integration[Query]"),
            "/Query?id=test",
            {"Count": 1, "Items": [{"id": {"S": "test"}}], "ScannedCount": 1},
        ),
        case(
            "AWS-22",
            "DynamoDB Query without a hit answers none",
            recorded("dynamodb", "test_rest_api_to_dynamodb_integration[Query]"),
            "/Query?id=nothing",
            {"Count": 0, "Items": [], "ScannedCount": 0},
        ),
        case(
            "AWS-23",
            "DynamoDB Scan answers what DynamoDB says",
            recorded("dynamodb", "test_rest_api_to_dynamodb_integration[Scan]"),
            "/Scan",
            {"Count": 1, "Items": [{"id": {"S": "test"}}], "ScannedCount": 1},
        ),
    ],
)
def test_dynamodb(table: Api, path: str, expected: dict[str, Any]) -> None:
    found = table.get(path)
    assert (found.status, found.json()) == (200, expected)
    assert found.header("Content-Type") == JSON


@fact(
    "AWS-24",
    "A service answers its error status through the default response",
    documented(
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html"
    ),
)
def test_service_error(cloud: Cloud) -> None:
    api = cloud.api("no-table")
    integration = {
        "type": "AWS", "integrationHttpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:dynamodb:action/Scan",
        "credentials": ROLE, "requestTemplates": {JSON: '{"TableName": "not-there"}'},
    }  # fmt: skip
    api.method("GET", "/", integration, responses=[response(200), response(400, selectionPattern="400")])
    api.deploy()
    found = api.get("/")
    assert (found.status, found.json()["__type"].endswith("ResourceNotFoundException")) == (400, True)
