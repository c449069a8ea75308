"""Builders of situations for tests of pure code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.release.plan import Plan, Request
from infra.release.situation import Canary, Deployment, Intent, Situation, Stack, Stage

REQUEST = Request(id="r1", owner="ann@laptop:1", now="2026-01-01T00:00:00+00:00")


def deployments(*names: str) -> tuple[Deployment, ...]:
    """One deployment ``d-<name>`` a name, a minute apart, oldest first."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return tuple(
        Deployment(id=f"d-{name}", description=f"release {name} of tests", created=start + timedelta(minutes=i))
        for i, name in enumerate(names)
    )


def situation(
    *,
    serving: str = "one",
    newest: str = "two",
    baseline: str | None = "one",
    percent: float = 0,
    canary: tuple[str, float] | None = None,
    status: str = "UPDATE_COMPLETE",
    releases: Sequence[str] = ("one", "two"),
    **others: Any,
) -> Situation:
    """A region where `one` is the pinned baseline and `two` is dark, unless told otherwise."""
    stage = Stage(
        name="live",
        deployment_id=f"d-{serving}",
        canary=Canary(deployment_id=f"d-{canary[0]}", percent=canary[1]) if canary else None,
    )
    stack = Stack(
        name="Gatewright-shop-us-east-1",
        status=status,
        baseline=f"d-{baseline}" if baseline else "",
        percent=percent,
        other_parameters=("BootstrapVersion",),
    )
    return Situation(
        gateway="shop",
        region="us-east-1",
        stack=stack,
        api_id="api1",
        stage=stage,
        deployments=deployments(*releases),
        newest=f"d-{newest}",
        **others,
    )


def running(percent: float = 10, **others: Any) -> Situation:
    """The same with `two` as the canary."""
    return situation(percent=percent, canary=("two", percent), **others)


def absent() -> Situation:
    return Situation(gateway="shop", region="us-east-1", stack=Stack(name="Gatewright-shop-us-east-1"))


def intent(operation: str, *, target: str = "two", baseline: str = "one", percent: float = 0) -> Intent:
    return Intent(
        id="i1",
        operation=operation,
        target=f"d-{target}",
        percent=percent,
        baseline=f"d-{baseline}",
        owner="bob@desk:7",
        started="2026-01-01T00:00:00+00:00",
    )


def calls(plan: Plan) -> list[tuple[str, object]]:
    """A plan as (operation, what matters of its parameters); guards are marked."""
    return [(("guard " if s.guard else "") + s.operation, _essence(s.parameters)) for s in plan.steps]


def _essence(parameters: Any) -> object:
    if "patchOperations" in parameters:
        return [
            " ".join(o[k] for k in ("op", "from", "path", "value") if k in o) for o in parameters["patchOperations"]
        ]
    if "Parameters" in parameters:
        return {p["ParameterKey"]: p.get("ParameterValue", "(previous)") for p in parameters["Parameters"]}
    return None
