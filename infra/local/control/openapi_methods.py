"""One OpenAPI operation as a method with its integration. Touches nothing.

Recorded: what becomes of parameters, bodies, responses and the integration extension, and the warning for a request
parameter that is not a string.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.control import integration_rules
from infra.local.control.call import Call, present
from infra.local.control.models import new_model
from infra.local.control.openapi_document import Document, section
from infra.local.control.store import Definition, Shape

INTEGRATION = "x-amazon-apigateway-integration"
ANY_METHOD = "x-amazon-apigateway-any-method"
_VERBS = ("get", "put", "post", "delete", "patch", "options", "head")
_LOCATIONS = {"path": "path", "query": "querystring", "header": "header"}


@dataclass(frozen=True, slots=True)
class Names:
    """What the document's names became: authorizers and validators by name -> id."""

    authorizers: Mapping[str, str]
    validators: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an operation goes."""

    path: str
    resource_id: str
    verb: str


def verbs(item: Shape) -> dict[str, Shape]:
    """The operations of a path item by verb, ANY included."""
    found = {name.upper(): item[name] for name in _VERBS if isinstance(item.get(name), dict)}
    if isinstance(item.get(ANY_METHOD), dict):
        found["ANY"] = item[ANY_METHOD]
    return found


def method(
    call: Call, document: Document, definition: Definition, names: Names, place: Place, operation: Shape, item: Shape
) -> Shape:
    """The Method shape of an operation; findings go to the document's warnings and errors."""
    parameters = _parameters(document, operation, item)
    shape: Shape = {
        "httpMethod": place.verb,
        **_authorization(document, definition, names, operation),
        **present(
            operationName=operation.get("operationId"),
            requestParameters=_request_parameters(place.path, parameters) or None,
            requestModels=_request_models(call, document, definition, operation, parameters) or None,
            requestValidatorId=_validator(document, names, operation),
            methodResponses=_method_responses(call, document, definition, operation) or None,
        ),
    }
    extension = operation.get(INTEGRATION)
    if isinstance(extension, dict):
        shape["methodIntegration"] = _integration(document, document.resolve(extension), shape, place)
    return shape


# --- parameters, bodies, responses -----------------------------------------------------------------------------------


def _parameters(document: Document, operation: Shape, item: Shape) -> list[Shape]:
    """The parameters of the path item and the operation, the operation's winning."""
    merged: dict[tuple[str, str], Shape] = {}
    for owner in (item, operation):
        for raw in owner.get("parameters") or []:
            found = document.resolve(raw)
            merged[str(found.get("in")), str(found.get("name"))] = found
    return list(merged.values())


def _request_parameters(path: str, parameters: list[Shape]) -> Shape:
    """The path's own variables are parameters even when the document does not declare them (recorded)."""
    implied = {f"method.request.path.{name}": True for name in re.findall(r"\{([^}+]+)\+?\}", path)}
    return implied | {
        f"method.request.{_LOCATIONS[found['in']]}.{found['name']}": found["in"] == "path"
        or found.get("required") is True
        for found in parameters
        if found.get("in") in _LOCATIONS and "name" in found
    }


def _request_models(
    call: Call, document: Document, definition: Definition, operation: Shape, parameters: list[Shape]
) -> Shape:
    if not document.is_swagger:
        body = document.resolve(operation.get("requestBody"))
        return _content_models(call, document, definition, section(body, "content"))
    schema = next((found.get("schema") for found in parameters if found.get("in") == "body"), None)
    name = model_name(call, document, definition, schema)
    consumes = operation.get("consumes") or document.content.get("consumes") or ["application/json"]
    return {str(content_type): name for content_type in consumes} if name else {}


def _content_models(call: Call, document: Document, definition: Definition, content: Shape) -> Shape:
    models = {}
    for content_type, media in content.items():
        name = model_name(call, document, definition, section({"media": media}, "media").get("schema"))
        if name:
            models[content_type] = name
    return models


def model_name(call: Call, document: Document, definition: Definition, schema: Any) -> str | None:
    """The model of a schema: the one it refers to, or a new one for a schema in place (AWS names it MODEL + hex)."""
    if not isinstance(schema, dict) or not schema:
        return None
    reference = str(schema.get("$ref", ""))
    if reference:
        name = reference.rsplit("/", 1)[-1]
        if name not in definition.models:
            document.errors.append(f"Unable to find model '{name}'")
            return None
        return name
    name = f"MODEL{call.new_id(6)}"
    definition.models[name] = new_model(
        call,
        name=name,
        content_type="application/json",
        schema=model_schema(schema, call.arg("restApiId", "")),
        description=None,
    )
    return name


def model_schema(schema: Shape, api_id: str) -> str:
    """A schema's JSON with references to other models as AWS writes them."""
    text = json.dumps(schema)
    base = f'"$ref": "https://apigateway.amazonaws.com/restapis/{api_id}/models/'
    for prefix in ("#/components/schemas/", "#/definitions/"):
        text = text.replace(f'"$ref": "{prefix}', base)
    return text


