"""Usage of a plan's keys: daily pairs of used and remaining requests. Memory only; the data plane counts.

Periods are reckoned as the data plane reckons them, so that what is shown as remaining is what is let through.
"""

from __future__ import annotations

import datetime as dt

from infra.local.control import patch, usage_plans
from infra.local.control.call import Call
from infra.local.control.errors import bad_request, not_found
from infra.local.control.store import RegionState, Shape

_MAXIMUM_DAYS = 90  # documented for GetUsage


def get_usage(call: Call) -> Shape:
    plan = usage_plans.find(call)
    start, end = _date(call.params["startDate"]), _date(call.params["endDate"])
    if end < start or (end - start).days >= _MAXIMUM_DAYS:
        raise bad_request(f"Invalid date range: endDate must not be before startDate, at most {_MAXIMUM_DAYS} days")
    days = [start + dt.timedelta(days=number) for number in range((end - start).days + 1)]
    keys = call.state.usage_plan_keys.get(plan["id"], [])
    if wanted := call.arg("keyId"):
        if wanted not in keys:
            raise not_found("Invalid API Key identifier specified")
        keys = [wanted]
    return {
        "usagePlanId": plan["id"],
        "startDate": start.isoformat(),
        "endDate": end.isoformat(),
        "items": {key: [_day(call.state, plan, key, day) for day in days] for key in keys},
    }


def update_usage(call: Call) -> Shape:
    """``replace /remaining``: grants requests for the present period, kept as so many fewer (or more) used today."""
    plan = usage_plans.find(call)
    key = call.params["keyId"]
    if key not in call.state.usage_plan_keys.get(plan["id"], []):
        raise not_found("Invalid API Key identifier specified")
    today = dt.datetime.fromtimestamp(call.now, dt.UTC).date()
    quota = plan.get("quota")
    for operation in patch.operations(call):
        if (operation.op, operation.path) != ("replace", "/remaining"):
            raise bad_request(f"Invalid patch path {operation.path}")
        if quota is None:
            raise bad_request("Usage Plan has no quota")  # unsure of the text
        wanted = patch.whole_number(operation.value, "Invalid remaining quota specified")
        counts = dict(call.state.usage.get((plan["id"], key), {}))
        spent = used_in_period(call.state, plan, key, today)
        counts[today.isoformat()] = counts.get(today.isoformat(), 0) + (quota["limit"] - wanted) - spent
        call.state.usage[plan["id"], key] = counts
    return {
        "usagePlanId": plan["id"],
        "startDate": today.isoformat(),
        "endDate": today.isoformat(),
        "items": {key: [_day(call.state, plan, key, today)]},
    }


def quota_period(plan: Shape, day: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of the quota period that a day is in: a day, a week from Sunday, a calendar month (UTC)."""
    period = plan.get("quota", {}).get("period", "DAY")
    if period == "WEEK":
        first = day - dt.timedelta(days=(day.weekday() + 1) % 7)
        return first, first + dt.timedelta(days=6)
    if period == "MONTH":
        first = day.replace(day=1)
        return first, (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
    return day, day


def used_in_period(state: RegionState, plan: Shape, key: str, day: dt.date) -> int:
    """Requests used in the period up to and with a day."""
    first, _ = quota_period(plan, day)
    counts = state.usage.get((plan["id"], key), {})
    return sum(count for date, count in counts.items() if first.isoformat() <= date <= day.isoformat())


def _day(state: RegionState, plan: Shape, key: str, day: dt.date) -> list[int]:
    used = state.usage.get((plan["id"], key), {}).get(day.isoformat(), 0)
    if "quota" not in plan:
        return [used, 0]  # what AWS shows without a quota is unsure
    return [used, max(0, plan["quota"]["limit"] - used_in_period(state, plan, key, day))]


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise bad_request(f"Invalid date specified: {text}. Dates must be in the form yyyy-MM-dd") from None
