"""Gateway responses: what the gateway itself answers, by response type. Memory only.

Only customised ones are stored; the rest are shown from the defaults, or from a customised DEFAULT_4XX / DEFAULT_5XX
(recorded: status, parameters and templates are all inherited, and still called default).
"""

from __future__ import annotations

from infra.local.control import lookup, patch
from infra.local.control.call import Call
from infra.local.control.errors import bad_request, not_found
from infra.local.control.patch import Grammar, PatchOperation, Rule
from infra.local.control.store import Definition, Shape

_TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}
DEFAULT_STATUS: dict[str, str | None] = {
    "ACCESS_DENIED": "403",
    "API_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_FAILURE": "500",
    "BAD_REQUEST_BODY": "400",
    "BAD_REQUEST_PARAMETERS": "400",
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "EXPIRED_TOKEN": "403",
    "INTEGRATION_FAILURE": "504",
    "INTEGRATION_TIMEOUT": "504",
    "INVALID_API_KEY": "403",
    "INVALID_SIGNATURE": "403",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "QUOTA_EXCEEDED": "429",
    "REQUEST_TOO_LARGE": "413",
    "RESOURCE_NOT_FOUND": "404",
    "THROTTLED": "429",
    "UNAUTHORIZED": "401",
    "UNSUPPORTED_MEDIA_TYPE": "415",
    "WAF_FILTERED": "403",
}


def effective(definition: Definition, kind: str) -> Shape:
    """The response of a type as it is shown, inherited from its family or the default."""
    own = definition.gateway_responses.get(kind)
    if own is not None:
        return own
    status = DEFAULT_STATUS[kind]
    shape: Shape = {
        "responseType": kind,
        "responseParameters": {},
        "responseTemplates": dict(_TEMPLATES),
        "defaultResponse": True,
    }
    if status is None:
        return shape
    shape["statusCode"] = status
    family = definition.gateway_responses.get(f"DEFAULT_{status[0]}XX")
    if family is not None:
        inherited = {
            key: family[key] for key in ("responseParameters", "responseTemplates", "statusCode") if key in family
        }
        shape.update(inherited)
    return shape


def made(kind: str, given: Shape) -> Shape:
    """A customised response from PutGatewayResponse's members or an import's."""
    status = given.get("statusCode") or DEFAULT_STATUS[kind]
    templates = given.get("responseTemplates")
    shape: Shape = {
        "responseType": kind,
        "responseParameters": dict(given.get("responseParameters") or {}),
        "responseTemplates": dict(_TEMPLATES if templates is None else templates),
        "defaultResponse": False,
    }
    if status is not None:
        shape["statusCode"] = str(status)
    return shape


def put_gateway_response(call: Call) -> Shape:
    api = lookup.rest_api(call)
    kind = call.params["responseType"]
    shape = made(kind, call.params)
    api.live.gateway_responses = {**api.live.gateway_responses, kind: shape}
    return shape


def get_gateway_response(call: Call) -> Shape:
    return effective(lookup.rest_api(call).live, call.params["responseType"])


def get_gateway_responses(call: Call) -> Shape:
    """The whole collection: the service does not page it."""
    definition = lookup.rest_api(call).live
    return {"items": [effective(definition, kind) for kind in DEFAULT_STATUS]}


def update_gateway_response(call: Call) -> Shape:
    api = lookup.rest_api(call)
    kind = call.params["responseType"]
    shape = patch.apply(effective(api.live, kind), patch.operations(call), _GRAMMAR)
    shape["defaultResponse"] = False
    api.live.gateway_responses = {**api.live.gateway_responses, kind: shape}
    return shape


def delete_gateway_response(call: Call) -> None:
    api = lookup.rest_api(call)
    kind = call.params["responseType"]
    if kind not in api.live.gateway_responses:
        raise not_found("Gateway response type not defined on api")
    api.live.gateway_responses = {key: shape for key, shape in api.live.gateway_responses.items() if key != kind}


def _status(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
    if operation.op != "replace":
        raise bad_request(f"Invalid patch path {operation.path}")  # recorded, for add and remove
    shape["statusCode"] = operation.value


def _entry(name: str) -> Rule:
    def change(shape: Shape, keys: tuple[str, ...], operation: PatchOperation) -> None:
        entries = shape[name]
        if operation.op != "remove" and not operation.value:
            raise bad_request(f"Invalid null or empty value in {name}")
        if operation.op != "add" and keys[0] not in entries:
            raise not_found("Invalid parameter name specified")
        if operation.op == "remove":
            del entries[keys[0]]
        else:
            entries[keys[0]] = operation.value

    return Rule(("add", "remove", "replace"), change)


_GRAMMAR = Grammar(
    {
        "/statusCode": Rule(("add", "remove", "replace"), _status),
        "/responseParameters/*": _entry("responseParameters"),
        "/responseTemplates/*": _entry("responseTemplates"),
    }
)