def _method_responses(call: Call, document: Document, definition: Definition, operation: Shape) -> Shape:
    responses: Shape = {}
    for status, raw in section(operation, "responses").items():
        if not (status.isdigit() and len(status) == 3):
            continue  # "default" and "2XX" have no counterpart
        found = document.resolve(raw)
        produces = operation.get("produces") or document.content.get("produces") or ["application/json"]
        if document.is_swagger:
            name = model_name(call, document, definition, found.get("schema"))
            models = {str(content_type): name for content_type in produces} if name else {}
        else:
            models = _content_models(call, document, definition, section(found, "content"))
        headers = {f"method.response.header.{name}": False for name in section(found, "headers")}
        responses[status] = {
            "statusCode": status,
            **present(responseParameters=headers or None, responseModels=models or None),
        }
    return responses


def _validator(document: Document, names: Names, operation: Shape) -> str | None:
    key = "x-amazon-apigateway-request-validator"
    wanted = operation.get(key, document.content.get(key))
    if not wanted:
        return None
    if wanted not in names.validators:
        document.errors.append(f"Unable to find request validator '{wanted}'")
    return names.validators.get(wanted)


# --- security --------------------------------------------------------------------------------------------------------


def _authorization(document: Document, definition: Definition, names: Names, operation: Shape) -> Shape:
    requirements = operation.get("security", document.content.get("security")) or []
    answer: Shape = {"authorizationType": "NONE", "apiKeyRequired": False}
    for requirement in requirements:
        for name, scopes in requirement.items() if isinstance(requirement, dict) else ():
            _require(document, definition, names, answer, name, scopes)
    return answer


def _require(document: Document, definition: Definition, names: Names, answer: Shape, name: str, scopes: Any) -> None:
    scheme = document.security_schemes.get(name)
    if name in names.authorizers:
        authorizer = definition.authorizers[names.authorizers[name]]
        cognito = authorizer["type"] == "COGNITO_USER_POOLS"
        answer["authorizationType"] = "COGNITO_USER_POOLS" if cognito else "CUSTOM"
        answer["authorizerId"] = authorizer["id"]
        if scopes:
            answer["authorizationScopes"] = sorted(scopes)
    elif isinstance(scheme, dict) and scheme.get("x-amazon-apigateway-authtype") == "awsSigv4":
        answer["authorizationType"] = "AWS_IAM"
    elif isinstance(scheme, dict) and scheme.get("type") == "apiKey" and str(scheme.get("name")).lower() == "x-api-key":
        answer["apiKeyRequired"] = True
    elif scheme is None:
        document.warnings.append(f"Unable to find the security definition '{name}'")


# --- integration -----------------------------------------------------------------------------------------------------


def _integration(document: Document, extension: Shape, owner: Shape, place: Place) -> Shape:
    given = {
        **{name: extension.get(name) for name in _COPIED},
        "type": str(extension.get("type", "")).upper(),
        "integrationHttpMethod": extension.get("httpMethod"),
        "requestParameters": _strings(document, extension, place) or None,
        "requestTemplates": section(extension, "requestTemplates") or None,
    }
    shape = integration_rules.normalized(given, place.resource_id)
    if responses := _integration_responses(extension):
        shape["integrationResponses"] = responses
    _check(document, shape, owner, place)
    return shape


_COPIED = [
    "uri",
    "connectionType",
    "connectionId",
    "credentials",
    "passthroughBehavior",
    "cacheNamespace",
    "cacheKeyParameters",
    "contentHandling",
    "timeoutInMillis",
    "tlsConfig",
    "responseTransferMode",
    "integrationTarget",
]


def _strings(document: Document, extension: Shape, place: Place) -> Shape:
    kept = {}
    for name, value in section(extension, "requestParameters").items():
        if isinstance(value, str):
            kept[name] = value
        else:
            shown = json.dumps(value)
            document.warnings.append(
                f"Invalid format for 'requestParameters'. Expected type string for property '{name}' of resource "
                f"'{place.path}' and method '{place.verb}' but got '{shown}'"
            )
    return kept


def _integration_responses(extension: Shape) -> Shape:
    responses: Shape = {}
    for pattern, raw in section(extension, "responses").items():
        if not isinstance(raw, dict):
            continue
        status = str(raw.get("statusCode", ""))
        responses[status] = {
            "statusCode": status,
            **present(
                selectionPattern=None if pattern == "default" else pattern,
                responseParameters=section(raw, "responseParameters") or None,
                responseTemplates=section(raw, "responseTemplates") or None,
                contentHandling=raw.get("contentHandling"),
            ),
        }
    return responses


def _check(document: Document, shape: Shape, owner: Shape, place: Place) -> None:
    """Findings in the words of a failed import."""
    where = f"'{place.verb}' for resource at path '{place.path}'"
    if shape["type"] not in ("HTTP", "HTTP_PROXY", "AWS", "AWS_PROXY", "MOCK"):
        document.errors.append(f"Unable to put integration on {where}: Invalid integration type '{shape['type']}'")
        return
    error = integration_rules.first_error((integration_rules.check, shape, owner))
    if error is not None:
        document.errors.append(f"Unable to put integration on {where}: {error.message}")
    for response in shape.get("integrationResponses", {}).values():
        error = integration_rules.first_error((integration_rules.check_response, response, owner))
        if error is not None:
            document.errors.append(f"Unable to put integration response on {where}: {error.message}")
