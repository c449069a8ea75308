from __future__ import annotations

import json
from typing import Any

import pytest

from infra.local.gateway.integrations.answer import Answer
from tests.infra.local.gateway.fakes import World


async def render(template: str, body: bytes = b"", **request: Any) -> str:
    """Renders a response template over an upstream's answer."""
    world = World()
    responses = {"200": {"statusCode": "200", "responseTemplates": {"application/json": template}}}
    integration = {"type": "HTTP", "httpMethod": "POST", "uri": "http://x.test", "integrationResponses": responses}
    world.method("/{id}", "ANY", integration=integration)
    world.stage["variables"] = {"color": "blue"}
    world.upstream.answer = Answer(200, [], body)
    response = await world.call("/42", "POST", **request)
    return f"{response.status}" if response.status != 200 else response.body.decode()


RESULT = '#set($result = $input.path("$.json"))$result'
CHECKS = (
    '{"body": $result, "nested": $result.nested, "isNull": #if( $result == $null )"true"#else"false"#end, '
    '"isEmptyString": #if( $result == "" )"true"#else"false"#end}'
)


@pytest.mark.parametrize(
    ("template", "value", "expected"),
    [
        pytest.param(RESULT, {"foo": "bar"}, "{foo=bar}", id="dict-response"),
        pytest.param(RESULT, [{"foo": "bar"}], '[{"foo":"bar"}]', id="json-list"),
        pytest.param(RESULT + ".nested", {"nested": {"foo": "bar"}}, "{foo=bar}", id="nested-dict"),
        pytest.param(RESULT + ".nested", {"nested": [{"foo": "bar"}]}, '[{"foo":"bar"}]', id="nested-list"),
        pytest.param(RESULT + "[0]", [{"foo": "bar"}], "{foo=bar}", id="dict-in-list"),
        pytest.param(RESULT + "[0]", [[{"foo": "bar"}]], '[{"foo":"bar"}]', id="list-with-nested-list"),
        pytest.param(RESULT, {"foo": [{"nested": "bar"}]}, '{foo=[{"nested":"bar"}]}', id="dict-with-nested-list"),
        pytest.param(
            RESULT,
            {"bigger": "dict", "to": "test", "with": "separators"},
            "{bigger=dict, to=test, with=separators}",
            id="bigger-dict",
        ),
        pytest.param(RESULT + ".toString()", {"foo": "bar"}, "{foo=bar}", id="to-string"),
        pytest.param(RESULT + ".toString()", {"list": [{"foo": "bar"}]}, '{list=[{"foo":"bar"}]}', id="list-to-string"),
        pytest.param(
            '#set($result = $input.path("$.nonExisting"))' + CHECKS,
            {},
            '{"body": , "nested": , "isNull": "true", "isEmptyString": "true"}',
            id="empty-body",
        ),
        pytest.param(
            '#set($result = $input.path("$.json.listValue"))' + CHECKS,
            {"listValue": []},
            '{"body": [], "nested": , "isNull": "false", "isEmptyString": "false"}',
            id="nested-empty-list",
        ),
        pytest.param(
            '#set($result = $input.path("$.json.listValue"))' + CHECKS,
            {"listValue": None},
            '{"body": , "nested": , "isNull": "true", "isEmptyString": "true"}',
            id="nested-null-list",
        ),
    ],
)
async def test_input_path_formatting(template: str, value: Any, expected: str) -> None:
    """test_input_path_template_formatting, all its cases."""
    assert await render(template, json.dumps({"json": value}).encode()) == expected


@pytest.mark.parametrize(
    ("template", "body", "expected"),
    [
        pytest.param("#set($result = $input.body)$result", b"", "{}", id="raw empty"),
        pytest.param("#set($result = $input.body)$result", b'{"some": "value"}', '{"some": "value"}', id="raw json"),
        pytest.param(
            "Action=SendMessage&MessageBody=$input.body",
            b"some raw data",
            "Action=SendMessage&MessageBody=some raw data",
            id="in text",
        ),
        pytest.param(
            "#set($result = $input.body.testAccess)[$result]", b'{"some": "value"}', "[]", id="attribute access"
        ),
        pytest.param(
            "EncodedBody=$util.urlEncode($input.body)&EncodedBodyAccess=$util.urlEncode($input.body.testAccess)",
            b'{"some": "value"}',
            "EncodedBody=%7B%22some%22%3A+%22value%22%7D&EncodedBodyAccess=",
            id="url-encode",
        ),
    ],
)
async def test_input_body_formatting(template: str, body: bytes, expected: str) -> None:
    """test_input_body_formatting."""
    assert await render(template, body) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param("$input.params('id')", "42", id="path"),
        pytest.param("$input.params('q')", "2", id="query, last value"),
        pytest.param("$input.params('x-in')", "yes", id="header in another case"),
        pytest.param("[$input.params('none')]", "[]", id="nowhere"),
        pytest.param("$input.params().querystring.q $input.params().path.id", "2 42", id="all"),
        pytest.param("#foreach($p in $input.params().path.keySet())$p;#end", "id;", id="keys"),
        pytest.param(
            "$stageVariables.color ${stageVariables.color} [$!stageVariables.none]", "blue blue []", id="stage"
        ),
        pytest.param(
            "$context.stage $context.identity.sourceIp $context.httpMethod", "test 203.0.113.7 POST", id="context"
        ),
        pytest.param("$context.requestTime", "24/Nov/2026:12:00:00 +0000", id="time"),
        pytest.param("$input.json('$')", '{"a":[1,{"b":"x/\'\\""}],"t":true}', id="json of all is compact"),
        pytest.param("$input.json('$.a[1].b')", '"x/\'\\""', id="json of text is quoted"),
        pytest.param("$input.json('$.nothing')", '""', id="json of nothing"),
        pytest.param("$util.escapeJavaScript($input.path('$.a[1].b'))", "x\\/\\'\\\"", id="escapeJavaScript"),
        pytest.param("$util.escapeJavaScript('é')", "\\u00E9", id="escapeJavaScript beyond ASCII"),
        pytest.param("$util.base64Encode('hi') $util.base64Decode('aGk=')", "aGk= hi", id="base64"),
        pytest.param("$util.urlDecode('a%20b+c')", "a b c", id="urlDecode"),
        pytest.param("#set($j = $util.parseJson('{\"k\": [1, 2]}'))$j.k[1] $j.k.size()", "2 2", id="parseJson"),
        pytest.param("#foreach($i in $input.path('$.a'))$foreach.index#end", "01", id="loop"),
        pytest.param("$input.path('$.t')", "true", id="boolean"),
        pytest.param("$input.path('$..b')", "x/'\"", id="recursive descent"),
    ],
)
async def test_variables(template: str, expected: str) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html"""
    body = b'{"a": [1, {"b": "x/\'\\""}], "t": true}'
    assert await render(template, body, query="q=1&q=2", headers=(("X-In", "yes"),)) == expected


@pytest.mark.parametrize(
    "template", ["#if($x)", "$util.parseJson('{')", "#set($x = 1"], ids=["unclosed", "fails", "syntax"]
)
async def test_a_broken_template_is_a_server_error(template: str) -> None:
    assert await render(template) == "500"
