from __future__ import annotations

import json
from typing import Any

import pytest

from infra.local.ports import FunctionForbidden
from tests.infra.local.gateway.fakes import FUNCTION, World, lambda_uri, mock

STAMP = "Tue Nov 24 12:00:00 UTC 2026 : "


def pets() -> World:
    world = World()
    templates = {"application/json": '{"petId": "$input.params(\'petId\')"}'}
    world.method("/pets/{petId}", "ANY", integration=mock(responseTemplates=templates))
    return world


def lines(result: Any) -> list[str]:
    text: str = result["log"]
    return text.split("\n")


@pytest.mark.parametrize(
    ("request_", "pet", "shown_path", "parameters", "query"),
    [
        pytest.param({"pathWithQueryString": "/pets/123"}, "123", "/pets/123", "{petId=123}", "{}", id="get-pets-id"),
        pytest.param({}, "{petId}", "/pets/{petId}", "{petId={petId}}", "{}", id="no-path"),
        pytest.param({"pathWithQueryString": "/random/test"}, "", "/random/test", "{}", "{}", id="bad-path"),
        pytest.param(
            {"pathWithQueryString": "/pets/123?foo=bar"}, "123", "/pets/123", "{petId=123}", "{foo=bar}", id="with-qs"
        ),
    ],
)
async def test_mock(request_: Any, pet: str, shown_path: str, parameters: str, query: str) -> None:
    """test_invoke_test_method."""
    world = pets()
    result = await world.plane.test_invoke_method(world.api, "res0", "GET", {**request_, "body": ""})
    assert (result["status"], json.loads(result["body"])) == (200, {"petId": pet})
    assert result["headers"] == {"Content-Type": "application/json"}
    assert result["multiValueHeaders"] == {"Content-Type": ["application/json"]}
    request_id = lines(result)[0].removeprefix("Execution log for request ")
    assert lines(result) == [
        f"Execution log for request {request_id}",
        STAMP + f"Starting execution for request: {request_id}",
        STAMP + f"HTTP Method: GET, Resource Path: {shown_path}",
        STAMP + f"Method request path: {parameters}",
        STAMP + f"Method request query string: {query}",
        STAMP + "Method request headers: {}",
        STAMP + "Method request body before transformations: ",
        STAMP + f'Method response body after transformations: {{"petId": "{pet}"}}',
        STAMP + "Method response headers: {Content-Type=application/json}",
        STAMP + "Successfully completed execution",
        STAMP + "Method completed with status: 200",
        "",
    ]


async def test_failure() -> None:
    """test_failed_invoke_test_method."""
    world = World()
    integration = {"type": "AWS", "httpMethod": "POST", "uri": lambda_uri(), "integrationResponses": {}}
    world.method("/", integration=integration)
    world.functions.raises = FunctionForbidden()
    result = await world.plane.test_invoke_method(world.api, "res0", "GET", {"headers": {"a": "b"}})
    assert (result["status"], result["body"]) == (500, '{"message": "Internal server error"}')
    assert result["headers"] == {"x-amzn-ErrorType": "InternalServerErrorException"}
    assert lines(result)[-3:] == [
        STAMP + "Execution failed due to configuration error: Invalid permissions on Lambda function",
        STAMP + "Method completed with status: 500",
        "",
    ]


async def test_lambda() -> None:
    """test_apigw_test_invoke_method_api: the lines about the endpoint, in their order."""
    world = World()
    integration = {
        "type": "AWS",
        "httpMethod": "POST",
        "uri": lambda_uri(),
        "integrationResponses": {"200": {"statusCode": "200"}},
    }
    world.method("/foo", integration=integration)
    world.functions.handlers[FUNCTION] = lambda event: {"statusCode": 200}
    headers = {"content-type": "application/json"}
    request = {"body": '{"test": "val123"}', "headers": headers, "pathWithQueryString": "/foo?queryTest=value"}
    result = await world.plane.test_invoke_method(world.api, "res0", "GET", request)
    assert list(result["headers"]) == ["X-Amzn-Trace-Id", "Content-Type"]
    kinds = [line.removeprefix(STAMP).partition(":")[0] for line in lines(result)[7:-1]]
    assert kinds == [
        "Endpoint request URI",
        "Endpoint request headers",
        "Endpoint request body after transformations",
        "Sending request to https",
        "Received response. Status",
        "Endpoint response headers",
        "Endpoint response body before transformations",
        "Method response body after transformations",
        "Method response headers",
        "Successfully completed execution",
        "Method completed with status",
    ]
    assert "Method request headers: {content-type=application/json}" in result["log"]


async def test_the_live_definition_is_used_and_nothing_is_recorded() -> None:
    world = pets()
    result = await world.plane.test_invoke_method(world.api, "res0", "POST", {})
    assert result["status"] == 200
    assert world.telemetry.records == []


AUTHORIZER = {
    "id": "a1",
    "type": "TOKEN",
    "identitySource": "method.request.header.Authorization",
    "authorizerUri": lambda_uri(),
}


async def test_an_authorizer() -> None:
    world = World()
    document = {"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    answer = {"principalId": "me", "policyDocument": document, "context": {"k": 1}}
    world.functions.handlers[FUNCTION] = lambda event: answer
    request = {"headers": {"Authorization": "t"}}
    result = await world.plane.test_invoke_authorizer(world.api, AUTHORIZER, request)
    assert (result["clientStatus"], result["principalId"], json.loads(result["policy"])) == (0, "me", document)
    assert world.event["methodArn"].endswith("/ESTestInvoke-stage/GET/")


async def test_an_authorizer_without_a_token() -> None:
    world = World()
    result = await world.plane.test_invoke_authorizer(world.api, AUTHORIZER, {})
    assert (result["clientStatus"], world.functions.events) == (401, [])
    assert "policy" not in result
