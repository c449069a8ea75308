"""All services of a region at a glance, from the last whole minutes of its metrics: what `gatewright top` shows. Pure but for `read`.

CloudWatch has the metrics of a log line a minute or two late, and minutes are the finest it has: so the rate is that of the last
minutes together, and not of the last second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from infra.config.model import Gateway
from infra.evidence.names import CANARY
from infra.incident.facts import Span
from infra.incident.reader import read_metrics
from infra.observe.metrics import Metric
from infra.observe.sources import Sources
from infra.signals import REASON_DIMENSION, THROTTLED

__all__ = ["COLUMNS", "asked", "read", "rows", "shown"]

COLUMNS = (
    *("region", "service", "per_second", "failed", "late", "mean", "p99", "backend", "canary", "breaker", "refused"),
    "note",
)
_OF_A_SERVICE = (
    ("requests", "latency", "SampleCount"),
    ("ms", "latency", "Sum"),
    ("p99", "latency", "p99"),
    ("failed", "errors5xx", "Sum"),
    ("waited_ms", "integrationLatency", "Sum"),
)


def asked(gateway: Gateway, region: str) -> tuple[Metric, ...]:
    """Labels are `<service>/<statistic>`, and `/<statistic>` of the whole gateway."""
    sources = Sources(gateway=gateway.name, stage=gateway.release.stage)
    found: list[Metric] = []
    for service in gateway.services:
        name = service.name
        found += [sources.service("m", name, metric, stat, f"{name}/{label}") for label, metric, stat in _OF_A_SERVICE]
        slow = f"TC({service.objectives.latency_ms}:)"
        found.append(sources.service("m", name, "latency", slow, f"{name}/late"))
        for label, metric in (("canary", "requests"), ("canary_failed", "errors5xx")):
            found.append(sources.arm("m", name, metric, "Sum", CANARY, f"{name}/{label}"))
        if service.breaker is not None:
            found.append(sources.breaker("m", name, "BreakerRefused", f"{name}/refused"))
    reasons = ("THROTTLED", "QUOTA_EXCEEDED")
    found += [sources.whole("m", THROTTLED, "Sum", f"/{one}", ((REASON_DIMENSION, one),)) for one in reasons]
    if gateway.limits.per_ip is not None:
        found.append(sources.firewall("m", "ALL", "/blocked", region=region))
    return tuple(replace(metric, id=f"m{number}") for number, metric in enumerate(found))


def read(call: Callable[..., Any], gateway: Gateway, region: str, span: Span) -> dict[str, dict[int, float]]:
    """By label and minute. Raises CloudError."""
    return read_metrics(call, asked(gateway, region), span.start, span.end, 60)


def rows(
    gateway: Gateway, region: str, values: Mapping[str, Mapping[int, float]], seconds: float, states: Mapping[str, str]
) -> list[dict[str, Any]]:
    """A row for each service, and one for the guards of the whole gateway when they turned somebody away.

    Args:
        seconds: that the values are of.
        states: of the breakers, by service.
    """

    def total(label: str) -> float:
        return sum(values.get(label, {}).values())

    found: list[dict[str, Any]] = []
    for service in gateway.services:
        name = service.name
        requests, canary = total(f"{name}/requests"), total(f"{name}/canary")
        found.append(
            {
                "region": region,
                "service": name,
                "per_second": round(requests / seconds, 2),
                "failed_percent": _percent(total(f"{name}/failed"), requests),
                "late_percent": _percent(total(f"{name}/late"), requests),
                "mean_ms": _mean(total(f"{name}/ms"), requests),
                "p99_ms": max(values.get(f"{name}/p99", {}).values(), default=None),
                "backend_ms": _mean(total(f"{name}/waited_ms"), requests),
                "canary_percent": _percent(canary, requests) if canary else None,
                "canary_failed_percent": _percent(total(f"{name}/canary_failed"), canary),
                "breaker": states.get(name, ""),
                "refused": int(total(f"{name}/refused")),
            }
        )
    guards = {"throttled": int(total("/THROTTLED") + total("/QUOTA_EXCEEDED")), "blocked": int(total("/blocked"))}
    return [*found, {"region": region, "service": "(all)", **guards}] if any(guards.values()) else found


def shown(row: Mapping[str, Any]) -> dict[str, str]:
    """A row as cells of a table."""
    if "error" in row:
        return {"region": str(row["region"]), "note": str(row["error"])}
    if "throttled" in row:
        note = f"turned away: {row['throttled']} by limits and quotas, {row['blocked']} by the firewall"
        return {"region": str(row["region"]), "service": str(row["service"]), "note": note}
    canary = ""
    if row["canary_percent"] is not None:
        canary = f"{row['canary_percent']:g} %, {row['canary_failed_percent']:g} % failed"
    return {
        "region": str(row["region"]),
        "service": str(row["service"]),
        "per_second": f"{row['per_second']:g}",
        "failed": _cell(row["failed_percent"], "%"),
        "late": _cell(row["late_percent"], "%"),
        "mean": _cell(row["mean_ms"], "ms"),
        "p99": _cell(row["p99_ms"], "ms"),
        "backend": _cell(row["backend_ms"], "ms"),
        "canary": canary,
        "breaker": str(row["breaker"]),
        "refused": str(row["refused"] or ""),
    }


def _cell(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:.3g} {unit}" if value < 1000 else f"{value:.0f} {unit}"


def _percent(part: float, whole: float) -> float | None:
    return round(100 * part / whole, 2) if whole else None


def _mean(total: float, many: float) -> float | None:
    return round(total / many, 1) if many else None
