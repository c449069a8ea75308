"""Facts of made-up incidents: minutes of a service, and what was done around it."""

from __future__ import annotations

from typing import Any

from infra.incident.facts import Facts, Numbers, Span

NOW = 1_800_000_000  # a whole minute
MINUTES = 30
WINDOW = Span(NOW + 60 - MINUTES * 60, NOW + 60)
BEFORE = Span(WINDOW.start - MINUTES * 60, WINDOW.start)


def minute(back: int) -> int:
    """The minute that began so many minutes before the one under way."""
    return NOW - back * 60


def calm(**rates: float) -> dict[str, dict[int, float]]:
    """An hour of a healthy service, by statistic; each value is that of a minute."""
    wanted = {"requests": 100.0, "ms": 5000.0, "waited_ms": 4000.0, "function.ms": 3500.0, "p99": 90.0, **rates}
    return {name: dict.fromkeys(range(BEFORE.start, WINDOW.end, 60), value) for name, value in wanted.items()}


def during(values: dict[str, dict[int, float]], first: int, last: int, **changes: float) -> dict[str, dict[int, float]]:
    """The same with other values from ``first`` to ``last`` minutes ago."""
    for name, value in changes.items():
        values.setdefault(name, {}).update({minute(back): value for back in range(last, first + 1)})
    return values


def facts(values: dict[str, dict[int, float]] | None = None, **changes: Any) -> Facts:
    given: dict[str, Any] = {
        "gateway": "shop",
        "service": "orders",
        "region": "us-east-1",
        "now": NOW + 30,
        "backend": "gatewright-shop-orders",
        "numbers": Numbers(
            window=WINDOW, before=BEFORE, period_seconds=60, values=calm() if values is None else values
        ),
    }
    return Facts(**(given | changes))


def slow_orders() -> dict[str, dict[int, float]]:
    """For ten minutes a request takes 3 s, nearly all of it in the function."""
    return during(
        calm(**{"breaker.ms": 3600.0}),
        9, 0, late=90.0, ms=300_000.0, waited_ms=299_000.0, p99=3200.0,
        **{"function.ms": 295_000.0, "breaker.ms": 297_000.0},
    )  # fmt: skip
