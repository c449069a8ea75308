"""What the metrics of a gateway are called, and where latency is cut. Pure; the stacks make them, the reader reads them."""

from __future__ import annotations

from bisect import bisect_left
from math import inf

__all__ = [
    "ARM_DIMENSION",
    "BASELINE",
    "CANARY",
    "COUNTS",
    "LATENCY",
    "NO_CANARY",
    "OBJECTIVE_MS_DEFAULT",
    "edges_ms",
    "metric",
    "namespace",
    "objective_edge",
]

ARM_DIMENSION = "canary"
# What $context.isCanaryRequest prints. "-" while the stage has no canary is unsure (not recorded), so what came before a canary is
# read from both "-" and "false".
CANARY, BASELINE, NO_CANARY = "true", "false", "-"

COUNTS = ("requests", "errors5xx", "errors4xx", "overSlo")
LATENCY = "latency"

# A request slower than this counts against the objective. One second: what a shopper notices and no healthy answer of a small
# service needs.
OBJECTIVE_MS_DEFAULT = 1000

# About 1-2-3-5-7 in every decade: neighbours differ by half at most, so a doubled latency moves two buckets wherever it was. The
# last one is API Gateway's own limit of an integration (29 s).
_LADDER_MS = (
    *(1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50, 70, 100, 150, 200, 300, 400, 500, 700),
    *(1000, 1500, 2000, 3000, 5000, 10_000, 29_000),
)


def namespace(gateway: str) -> str:
    return f"Gatewright/{gateway}"


def metric(service: str, name: str) -> str:
    """The service is in the name, because a filter's dimension must be a field of the log line and none names our service."""
    return f"{service}.{name}"


def edges_ms(objective_ms: float = OBJECTIVE_MS_DEFAULT) -> tuple[float, ...]:
    """Bounds of the latency buckets, from 0 to infinity; the objective is one of them."""
    return (0.0, *sorted({*map(float, _LADDER_MS), float(objective_ms)}), inf)


def objective_edge(objective_ms: float) -> int:
    """The first bucket that is slower than the objective."""
    return bisect_left(edges_ms(objective_ms), objective_ms)
