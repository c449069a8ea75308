"""REST APIs as recorded from real AWS (localstack/localstack, TestApiGatewayApiRestApi)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

COMPRESSION = "Invalid minimum compression size, must be between 0 and 10485760"


def bare(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key not in ("ResponseMetadata", "createdDate")}


def test_a_new_api_shows_its_defaults_and_no_tags(client: Any) -> None:
    made = client.create_rest_api(name="shop", binaryMediaTypes=[])
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert bare(made) == {
        "id": made["id"],
        "name": "shop",
        "apiKeySource": "HEADER",
        "disableExecuteApiEndpoint": False,
        "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
        "rootResourceId": made["rootResourceId"],
    }
    assert bare(client.get_rest_api(restApiId=made["id"])) == {**bare(made), "tags": {}}
    assert [bare(item) for item in client.get_rest_apis()["items"]] == [bare(made)]


def test_a_deleted_api_is_unknown(client: Any, refused: Callable[..., None]) -> None:
    api = client.create_rest_api(name="shop")["id"]
    assert client.delete_rest_api(restApiId=api)["ResponseMetadata"]["HTTPStatusCode"] == 202
    refused(
        "NotFoundException",
        f"Invalid API identifier specified 111111111111:{api}",
        client.get_rest_api,
        restApiId=api,
    )


ENUM = "Member must satisfy enum value set"
TYPES = f"Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: Member must satisfy constraint: [{ENUM}: [PRIVATE, EDGE, REGIONAL]]"
ADDRESS = f"Value 'wrong' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy constraint: {ENUM}: [ipv4, dualstack]"
CREATE = {
    "description first": (
        {"description": "", "minimumCompressionSize": -1},
        "BadRequestException",
        "Description cannot be an empty string",
    ),
    "compression": ({"minimumCompressionSize": -1}, "BadRequestException", COMPRESSION),
    "no type": (
        {"endpointConfiguration": {"types": []}},
        "BadRequestException",
        "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.",
    ),
    "two types": (
        {"endpointConfiguration": {"types": ["EDGE", "REGIONAL"]}},
        "BadRequestException",
        "Cannot create an api with multiple Endpoint Types.",
    ),
    "private is dualstack": (
        {"endpointConfiguration": {"types": ["PRIVATE"], "ipAddressType": "ipv4"}},
        "BadRequestException",
        "Only dualstack ipAddressType is supported for Private APIs.",
    ),
    "both enums, types first": (
        {"endpointConfiguration": {"ipAddressType": "wrong", "types": ["wrong"]}, "description": ""},
        "ValidationException",
        f"2 validation errors detected: {TYPES}; {ADDRESS}",
    ),
    "no name": (
        {"name": None},
        "ValidationException",
        "1 validation error detected: Value null at 'createRestApiInput.name' failed to satisfy constraint: "
        "Member must not be null",
    ),
}


@pytest.mark.parametrize(("arguments", "code", "message"), CREATE.values(), ids=CREATE.keys())
def test_create_is_refused(
    world: Any, client: Any, refused: Callable[..., None], arguments: dict[str, Any], code: str, message: str
) -> None:
    given = {key: value for key, value in {"name": "shop", **arguments}.items() if value is not None}
    refused(code, message, client.create_rest_api, **given)
    assert world.store.region("111111111111", "us-east-1").rest_apis == {}


def test_binary_media_types_are_named_by_the_path_and_replaced_at_the_end(client: Any) -> None:
    api = client.create_rest_api(name="shop")["id"]

    def patched(*operations: dict[str, str]) -> Any:
        return client.update_rest_api(restApiId=api, patchOperations=operations).get("binaryMediaTypes")

    add = [{"op": "add", "path": f"/binaryMediaTypes/image~1{kind}"} for kind in ("png", "jpeg")]
    assert patched(*add) == ["image/png", "image/jpeg"]
    replace = {"op": "replace", "path": "/binaryMediaTypes/image~1png", "value": "image/gif"}
    assert patched(replace) == ["image/jpeg", "image/gif"]
    remove = [{"op": "remove", "path": f"/binaryMediaTypes/image~1{kind}"} for kind in ("gif", "jpeg")]
    assert patched(*remove) is None


UPDATE = {
    "negative": ({"op": "replace", "path": "/minimumCompressionSize", "value": "-1"}, COMPRESSION),
    "not a number": ({"op": "replace", "path": "/minimumCompressionSize", "value": "test"}, COMPRESSION),
    "only replace": (
        {"op": "add", "path": "/minimumCompressionSize", "value": "10"},
        "Invalid patch operation specified. Must be one of: [replace]",
    ),
    "whole list": (
        {"op": "add", "path": "/binaryMediaTypes", "value": "image/gif"},
        "Invalid patch path /binaryMediaTypes",
    ),
    "address type": (
        {"op": "replace", "path": "/endpointConfiguration/ipAddressType", "value": "wrong"},
        "ipAddressType must be either ipv4 or dualstack.",
    ),
    "endpoint type": (
        {"op": "replace", "path": "/endpointConfiguration/types/0", "value": "wrong"},
        "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE",
    ),
    "endpoint type removed": (
        {"op": "remove", "path": "/endpointConfiguration/types/0", "value": "EDGE"},
        "Invalid patch operation specified. Must be 'add'|'remove'|'replace'",
    ),
    "no path": ({"op": "replace", "value": "x"}, "Invalid patch path null"),
}


@pytest.mark.parametrize(("operation", "message"), UPDATE.values(), ids=UPDATE.keys())
def test_update_is_refused_as_a_whole(
    client: Any, refused: Callable[..., None], operation: dict[str, str], message: str
) -> None:
    api = client.create_rest_api(name="shop")["id"]
    good = {"op": "replace", "path": "/name", "value": "changed"}
    refused("BadRequestException", message, client.update_rest_api, restApiId=api, patchOperations=[good, operation])
    assert client.get_rest_api(restApiId=api)["name"] == "shop"


def test_private_makes_dualstack_and_an_empty_size_turns_compression_off(client: Any) -> None:
    api = client.create_rest_api(name="shop", minimumCompressionSize=10)["id"]
    operations = [
        {"op": "replace", "path": "/endpointConfiguration/types/0", "value": "PRIVATE"},
        {"op": "replace", "path": "/minimumCompressionSize", "value": ""},
    ]
    after = client.update_rest_api(restApiId=api, patchOperations=operations)
    assert after["endpointConfiguration"] == {"types": ["PRIVATE"], "ipAddressType": "dualstack"}
    assert "minimumCompressionSize" not in after


def test_the_policy_comes_back_with_escaped_quotes(client: Any) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}
    api = client.create_rest_api(name="shop", policy=json.dumps(policy))["id"]
    shown = client.get_rest_api(restApiId=api)["policy"]
    assert json.loads(json.loads(f'"{shown}"')) == policy


def test_a_clone_has_the_resources_of_its_source(client: Any, mock_api: dict[str, Any]) -> None:
    made = client.create_rest_api(name="copy", cloneFrom=mock_api["restApiId"])
    items = client.get_resources(restApiId=made["id"])["items"]
    assert [(item["path"], list(item["resourceMethods"])) for item in items] == [("/", ["GET"])]
    assert items[0]["id"] == made["rootResourceId"]


def test_lists_come_in_pages(client: Any) -> None:
    names = [f"api{number}" for number in range(30)]
    for name in names:
        client.create_rest_api(name=name)
    first = client.get_rest_apis()
    assert len(first["items"]) == 25
    rest = client.get_rest_apis(position=first["position"])
    assert [item["name"] for item in first["items"] + rest["items"]] == names
    assert "position" not in rest
    assert len(client.get_rest_apis(limit=500)["items"]) == 30
