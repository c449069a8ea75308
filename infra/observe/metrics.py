"""A line of a graph or the value of an alarm: a metric with its statistic, or an expression over such. Pure data.

The shapes of CloudWatch (MetricDataQuery of the API, the metrics array of a dashboard) are made from these in
`queries` and `dashboard`; the same lines go into alarms, so a graph and the alarm beside it cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Dimensions", "Line", "Math", "Metric", "queries"]

Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One statistic of one metric.

    Args:
        id: begins with a lower-case letter; unique among the lines.
        stat: of CloudWatch: ``Sum``, ``p99``, ``TC(1000:)``.
        label: in the legend; empty for a metric that only an expression uses.
        region: where the metric is, when that is not where it is looked at.
    """

    id: str
    namespace: str
    name: str
    stat: str
    dimensions: Dimensions = ()
    label: str = ""
    region: str = ""

    @property
    def shown(self) -> bool:
        return bool(self.label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Math:
    """An expression of CloudWatch's metric math over the lines with these ids."""

    id: str
    expression: str
    label: str = ""

    @property
    def shown(self) -> bool:
        return bool(self.label)


Line = Metric | Math


def queries(lines: tuple[Line, ...], *, period_seconds: int, returned: str = "") -> list[dict[str, Any]]:
    """MetricDataQueries of GetMetricData, and the ``Metrics`` of an alarm.

    Args:
        returned: the only line that returns data, as an alarm needs it; else those that have a label.
    """
    return [_query(line, period_seconds, line.id == returned if returned else line.shown) for line in lines]


def _query(line: Line, period_seconds: int, returns: bool) -> dict[str, Any]:
    label = {"Label": line.label} if line.label else {}
    if isinstance(line, Math):
        return {"Id": line.id, "Expression": line.expression, **label, "ReturnData": returns}
    named: dict[str, Any] = {"Namespace": line.namespace, "MetricName": line.name}
    if line.dimensions:
        named["Dimensions"] = [{"Name": name, "Value": value} for name, value in line.dimensions]
    stat = {"Metric": named, "Period": period_seconds, "Stat": line.stat}
    return {"Id": line.id, "MetricStat": stat, **label, "ReturnData": returns}
