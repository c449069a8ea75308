from __future__ import annotations

import json
from typing import Any

import pytest

from tests.infra.local.gateway.fakes import World, header

PAIR = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "title": "testSchema",
    "type": "object",
    "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
    "required": ["a", "b"],
}
MODEL_URL = "https://apigateway.amazonaws.com/restapis/abcdef1234/models/"


def world_with(
    models: dict[str, Any] | None = None, *, body: bool = True, parameters: bool = True, **shape: Any
) -> World:
    world = World()
    world.live.models = {
        name: {"name": name, "contentType": "application/json", "schema": json.dumps(schema)}
        for name, schema in (models or {"pair": PAIR}).items()
    }
    validator = {"id": "v1", "validateRequestBody": body, "validateRequestParameters": parameters}
    world.live.request_validators = {"v1": validator}
    shape.setdefault("requestModels", {"application/json": next(iter(world.live.models))})
    world.method("/nested/{test}", "ANY", requestValidatorId="v1", **shape)
    return world


REQUIRED = {
    "method.request.querystring.qs1": True,
    "method.request.path.issuer": True,
    "method.request.header.x-header-param": True,
    "method.request.header.optional": False,
}


async def test_missing_parameters_are_listed_header_path_query() -> None:
    """test_api_gateway_request_validator: missing-all-required-request-params-post."""
    world = world_with(requestParameters=REQUIRED)
    response = await world.call("/nested/value", "POST", body=b'{"test": "test"}')
    message = "Missing required request parameters: [x-header-param, issuer, qs1]"
    assert (response.status, json.loads(response.body)) == (400, {"message": message})
    assert header(response, "x-amzn-ErrorType") == "BadRequestException"
    assert world.functions.events == []


@pytest.mark.parametrize(
    ("query", "headers", "missing"),
    [
        pytest.param("qs1=1", (), "x-header-param", id="header"),
        pytest.param("", (("x-header-param", "1"),), "qs1", id="query"),
        pytest.param("qs1=", (("x-header-param", "1"),), "qs1", id="empty query value"),
    ],
)
async def test_one_missing_parameter(query: str, headers: tuple[tuple[str, str], ...], missing: str) -> None:
    """test_api_gateway_request_validator: missing-required-*-request-params-get."""
    required = {k: v for k, v in REQUIRED.items() if "issuer" not in k}
    world = world_with(requestParameters=required)
    response = await world.call("/nested/value", query=query, headers=headers)
    assert json.loads(response.body)["message"] == f"Missing required request parameters: [{missing}]"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        pytest.param(b'{"a": 1, "b": 2}', "application/json", 200, id="valid"),
        pytest.param(b'{"a": 1, "b": 2}', "application/json;charset=utf-8", 200, id="valid, with charset"),
        pytest.param(b'{"test": "test"}', "application/json", 400, id="invalid: recorded"),
        pytest.param(b"", None, 400, id="no body is an empty object: recorded for GET"),
        pytest.param(b"{", "application/json", 400, id="not JSON"),
        pytest.param(b"plain", "text/plain", 200, id="a type without a model is not validated: documented"),
        pytest.param(b"[" * 100_000, "application/json", 400, id="deep nesting"),
    ],
)
async def test_body(body: bytes, content_type: str | None, status: int) -> None:
    headers = (("Content-Type", content_type),) if content_type else ()
    response = await world_with().call("/nested/value", "POST", headers=headers, body=body)
    assert response.status == status
    if status == 400:
        assert response.body == b'{"message": "Invalid request body"}'


async def test_default_model_takes_any_type() -> None:
    world = world_with(requestModels={"$default": "pair"})
    assert (await world.call("/nested/v", "POST", headers=(("Content-Type", "text/x"),), body=b"{}")).status == 400


@pytest.mark.parametrize(
    ("document", "status"),
    [
        pytest.param([{"a": 1, "b": 2}], 200, id="successful"),
        pytest.param([{"a": 1}], 400, id="failed-validation"),
    ],
)
async def test_models_refer_to_models(document: Any, status: int) -> None:
    """test_api_gateway_request_validator_with_ref_models."""
    models = {"testSchemaList": {"type": "array", "items": {"$ref": MODEL_URL + "pair"}}, "pair": PAIR}
    assert (await world_with(models).call("/nested/v", "POST", body=json.dumps(document).encode())).status == status


@pytest.mark.parametrize(
    ("document", "status"),
    [
        pytest.param({"status": None}, 200, id="successful"),
        pytest.param({"status": {"Status": "x", "Order": 1}}, 200, id="successful-with-data"),
        pytest.param({}, 400, id="failed-validation-no-data"),
        pytest.param({"status": {"Status": "x"}}, 400, id="failed-validation-bad-data"),
    ],
)
async def test_one_of_models(document: Any, status: int) -> None:
    """test_api_gateway_request_validator_with_ref_one_ofmodels."""
    item = {"type": "object", "properties": {"Order": {"type": "integer"}}, "required": ["Status", "Order"]}
    status_field = {"oneOf": [{"type": "null"}, {"$ref": MODEL_URL + "item"}]}
    models = {"m": {"type": "object", "properties": {"status": status_field}, "required": ["status"]}, "item": item}
    assert (await world_with(models).call("/nested/v", "POST", body=json.dumps(document).encode())).status == status


async def test_models_may_be_circular() -> None:
    """test_import_with_circular_models_and_request_validation."""
    tree = {"type": "object", "properties": {"child": {"$ref": MODEL_URL + "tree"}}, "required": ["name"]}
    world = world_with({"tree": tree})
    ok, bad = b'{"name": "a", "child": {"name": "b"}}', b'{"name": "a", "child": {}}'
    assert [(await world.call("/nested/v", "POST", body=b)).status for b in (ok, bad)] == [200, 400]


@pytest.mark.parametrize(
    "models", [{"missing": None}, {"bad": {"$ref": MODEL_URL + "nowhere"}}], ids=["model", "reference"]
)
async def test_what_cannot_be_resolved_is_an_invalid_body(models: dict[str, Any]) -> None:
    name = next(iter(models))
    world = world_with({"other": PAIR} if models[name] is None else models, requestModels={"application/json": name})
    assert (await world.call("/nested/v", "POST", body=b"{}")).status == 400


async def test_a_validator_that_checks_nothing() -> None:
    world = world_with(body=False, parameters=False, requestParameters=REQUIRED)
    assert (await world.call("/nested/v", "POST", body=b"{")).status == 200


@pytest.mark.parametrize(
    ("schema", "document", "expected"),
    [
        pytest.param({"required": ["b", "a"]}, {}, 'object has missing required properties (["a","b"])', id="required"),
        pytest.param(
            {"type": "number"},
            "x",
            'instance type (string) does not match any allowed primitive type (allowed: ["integer","number"])',
            id="type",
        ),
        pytest.param(
            {"enum": ["a"]}, "b", 'instance value ("b") not found in enum (possible values: ["a"])', id="enum"
        ),
        pytest.param(
            {"minimum": 1},
            0,
            "numeric instance is lower than the required minimum (minimum: 1, found: 0)",
            id="minimum",
        ),
    ],
)
async def test_validation_error_string(schema: Any, document: Any, expected: str) -> None:
    world = world_with({"m": schema})
    world.live.gateway_responses["BAD_REQUEST_BODY"] = {
        "responseType": "BAD_REQUEST_BODY",
        "responseTemplates": {"application/json": '{"detail":"$context.error.validationErrorString"}'},
    }
    response = await world.call("/nested/v", "POST", body=json.dumps(document).encode())
    assert json.loads(response.body) == {"detail": f"[{expected}]"}
