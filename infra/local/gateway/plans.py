"""API keys, usage plans, plan throttling and quotas. Reads and counts in the control plane's store; touches nothing else.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
Order: key -> quota and the plan's limits for the client -> (elsewhere) the stage's. unsure: whether AWS counts a
request that is throttled afterwards; here it does not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from infra.local.control.store import RegionState, Store
from infra.local.gateway.exchange import Exchange
from infra.local.gateway.faults import invalid_api_key, quota_exceeded, throttled
from infra.local.gateway.throttling import Throttles

__all__ = ["Plans", "period_start"]


class Plans:
    """Checks keys of one data plane."""

    def __init__(self, store: Store, throttles: Throttles, clock: Callable[[], float]) -> None:
        self._store, self._throttles, self._clock = store, throttles, clock
        self._known: dict[tuple[str, str, str], tuple[str, str]] = {}

    def admit(self, exchange: Exchange) -> None:
        """Checks the key of a method that requires one and counts the request.

        Raises:
            GatewayFault: 403 Forbidden, 429 Limit Exceeded (quota) or 429 Too Many Requests (throttle).
        """
        from_authorizer = exchange.compiled.api_key_source == "AUTHORIZER"
        value = exchange.usage_key if from_authorizer else exchange.header("x-api-key")
        region = self._store.region(exchange.api.account, exchange.api.region)
        found = self._find(region, exchange, value) if value else None
        if found is None:
            raise invalid_api_key()
        plan_id, key_id = found
        exchange.api_key, exchange.api_key_id = value, key_id
        plan = region.usage_plans[plan_id]
        used = region.usage.setdefault((plan_id, key_id), {})
        today = dt.datetime.fromtimestamp(self._clock(), dt.UTC).date()
        _check_quota(plan, used, today)
        self._check_rates(plan, key_id, exchange)
        day = today.isoformat()
        used[day] = used.get(day, 0) + 1

    def _find(self, region: RegionState, exchange: Exchange, value: str) -> tuple[str, str] | None:
        """(plan id, key id) of an enabled key that a plan of this stage holds. The last answer is checked first."""
        api_id, stage = exchange.api.id, exchange.stage_name
        known = self._known.get((api_id, stage, value))
        if known and _holds(region, known[0], known[1], value) and _serves(region.usage_plans[known[0]], api_id, stage):
            return known
        for plan_id, plan in region.usage_plans.items():
            if not _serves(plan, api_id, stage):
                continue
            for key_id in region.usage_plan_keys.get(plan_id, ()):
                if _holds(region, plan_id, key_id, value):
                    self._known[api_id, stage, value] = (plan_id, key_id)
                    return plan_id, key_id
        return None

    def _check_rates(self, plan: Mapping[str, Any], key_id: str, exchange: Exchange) -> None:
        for scope, limits in _limits(plan, exchange):
            allowed = self._throttles.allow(
                ("plan", plan["id"], key_id, *scope), limits.get("rateLimit"), limits.get("burstLimit")
            )
            if not allowed:
                raise throttled()


def _limits(plan: Mapping[str, Any], exchange: Exchange) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """The method's limits in this plan, then the plan's own."""
    method = exchange.method
    for stage in plan.get("apiStages") or ():
        if method and stage.get("apiId") == exchange.api.id and stage.get("stage") == exchange.stage_name:
            for verb in (exchange.request.method, method.verb):
                limits = (stage.get("throttle") or {}).get(f"{method.path}/{verb}")
                if limits:
                    yield (exchange.api.id, exchange.stage_name, method.path, verb), limits
                    break
    if plan.get("throttle"):
        yield (), plan["throttle"]


def _serves(plan: Mapping[str, Any], api_id: str, stage: str) -> bool:
    return any(s.get("apiId") == api_id and s.get("stage") == stage for s in plan.get("apiStages") or ())


def _holds(region: RegionState, plan_id: str, key_id: str, value: str) -> bool:
    key = region.api_keys.get(key_id)
    return (
        key is not None
        and plan_id in region.usage_plans
        and key.get("value") == value
        and bool(key.get("enabled"))
        and key_id in region.usage_plan_keys.get(plan_id, ())
    )


def period_start(period: str, today: dt.date) -> dt.date:
    """First day of the quota period that holds `today`. unsure: that AWS's weeks begin on Sunday."""
    if period == "MONTH":
        return today.replace(day=1)
    if period == "WEEK":
        return today - dt.timedelta(days=(today.weekday() + 1) % 7)
    return today


def _check_quota(plan: Mapping[str, Any], used: Mapping[str, int], today: dt.date) -> None:
    quota = plan.get("quota")
    if not quota or quota.get("limit") is None:
        return
    first = period_start(quota.get("period") or "DAY", today).isoformat()
    spent = sum(count for day, count in used.items() if day >= first)
    limit = int(quota["limit"]) - (int(quota.get("offset") or 0) if not _older(used, first) else 0)
    if spent >= limit:
        raise quota_exceeded()


def _older(used: Mapping[str, int], first: str) -> bool:
    """Whether an earlier period was used: the offset counts for the first period only."""
    return any(day < first for day in used)
