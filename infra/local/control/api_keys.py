"""API keys. Memory only.

Recorded: the value rules and their texts, an empty name or value counts as none, ``nameQuery`` is a case-sensitive
prefix, lists are newest first and show no values unless asked for.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from infra.local.control import patch
from infra.local.control.call import Call, present
from infra.local.control.errors import bad_request, conflict, not_found
from infra.local.control.paging import page
from infra.local.control.patch import Grammar, PatchOperation, Rule
from infra.local.control.store import Shape

MINIMUM_VALUE_LENGTH = 20
MAXIMUM_VALUE_LENGTH = 128
_GENERATED_LENGTH = 40
_MAXIMUM_NAME = 1024
_MAXIMUM_DESCRIPTION = 125_000
_UNKNOWN = "Invalid API Key identifier specified"


def create_api_key(call: Call) -> Shape:
    stage_keys = [f"{key['restApiId']}/{key['stageName']}" for key in call.arg("stageKeys", [])]
    for pair in stage_keys:
        _check_stage(call, pair)
    return _new(
        call,
        name=call.arg("name"),
        value=call.arg("value"),
        enabled=call.arg("enabled", False),
        description=call.arg("description"),
        customer_id=call.arg("customerId"),
        stage_keys=stage_keys,
        tags=call.arg("tags"),
    )


def _new(
    call: Call,
    *,
    name: str | None,
    value: str | None,
    enabled: bool,
    description: str | None = None,
    customer_id: str | None = None,
    stage_keys: list[str] | None = None,
    tags: Shape | None = None,
) -> Shape:
    check_name(name or "")
    check_description(description or "")
    check_value(value or "")
    if value and any(other["value"] == value for other in call.state.api_keys.values()):
        raise conflict("API Key already exists")
    shape = {
        "id": call.new_id(10),
        "value": value or call.new_id(_GENERATED_LENGTH),
        "enabled": enabled,
        "createdDate": call.now,
        "lastUpdatedDate": call.now,
        "stageKeys": stage_keys or [],
        **present(
            name=name or None, description=description or None, customerId=customer_id or None, tags=tags or None
        ),
    }
    call.state.api_keys[shape["id"]] = shape
    return shape


def check_name(name: str) -> None:
    if len(name) > _MAXIMUM_NAME:
        raise bad_request(f"Invalid API Key name, can be at most {_MAXIMUM_NAME} characters.")


def check_description(description: str) -> None:
    if len(description) > _MAXIMUM_DESCRIPTION:
        raise bad_request("Invalid API Key description specified.")


def check_value(value: str) -> None:
    if value and len(value) < MINIMUM_VALUE_LENGTH:
        raise bad_request(f"API Key value should be at least {MINIMUM_VALUE_LENGTH} characters")
    if len(value) > MAXIMUM_VALUE_LENGTH:
        raise bad_request(f"API Key value exceeds maximum size of {MAXIMUM_VALUE_LENGTH} characters")


def _check_stage(call: Call, pair: str) -> None:
    api_id, _, stage = pair.partition("/")
    api = call.state.rest_apis.get(api_id)
    if api is None or stage not in api.stages:
        raise bad_request("Invalid stage identifier specified")  # unsure of the text


def find(call: Call, key_id: str) -> Shape:
    shape = call.state.api_keys.get(key_id)
    if shape is None:
        raise not_found(_UNKNOWN)
    return shape


def get_api_key(call: Call) -> Shape:
    shape = {"tags": {}, **find(call, call.params["apiKey"])}
    return shape if call.arg("includeValue", False) else without_value(shape)


def get_api_keys(call: Call) -> Shape:
    prefix, customer = call.arg("nameQuery", ""), call.arg("customerId")
    found = [
        {name: value for name, value in shape.items() if name != "tags"}
        for shape in reversed(call.state.api_keys.values())
        if shape.get("name", "").startswith(prefix) and customer in (None, shape.get("customerId"))
    ]
    return page(call, found if call.arg("includeValues", False) else [without_value(shape) for shape in found])


def without_value(shape: Shape) -> Shape:
    return {name: value for name, value in shape.items() if name != "value"}


def update_api_key(call: Call) -> Shape:
    shape = find(call, call.params["apiKey"])
    operations = patch.operations(call)
    for operation in operations:
        if operation.segments == ("stages",):
            _check_stage(call, operation.value or "")
    patched = patch.apply(shape, operations, _GRAMMAR)
    patched["lastUpdatedDate"] = call.now
    call.state.api_keys[patched["id"]] = patched
    return without_value({"tags": {}, **patched})


def delete_api_key(call: Call) -> None:
    """Also leaves every usage plan (recorded)."""
    shape = find(call, call.params["apiKey"])
    for plan, keys in call.state.usage_plan_keys.items():
        call.state.usage_plan_keys[plan] = [key for key in keys if key != shape["id"]]
    del call.state.api_keys[shape["id"]]


def import_api_keys(call: Call) -> Shape:
    """CSV with a header row: name, key, description, enabled, usageplanIds (names in any case).

    A row that cannot be imported is a warning; with ``failonwarnings`` nothing is imported.
    """
    rows = list(csv.DictReader(io.StringIO(call.params["body"].decode("utf-8-sig", "replace"))))
    if not rows or not any((name or "").strip().lower() == "key" for name in rows[0]):
        raise bad_request("Invalid API key import file: a header row with a 'Key' column is required.")  # unsure
    made, warnings = [], []
    for number, row in enumerate(rows, start=1):
        cells = {(name or "").strip().lower(): str(value or "").strip() for name, value in row.items()}
        try:
            shape = _new(
                call,
                name=cells.get("name"),
                value=cells.get("key"),
                enabled=cells.get("enabled", "true").lower() != "false",
                description=cells.get("description"),
            )
        except Exception as error:
            warnings.append(f"Row {number}: {error}")
            continue
        made.append(shape["id"])
        for plan in filter(None, cells.get("usageplanids", "").split(",")):
            if plan.strip() in call.state.usage_plans:
                keys = call.state.usage_plan_keys.get(plan.strip(), [])
                call.state.usage_plan_keys[plan.strip()] = [*keys, shape["id"]]
            else:
                warnings.append(f"Row {number}: Invalid Usage Plan ID specified: {plan.strip()}")
    if warnings and call.arg("failOnWarnings", False):
        for key in made:
            del call.state.api_keys[key]
        raise bad_request("Warnings found during import:\n\t" + "\n\t".join(warnings))
    return {"ids": made, "warnings": warnings}


def _checked_text(name: str, check: Callable[[str], None]) -> Rule:
    rule = patch.text(name)

    def change(shape: Shape, keys: tuple[str, ...], operation: PatchOperation) -> None:
        check(operation.value or "")
        rule.apply(shape, keys, operation)

    return Rule(("replace",), change)


def _stages(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
    kept = [pair for pair in shape["stageKeys"] if pair != operation.value]
    shape["stageKeys"] = [*kept, operation.value] if operation.op == "add" else kept


_GRAMMAR = Grammar(
    {
        "/description": _checked_text("description", check_description),
        "/enabled": patch.flag("enabled"),
        "/name": _checked_text("name", check_name),
        "/customerId": patch.text("customerId"),
        "/stages": Rule(("add", "remove"), _stages),
    },
    listing=True,
)
