"""ImportRestApi and PutRestApi: an OpenAPI document becomes (part of) an API. Memory only.

The new definition is built apart and put in place by one assignment, so a refused document changes nothing. PutRestApi
keeps the API's id, its root resource and the id of every resource whose path stays. Cost: linear in the document.

Recorded: no default models, the wording of authorizers, base paths, merged binary media types.
"""

from __future__ import annotations

from typing import Any

from infra.local.control import documentation, gateway_responses, lookup, resources, rest_apis
from infra.local.control.authorizers import checked as checked_authorizer
from infra.local.control.call import Call, present
from infra.local.control.errors import AwsError, bad_request
from infra.local.control.models import new_model
from infra.local.control.openapi_document import Document, parse, section
from infra.local.control.openapi_methods import Names, Place, method, model_schema, verbs
from infra.local.control.store import Definition, RestApi, Shape

_PREFIX = "x-amazon-apigateway-"
MAXIMUM_PATH_SEGMENTS = 100


def import_rest_api(call: Call) -> Shape:
    parameters = call.arg("parameters", {})
    document = parse(call.arg("body", b""), parameters.get("basepath", "ignore"))
    endpoint = _endpoint(document, parameters)
    api = rest_apis.new_api(call, name=_title(document), endpoint=rest_apis.endpoint_configuration(endpoint))
    try:
        _apply(call, api, document, overwrite=True)
    except AwsError:
        del call.state.rest_apis[api.id]
        raise
    return _answer(api, document, tags=False)


def put_rest_api(call: Call) -> Shape:
    parameters = call.arg("parameters", {})
    document = parse(
        call.arg("body", b""), parameters.get("basepath", "ignore")
    )  # before the API is looked up: recorded
    api = lookup.rest_api(call)
    _apply(call, api, document, overwrite=call.arg("mode", "merge") == "overwrite")
    endpoint = _endpoint(document, parameters)
    if endpoint is not None:
        configuration = rest_apis.endpoint_configuration({**api.attributes["endpointConfiguration"], **endpoint})
        api.attributes = {**api.attributes, "endpointConfiguration": configuration}
    return _answer(api, document, tags=True)


def _answer(api: RestApi, document: Document, *, tags: bool) -> Shape:
    shape = rest_apis.view(api, tags=tags)
    return {**shape, "warnings": document.warnings} if document.warnings else shape


def _title(document: Document) -> str:
    title = section(document.content, "info").get("title")
    if not title:
        raise bad_request("Invalid OpenAPI input.")
    return str(title)


def _endpoint(document: Document, parameters: Shape) -> Shape | None:
    """The endpoint that the document or the ``endpointConfigurationTypes`` parameter asks for."""
    extension = section(document.content, f"{_PREFIX}endpoint-configuration")
    types = parameters.get("endpointConfigurationTypes")
    given = present(
        types=types.split(",") if types else extension.get("types"),
        vpcEndpointIds=extension.get("vpcEndpointIds"),
        ipAddressType=extension.get("ipAddressType"),
    )
    return given or None


def _apply(call: Call, api: RestApi, document: Document, *, overwrite: bool) -> None:
    inner = Call(
        operation=call.operation,
        params={**call.params, "restApiId": api.id},
        state=call.state,
        store=call.store,
        now=call.now,
        new_id=call.new_id,
        invoker=call.invoker,
    )
    root = {"id": api.root_resource_id, "path": "/"}
    definition = Definition(resources={root["id"]: root}) if overwrite else api.live.snapshot()
    _models(inner, document, definition)
    names = Names(_authorizers(inner, document, definition), _validators(inner, document, definition))
    _gateway_responses(document, definition)
    _paths(inner, api, document, definition, names)
    attributes = _attributes(api, document, overwrite=overwrite)
    if document.errors:
        raise bad_request("Errors found during import:\n\t" + "\n\t".join(document.errors))
    if document.warnings and call.arg("failOnWarnings", False):
        raise bad_request("Warnings found during import:\n\t" + "\n\t".join(document.warnings))
    api.live = definition
    api.attributes = attributes
    rest_apis.sync_settings(api)
    documentation.imported(inner, api, section(document.content, f"{_PREFIX}documentation"))


# --- API level -------------------------------------------------------------------------------------------------------


def _attributes(api: RestApi, document: Document, *, overwrite: bool) -> Shape:
    """The API's own fields after the import; overwriting drops those that the document does not have."""
    content, info = document.content, section(document.content, "info")
    endpoint = section(content, f"{_PREFIX}endpoint-configuration")
    kept = dict(api.attributes)
    if overwrite:
        for name in ("description", "version", "binaryMediaTypes", "minimumCompressionSize", "policy"):
            kept.pop(name, None)
    media = list(content.get(f"{_PREFIX}binary-media-types") or [])
    known = kept.get("binaryMediaTypes", [])
    size = content.get(f"{_PREFIX}minimum-compression-size")
    rest_apis.check_compression(size)
    return {
        **kept,
        "name": _title(document),
        **present(
            description=info.get("description") or None,
            version=None if info.get("version") in (None, "") else str(info["version"]),
            binaryMediaTypes=[*known, *(kind for kind in media if kind not in known)] or None,
            minimumCompressionSize=size,
            policy=rest_apis.check_policy(content.get(f"{_PREFIX}policy")),
            apiKeySource=content.get(f"{_PREFIX}api-key-source"),
            disableExecuteApiEndpoint=endpoint.get("disableExecuteApiEndpoint"),
        ),
    }


