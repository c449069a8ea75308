"""Models (JSON schemas) of an API. Memory only. Texts, defaults and the reference check as recorded."""

from __future__ import annotations

import json
import re
from typing import Any

from infra.local.control import lookup, patch
from infra.local.control.call import Call, present
from infra.local.control.errors import bad_request, conflict
from infra.local.control.paging import page
from infra.local.control.patch import Grammar, PatchOperation, Rule
from infra.local.control.store import RestApi, Shape

_UNKNOWN = "Invalid model name specified: {}"
_EMPTY = "Model schema must have at least 1 property or array items defined"
_DRAFT = "http://json-schema.org/draft-04/schema#"
_REFERENCE = re.compile(r"/models/([A-Za-z0-9]+)$")
_MAXIMUM_FLATTEN_DEPTH = 32  # ours: a reference cycle must not be expanded for ever


def create_model(call: Call) -> Shape:
    api = lookup.rest_api(call)
    name = call.params["name"]
    if not name:
        raise bad_request("Model name must be non-empty")
    if not re.fullmatch(r"[a-zA-Z0-9]+", name):
        raise bad_request(f"Model name must be alphanumeric: {name}")
    check_schema(call.arg("schema"), call.params["contentType"])
    if name in api.live.models:
        raise conflict("Model name already exists for this REST API")
    shape = new_model(
        call,
        name=name,
        content_type=call.params["contentType"],
        schema=call.params["schema"],
        description=call.arg("description") or None,
    )
    api.live.models = {**api.live.models, name: shape}
    return shape


def new_model(call: Call, *, name: str, content_type: str, schema: str, description: str | None) -> Shape:
    return {
        "id": call.new_id(6),
        "name": name,
        "contentType": content_type,
        "schema": schema,
        **present(description=description),
    }


def add_defaults(call: Call, api: RestApi) -> None:
    """The two models of every API that is made by CreateRestApi (an import has none)."""
    error: Shape = {"$schema": _DRAFT, "title": "Error Schema", "type": "object"}
    error["properties"] = {"message": {"type": "string"}}
    empty = {"$schema": _DRAFT, "title": "Empty Schema", "type": "object"}
    for name, schema, what in (("Error", error, "error"), ("Empty", empty, "empty")):
        api.live.models[name] = new_model(
            call,
            name=name,
            content_type="application/json",
            schema=json.dumps(schema, indent=2),
            description=f"This is a default {what} schema model",
        )


def get_models(call: Call) -> Shape:
    api = lookup.rest_api(call)
    return page(call, sorted(api.live.models.values(), key=lambda shape: shape["name"]))


def get_model(call: Call) -> Shape:
    api, shape = _find(call)
    if not call.arg("flatten", False):
        return shape
    return {**shape, "schema": json.dumps(_flattened(json.loads(shape["schema"]), api, 0))}


def get_model_template(call: Call) -> Shape:
    """A mapping template for the model: the skeleton that AWS generates, without its properties (unsure of the rest)."""
    _find(call)
    return {"value": "#set($inputRoot = $input.path('$'))\n{ }"}


def update_model(call: Call) -> Shape:
    api, shape = _find(call)
    patched = patch.apply(shape, patch.operations(call), _GRAMMAR)
    api.live.models = {**api.live.models, patched["name"]: patched}
    return patched


def delete_model(call: Call) -> None:
    api, shape = _find(call)
    check_unused(api, shape["name"])
    api.live.models = {name: other for name, other in api.live.models.items() if name != shape["name"]}


def check_unused(api: RestApi, name: str) -> None:
    """Raises ConflictException when a method or another model refers to the model."""
    for resource in reversed(list(api.live.resources.values())):
        for verb, method in resource.get("resourceMethods", {}).items():
            used_in = f"{resource['path']}/{verb}"
            if name in (method.get("requestModels") or {}).values():
                raise conflict(f"Cannot delete model '{name}', is referenced in method request: {used_in}")
            for response in method.get("methodResponses", {}).values():
                if name in (response.get("responseModels") or {}).values():
                    raise conflict(f"Cannot delete model '{name}', is referenced in method response: {used_in}")
    for other in api.live.models.values():
        if other["name"] != name and f'/models/{name}"' in other["schema"]:
            raise conflict(f"Cannot delete model '{name}', is referenced in model: {other['name']}")  # unsure


def check_schema(schema: str | None, content_type: str) -> None:
    if not schema:
        raise bad_request(_EMPTY)
    if "json" in content_type:
        try:
            document = json.loads(schema)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise bad_request(
                "Invalid model specified: Validation Result: warnings : [], errors : [Invalid model schema specified]"
            )


def _find(call: Call) -> tuple[RestApi, Shape]:
    name = call.params["modelName"]
    api, shape = lookup.nested(call, "models", name, _UNKNOWN.format(name))
    return api, shape


def _flattened(schema: Any, api: RestApi, depth: int) -> Any:
    if isinstance(schema, list):
        return [_flattened(item, api, depth) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = _REFERENCE.search(str(schema.get("$ref", "")))
    if found and found[1] in api.live.models and depth < _MAXIMUM_FLATTEN_DEPTH:
        return _flattened(json.loads(api.live.models[found[1]]["schema"]), api, depth + 8)
    return {key: _flattened(value, api, depth + 1) for key, value in schema.items()}


def _schema(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
    check_schema(operation.value, shape["contentType"])
    shape["schema"] = operation.value


_GRAMMAR = Grammar(
    {"/description": patch.text("description"), "/schema": Rule(("replace",), _schema)},
    listing=True,
)
