"""Models of an API: what the control plane answers and refuses."""

from __future__ import annotations

from typing import Any

import pytest

from .apis import things_api
from .facts import case, fact, recorded
from .gateway import JSON, Api, Cloud, add, refused, replace, shown
from .refusals import UNKNOWN_API, Call, on_api


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    return things_api(cloud)


MODELS = "TestApiGatewayApiModels::"

DRAFT = "http://json-schema.org/draft-04/schema#"


MODEL_LIFE = recorded("api", MODELS + "test_model_lifecycle")

MODEL_WRONG = recorded("api", MODELS + "test_model_validation")

MODEL_UPDATE = recorded("api", MODELS + "test_update_model")

NO_SCHEMA = "Model schema must have at least 1 property or array items defined"

SCHEMA = '{"title": "S", "type": "object"}'


@fact("MOD-01", "A new API has the models Empty and Error", MODEL_LIFE)
def test_default_models(fresh: Api) -> None:
    items = sorted(fresh.control.get_models(restApiId=fresh.id)["items"], key=lambda item: item["name"])
    assert [(item["name"], item["description"], item["contentType"]) for item in items] == [
        ("Empty", "This is a default empty schema model", JSON),
        ("Error", "This is a default error schema model", JSON),
    ]
    assert DRAFT in items[0]["schema"]


@fact("MOD-02", "A model shows its schema as it was written", MODEL_LIFE)
def test_create_model(fresh: Api) -> None:
    schema = '{\n\t"title": "Calc output",\n\t"type": "object"\n}\n'
    made = fresh.control.create_model(
        restApiId=fresh.id, name="Calc", contentType=JSON, description="Calc", schema=schema
    )
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(made, "id") == {"contentType": JSON, "description": "Calc", "name": "Calc", "schema": schema}
    assert shown(fresh.control.get_model(restApiId=fresh.id, modelName="Calc")) == shown(made)


@fact(
    "MOD-03",
    "An empty description of a model is not shown",
    recorded("api", "TestApiGatewayApiMethod::test_put_method_model"),
)
def test_empty_description(fresh: Api) -> None:
    made = fresh.control.create_model(restApiId=fresh.id, name="Calc", contentType=JSON, description="", schema=SCHEMA)
    assert "description" not in made


@fact("MOD-04", "A deleted model answers 202", MODEL_LIFE)
def test_delete_model(fresh: Api) -> None:
    fresh.control.create_model(restApiId=fresh.id, name="Calc", contentType=JSON, schema=SCHEMA)
    gone = fresh.control.delete_model(restApiId=fresh.id, modelName="Calc")
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 202


USED = recorded("api", "TestApiGatewayApiMethod::test_put_method_model")


@fact("MOD-05", "A model that a method uses cannot be deleted, and the method is named", USED)
def test_delete_used_model(fresh: Api) -> None:
    fresh.control.create_model(restApiId=fresh.id, name="Used", contentType=JSON, schema=SCHEMA)
    fresh.method("ANY", "/", None, requestModels={JSON: "Used"})
    with refused("ConflictException", "Cannot delete model 'Used', is referenced in method request: //ANY"):
        fresh.control.delete_model(restApiId=fresh.id, modelName="Used")


@fact("MOD-06", "The method that uses a model is named by its path and verb", USED)
def test_delete_used_model_below(fresh: Api) -> None:
    fresh.control.create_model(restApiId=fresh.id, name="Used", contentType=JSON, schema=SCHEMA)
    fresh.method("ANY", "/test", None, requestModels={JSON: "Used"})
    with refused("ConflictException", "Cannot delete model 'Used', is referenced in method request: /test/ANY"):
        fresh.control.delete_model(restApiId=fresh.id, modelName="Used")


@fact("MOD-07", "The schema of a model is replaced and an empty description removes it", MODEL_UPDATE)
def test_update_model(fresh: Api) -> None:
    fresh.control.create_model(restApiId=fresh.id, name="Calc", contentType=JSON, description="d", schema=SCHEMA)
    new = '{"title": "Updated schema", "type": "object"}'
    changed = fresh.control.update_model(
        restApiId=fresh.id, modelName="Calc", patchOperations=[replace("/schema", new), replace("/description", "")]
    )
    assert shown(changed, "id") == {"contentType": JSON, "name": "Calc", "schema": new}


def _model(**settings: Any) -> Call:
    return on_api("create_model", **{"name": "New", "contentType": JSON, "schema": SCHEMA} | settings)


def _patch_model(operation: dict[str, str]) -> Call:
    return on_api("update_model", modelName="Mine", patchOperations=[operation])


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        case(
            "MOD-10",
            "A model of an unknown API is not found",
            MODEL_WRONG,
            _model(restApiId="fake-id"),
            "NotFoundException",
            UNKNOWN_API,
        ),
        case(
            "MOD-11",
            "GetModels of an unknown API is not found",
            MODEL_WRONG,
            on_api("get_models", restApiId="fake-id"),
            "NotFoundException",
            UNKNOWN_API,
        ),
        case(
            "MOD-12",
            "GetModel of an unknown API says that the model is not found",
            MODEL_WRONG,
            on_api("get_model", restApiId="fake-id", modelName="MySchema"),
            "NotFoundException",
            "Invalid model name specified: MySchema",
        ),
        case(
            "MOD-13",
            "DeleteModel of an unknown API says that the model is not found",
            MODEL_WRONG,
            on_api("delete_model", restApiId="fake-id", modelName="MySchema"),
            "NotFoundException",
            "Invalid model name specified: MySchema",
        ),
        case(
            "MOD-14",
            "A model name twice is a conflict",
            MODEL_WRONG,
            _model(name="Mine"),
            "ConflictException",
            "Model name already exists for this REST API",
        ),
        case(
            "MOD-15",
            "An empty model name is refused",
            MODEL_WRONG,
            _model(name=""),
            "BadRequestException",
            "Model name must be non-empty",
        ),
        case("MOD-16", "An empty schema is refused", MODEL_WRONG, _model(schema=""), "BadRequestException", NO_SCHEMA),
        case(
            "MOD-17",
            "A model without a schema is refused",
            MODEL_WRONG,
            lambda api: api.control.create_model(restApiId=api.id, name="New", contentType=JSON),
            "BadRequestException",
            NO_SCHEMA,
        ),
        case(
            "MOD-18",
            "UpdateModel of an unknown API says that the model is not found",
            MODEL_UPDATE,
            on_api(
                "update_model", restApiId="fake-id", modelName="mySchema", patchOperations=[replace("/schema", "{}")]
            ),
            "NotFoundException",
            "Invalid model name specified: mySchema",
        ),
        case(
            "MOD-19",
            "Add on a model is refused",
            MODEL_UPDATE,
            _patch_model(add("/wrong-path", "x")),
            "BadRequestException",
            "Invalid patch path  '/wrong-path' specified for op 'add'. Please choose supported operations",
        ),
        case(
            "MOD-20",
            "The name of a model cannot be replaced",
            MODEL_UPDATE,
            _patch_model(replace("/name", "x")),
            "BadRequestException",
            "Invalid patch path  '/name' specified for op 'replace'. Must be one of: [/description, /schema]",
        ),
        case(
            "MOD-21",
            "A schema cannot be replaced by an empty one",
            MODEL_UPDATE,
            _patch_model(replace("/schema", "")),
            "BadRequestException",
            NO_SCHEMA,
        ),
    ],
)
def test_model_refused(api: Api, call: Call, code: str, message: str) -> None:
    with refused(code, message):
        call(api)
