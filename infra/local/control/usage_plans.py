"""Usage plans and their keys. Memory only.

Recorded: shapes, the texts for API stages, an empty list for the keys of an unknown plan, newest first. A key may be in
several plans but in only one per stage (documented; text as users report it).
"""

from __future__ import annotations

from typing import Any

from infra.local.control import api_keys, patch
from infra.local.control.call import Call, present
from infra.local.control.errors import bad_request, conflict, not_found
from infra.local.control.paging import page
from infra.local.control.patch import Grammar, PatchOperation, Rule
from infra.local.control.store import Shape

PERIODS = ("DAY", "WEEK", "MONTH")
_MAXIMUM_OFFSET = {"DAY": 0, "WEEK": 6, "MONTH": 27}
_UNKNOWN_PLAN = "Invalid Usage Plan ID specified"
_INVALID_STAGE = "Invalid API Stage specified"


def create_usage_plan(call: Call) -> Shape:
    if not call.params["name"]:
        raise bad_request("Usage Plan name must be non-empty")  # unsure of the text
    stages = [dict(stage) for stage in call.arg("apiStages", [])]
    for stage in stages:
        if not _stage_exists(call, stage.get("apiId"), stage.get("stage")):
            raise not_found(f"API Stage not found: {stage.get('apiId')}:{stage.get('stage')}")
    plan = {
        "id": call.new_id(6),
        "name": call.params["name"],
        "apiStages": stages,
        **present(
            description=call.arg("description") or None,
            throttle=_throttle(call.arg("throttle")),
            quota=_quota(call.arg("quota")),
            tags=call.arg("tags") or None,
        ),
    }
    check_limits(plan)
    call.state.usage_plans[plan["id"]] = plan
    call.state.usage_plan_keys.setdefault(plan["id"], [])
    return plan


def _throttle(given: Shape | None) -> Shape | None:
    if given is None:
        return None
    return {"burstLimit": given.get("burstLimit", 0), "rateLimit": float(given.get("rateLimit", 0.0))}


def _quota(given: Shape | None) -> Shape | None:
    if given is None:
        return None
    return {"limit": given.get("limit", 0), "offset": given.get("offset", 0), **present(period=given.get("period"))}


def check_limits(plan: Shape) -> None:
    """Throttle and quota values; the rules are documented, the texts unsure. A burst above the rate is fine (recorded)."""
    throttle, quota = plan.get("throttle"), plan.get("quota")
    if throttle and (throttle.get("burstLimit", 0) < 0 or throttle.get("rateLimit", 0) < 0):
        raise bad_request("Invalid throttle settings: burst limit and rate limit must not be negative")
    if not quota:
        return
    period = quota.get("period")
    if period not in PERIODS:
        raise bad_request(f"Usage Plan quota period must be one of: [{', '.join(PERIODS)}]")
    if quota.get("limit", 0) < 0:
        raise bad_request("Usage Plan quota limit must not be negative")
    if not 0 <= quota.get("offset", 0) <= _MAXIMUM_OFFSET[period]:
        raise bad_request(f"Usage Plan quota offset must be between 0 and {_MAXIMUM_OFFSET[period]} for {period}")


def find(call: Call) -> Shape:
    plan = call.state.usage_plans.get(call.params["usagePlanId"])
    if plan is None:
        raise not_found(_UNKNOWN_PLAN)
    return plan


def get_usage_plan(call: Call) -> Shape:
    return {"tags": {}, **find(call)}


def get_usage_plans(call: Call) -> Shape:
    plans = [
        {name: value for name, value in plan.items() if name != "tags"} for plan in call.state.usage_plans.values()
    ]
    if key := call.arg("keyId"):
        plans = [plan for plan in plans if key in call.state.usage_plan_keys.get(plan["id"], [])]
    return page(call, plans[::-1])


