"""From metrics to the counts of one arm in one interval. Pure.

A bucket is the trimmed count `TC(a:b)` of the latency metric: the values above a and up to b ("exclusive" below, "inclusive" above). CloudWatch
says that it "can return a decimal value", being interpolated: a request near an edge may be counted in part on either side. The judge's
evidence stays valid under that: with shares f_j of a request in bins j, the product of r_j^f_j is at most sum f_j r_j, which is what the
normaliser counts (inequality of the means), so the expectation stays <= 1. Counts are made whole by rounding what lies *below* each
edge, which moves no edge by more than half a request, and the objective's own edge is exact: its filter counts log lines.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from math import isfinite
from typing import Any, NamedTuple

from infra.evidence.names import COUNTS, LATENCY, metric

__all__ = ["Ask", "Values", "arm_counts", "asks", "whole_histogram"]

LATENCY_MISSING_SHARE = (
    0.02  # more requests than this without a latency: the histogram is not made to fit, and the judge is told
)


class Ask(NamedTuple):
    """One statistic of one metric."""

    metric: str
    arm: str
    stat: str


Values = Mapping[Ask, Mapping[int, float]]
"""Statistic -> epoch second at which the period begins -> value. A period without data is not there."""


def trimmed_count(low_ms: float, high_ms: float) -> str:
    """The statistic that counts values above `low_ms` and up to `high_ms`."""
    low = f"{low_ms:g}" if low_ms > 0 else ""
    return f"TC({low}:{f'{high_ms:g}' if isfinite(high_ms) else ''})"


def asks(services: Sequence[str], arms: Sequence[str], edges: Sequence[float]) -> list[Ask]:
    """Every statistic that the counts of these arms need."""
    stats = [(name, "Sum") for name in COUNTS] + [(LATENCY, trimmed_count(a, b)) for a, b in pairwise(edges)]
    return [Ask(metric(service, name), arm, stat) for service in services for arm in arms for name, stat in stats]


def arm_counts(
    values: Values,
    at: int,
    *,
    services: Sequence[str],
    arms: Sequence[str],
    edges: Sequence[float],
    slow_from: int,
    one_objective: bool = True,
) -> dict[str, Any]:
    """What `judge.read_interval` takes as an arm: n, e5xx, e4xx and the histogram, over these services and arms together.

    `overSlo` counts what is slower than each service's own objective; with several of them it says nothing of the one edge that is
    judged, and the histogram does. A count that is not there is 0, because CloudWatch keeps no datapoint for a minute without a matching line.
    """

    def total(name: str, stat: str) -> float:
        return sum(values.get(Ask(metric(s, name), arm, stat), {}).get(at, 0.0) for s in services for arm in arms)

    n, e5xx, e4xx, slow = (round(total(name, "Sum")) for name in COUNTS)
    raw = [total(LATENCY, trimmed_count(a, b)) for a, b in pairwise(edges)]
    counts: dict[str, Any] = {"n": n, "e5xx": e5xx, "e4xx": e4xx}
    if n and not any(raw):
        return counts  # the judge is told that the histogram is missing
    if not one_objective:
        slow = min(round(sum(raw[slow_from:])), n)
    return {**counts, "hist": whole_histogram(raw, n, slow=slow, slow_from=slow_from)}


def whole_histogram(raw: Sequence[float], n: int, *, slow: int, slow_from: int) -> list[int]:
    """Interpolated counts as whole ones: `n` in all, `slow` of them from bucket `slow_from` on.

    Where too many requests have no latency the counts are rounded and left as they are.
    """
    total = sum(raw)
    if abs(total - n) > max(1.0, LATENCY_MISSING_SHARE * n) or not 0 <= slow <= n:
        return _whole(raw, round(total))
    return _whole(raw[:slow_from], n - slow, last=True) + _whole(raw[slow_from:], slow, last=False)


def _whole(raw: Sequence[float], total: int, *, last: bool = True) -> list[int]:
    """The same shape with a whole total; when there is no shape, all in the last bucket, or the first."""
    shape = sum(raw)
    if shape <= 0.0:
        counts = [0] * len(raw)
        counts[-1 if last else 0] = total
        return counts
    below = [0, *(round(one * total / shape) for one in accumulate(raw))]
    below[-1] = total
    return [b - a for a, b in pairwise(below)]