def _models(call: Call, document: Document, definition: Definition) -> None:
    for name, schema in document.schemas.items():
        if not isinstance(schema, dict):
            document.errors.append(f"Unable to create model for '{name}'")
            continue
        known = definition.models.get(name)
        made = new_model(
            call,
            name=name,
            content_type="application/json",
            schema=model_schema(schema, call.params["restApiId"]),
            description=schema.get("description"),
        )
        definition.models[name] = {**made, "id": known["id"]} if known else made


def _validators(call: Call, document: Document, definition: Definition) -> dict[str, str]:
    ids = {shape.get("name", ""): key for key, shape in definition.request_validators.items()}
    for name, given in section(document.content, f"{_PREFIX}request-validators").items():
        key = ids.setdefault(name, call.new_id(6))
        definition.request_validators[key] = {
            "id": key,
            "name": name,
            "validateRequestBody": bool(section({"it": given}, "it").get("validateRequestBody", False)),
            "validateRequestParameters": bool(section({"it": given}, "it").get("validateRequestParameters", False)),
        }
    return ids


def _gateway_responses(document: Document, definition: Definition) -> None:
    for kind, given in section(document.content, f"{_PREFIX}gateway-responses").items():
        if kind not in gateway_responses.DEFAULT_STATUS or not isinstance(given, dict):
            document.errors.append(f"Unable to put gateway response '{kind}': Invalid gateway response type")
            continue
        definition.gateway_responses[kind] = gateway_responses.made(kind, given)


def _authorizers(call: Call, document: Document, definition: Definition) -> dict[str, str]:
    ids = {shape["name"]: key for key, shape in definition.authorizers.items()}
    for name, scheme in document.security_schemes.items():
        extension = section(scheme, f"{_PREFIX}authorizer")
        if not extension:
            continue
        key = ids.setdefault(name, call.new_id(6))
        try:
            definition.authorizers[key] = checked_authorizer(_authorizer(key, name, scheme, extension))
        except AwsError as error:
            document.errors.append(f"Unable to create authorizer '{name}': {error.message}")
    return {name: key for name, key in ids.items() if key in definition.authorizers}


def _authorizer(key: str, name: str, scheme: Shape, extension: Shape) -> Shape:
    """Without an identity source of its own an authorizer reads the header that the security scheme names."""
    source = extension.get("identitySource") or None
    if source is None and scheme.get("in", "header") == "header" and str(extension.get("type")).lower() != "request":
        source = f"method.request.header.{scheme.get('name') or 'Authorization'}"
    ttl: Any = extension.get("authorizerResultTtlInSeconds")
    return {
        "id": key,
        "name": name,
        "type": str(extension.get("type", "")).upper(),
        **present(
            authType=scheme.get(f"{_PREFIX}authtype"),
            authorizerUri=extension.get("authorizerUri"),
            authorizerCredentials=extension.get("authorizerCredentials") or None,
            identitySource=source,
            identityValidationExpression=extension.get("identityValidationExpression"),
            authorizerResultTtlInSeconds=None if ttl is None else int(ttl),
            providerARNs=extension.get("providerARNs"),
        ),
    }


# --- paths -----------------------------------------------------------------------------------------------------------


class _Tree:
    """The resources of a definition by path and by parent, so that an import stays linear."""

    def __init__(self, definition: Definition, known: dict[str, str]) -> None:
        self._definition, self._known = definition, known
        self._by_path = {shape["path"]: shape for shape in definition.resources.values()}
        self._children: dict[str, list[Shape]] = {}
        for shape in definition.resources.values():
            self._children.setdefault(shape.get("parentId", ""), []).append(shape)

    def at(self, call: Call, path: str) -> Shape:
        """The resource at a path, its parents made on the way; a known path keeps its id."""
        parent = self._by_path["/"]
        for part in [part for part in path.split("/") if part]:
            full = resources.child_path(parent, part)
            if full not in self._by_path:
                siblings = self._children.setdefault(parent["id"], [])
                resources.check_part(part)
                resources.check_place(siblings, parent, part)
                key = self._known.get(full) or call.new_id(6)
                made = {"id": key, "parentId": parent["id"], "pathPart": part, "path": full}
                self._by_path[full] = self._definition.resources[key] = made
                siblings.append(made)
            parent = self._by_path[full]
        return parent


def _paths(call: Call, api: RestApi, document: Document, definition: Definition, names: Names) -> None:
    tree = _Tree(definition, {shape["path"]: shape["id"] for shape in api.live.resources.values()})
    for path, item in section(document.content, "paths").items():
        if path.startswith("x-"):
            continue
        full = f"{document.base_path}/{path.strip('/')}".rstrip("/") or "/"
        if not path.startswith("/") or full.count("/") > MAXIMUM_PATH_SEGMENTS:
            document.errors.append(f"Unable to create resource at path '{path}': Invalid resource path")
            continue
        try:
            resource = tree.at(call, full)
        except AwsError as error:
            document.errors.append(f"Unable to create resource at path '{full}': {error.message}")
            continue
        found = document.resolve(item)
        for verb, operation in verbs(found).items():
            place = Place(full, resource["id"], verb)
            made = method(call, document, definition, names, place, operation, found)
            resource.setdefault("resourceMethods", {})[verb] = made
