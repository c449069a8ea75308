from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.infra.local.gateway.fakes import FUNCTION, World, header, lambda_uri


def aws(**shape: Any) -> dict[str, Any]:
    responses = {"200": {"statusCode": "200"}}
    return {"type": "AWS", "httpMethod": "POST", "uri": lambda_uri(), "integrationResponses": responses, **shape}


def aws_world(handler: Any = None, **shape: Any) -> World:
    world = World()
    world.method("/", "ANY", integration=aws(**shape))
    world.functions.handlers[FUNCTION] = handler or (lambda event: event)
    return world


@pytest.mark.parametrize(
    ("body", "event"),
    [pytest.param(b'{"a": 1}', {"a": 1}, id="passes through"), pytest.param(b"", {}, id="empty is {}: recorded")],
)
async def test_payload(body: bytes, event: Any) -> None:
    """test_lambda_aws_integration, and header remapping's no-param-integration."""
    world = aws_world()
    response = await world.call("/", "POST", body=body)
    assert (world.event, json.loads(response.body)) == (event, event)
    assert header(response, "Content-Type") == "application/json"
    assert header(response, "X-Amzn-Trace-Id") is not None


@pytest.mark.parametrize("headers", [(), (("Content-Type", "application/json"),)], ids=["no type", "json"])
async def test_request_template(headers: Any) -> None:
    """test_lambda_aws_integration_with_request_template."""
    template = {"application/json": '{"param1": "$input.params(\'param1\')"}'}
    world = aws_world(requestTemplates=template)
    response = await world.call("/", query="param1=foobar", headers=headers)
    assert json.loads(response.body) == {"param1": "foobar"}


PATTERNS = {
    "200": {"statusCode": "200"},
    "400": {"statusCode": "400", "selectionPattern": ".*400.*"},
    "500": {"statusCode": "500", "selectionPattern": ".*five hundred.*"},
}


@pytest.mark.parametrize(
    ("message", "status"),
    [
        pytest.param(None, 200, id="no error"),
        pytest.param("Error 400", 400, id="first pattern"),
        pytest.param("Error: Raising five hundred from within", 500, id="second pattern"),
        pytest.param("other", 200, id="no pattern: the default answers, with the error object"),
        pytest.param("a\n400", 200, id="a dot does not match a line break, as in Java"),
    ],
)
async def test_selection_by_error_message(message: str | None, status: int) -> None:
    """test_lambda_selection_patterns."""

    def handler(event: Any) -> Any:
        if message is not None:
            raise RuntimeError(message)
        return "Pass"

    response = await aws_world(handler, integrationResponses=PATTERNS).call()
    assert response.status == status
    document = json.loads(response.body)
    assert document == "Pass" if message is None else document["errorMessage"] == message


async def test_response_template() -> None:
    """test_lambda_aws_integration_response_with_mapping_templates."""
    templates = {"application/json": '#set($inputRoot = $input.path("$"))$inputRoot.body'}
    responses = {"202": {"statusCode": "202", "responseTemplates": templates}}
    world = aws_world(lambda event: {"statusCode": 200, "body": "noerror"}, integrationResponses=responses)
    response = await world.call()
    assert (response.status, response.body) == (202, b"noerror")


async def test_asynchronous_invocation() -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-integration-async.html"""
    world = aws_world(requestParameters={"integration.request.header.X-Amz-Invocation-Type": "'Event'"})
    response = await world.call("/", "POST", body=b'{"a": 1}')
    assert (response.status, response.body) == (200, b"")
    await asyncio.sleep(0)
    assert world.event == {"a": 1}


async def test_a_payload_that_is_not_json() -> None:
    assert (await aws_world().call("/", "POST", body=b"plain")).status == 500


async def test_other_services_say_what_to_do() -> None:
    response = await aws_world(uri="arn:aws:apigateway:us-east-1:dynamodb:action/PutItem").call()
    assert response.status == 501
    assert "dynamodb" in json.loads(response.body)["message"]


@pytest.mark.parametrize(
    ("handling", "accept", "body"),
    [
        pytest.param("CONVERT_TO_TEXT", None, b"aGVsbG8=", id="to text"),
        pytest.param("CONVERT_TO_BINARY", None, b"hello", id="to binary"),
        pytest.param(None, "image/png", b"hello", id="by Accept"),
        pytest.param(None, None, b"aGVsbG8=", id="text by default"),
    ],
)
async def test_content_handling_of_text_answers(handling: str | None, accept: str | None, body: bytes) -> None:
    """test_apigw_s3_binary_support_response_*: encoded payloads of a text type."""
    world = World(binaryMediaTypes=["image/png"])
    responses = {"200": {"statusCode": "200", "contentHandling": handling}}
    world.method("/", integration=aws(integrationResponses=responses))
    world.functions.handlers[FUNCTION] = lambda event: b"aGVsbG8="
    response = await world.call(headers=(("Accept", accept),) if accept else ())
    assert response.body == body
