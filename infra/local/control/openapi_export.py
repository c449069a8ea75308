"""GetExport: a stage's deployment as OpenAPI 3.0 or Swagger 2.0, with or without the integrations. Memory only.

The shapes follow two recorded exports; what those do not show (validators, gateway responses) is put under the extension
that an import reads, so that an export can be imported again.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import yaml

from infra.local.control import lookup
from infra.local.control.call import Call, present
from infra.local.control.errors import bad_request, not_found
from infra.local.control.methods import REQUEST_PARAMETER
from infra.local.control.store import Definition, RestApi, Shape

_ANY = "x-amazon-apigateway-any-method"
_PLACES = {"path": "path", "querystring": "query", "header": "header"}


def get_export(call: Call) -> Shape:
    api, stage = lookup.stage(call)
    kind = call.params["exportType"]
    if kind not in ("oas30", "swagger"):
        raise bad_request("Invalid export type specified. Must be one of: [oas30, swagger]")  # unsure of the text
    made = api.deployments.get(stage["deploymentId"])
    if made is None:
        raise not_found("Invalid Deployment identifier specified")
    wanted = call.arg("parameters", {}).get("extensions", "")
    extended = any(name in wanted for name in ("integrations", "apigateway", "authorizers"))
    document = (_oas30 if kind == "oas30" else _swagger)(api, stage["stageName"], made.definition, extended)
    media = call.arg("accepts", "application/json")
    as_yaml = "yaml" in media
    text = yaml.safe_dump(document, sort_keys=False) if as_yaml else json.dumps(document, indent=2)
    suffix = "yaml" if as_yaml else "json"
    return {
        "contentType": "application/octet-stream",
        "contentDisposition": f'attachment; filename="{kind}_{document["info"]["version"]}.{suffix}"',
        "body": text.encode(),
    }


def _version(api: RestApi) -> str:
    made = dt.datetime.fromtimestamp(api.attributes["createdDate"], dt.UTC)
    return str(api.attributes.get("version") or made.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _info(api: RestApi) -> Shape:
    return {
        "title": api.attributes["name"],
        **present(description=api.attributes.get("description")),
        "version": _version(api),
    }


def _host(api: RestApi) -> str:
    return f"{api.id}.execute-api.{api.region}.amazonaws.com"


def _oas30(api: RestApi, stage: str, definition: Definition, extended: bool) -> Shape:
    schemas = _schemas(api, definition, "#/components/schemas/")
    schemes = _schemes(definition, extended)
    return {
        "openapi": "3.0.1",
        "info": _info(api),
        "servers": [{"url": f"https://{_host(api)}/{{basePath}}", "variables": {"basePath": {"default": stage}}}],
        "paths": _paths(definition, extended, swagger=False),
        "components": present(schemas=schemas or None, securitySchemes=schemes or None),
        **(_extensions(definition) if extended else {}),
    }


def _swagger(api: RestApi, stage: str, definition: Definition, extended: bool) -> Shape:
    return {
        "swagger": "2.0",
        "info": _info(api),
        "host": _host(api),
        "basePath": f"/{stage}",
        "schemes": ["https"],
        "paths": _paths(definition, extended, swagger=True),
        **present(
            securityDefinitions=_schemes(definition, extended) or None,
            definitions=_schemas(api, definition, "#/definitions/") or None,
        ),
        **(_extensions(definition) if extended else {}),
    }


def _schemas(api: RestApi, definition: Definition, prefix: str) -> Shape:
    base = f"https://apigateway.amazonaws.com/restapis/{api.id}/models/"
    return {name: json.loads(model["schema"].replace(base, prefix)) for name, model in definition.models.items()}


def _paths(definition: Definition, extended: bool, *, swagger: bool) -> Shape:
    paths: Shape = {}
    for resource in sorted(definition.resources.values(), key=lambda shape: shape["path"]):
        operations = {
            _ANY if verb == "ANY" else verb.lower(): _operation(definition, method, extended, swagger=swagger)
            for verb, method in resource.get("resourceMethods", {}).items()
        }
        if operations:
            paths[resource["path"]] = operations
    return paths


def _operation(definition: Definition, method: Shape, extended: bool, *, swagger: bool) -> Shape:
    operation: Shape = present(operationId=method.get("operationName"))
    integration = method.get("methodIntegration", {})
    parameters = [_parameter(name, required, swagger) for name, required in method.get("requestParameters", {}).items()]
    bodies = method.get("requestModels", {})
    if swagger:
        parameters += [_body_parameter(name) for name in list(dict.fromkeys(bodies.values()))[:1]]
        consumes = list(dict.fromkeys([*bodies, *integration.get("requestTemplates", {})]))
        operation.update(present(consumes=consumes or None, produces=_produces(method) or None))
    if parameters:
        operation["parameters"] = parameters
    if bodies and not swagger:
        content = {kind: {"schema": {"$ref": f"#/components/schemas/{name}"}} for kind, name in bodies.items()}
        operation["requestBody"] = {"content": content, "required": True}
    operation["responses"] = {
        status: _response(status, response, swagger) for status, response in method.get("methodResponses", {}).items()
    }
    if security := _security(definition, method):
        operation["security"] = security
    if extended and integration:
        operation["x-amazon-apigateway-integration"] = _integration(integration)
    if extended and (validator := definition.request_validators.get(method.get("requestValidatorId", ""))):
        operation["x-amazon-apigateway-request-validator"] = validator.get("name")
    return operation


def _parameter(expression: str, required: bool, swagger: bool) -> Shape:
    found = REQUEST_PARAMETER.fullmatch(expression)
    place, name = (found[1].removeprefix("multivalue"), found[2]) if found else ("querystring", expression)
    shape: Shape = {"name": name, "in": _PLACES[place]}
    if swagger:
        return {**shape, "required": required, "type": "string"}
    return {**shape, **({"required": True} if required else {}), "schema": {"type": "string"}}


def _body_parameter(model: str) -> Shape:
    return {"in": "body", "name": model, "required": True, "schema": {"$ref": f"#/definitions/{model}"}}


def _produces(method: Shape) -> list[str]:
    kinds: list[str] = []
    for response in method.get("methodResponses", {}).values():
        kinds += response.get("responseModels", {})
    for response in method.get("methodIntegration", {}).get("integrationResponses", {}).values():
        kinds += response.get("responseTemplates", {})
    return list(dict.fromkeys(kinds))


def _response(status: str, response: Shape, swagger: bool) -> Shape:
    names = [name.removeprefix("method.response.header.") for name in response.get("responseParameters", {})]
    models = response.get("responseModels", {})
    shape: Shape = {"description": f"{status} response"}
    if swagger:
        if models:
            shape["schema"] = {"$ref": f"#/definitions/{next(iter(models.values()))}"}
        return {**shape, **present(headers={name: {"type": "string"} for name in names} or None)}
    if names:
        shape["headers"] = {name: {"schema": {"type": "string"}} for name in names}
    shape["content"] = {kind: {"schema": {"$ref": f"#/components/schemas/{name}"}} for kind, name in models.items()}
    return shape


def _security(definition: Definition, method: Shape) -> list[Shape]:
    requirements: list[Shape] = []
    authorizer = definition.authorizers.get(method.get("authorizerId", ""))
    if authorizer:
        requirements.append({authorizer["name"]: list(method.get("authorizationScopes", []))})
    if method.get("authorizationType") == "AWS_IAM":
        requirements.append({"sigv4": []})
    if method.get("apiKeyRequired"):
        requirements.append({"api_key": []})
    return requirements


def _schemes(definition: Definition, extended: bool) -> Shape:
    methods = [
        method for resource in definition.resources.values() for method in resource.get("resourceMethods", {}).values()
    ]
    schemes: Shape = {}
    if any(method.get("apiKeyRequired") for method in methods):
        schemes["api_key"] = {"type": "apiKey", "name": "x-api-key", "in": "header"}
    if any(method.get("authorizationType") == "AWS_IAM" for method in methods):
        schemes["sigv4"] = _scheme("Authorization", "awsSigv4")
    for authorizer in definition.authorizers.values():
        source = str(authorizer.get("identitySource", "")).split(",", 1)[0]
        header = source.removeprefix("method.request.header.") if source else "Authorization"
        scheme = _scheme(header, authorizer["authType"])
        if extended:
            scheme["x-amazon-apigateway-authorizer"] = {
                "type": authorizer["type"].lower(),
                **{key: value for key, value in authorizer.items() if key not in ("id", "name", "type", "authType")},
            }
        schemes[authorizer["name"]] = scheme
    return schemes


def _scheme(header: str, kind: str) -> Shape:
    return {"type": "apiKey", "name": header, "in": "header", "x-amazon-apigateway-authtype": kind}


def _integration(integration: Shape) -> Shape:
    """The extension; responses are keyed by their selection pattern, defaults that AWS leaves out are left out."""
    hidden = ("cacheNamespace", "integrationResponses", "type", "passthroughBehavior")
    defaults: dict[str, Any] = {"timeoutInMillis": 29_000, "connectionType": "INTERNET", "cacheKeyParameters": []}
    shape: Shape = {"type": integration["type"].lower()}
    for key, value in integration.items():
        if key not in hidden and defaults.get(key) != value:
            shape[key] = value
    responses = {}
    for response in integration.get("integrationResponses", {}).values():
        kept = {key: value for key, value in response.items() if key != "selectionPattern"}
        responses[response.get("selectionPattern") or "default"] = kept
    if responses:
        shape["responses"] = responses
    shape["passthroughBehavior"] = integration["passthroughBehavior"].lower()
    return shape


def _extensions(definition: Definition) -> Shape:
    validators = {
        shape["name"]: {key: shape[key] for key in ("validateRequestParameters", "validateRequestBody")}
        for shape in definition.request_validators.values()
        if shape.get("name")
    }
    responses = {
        kind: {key: value for key, value in shape.items() if key not in ("responseType", "defaultResponse")}
        for kind, shape in definition.gateway_responses.items()
    }
    settings = definition.settings
    source = settings.get("apiKeySource")
    extensions = {
        "request-validators": validators or None,
        "gateway-responses": responses or None,
        "binary-media-types": settings.get("binaryMediaTypes"),
        "minimum-compression-size": settings.get("minimumCompressionSize"),
        "api-key-source": source if source != "HEADER" else None,
        "policy": json.loads(settings["policy"]) if settings.get("policy") else None,
    }
    return {f"x-amazon-apigateway-{name}": value for name, value in extensions.items() if value is not None}
