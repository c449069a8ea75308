from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from infra.local.gateway.integrations.mock import status_of
from tests.infra.local.gateway.fakes import World, header, mock


async def call(integration: dict[str, Any], path: str = "/42", verb: str = "GET", **request: Any) -> Any:
    world = World()
    world.method("/{id}", "ANY", integration=integration)
    return await world.call(path, verb, **request)


@pytest.mark.parametrize("behaviour", ["WHEN_NO_MATCH", "NEVER", "WHEN_NO_TEMPLATES"])
@pytest.mark.parametrize("verb", ["GET", "POST"])
async def test_response_template(behaviour: str, verb: str) -> None:
    """test_mock_integration_response, all its cases."""
    integration = mock(responseTemplates={"application/json": '{"statusCode": 200, "id": $input.params().path.id}'})
    integration["passthroughBehavior"] = behaviour
    response = await call(integration, verb=verb, headers=(("Content-Type", "application/json"),))
    assert (response.status, json.loads(response.body)) == (200, {"statusCode": 200, "id": 42})
    assert header(response, "Content-Type") == "application/json"
    assert header(response, "X-Amzn-Trace-Id") is None  # test_invocation_trace_id: MOCK has none


@pytest.mark.parametrize(
    ("text", "status"),
    [
        pytest.param('{"statusCode": 200}', 200, id="json"),
        pytest.param("{statusCode: 200}", 200, id="unquoted, recorded: test_integration_mock_with_path_param"),
        pytest.param("{'statusCode': 201, }", 201, id="single quotes"),
        pytest.param('{"a": "b", statusCode: 204}', 204, id="second key"),
        pytest.param('{"statusCode": "200"}', None, id="text is no number"),
        pytest.param('{"statusCode": true}', None, id="boolean"),
        pytest.param("", None, id="empty"),
        pytest.param("[1]", None, id="list"),
        pytest.param("statusCode: 200", None, id="no braces"),
    ],
)
def test_status_of(text: str, status: int | None) -> None:
    assert status_of(text) == status


@pytest.mark.parametrize(
    "integration",
    [
        pytest.param(mock("nothing here"), id="no status in the template"),
        pytest.param({**mock(), "requestTemplates": {}}, id="no template, empty body"),
        pytest.param(
            {
                **mock('{"statusCode": 500}'),
                "integrationResponses": {"200": {"statusCode": "200", "selectionPattern": "2.."}},
            },
            id="no response selected",
        ),
    ],
)
async def test_misconfigured(integration: dict[str, Any]) -> None:
    response = await call(integration)
    assert (response.status, response.body) == (500, b'{"message": "Internal server error"}')
    assert header(response, "x-amzn-ErrorType") == "InternalServerErrorException"


@pytest.mark.parametrize(
    ("behaviour", "templates", "status"),
    [
        pytest.param("NEVER", {}, 415, id="never, none"),
        pytest.param("NEVER", {"text/x": "{}"}, 415, id="never, another"),
        pytest.param("WHEN_NO_TEMPLATES", {"text/x": "{}"}, 415, id="some templates, no match"),
        pytest.param("WHEN_NO_TEMPLATES", {}, 200, id="no templates at all"),
        pytest.param("WHEN_NO_MATCH", {"text/x": "{}"}, 200, id="passes through"),
        pytest.param("NEVER", {"$default": '{"statusCode":200}'}, 200, id="$default"),
    ],
)
async def test_passthrough_behaviour(behaviour: str, templates: dict[str, str], status: int) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html"""
    integration = {**mock(), "passthroughBehavior": behaviour, "requestTemplates": templates}
    body = b'{"statusCode": 200}'
    response = await call(integration, verb="POST", headers=(("Content-Type", "application/json"),), body=body)
    assert response.status == status
    if status == 415:
        assert response.body == b'{"message": "Unsupported Media Type"}'
        assert header(response, "x-amzn-ErrorType") == "BadRequestException"


@pytest.mark.parametrize(
    ("message", "expected"),
    [("path1", "path was path one"), ("path2", "path was path two"), ("x", "this is the else clause")],
)
async def test_request_override_is_seen_by_the_response_template(message: str, expected: str) -> None:
    """test_integration_mock_with_request_overrides_in_response_template."""
    request = """#set($body = $util.base64Decode($input.params('id')))
#set($context.requestOverride.path.body = $body)
{"statusCode": 200}
"""
    response = """#set($body = $util.parseJson($context.requestOverride.path.body))
#set($inputBody = $body.message)
#if($inputBody == "path1")
path was path one
#elseif($inputBody == "path2")
path was path two
#else
this is the else clause
#end"""
    path = "/" + base64.b64encode(json.dumps({"message": message}).encode()).decode()
    answer = await call(
        mock(request, selectionPattern=r"2\d{2}", responseTemplates={"application/json": response}), path
    )
    assert answer.body.decode().strip() == expected


@pytest.mark.parametrize("with_template", [True, False])
async def test_response_override_in_the_request_template(with_template: bool) -> None:
    """test_integration_mock_with_response_override_in_request_template."""
    request = """
#set($context.responseOverride.status = 444)
#set($context.responseOverride.header.foo = "bar")
#set($context.responseOverride.custom = "is also passed around")
{"statusCode": 200}"""
    template = """
#set($statusOverride = $context.responseOverride.status)
{"statusOverride": "$statusOverride", "custom": "$context.responseOverride.custom"}"""
    templates = {"application/json": template} if with_template else {}
    response = await call(mock(request, responseTemplates=templates))
    assert (response.status, header(response, "foo")) == (444, "bar")
    expected = {"statusOverride": "444", "custom": "is also passed around"}
    assert (json.loads(response.body) if response.body else None) == (expected if with_template else None)


async def test_velocity_maps_can_be_assigned() -> None:
    """test_integration_mock_with_vtl_map_assignation."""
    request = """
#set($paramName = "foo")
#set($context.requestOverride.querystring[$paramName] = "bar")
#set($paramPutName = "putfoo")
$context.requestOverride.querystring.put($paramPutName, "putBar")
#set($context["requestOverride"].querystring["nestedfoo"] = "nestedFoo")
{"statusCode": 200}"""
    template = """
#set($value = $context.requestOverride.querystring["foo"])
{"value": "$value", "value2": "$context.requestOverride.querystring["putfoo"]",
 "value3": "$context.requestOverride.querystring["nestedfoo"]"}"""
    response = await call(mock(request, responseTemplates={"application/json": template}))
    assert json.loads(response.body) == {"value": "bar", "value2": "putBar", "value3": "nestedFoo"}


@pytest.mark.parametrize("status", ["600", "99", '"444"'], ids=["above", "below", "text"])
async def test_a_bad_status_override_is_ignored(status: str) -> None:
    request = f"#set($context.responseOverride.status = {status})" + '{"statusCode": 200}'
    assert (await call(mock(request))).status == 200


async def test_a_mapped_value_cannot_end_its_line() -> None:
    parameters = {"method.response.header.X": "method.request.querystring.q"}
    response = await call(mock(responseParameters=parameters), query="q=a%0d%0aSet-Cookie:%20b")
    assert header(response, "X") == "a Set-Cookie: b"
