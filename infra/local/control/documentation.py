"""Documentation parts and versions of an API. Memory only. Texts as recorded."""

from __future__ import annotations

import json

from infra.local.control import lookup, patch
from infra.local.control.call import Call, present
from infra.local.control.errors import bad_request, conflict, not_found
from infra.local.control.openapi_document import load, section
from infra.local.control.paging import page
from infra.local.control.patch import Grammar
from infra.local.control.store import RestApi, Shape

_UNKNOWN_PART = "Invalid Documentation part identifier specified"
_UNKNOWN_VERSION = "Invalid Documentation version specified"  # unsure of the text
_EXTENSION = "x-amazon-apigateway-documentation"
_OF_METHODS = ("METHOD", "PATH_PARAMETER", "QUERY_PARAMETER", "REQUEST_HEADER", "REQUEST_BODY")
_OF_RESPONSES = ("RESPONSE", "RESPONSE_HEADER", "RESPONSE_BODY")


def create_documentation_part(call: Call) -> Shape:
    api = lookup.rest_api(call)
    location = located(call.params["location"])
    if any(part["location"] == location for part in api.documentation_parts.values()):
        raise conflict("Documentation part already exists for the specified location")  # unsure of the text
    return _add(call, api, location, call.params["properties"])


def _add(call: Call, api: RestApi, location: Shape, properties: str) -> Shape:
    shape: Shape = {"id": call.new_id(6), "location": located(location), "properties": properties}
    api.documentation_parts = {**api.documentation_parts, shape["id"]: shape}
    return shape


def located(location: Shape) -> Shape:
    """A location with the defaults of its type: the root path (recorded), any method, any status (documented)."""
    kind = location.get("type", "")
    with_method = kind in _OF_METHODS or kind in _OF_RESPONSES
    return {
        **({"path": "/"} if with_method or kind == "RESOURCE" else {}),
        **({"method": "*"} if with_method else {}),
        **({"statusCode": "*"} if kind in _OF_RESPONSES else {}),
        **location,
    }


def imported(call: Call, api: RestApi, extension: Shape) -> list[str]:
    """The parts of a document's documentation extension, put on the API; gives their ids."""
    ids = []
    for raw in extension.get("documentationParts") or []:
        location, properties = section(raw, "location"), section(raw, "properties")
        if location:
            known = [part for part in api.documentation_parts.values() if part["location"] == located(location)]
            for part in known:
                del api.documentation_parts[part["id"]]
            ids.append(_add(call, api, location, json.dumps(properties))["id"])
    return ids


def import_documentation_parts(call: Call) -> Shape:
    api = lookup.rest_api(call)
    content = load(call.params["body"])
    if not isinstance(content, dict) or not any(key in content for key in ("swagger", "openapi", _EXTENSION)):
        raise bad_request("Unable to build importer with provided input.")
    if call.arg("mode") == "overwrite":
        api.documentation_parts = {}
    return {"ids": imported(call, api, section(content, _EXTENSION)), "warnings": None}


def get_documentation_part(call: Call) -> Shape:
    return _part(call)[1]


def get_documentation_parts(call: Call) -> Shape:
    wanted = {"type": call.arg("type"), "name": call.arg("nameQuery"), "path": call.arg("path")}
    parts = [
        part
        for part in lookup.rest_api(call).documentation_parts.values()
        if all(value is None or part["location"].get(key) == value for key, value in wanted.items())
    ]
    return page(call, parts)


def update_documentation_part(call: Call) -> Shape:
    api, shape = _part(call)
    patched = patch.apply(shape, patch.operations(call), _PART_GRAMMAR)
    api.documentation_parts = {**api.documentation_parts, patched["id"]: patched}
    return patched


def delete_documentation_part(call: Call) -> None:
    api = lookup.rest_api(call)
    _, shape = _part(call)
    api.documentation_parts = {key: part for key, part in api.documentation_parts.items() if part is not shape}


def _part(call: Call) -> tuple[RestApi, Shape]:
    api = lookup.api_or(call, _UNKNOWN_PART)
    shape = api.documentation_parts.get(call.params["documentationPartId"])
    if shape is None:
        raise not_found(_UNKNOWN_PART)
    return api, shape


# --- versions --------------------------------------------------------------------------------------------------------


def create_documentation_version(call: Call) -> Shape:
    api = lookup.rest_api(call)
    version = call.params["documentationVersion"]
    if version in api.documentation_versions:
        raise conflict("Documentation version already exists")  # unsure of the text
    shape = {"version": version, "createdDate": call.now, **present(description=call.arg("description") or None)}
    if (name := call.arg("stageName")) is not None:
        if name not in api.stages:
            raise not_found("Invalid stage identifier specified")
        api.stages[name] = {**api.stages[name], "documentationVersion": version}
    api.documentation_versions = {**api.documentation_versions, version: shape}
    return shape


def get_documentation_version(call: Call) -> Shape:
    return _version(call)[1]


def get_documentation_versions(call: Call) -> Shape:
    return page(call, list(lookup.rest_api(call).documentation_versions.values()))


def update_documentation_version(call: Call) -> Shape:
    api, shape = _version(call)
    patched = patch.apply(shape, patch.operations(call), _VERSION_GRAMMAR)
    api.documentation_versions = {**api.documentation_versions, patched["version"]: patched}
    return patched


def delete_documentation_version(call: Call) -> None:
    api, shape = _version(call)
    kept = {key: other for key, other in api.documentation_versions.items() if other is not shape}
    api.documentation_versions = kept


def _version(call: Call) -> tuple[RestApi, Shape]:
    api = lookup.rest_api(call)
    shape = api.documentation_versions.get(call.params["documentationVersion"])
    if shape is None:
        raise not_found(_UNKNOWN_VERSION)
    return api, shape


_PART_GRAMMAR = Grammar({"/properties": patch.text("properties")}, listing=True)
_VERSION_GRAMMAR = Grammar({"/description": patch.text("description")}, listing=True)
