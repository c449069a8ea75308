"""Request validators of an API. Memory only. Texts as recorded (an unknown API is 400 for create, 404 elsewhere)."""

from __future__ import annotations

from infra.local.control import lookup, patch
from infra.local.control.call import Call, present
from infra.local.control.errors import bad_request
from infra.local.control.paging import page
from infra.local.control.patch import Grammar
from infra.local.control.store import RestApi, Shape


def create_request_validator(call: Call) -> Shape:
    api = call.state.rest_apis.get(call.params["restApiId"])
    if api is None:
        raise bad_request("Invalid REST API identifier specified")
    shape = {
        "id": call.new_id(6),
        "validateRequestBody": call.arg("validateRequestBody", False),
        "validateRequestParameters": call.arg("validateRequestParameters", False),
        **present(name=call.arg("name")),
    }
    api.live.request_validators = {**api.live.request_validators, shape["id"]: shape}
    return shape


def get_request_validator(call: Call) -> Shape:
    return _find(call)[1]


def get_request_validators(call: Call) -> Shape:
    return page(call, list(lookup.rest_api(call).live.request_validators.values()))


def update_request_validator(call: Call) -> Shape:
    api, shape = _find(call)
    patched = patch.apply(shape, patch.operations(call), _GRAMMAR)
    api.live.request_validators = {**api.live.request_validators, patched["id"]: patched}
    return patched


def delete_request_validator(call: Call) -> None:
    api, shape = _find(call)
    kept = {key: other for key, other in api.live.request_validators.items() if other is not shape}
    api.live.request_validators = kept


def _find(call: Call) -> tuple[RestApi, Shape]:
    message = "Invalid Request Validator identifier specified"
    api, shape = lookup.nested(call, "request_validators", call.params["requestValidatorId"], message)
    return api, shape


_GRAMMAR = Grammar(
    {
        "/name": patch.text("name", blank="Request Validator name cannot be blank"),
        "/validateRequestParameters": patch.flag("validateRequestParameters"),
        "/validateRequestBody": patch.flag("validateRequestBody"),
    },
    listing=True,
)
