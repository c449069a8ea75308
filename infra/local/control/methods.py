"""Methods of a resource. Memory only. Texts and order of checks as recorded from real AWS."""

from __future__ import annotations

import re

from infra.local.control import lookup, patch
from infra.local.control.call import Call, present
from infra.local.control.errors import bad_request, conflict
from infra.local.control.patch import Grammar
from infra.local.control.store import Definition, Shape

VERBS = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY")
AUTHORIZED = ("CUSTOM", "COGNITO_USER_POOLS")
_AUTHORIZATION_TYPES = ("NONE", "AWS_IAM", *AUTHORIZED)
REQUEST_PARAMETER = re.compile(
    r"method\.request\.(querystring|header|path|multivaluequerystring|multivalueheader)\.(.+)"
)


def put_method(call: Call) -> Shape:
    api, resource = lookup.resource(call)
    verb = call.params["httpMethod"]
    if verb not in VERBS:
        raise bad_request(f"Invalid HttpMethod specified. Valid options are {','.join(VERBS)}")
    if verb in resource.get("resourceMethods", {}):
        raise conflict("Method already exists for this resource")
    shape = {
        "httpMethod": verb,
        "authorizationType": call.params["authorizationType"].upper(),  # "none" is taken (recorded)
        "apiKeyRequired": call.arg("apiKeyRequired", False),
        **present(
            authorizerId=call.arg("authorizerId"),
            operationName=call.arg("operationName"),
            requestParameters=call.arg("requestParameters"),
            requestModels=call.arg("requestModels"),
            requestValidatorId=call.arg("requestValidatorId"),
            authorizationScopes=call.arg("authorizationScopes"),
        ),
    }
    store(resource, checked(shape, api.live))
    return view(shape)


def get_method(call: Call) -> Shape:
    _, _, verb = lookup.method(call)
    return verb


def delete_method(call: Call) -> None:
    _, resource, _ = lookup.method(call)
    kept = {key: shape for key, shape in resource["resourceMethods"].items() if key != call.params["httpMethod"]}
    resource["resourceMethods"] = kept


def update_method(call: Call) -> Shape:
    api, resource, verb = lookup.method(call)
    patched = checked(patch.apply(verb, patch.operations(call), _GRAMMAR), api.live)
    store(resource, patched)
    return patched


def store(resource: Shape, method: Shape) -> None:
    """Puts a method on its resource by one assignment."""
    resource["resourceMethods"] = {**resource.get("resourceMethods", {}), method["httpMethod"]: method}


def view(method: Shape) -> Shape:
    return {name: value for name, value in method.items() if name != "methodIntegration"}


def checked(method: Shape, definition: Definition) -> Shape:
    """The method when all it refers to exists; an authorizer id that its type does not use is dropped (recorded).

    Raises:
        AwsError: BadRequestException.
    """
    if method.get("authorizationType") not in _AUTHORIZATION_TYPES:
        raise bad_request(
            f"Invalid Authorization type specified. Valid options are {','.join(_AUTHORIZATION_TYPES)}"  # unsure
        )
    if method["authorizationType"] not in AUTHORIZED:
        method.pop("authorizerId", None)
    elif method.get("authorizerId") not in definition.authorizers:
        raise bad_request(
            "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires "
            "a valid authorizer."
        )
    validator = method.get("requestValidatorId")
    if validator and validator not in definition.request_validators:
        raise bad_request("Invalid Request Validator identifier specified")
    for name in (method.get("requestModels") or {}).values():
        check_model(name, definition)
    check_parameters(method.get("requestParameters") or {})
    return method


def check_model(name: str, definition: Definition) -> None:
    if name not in definition.models:
        raise bad_request(f"Invalid model identifier specified: {name}")


def check_parameters(parameters: Shape) -> None:
    names = []
    for expression in parameters:
        found = REQUEST_PARAMETER.fullmatch(expression)
        if found is None:
            raise invalid_mapping(f"Invalid mapping expression specified: {expression}")
        names.append(found[2])
    if len(set(names)) < len(names):
        raise bad_request("Parameter names must be unique across querystring, header and path")


def invalid_mapping(finding: str) -> Exception:
    return bad_request(f"Invalid mapping expression specified: Validation Result: warnings : [], errors : [{finding}]")


_GRAMMAR = Grammar(
    {
        "/apiKeyRequired": patch.flag("apiKeyRequired"),
        "/authorizationType": patch.text("authorizationType"),
        "/authorizerId": patch.text("authorizerId"),
        "/operationName": patch.text("operationName"),
        "/requestValidatorId": patch.text("requestValidatorId"),
        "/requestParameters/*": patch.entry(
            "requestParameters", missing=patch.UNKNOWN_PARAMETER, convert=patch.flag_of
        ),
        "/requestModels/*": patch.entry("requestModels", missing=patch.UNKNOWN_CONTENT_TYPE),
        "/authorizationScopes": patch.scopes("authorizationScopes"),
        "/authorizationScopes/*": patch.member("authorizationScopes"),
    }
)
