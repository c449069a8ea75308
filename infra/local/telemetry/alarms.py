"""Evaluates metric alarms over ministack's metrics, and tells it of new states. Touches ministack's alarms in this process.

As CloudWatch does, an alarm looks at windows that end now and slide, so a period of an hour is the last hour and not the last full
one (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html). Unlike CloudWatch, the minute under way counts, and evaluation
is every few seconds: on a laptop nobody wants to wait for a minute to end. What a new state causes (history, composite alarms,
SNS) is ministack's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from infra.local.telemetry.alarm_state import FURTHER_PERIODS, Rule, Verdict, judge
from infra.local.telemetry.math_functions import Grid, Series
from infra.local.telemetry.math_syntax import InvalidExpression
from infra.local.telemetry.metric_math import Asked, evaluate
from infra.local.telemetry.metric_store import MINUTE, MetricStore, Place

__all__ = ["Alarms", "Scope", "check_metrics"]

_log = logging.getLogger(__name__)
LONG_SECONDS = 3600
PERIOD_PARTS = 240  # an hour's window is looked at every quarter of a minute, and none more seldom than by CloudWatch
Record = dict[str, Any]
Scope = Callable[[str, str], AbstractContextManager[Any]]


class Alarms:
    """All metric alarms.

    Args:
        module: ministack's CloudWatch.
        clock: epoch seconds.
        scope: a context that is one of an account and a region.
    """

    def __init__(self, module: Any, store: MetricStore, *, clock: Callable[[], float], scope: Scope) -> None:
        self._module, self._store, self._clock, self._scope = module, store, clock, scope
        self._next: dict[tuple[str, str, str], float] = {}

    def evaluate_all(self) -> None:
        """Every alarm of every account and region that is due."""
        now = self._clock()
        for (account, region, name), record in list(self._module._alarms._data.items()):
            key = (account, region, str(name))
            if self._next.get(key, 0.0) > now:
                continue
            # A long window changes slowly, and costs more to read.
            self._next[key] = now + min(MINUTE, _period(record) / PERIOD_PARTS)
            with self._scope(account, region):
                self.evaluate(record)

    def evaluate(self, record: Record) -> None:
        """One alarm, in the current account and region."""
        place = (self._module.get_account_id(), self._module.get_region())
        try:
            verdict = judge(_rule(record), self._values(place, record), state=record["StateValue"])
        except (InvalidExpression, ValueError, KeyError) as problem:
            _log.warning("alarm %s cannot be evaluated: %s", record.get("AlarmName"), problem)
            return
        if verdict.state != record["StateValue"]:
            self._enter_state(record, verdict)

    def _enter_state(self, record: Record, verdict: Verdict) -> None:
        before, now = record["StateValue"], int(self._clock())
        record |= {
            "StateValue": verdict.state,
            "StateReason": verdict.reason,
            "StateUpdatedTimestamp": now,
            "StateTransitionedTimestamp": now,
        }
        self._module._record_history(record["AlarmName"], before, verdict.state, verdict.reason)
        self._module._dispatch_alarm_actions(record, before, verdict.state, verdict.reason)
        self._module._evaluate_parent_alarms(record)

    def _values(self, place: Place, record: Record) -> list[float | None]:
        """The watched value in each period of the evaluation range, oldest first."""
        period = _period(record)
        count = int(record.get("EvaluationPeriods") or 1)
        count += FURTHER_PERIODS if count * period <= LONG_SECONDS else 0
        end = int(-(-self._clock() // MINUTE)) * MINUTE
        grid = Grid(tuple(end - period * (number + 1) for number in reversed(range(count))), period)
        if record.get("Metrics"):
            series = self._expression(place, record["Metrics"], grid)
        else:
            stat = record.get("ExtendedStatistic") or record.get("Statistic") or "Average"
            series = self._windows(place, record, str(stat), grid)
        return [series.get(at) for at in grid.times]

    def _expression(self, place: Place, metrics: list[Mapping[str, Any]], grid: Grid) -> Series:
        entries = {str(one["Id"]): self._asked(place, one, grid) for one in metrics}
        (watched,) = [str(one["Id"]) for one in metrics if one.get("ReturnData", True)]
        if not entries[watched].expression:
            return entries[watched].series or {}
        found = evaluate(entries, watched, grid)
        if len(found) != 1:
            raise InvalidExpression("an alarm watches one time series")
        return found[0]

    def _asked(self, place: Place, one: Mapping[str, Any], grid: Grid) -> Asked:
        if one.get("Expression"):
            return Asked(id=str(one["Id"]), expression=str(one["Expression"]))
        stat = one["MetricStat"]
        return Asked(id=str(one["Id"]), series=self._windows(place, stat["Metric"], str(stat["Stat"]), grid))

    def _windows(self, place: Place, metric: Mapping[str, Any], stat: str, grid: Grid) -> Series:
        found: Series = {}
        for at in grid.times:
            value = self._store.window(place, metric, stat, at, at + grid.period_seconds)
            if value is not None:
                found[at] = value
        return found


def _rule(record: Record) -> Rule:
    periods = int(record.get("EvaluationPeriods") or 1)
    return Rule(
        comparison=str(record["ComparisonOperator"]),
        threshold=float(record["Threshold"]),
        periods=periods,
        datapoints=int(record.get("DatapointsToAlarm") or periods),
        missing=str(record.get("TreatMissingData") or "missing"),
    )


def _period(record: Record) -> int:
    """Of the alarm's metrics the longest: CloudWatch documents alarms whose metrics have one period."""
    metrics = record.get("Metrics")
    if not metrics:
        return int(record.get("Period") or MINUTE)
    periods = [int(one["MetricStat"].get("Period") or MINUTE) for one in metrics if one.get("MetricStat")]
    return max(periods, default=MINUTE)


def check_metrics(metrics: list[Mapping[str, Any]]) -> None:
    """What PutMetricAlarm refuses.

    Raises:
        InvalidExpression: no or several watched entries, too many metrics, or an expression that is none.
    """
    if sum(bool(one.get("ReturnData", True)) for one in metrics) != 1:
        raise InvalidExpression("Exactly one element of the metrics list should return data.")
    if sum(bool(one.get("MetricStat")) for one in metrics) > 10:
        raise InvalidExpression("An alarm has at most 10 metrics.")
    entries = {
        str(one["Id"]): Asked(id=str(one["Id"]), expression=str(one["Expression"]))
        if one.get("Expression")
        else Asked(id=str(one["Id"]), series={})
        for one in metrics
    }
    for key, entry in entries.items():
        if entry.expression:
            evaluate(entries, key, Grid((), MINUTE))
