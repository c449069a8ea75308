from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from infra.local.gateway.dataplane import DataPlane
from infra.local.gateway.integrations.aws_service import ServiceUri, parse
from infra.local.ports import HttpResponse
from tests.infra.local.gateway.fakes import World, header


class FakeCloud:
    def __init__(self, response: HttpResponse) -> None:
        self.response = response
        self.calls: list[dict[str, Any]] = []

    async def call(
        self,
        service: str,
        region: str,
        *,
        method: str = "POST",
        path: str = "/",
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> HttpResponse:
        call = {"service": service, "region": region, "method": method, "path": path, "query": query}
        self.calls.append({**call, "headers": dict(headers or {}), "body": body})
        return self.response

    async def json(self, service: str, region: str, target: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


def world_with(uri: str, response: HttpResponse, **integration: Any) -> tuple[World, FakeCloud]:
    world, cloud = World(), FakeCloud(response)
    world.plane = DataPlane(world.store, world.functions, world.telemetry, clock=world.clock, cloud=cloud)
    responses = {"200": {"statusCode": "200"}, "400": {"statusCode": "400", "selectionPattern": "4.."}}
    shape = {"type": "AWS", "httpMethod": "POST", "uri": uri, "integrationResponses": responses, **integration}
    world.method("/{id}", "ANY", integration=shape)
    return world, cloud


DYNAMODB = "arn:aws:apigateway:eu-west-1:dynamodb:action/PutItem"


async def test_an_action_of_a_json_service() -> None:
    """test_rest_api_to_dynamodb_integration[PutItem]."""
    template = '{"TableName": "t", "Item": {"id": {"S": "$input.params(\'id\')"}}}'
    answer = HttpResponse(status=200, headers=[("Content-Type", "application/x-amz-json-1.0")], body=b"{}")
    world, cloud = world_with(DYNAMODB, answer, requestTemplates={"application/json": template})
    response = await world.call("/7")
    assert (response.status, response.body, header(response, "Content-Type")) == (200, b"{}", "application/json")
    assert cloud.calls == [
        {
            "service": "dynamodb",
            "region": "eu-west-1",
            "method": "POST",
            "path": "/",
            "query": "",
            "headers": {"X-Amz-Target": "DynamoDB_20120810.PutItem", "Content-Type": "application/x-amz-json-1.0"},
            "body": b'{"TableName": "t", "Item": {"id": {"S": "7"}}}',
        }
    ]
    assert header(response, "X-Amzn-Trace-Id") is not None


async def test_an_error_status_selects_the_response() -> None:
    answer = HttpResponse(status=400, body=b'{"__type": "ResourceNotFoundException"}')
    world, _ = world_with(DYNAMODB, answer)
    response = await world.call("/7", "POST", body=b"{}")
    assert (response.status, json.loads(response.body)) == (400, {"__type": "ResourceNotFoundException"})


async def test_a_path_with_parameters() -> None:
    """test_apigateway_s3_any: the shape of its integration."""
    uri = "arn:aws:apigateway:us-east-1:s3:path/bucket/{key}"
    mappings = {
        "integration.request.path.key": "method.request.path.id",
        "integration.request.querystring.list-type": "'2'",
        "integration.request.header.Content-Type": "method.request.header.Content-Type",
    }
    world, cloud = world_with(uri, HttpResponse(status=200), httpMethod="ANY", requestParameters=mappings)
    await world.call("/a", "PUT", headers=(("Content-Type", "text/plain"),), body=b"hello")
    call = cloud.calls[0]
    assert (call["method"], call["path"], call["query"], call["body"]) == ("PUT", "/bucket/a", "list-type=2", b"hello")
    assert call["headers"] == {"Content-Type": "text/plain"}


async def test_an_action_of_a_query_service() -> None:
    world, cloud = world_with("arn:aws:apigateway:us-east-1:sns:action/Publish", HttpResponse(status=200))
    await world.call("/a")
    assert cloud.calls[0]["query"] == "Action=Publish"


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        (DYNAMODB, ServiceUri("eu-west-1", "dynamodb", "action", "PutItem")),
        ("arn:aws:apigateway:r:sub.s3:path/b/k", ServiceUri("r", "s3", "path", "b/k")),
        ("arn:aws:apigateway:r:s3:b", None),
        ("http://x", None),
    ],
    ids=["action", "sub-domain", "neither", "no ARN"],
)
def test_parse(uri: str, expected: ServiceUri | None) -> None:
    assert parse(uri) == expected