def update_usage_plan(call: Call) -> Shape:
    plan = find(call)
    operations = patch.operations(call)
    attached = {(stage["apiId"], stage["stage"]) for stage in plan["apiStages"]}
    for operation in operations:
        if operation.segments == ("apiStages",):
            _check_stage_operation(call, plan["id"], attached, operation)
    for key in call.state.usage_plan_keys.get(plan["id"], []):
        _check_single_plan(call, plan["id"], attached, key)
    patched = patch.apply(plan, operations, _GRAMMAR)
    check_limits(patched)
    call.state.usage_plans[patched["id"]] = patched
    return {"tags": {}, **patched}


def delete_usage_plan(call: Call) -> None:
    plan = find(call)
    del call.state.usage_plans[plan["id"]]
    call.state.usage_plan_keys.pop(plan["id"], None)


# --- keys of a plan --------------------------------------------------------------------------------------------------


def create_usage_plan_key(call: Call) -> Shape:
    plan = find(call)
    key = api_keys.find(call, call.params["keyId"])
    if call.params["keyType"] != "API_KEY":
        raise bad_request("Invalid key type specified. Must be one of: [API_KEY]")  # unsure of the text
    known = call.state.usage_plan_keys.get(plan["id"], [])
    if key["id"] in known:
        raise conflict("API Key already exists in this usage plan")  # unsure of the text
    _check_single_plan(call, plan["id"], {(stage["apiId"], stage["stage"]) for stage in plan["apiStages"]}, key["id"])
    call.state.usage_plan_keys[plan["id"]] = [*known, key["id"]]
    return _key_view(key)


def _check_single_plan(call: Call, plan_id: str, stages: set[tuple[str, str]], key_id: str) -> None:
    """That no other plan of the key has one of the stages."""
    for other, keys in call.state.usage_plan_keys.items():
        if other == plan_id or key_id not in keys:
            continue
        for stage in call.state.usage_plans.get(other, {}).get("apiStages", []):
            if (stage["apiId"], stage["stage"]) in stages:
                raise conflict(
                    f"Usage Plan {plan_id} cannot be added because API Key {key_id} cannot reference multiple Usage "
                    f"Plans with the same API Stage: {stage['apiId']}:{stage['stage']}"
                )


def get_usage_plan_key(call: Call) -> Shape:
    plan = find(call)
    return _key_view(_plan_key(call, plan))


def get_usage_plan_keys(call: Call) -> Shape:
    """Keys by name prefix, newest first; an unknown plan has none (recorded)."""
    ids = call.state.usage_plan_keys.get(call.params["usagePlanId"], [])
    prefix = call.arg("nameQuery", "")
    keys = [call.state.api_keys[key] for key in reversed(ids) if key in call.state.api_keys]
    return page(call, [_key_view(key) for key in keys if key.get("name", "").startswith(prefix)])


def delete_usage_plan_key(call: Call) -> None:
    plan = find(call)
    key = _plan_key(call, plan)
    known = call.state.usage_plan_keys[plan["id"]]
    call.state.usage_plan_keys[plan["id"]] = [other for other in known if other != key["id"]]


def _plan_key(call: Call, plan: Shape) -> Shape:
    if call.params["keyId"] not in call.state.usage_plan_keys.get(plan["id"], []):
        raise not_found("Invalid API Key identifier specified")
    return api_keys.find(call, call.params["keyId"])


def _key_view(key: Shape) -> Shape:
    return {"id": key["id"], "type": "API_KEY", "value": key["value"], **present(name=key.get("name"))}


# --- API stages ------------------------------------------------------------------------------------------------------


def _stage_exists(call: Call, api_id: str | None, stage: str | None) -> bool:
    api = call.state.rest_apis.get(api_id or "")
    return api is not None and stage in api.stages


def _check_stage_operation(call: Call, plan_id: str, attached: set[tuple[str, str]], operation: PatchOperation) -> None:
    """Checks one ``/apiStages`` operation against the stages attached so far, and keeps those up to date."""
    api_id, colon, stage = (operation.value or "").partition(":")
    if not colon:
        raise bad_request(_INVALID_STAGE)
    key, adding = (api_id, stage), operation.op == "add"
    if not (_stage_exists(call, api_id, stage) if adding else key in attached):
        raise not_found(f"Invalid API Stage {{api: {api_id}, stage: {stage}}} specified for usageplan {plan_id}")
    if adding and key in attached:
        raise conflict(f"API Stage {api_id}:{stage} already exists in usage plan {plan_id}")  # unsure of the text
    (attached.add if adding else attached.discard)(key)


