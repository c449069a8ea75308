"""The state of a metric alarm from its latest periods. Pure.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html and its page on missing data. CloudWatch looks at more
periods than an alarm asks for (the evaluation range; how many more is not said, two here), and fills up what is missing only when
fewer than asked for have data. Alarms on anomaly bands are not here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["FURTHER_PERIODS", "Rule", "Verdict", "judge"]

FURTHER_PERIODS = 2

_COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (lambda value, limit: value > limit, "greater than the threshold"),
    "GreaterThanOrEqualToThreshold": (
        lambda value, limit: value >= limit,
        "greater than or equal to the threshold",
    ),
    "LessThanThreshold": (lambda value, limit: value < limit, "less than the threshold"),
    "LessThanOrEqualToThreshold": (lambda value, limit: value <= limit, "less than or equal to the threshold"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When it fires: ``datapoints`` of the last ``periods`` are bad."""

    comparison: str
    threshold: float
    periods: int = 1
    datapoints: int = 1
    missing: str = "missing"

    def bad(self, value: float) -> bool:
        """Raises ValueError for a comparison that only anomaly alarms have."""
        if self.comparison not in _COMPARISONS:
            raise ValueError(f"{self.comparison} is not evaluated here")
        return _COMPARISONS[self.comparison][0](value, self.threshold)


@dataclass(frozen=True, slots=True)
class Verdict:
    state: str
    reason: str


def judge(rule: Rule, values: Sequence[float | None], *, state: str) -> Verdict:
    """The state after these periods.

    Args:
        values: of the evaluation range, oldest first; None where there is no data.
        state: the one before; an alarm that ignores missing data keeps it.
    """
    known = [value for value in values if value is not None]
    latest = known[-rule.periods :]
    bad = sum(rule.bad(value) for value in latest)
    lacking = rule.periods - len(latest)
    if lacking and (filled := _filled(rule, latest, bad, lacking, state)) is not None:
        return filled
    return _verdict(rule, latest, "ALARM" if bad >= rule.datapoints else "OK")


def _filled(rule: Rule, latest: Sequence[float], bad: int, lacking: int, state: str) -> Verdict | None:
    """What missing data makes of it; None when that is as if it were good."""
    if rule.missing == "breaching":
        return _verdict(rule, latest, "ALARM" if bad + lacking >= rule.datapoints else "OK")
    if rule.missing == "notBreaching":
        return None
    if rule.missing == "ignore":
        return None if len(latest) > bad else Verdict(state, f"{lacking} datapoints were missing and ignored")
    if not latest:
        told = f"{rule.periods} datapoint{'s were' if rule.periods > 1 else ' was'} unknown."
        return Verdict("INSUFFICIENT_DATA", f"Insufficient Data: {told}")
    return _verdict(rule, latest, "ALARM" if bad >= min(rule.datapoints, len(latest)) else "OK")


def _verdict(rule: Rule, latest: Sequence[float], state: str) -> Verdict:
    if not latest:
        told = f"no datapoints were received for {rule.periods} period{'s' if rule.periods > 1 else ''}"
        return Verdict(state, f"Threshold Crossed: {told} and were treated as {rule.missing}.")
    sign = "" if state == "ALARM" else "not "
    shown = ", ".join(f"{value:.6g}" for value in latest)
    return Verdict(
        state,
        f"Threshold Crossed: {len(latest)} datapoint{'s' if len(latest) > 1 else ''} [{shown}] "
        f"{'were' if len(latest) > 1 else 'was'} {sign}{_COMPARISONS[rule.comparison][1]} ({rule.threshold:g}).",
    )
