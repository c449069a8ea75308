"""Mapping templates: how input, context and variables print."""

from __future__ import annotations

from typing import Any

import pytest

from .facts import case, guide, recorded
from .gateway import JSON, Api, Cloud, http_to, response

MAPPING = guide("api-gateway-mapping-template-reference")

PATHS = recorded("common", "TestApiGatewayCommon::test_input_path_template_formatting")

BODIES = recorded("common", "TestApiGatewayCommon::test_input_body_formatting")


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


CONTEXT_KEYS = recorded("sqs", "test_sqs_amz_json_protocol")
KEYS = "#foreach($key in {}.keySet())$key#if($foreach.hasNext) #end#end"


@pytest.fixture(scope="module")
def context_keys(cloud: Cloud, upstream: str) -> list[set[str]]:
    """The keys of the context, its identity and its overrides, in a method without an authorizer and a stage without a canary."""
    api = cloud.api("context-keys")
    maps = (
        "$context",
        "$context.identity",
        "$context.requestOverride",
        "$context.responseOverride",
        "$context.authorizer",
    )
    route(api, upstream, "keys", request="|".join(KEYS.replace("{}", name) for name in maps))
    api.deploy()
    found = api.post("/keys", "{}")
    assert found.status == 200, found.body
    return [set(part.split()) for part in found.text.split("|")]


CONTEXT_MAPS = [
    {
        "accountId", "apiId", "deploymentId", "domainName", "domainPrefix", "extendedRequestId", "httpMethod", "identity",
        "path", "protocol", "requestId", "requestOverride", "requestTime", "requestTimeEpoch", "resourceId", "resourcePath",
        "responseOverride", "stage",
    },
    {
        "accessKey", "accountId", "caller", "cognitoAuthenticationProvider", "cognitoAuthenticationType", "cognitoIdentityId",
        "cognitoIdentityPoolId", "principalOrgId", "sourceIp", "user", "userAgent", "userArn",
    },
    {"header", "path", "querystring"},
    {"header"},
    set(),
]  # fmt: skip


@pytest.mark.parametrize(
    "place",
    [
        case("VTL-70", "`$context` has exactly these keys without a canary and an authorizer", CONTEXT_KEYS, 0),
        case("VTL-71", "`$context.identity` has exactly these keys", CONTEXT_KEYS, 1),
        case("VTL-72", "`$context.requestOverride` starts with header, path and querystring", CONTEXT_KEYS, 2),
        case("VTL-73", "`$context.responseOverride` starts with header", CONTEXT_KEYS, 3),
        case("VTL-74", "`$context.authorizer` is an empty map without an authorizer", CONTEXT_KEYS, 4),
    ],
)
def test_context_keys(context_keys: list[set[str]], place: int) -> None:
    assert context_keys[place] == CONTEXT_MAPS[place]
