"""Method responses: what a method may answer, by status code. Memory only. Recorded texts."""

from __future__ import annotations

from infra.local.control import lookup, methods, patch
from infra.local.control.call import Call, present
from infra.local.control.errors import conflict, not_found
from infra.local.control.patch import Grammar
from infra.local.control.store import RestApi, Shape

_MISSING = "Invalid Response status code specified"


def put_method_response(call: Call) -> Shape:
    api, resource, verb = lookup.method(call)
    status = call.params["statusCode"]
    if status in verb.get("methodResponses", {}):
        raise conflict("Response already exists for this resource")
    for name in call.arg("responseModels", {}).values():
        methods.check_model(name, api.live)
    shape = {
        "statusCode": status,
        **present(responseParameters=call.arg("responseParameters"), responseModels=call.arg("responseModels")),
    }
    _store(resource, verb, {**verb.get("methodResponses", {}), status: shape})
    return shape


def get_method_response(call: Call) -> Shape:
    return _find(call)[3]


def update_method_response(call: Call) -> Shape:
    api, resource, verb, shape = _find(call)
    patched = patch.apply(shape, patch.operations(call), _GRAMMAR)
    for name in patched.get("responseModels", {}).values():
        methods.check_model(name, api.live)
    _store(resource, verb, {**verb["methodResponses"], patched["statusCode"]: patched})
    return patched


def delete_method_response(call: Call) -> None:
    _, resource, verb, shape = _find(call)
    _store(resource, verb, {key: value for key, value in verb["methodResponses"].items() if value is not shape})


def _find(call: Call) -> tuple[RestApi, Shape, Shape, Shape]:
    api, resource, verb = lookup.method(call)
    shape = verb.get("methodResponses", {}).get(call.params["statusCode"])
    if shape is None:
        raise not_found(_MISSING)
    return api, resource, verb, shape


def _store(resource: Shape, verb: Shape, responses: Shape) -> None:
    changed = {key: value for key, value in verb.items() if key != "methodResponses"}
    if responses:
        changed["methodResponses"] = responses
    methods.store(resource, changed)


_GRAMMAR = Grammar(
    {
        "/responseParameters/*": patch.entry(
            "responseParameters", missing=patch.UNKNOWN_PARAMETER, convert=patch.flag_of
        ),
        "/responseModels/*": patch.entry("responseModels", missing=patch.UNKNOWN_CONTENT_TYPE),
    }
)
