"""Plans what an operator does to a breaker: the transition, its record, its metric. Pure.

The transition is the runtime's own conditional write; it comes first, because whoever opens a breaker is in a hurry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from infra.breaker.names import breaker_table
from infra.breaker.view import Breaker, iso
from infra.errors import NothingToDo
from infra.release.plan import AnyTime, Plan, Step
from lambdas.breaker.circuit.journal import namespace
from lambdas.breaker.circuit.states import FORCED, Circuit, State
from lambdas.breaker.circuit.store import Stored
from lambdas.breaker.circuit.table import transition
from lambdas.breaker.circuit.transitions import enter

__all__ = ["Order", "Verb", "plan"]

Verb = Literal["open", "close", "disable", "watch", "auto", "reset"]
_TO: dict[str, State] = {
    "open": State.FORCED_OPEN,
    "disable": State.DISABLED,
    "watch": State.METRICS_ONLY,
    "close": State.CLOSED,
    "auto": State.CLOSED,
    "reset": State.CLOSED,
}
# Beyond the reviews of a year; then DynamoDB's TTL may have it.
_AUDIT_SECONDS = 400 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who wants what, and why.

    Args:
        verb: ``watch`` counts and decides nothing (METRICS_ONLY).
        id: fresh, so that repeating the record is harmless.
        lasts_seconds: of a forced state; it always ends by itself.
    """

    verb: Verb
    gateway: str
    by: str
    why: str
    id: str
    lasts_seconds: int = 0


def plan(order: Order, seen: Breaker) -> Plan:
    """The plan for one region.

    Raises:
        NothingToDo: it is as it was asked for already.
    """
    now_ms, before = seen.now_ms, seen.circuit
    to = _TO[order.verb]
    if order.verb == "auto" and before.state not in FORCED:
        raise NothingToDo(f"{seen.service} in {seen.region}: nothing is forced; it is {before.state.value} by itself.")
    if order.verb == "close" and before.state is State.CLOSED:
        raise NothingToDo(
            f"{seen.service} in {seen.region}: it is CLOSED. `gatewright breaker reset` forgets its calls."
        )
    until_ms = now_ms + order.lasts_seconds * 1000 if to in FORCED else 0
    after = enter(seen.rules, before, to, now_ms, until_ms=until_ms, by=order.by, why=order.why)
    steps = [_transition(order, seen, after), _audit(order, seen, before, after)]
    if before.state is not after.state:
        steps.append(_metric(order, seen, after))
    notes = (f"ends by itself at {iso(until_ms)}",) if until_ms else ()
    return Plan(
        operation=f"breaker {order.verb}",
        region=seen.region,
        summary=f"{seen.service}: {before.state.value} -> {after.state.value}",
        steps=tuple(steps),
        notes=notes,
    )


def _transition(order: Order, seen: Breaker, after: Circuit) -> Step:
    before: Stored | None = seen.stored
    body = transition(breaker_table(order.gateway), seen.service, before, after)
    return _step("transition", "dynamodb", "update_item", body, f"{order.by}: {order.why}")


def _audit(order: Order, seen: Breaker, before: Circuit, after: Circuit) -> Step:
    texts = {
        "at": iso(seen.now_ms),
        "verb": order.verb,
        "before": before.state.value,
        "after": after.state.value,
        "until": iso(after.until_ms) if after.until_ms else "",
        "by": order.by,
        "why": order.why,
    }
    item: dict[str, Any] = {name: {"S": value} for name, value in texts.items()}
    item |= {"pk": {"S": seen.service}, "sk": {"S": f"audit#{seen.now_ms:015d}#{order.id}"}}
    item["expires"] = {"N": str(seen.now_ms // 1000 + _AUDIT_SECONDS)}
    body = {"TableName": breaker_table(order.gateway), "Item": item}
    return _step("audit", "dynamodb", "put_item", body, "keep who did it, when and why")


def _metric(order: Order, seen: Breaker, after: Circuit) -> Step:
    dimensions = [{"Name": "service", "Value": seen.service}, {"Name": "to", "Value": after.state.value}]
    datum = {"MetricName": "BreakerTransition", "Dimensions": dimensions, "Value": 1.0, "Unit": "Count"}
    body = {"Namespace": namespace(order.gateway), "MetricData": [datum]}
    return _step("metric", "cloudwatch", "put_metric_data", body, "alarms see it as they see the breaker's own changes")


def _step(key: str, service: Any, operation: str, parameters: dict[str, Any], reason: str) -> Step:
    return Step(key=key, service=service, operation=operation, parameters=parameters, reason=reason, done=AnyTime())
