"""The account's settings in a region. Memory only. A role ARN is taken as given."""

from __future__ import annotations

from infra.local.control import patch
from infra.local.control.call import Call
from infra.local.control.errors import bad_request
from infra.local.control.patch import Grammar, PatchOperation, Rule
from infra.local.control.store import Shape


def _settings(call: Call) -> Shape:
    return {
        "throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0},
        "features": ["UsagePlans"],
        "apiKeyVersion": "4",
        **call.state.account_settings,
    }


def get_account(call: Call) -> Shape:
    return _settings(call)


def update_account(call: Call) -> Shape:
    patched = patch.apply(_settings(call), patch.operations(call), _GRAMMAR)
    call.state.account_settings = patched
    return patched


def _role(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
    if not operation.value or operation.op == "remove":
        shape.pop("cloudwatchRoleArn", None)
        return
    if not operation.value.startswith("arn:") or ":role/" not in operation.value:
        raise bad_request("Invalid ARN specified in the request")  # unsure of the text
    shape["cloudwatchRoleArn"] = operation.value


def _features(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
    kept = [feature for feature in shape["features"] if feature != operation.value]
    shape["features"] = [*kept, operation.value] if operation.op == "add" else kept


_GRAMMAR = Grammar(
    {
        "/cloudwatchRoleArn": Rule(("replace", "add", "remove"), _role),
        "/features": Rule(("add", "remove"), _features),
        "/features/*": Rule(("add", "remove"), _features),
    },
    listing=True,
)
