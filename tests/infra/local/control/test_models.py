"""Models as recorded from real AWS (TestApiGatewayApiModels, test_put_method_model)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

EMPTY = "Model schema must have at least 1 property or array items defined"
SCHEMA = json.dumps({"title": "Pet", "type": "object"})


@pytest.fixture
def api(client: Any) -> str:
    return str(client.create_rest_api(name="models")["id"])


def test_a_new_api_has_two_models(client: Any, api: str) -> None:
    items = client.get_models(restApiId=api)["items"]
    assert [(item["name"], item["description"]) for item in items] == [
        ("Empty", "This is a default empty schema model"),
        ("Error", "This is a default error schema model"),
    ]


CREATE = {
    "no name": ({"name": ""}, "BadRequestException", "Model name must be non-empty"),
    "empty schema": ({"schema": ""}, "BadRequestException", EMPTY),
    "no schema": ({"schema": None}, "BadRequestException", EMPTY),
    "no schema, xml": ({"schema": None, "contentType": "application/xml"}, "BadRequestException", EMPTY),
    "there already": ({"name": "Empty"}, "ConflictException", "Model name already exists for this REST API"),
    "unknown api": (
        {"restApiId": "abcde0"},
        "NotFoundException",
        "Invalid API identifier specified 111111111111:abcde0",
    ),
}


@pytest.mark.parametrize(("arguments", "code", "message"), CREATE.values(), ids=CREATE.keys())
def test_create_is_refused(
    client: Any, api: str, refused: Callable[..., None], arguments: dict[str, Any], code: str, message: str
) -> None:
    given = {"restApiId": api, "name": "Pet", "contentType": "application/json", "schema": SCHEMA, **arguments}
    refused(code, message, client.create_model, **{key: value for key, value in given.items() if value is not None})


def test_life(client: Any, api: str, refused: Callable[..., None]) -> None:
    key = {"restApiId": api, "modelName": "Pet"}
    made = client.create_model(restApiId=api, name="Pet", contentType="application/json", schema=SCHEMA, description="")
    assert "description" not in made
    changed = [{"op": "replace", "path": "/schema", "value": '{"type": "array"}'}]
    assert client.update_model(**key, patchOperations=changed)["schema"] == '{"type": "array"}'
    for operation, message in (
        (
            {"op": "add", "path": "/wrong", "value": "x"},
            "Invalid patch path  '/wrong' specified for op 'add'. Please choose supported operations",
        ),
        (
            {"op": "replace", "path": "/name", "value": "x"},
            "Invalid patch path  '/name' specified for op 'replace'. Must be one of: [/description, /schema]",
        ),
        ({"op": "replace", "path": "/schema", "value": ""}, EMPTY),
    ):
        refused("BadRequestException", message, client.update_model, **key, patchOperations=[operation])
    assert client.delete_model(**key)["ResponseMetadata"]["HTTPStatusCode"] == 202
    refused("NotFoundException", "Invalid model name specified: Pet", client.get_model, **key)


def test_a_model_in_use_stays(client: Any, api: str, refused: Callable[..., None]) -> None:
    client.create_model(restApiId=api, name="Pet", contentType="application/json", schema=SCHEMA)
    root = client.get_resources(restApiId=api)["items"][0]["id"]
    child = client.create_resource(restApiId=api, parentId=root, pathPart="test")["id"]
    using = {"authorizationType": "NONE", "requestModels": {"application/json": "Pet"}}
    client.put_method(restApiId=api, resourceId=root, httpMethod="ANY", **using)
    client.put_method(restApiId=api, resourceId=child, httpMethod="ANY", **using)
    message = "Cannot delete model 'Pet', is referenced in method request: {}"
    key = {"restApiId": api, "modelName": "Pet"}
    refused("ConflictException", message.format("/test/ANY"), client.delete_model, **key)
    client.delete_method(restApiId=api, resourceId=child, httpMethod="ANY")
    refused("ConflictException", message.format("//ANY"), client.delete_model, **key)
    client.delete_method(restApiId=api, resourceId=root, httpMethod="ANY")
    client.delete_model(**key)


def test_flattening_ends_for_models_that_refer_to_each_other(client: Any, api: str) -> None:
    for name, other in (("A", "B"), ("B", "A")):
        reference = f"https://apigateway.amazonaws.com/restapis/{api}/models/{other}"
        schema = json.dumps({"type": "object", "properties": {"next": {"$ref": reference}}})
        client.create_model(restApiId=api, name=name, contentType="application/json", schema=schema)
    flat = json.loads(client.get_model(restApiId=api, modelName="A", flatten=True)["schema"])
    assert flat["properties"]["next"]["type"] == "object"