def _api_stages(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
    api_id, _colon, stage = (operation.value or "").partition(":")
    kept = [known for known in shape["apiStages"] if (known["apiId"], known["stage"]) != (api_id, stage)]
    shape["apiStages"] = [*kept, {"apiId": api_id, "stage": stage}] if operation.op == "add" else kept


def _stage_of(shape: Shape, name: str) -> Shape:
    for known in shape["apiStages"]:
        if f"{known['apiId']}:{known['stage']}" == name:
            found: Shape = known
            return found
    raise not_found(_INVALID_STAGE)


def _stage_throttle(shape: Shape, keys: tuple[str, ...], operation: PatchOperation) -> None:
    """``/apiStages/{api}:{stage}/throttle/{path}/{verb}/rateLimit|burstLimit``; the map's keys are ``path/verb``."""
    stage = _stage_of(shape, keys[0])
    throttles = stage.setdefault("throttle", {})
    name = f"{keys[1]}/{keys[2]}"
    if operation.op == "remove":
        throttles.pop(name, None)
        return
    limits = throttles.setdefault(name, {"burstLimit": 0, "rateLimit": 0.0})
    limits[keys[3]] = _LIMITS.get(keys[3], _burst)(operation.value)


def _stage_throttles(shape: Shape, keys: tuple[str, ...], _: PatchOperation) -> None:
    _stage_of(shape, keys[0]).pop("throttle", None)


# --- throttle and quota ----------------------------------------------------------------------------------------------


def _burst(value: str | None) -> int:
    return patch.whole_number(value, "Invalid burst limit specified")  # unsure of the text


def _rate(value: str | None) -> float:
    return patch.real_number(value, "Invalid rate limit specified")  # unsure of the text


def _whole(value: str | None) -> int:
    return patch.whole_number(value, "Invalid quota value specified")  # unsure of the text


_LIMITS: dict[str, Any] = {"burstLimit": _burst, "rateLimit": _rate}


def _inside(owner: str, name: str, convert: Any, start: Shape) -> Rule:
    """A member of throttle or quota; the first one makes the object with its zeros (recorded)."""

    def change(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
        shape.setdefault(owner, dict(start))[name] = convert(operation.value)

    return Rule(("add", "replace"), change)


def _drop(owner: str) -> Rule:
    def change(shape: Shape, _: tuple[str, ...], __: PatchOperation) -> None:
        shape.pop(owner, None)

    return Rule(("remove",), change)


_NO_THROTTLE: Shape = {"burstLimit": 0, "rateLimit": 0.0}
_NO_QUOTA: Shape = {"limit": 0, "offset": 0}
_GRAMMAR = Grammar(
    {
        "/name": patch.text("name", blank="Usage Plan name must be non-empty"),
        "/description": patch.text("description"),
        "/productCode": patch.text("productCode", ops=("add", "replace", "remove")),
        "/apiStages": Rule(("add", "remove"), _api_stages),
        "/apiStages/*/throttle": Rule(("remove",), _stage_throttles),
        "/apiStages/*/throttle/*/*": Rule(("remove",), _stage_throttle),
        "/apiStages/*/throttle/*/*/*": Rule(("add", "replace"), _stage_throttle),
        "/throttle": _drop("throttle"),
        "/throttle/burstLimit": _inside("throttle", "burstLimit", _burst, _NO_THROTTLE),
        "/throttle/rateLimit": _inside("throttle", "rateLimit", _rate, _NO_THROTTLE),
        "/quota": _drop("quota"),
        "/quota/limit": _inside("quota", "limit", _whole, _NO_QUOTA),
        "/quota/offset": _inside("quota", "offset", _whole, _NO_QUOTA),
        "/quota/period": _inside("quota", "period", lambda value: value, _NO_QUOTA),
    }
)
