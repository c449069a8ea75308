"""When it began: the latest run of minutes in which far more went wrong than is promised. Pure.

A minute is bad when its errors or its late answers use up the error budget 14.4 times faster than it lasts (the rate of a fast-burn alarm,
https://sre.google/workbook/alerting-on-slos/), and when at least two requests were bad: one failed request of three is no incident.
"""

from __future__ import annotations

from infra.incident.facts import Facts, Span

__all__ = ["BURN", "is_going_on", "trouble"]

BURN = 14.4
LEAST_BAD = 2
_CALM_PERIODS = 3  # so many without a bad one end a run
_LATE_SECONDS = 180  # metrics of a log line may take so long


def trouble(facts: Facts) -> Span | None:
    """The run, within the window; None when no period was bad."""
    n = facts.numbers
    bad = [at for at in n.periods(n.window) if _is_bad(facts, at)]
    if not bad:
        return None
    first = bad[-1]
    for at in reversed(bad):
        if first - at > _CALM_PERIODS * n.period_seconds:
            break
        first = at
    return Span(first, bad[-1] + n.period_seconds)


def is_going_on(facts: Facts, span: Span) -> bool:
    """Whether it may not be over: nothing tells it apart from metrics that have not come yet."""
    return facts.now - span.end < _LATE_SECONDS


def _is_bad(facts: Facts, at: int) -> bool:
    n = facts.numbers
    minute = Span(at, at + n.period_seconds)
    requests = n.total("requests", minute)
    return any(
        many >= LEAST_BAD and 100 * many > min(BURN * allowed, 50.0) * requests
        for many, allowed in (
            (n.total("failed", minute), facts.failed_percent),
            (n.total("late", minute), facts.late_percent),
        )
    )
