"""CloudWatch's statistics over a range of values, which ministack lacks: TC, PR, TS, TM. Pure, but for `install`.

The range: `TC(100:2000)` in the metric's unit, `TC(10%:90%)` in percent of the values, either end may be left out, `tc90` is `TC(:90%)`. "Exclusive
of the lower bound and inclusive of the upper": https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
AWS works on an approximation and may give decimals; here every value is known, so ranges of values are exact. That is a difference,
and the reader of the evidence must not rely on it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

from infra.errors import SeamChanged

__all__ = ["install", "statistic"]

Samples = Sequence[tuple[float, float]]
"""(value, how often), in any order."""

_NUMBER = r"\d+(?:\.\d{1,10})?"
_RANGE = re.compile(rf"(?P<kind>TC|PR|TS|TM)\((?P<low>{_NUMBER}%?)?:(?P<high>{_NUMBER}%?)?\)")
_SHORT = re.compile(rf"(?P<kind>tc|ts|tm)(?P<high>{_NUMBER})")


def statistic(name: str, samples: Samples) -> float | None:
    """The statistic's value; None when `name` is none of these.

    Raises:
        ValueError: a range without ends, of mixed units, or that falls.
    """
    short = _SHORT.fullmatch(name)
    if short is not None:
        return _of(short["kind"].upper(), _between_percents(samples, 0.0, float(short["high"])), samples)
    match = _RANGE.fullmatch(name)
    if match is None:
        return None
    low, high = match["low"], match["high"]
    if low is None and high is None:
        raise ValueError(f"{name}: give at least one end of the range")
    percents = {end.endswith("%") for end in (low, high) if end is not None}
    if len(percents) > 1:
        raise ValueError(f"{name}: both ends are values, or both are percentages")
    percent = percents.pop()
    bottom = float(low.rstrip("%")) if low else float("-inf")
    top = float(high.rstrip("%")) if high else float("inf")
    if bottom >= top:
        raise ValueError(f"{name}: the lower end is not below the upper end")
    if percent:
        if match["kind"] == "PR":
            raise ValueError(f"{name}: a percentile rank takes values, not percentages")
        return _of(match["kind"], _between_percents(samples, max(bottom, 0.0), min(top, 100.0)), samples)
    # With no lower end there is nothing to exclude, a value of 0 included.
    inside = [(value, count) for value, count in samples if bottom < value <= top]
    return _of(match["kind"], inside, samples)


def _between_percents(samples: Samples, low: float, high: float) -> Samples:
    """The values from the `low`-th to the `high`-th percent of them in order; one that lies across an end counts in part."""
    total = sum(count for _, count in samples)
    first, last, seen = total * low / 100, total * high / 100, 0.0
    inside = []
    for value, count in sorted(samples):
        part = min(seen + count, last) - max(seen, first)
        if part > 0:
            inside.append((value, part))
        seen += count
    return inside


def _of(kind: str, inside: Samples, samples: Samples) -> float | None:
    count = sum(c for _, c in inside)
    if kind == "TC":
        return count
    if kind == "PR":
        total = sum(c for _, c in samples)
        return 100.0 * count / total if total else None
    total = sum(value * c for value, c in inside)
    if kind == "TS":
        return total
    return total / count if count else None


def install(module: Any) -> None:
    """Teach ministack's CloudWatch these statistics: its function that picks a statistic asks us first.

    Raises:
        SeamChanged: that function, or the one that lists a period's values, is not there as this version has it.
    """
    original: Callable[..., Any] | None = getattr(module, "_stat_value", None)
    samples_of: Callable[..., Any] | None = getattr(module, "_percentile_samples", None)
    if (
        original is None
        or samples_of is None
        or list(inspect.signature(original).parameters)[:2] != ["stats", "stat_name"]
    ):
        raise SeamChanged(
            "ministack: its choice of a CloudWatch statistic has changed. Run `make setup` to install the one of requirements.lock."
        )
    if getattr(original, "knows_trimmed", False):
        return

    def value(stats: Any, stat_name: str, points: Any = None) -> Any:
        samples = samples_of(points or [])
        try:
            found = statistic(stat_name, samples or []) if isinstance(stat_name, str) else None
        except ValueError:
            return None  # CloudWatch refuses such a call; here the series is empty, which is unsure
        if found is not None or _RANGE.fullmatch(stat_name) or _SHORT.fullmatch(stat_name):
            return found if samples else None
        return original(stats, stat_name, points)

    value.knows_trimmed = True  # type: ignore[attr-defined]
    module._stat_value = value
