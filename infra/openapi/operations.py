"""A service's routes: its fragment's operations below the prefix, or the prefix and everything below it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.config.model import Service
from infra.config.syntax import segments
from infra.openapi import integrations
from infra.openapi.integrations import FunctionRef
from infra.openapi.schemas import convert, model_name
from infra.openapi.security import ANY
from infra.openapi.shape import FragmentShape, MediaShape, OperationShape, ParameterShape

__all__ = ["VALIDATORS", "ids_of_prefix", "of_fragment", "of_prefix", "schemas_of"]

_INTEGRATION = "x-amazon-apigateway-integration"
# What API Gateway checks before it calls the backend; an operation names the one that has something to check.
VALIDATORS = {
    "all": {"validateRequestBody": True, "validateRequestParameters": True},
    "body": {"validateRequestBody": True, "validateRequestParameters": False},
    "parameters": {"validateRequestBody": False, "validateRequestParameters": True},
}
Item = dict[str, Any]


def of_fragment(service: Service, shape: FragmentShape, function: FunctionRef | None) -> dict[str, Item]:
    """Path -> path item, from the operations that the service declares."""
    paths: dict[str, Item] = {}
    for relative, item in shape.paths.items():
        path = integrations.join(service.path, relative)
        paths[path] = {
            method: _declared(service, relative, method, operation, item.parameters, function)
            for method, operation in item.operations().items()
        }
    return paths


def of_prefix(service: Service, function: FunctionRef | None) -> dict[str, Item]:
    """Path -> path item for the prefix and the greedy variable below it, with the methods of the model."""
    greedy = integrations.join(service.path, "/{proxy+}")
    return {
        path: {_key(method): _undeclared(service, method, relative, function) for method in service.methods}
        for path, relative in ((service.path, "/"), (greedy, "/{proxy}"))
    }


def schemas_of(service: Service, shape: FragmentShape) -> dict[str, Any]:
    """The fragment's schemas under their names in the one document."""
    return {
        model_name(service.name, name): convert(schema, service=service.name)
        for name, schema in shape.components.schemas.items()
    }


def _key(method: str) -> str:
    return ANY if method == "ANY" else method.lower()


def _declared(
    service: Service,
    relative: str,
    method: str,
    operation: OperationShape,
    shared: tuple[ParameterShape, ...],
    function: FunctionRef | None,
) -> Item:
    own = {(parameter.place, parameter.name) for parameter in operation.parameters}
    declared = [*(p for p in shared if (p.place, p.name) not in own), *operation.parameters]
    parameters = [*_prefix_variables(service), *(_parameter(service, p) for p in declared)]
    result: Item = {
        "operationId": operation.operation_id,
        "tags": [service.name],
        "responses": _responses(service, operation),
        _INTEGRATION: _integration(service, method.upper(), relative, function),
    }
    for key in ("summary", "description"):
        if getattr(operation, key) is not None:
            result[key] = getattr(operation, key)
    if operation.deprecated:
        result["deprecated"] = True
    if parameters:
        result["parameters"] = parameters
    if operation.request is not None:
        result["requestBody"] = {
            **operation.request.model_dump(include={"description", "required"}, exclude_none=True),
            "content": _content(service, operation.request.content),
        }
    if validator := _validator(operation, declared):
        result["x-amazon-apigateway-request-validator"] = validator
    return result


def _undeclared(service: Service, method: str, relative: str, function: FunctionRef | None) -> Item:
    variables = ["proxy"] if relative != "/" else []
    result: Item = {
        "operationId": _prefix_id(service, method, below=bool(variables)),
        "tags": [service.name],
        "responses": {"200": {"description": "What the service answers."}},
        _INTEGRATION: _integration(service, method, relative, function),
    }
    if parameters := [*_prefix_variables(service), *(_path_parameter(variable) for variable in variables)]:
        result["parameters"] = parameters
    return result


def _prefix_id(service: Service, method: str, *, below: bool) -> str:
    """camelCase of the route: ``legacyAny``, ``legacyAnyBelow``."""
    name = model_name(service.name, method.capitalize() + ("Below" if below else ""))
    return name[0].lower() + name[1:]


def ids_of_prefix(service: Service) -> list[str]:
    """The operation ids that `of_prefix` gives."""
    return [_prefix_id(service, method, below=below) for method in service.methods for below in (False, True)]


def _integration(service: Service, method: str, relative: str, function: FunctionRef | None) -> Item:
    if function is not None:
        return integrations.to_function(service, function)
    variables = [part.strip("{}") for part in segments(relative) if part.startswith("{")]
    return integrations.to_url(service, method=method, path=relative, variables=variables)


def _path_parameter(name: str) -> Item:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _prefix_variables(service: Service) -> list[Item]:
    return [_path_parameter(part.strip("{}")) for part in segments(service.path) if part.startswith("{")]


def _parameter(service: Service, parameter: ParameterShape) -> Item:
    result: Item = {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "schema": convert(parameter.body, service=service.name),
    }
    if parameter.description is not None:
        result["description"] = parameter.description
    return result


def _validator(operation: OperationShape, parameters: list[ParameterShape]) -> str | None:
    """The validator with something to check: a body's model, a required query parameter or header."""
    body = operation.request is not None and any(media.body for media in operation.request.content.values())
    # A path parameter is always there, or the route would not have matched.
    required = any(parameter.required and parameter.place != "path" for parameter in parameters)
    if body:
        return "all" if required else "body"
    return "parameters" if required else None


def _content(service: Service, content: Mapping[str, MediaShape]) -> Item:
    return {
        kind: {} if media.body is None else {"schema": convert(media.body, service=service.name)}
        for kind, media in content.items()
    }


def _responses(service: Service, operation: OperationShape) -> Item:
    """By status. API Gateway's method responses have statuses only, so ``default`` is written as 500."""
    responses: Item = {}
    for status, response in sorted(operation.responses.items()):
        if status == "default" and "500" in responses:
            continue
        entry: Item = {"description": response.description}
        if response.content:
            entry["content"] = _content(service, response.content)
        if response.headers:
            entry["headers"] = {
                name: {"schema": convert(header.body, service=service.name)}
                | ({"description": header.description} if header.description else {})
                for name, header in response.headers.items()
            }
        responses["500" if status == "default" else status] = entry
    return responses
