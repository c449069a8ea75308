"""GetMetricData: statistics of metrics and expressions over them. Pure over the store that it is given.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html . The newest value comes first unless
``ScanBy`` says otherwise. Everything is answered at once, so there is never a NextToken (CloudWatch pages).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from infra.local.telemetry.math_functions import Grid, Series
from infra.local.telemetry.math_syntax import InvalidExpression, names_in, parse
from infra.local.telemetry.metric_math import Asked, evaluate
from infra.local.telemetry.metric_store import MetricStore, Place

__all__ = ["MOST_QUERIES", "grid_of", "metric_data", "metric_statistics"]

MOST_QUERIES = 500
PERIOD_DEFAULT = 60


def grid_of(start: float, end: float, period: int) -> Grid:
    """Periods lie on multiples of their length; the first is the one that holds ``start``."""
    first = int(start // period) * period
    return Grid(tuple(range(first, max(first, -int(-end // 1)), period)), period)


def metric_data(
    store: MetricStore,
    place: Place,
    queries: Sequence[Mapping[str, Any]],
    *,
    start: float,
    end: float,
    newest_first: bool,
) -> list[dict[str, Any]]:
    """MetricDataResults with timestamps as epoch seconds.

    Raises:
        InvalidExpression: an expression or its ids are none; CloudWatch refuses the whole call.
    """
    if len({query.get("Id") for query in queries}) < len(queries):
        raise InvalidExpression("every Id must be unique")
    periods = _periods(queries)
    entries = {
        str(query["Id"]): _asked(store, place, query, grid_of(start, end, periods[str(query["Id"])]))
        for query in queries
    }
    results: list[dict[str, Any]] = []
    for query in queries:
        if query.get("ReturnData") is False:
            continue
        key = str(query["Id"])
        grid = grid_of(start, end, periods[key])
        found = evaluate(entries, key, grid) if query.get("Expression") else [entries[key].series or {}]
        results += [_result(key, _label(query), series, newest_first) for series in found]
    return results


def _label(query: Mapping[str, Any]) -> str:
    named = (query.get("MetricStat") or {}).get("Metric") or {}
    return str(query.get("Label") or named.get("MetricName") or query["Id"])


def _result(key: str, label: str, series: Series, newest_first: bool) -> dict[str, Any]:
    times = sorted(series, reverse=newest_first)
    values = [float(series[at]) for at in times]
    return {"Id": key, "Label": label, "Timestamps": times, "Values": values, "StatusCode": "Complete"}


def _asked(store: MetricStore, place: Place, query: Mapping[str, Any], grid: Grid) -> Asked:
    if expression := query.get("Expression"):
        return Asked(id=str(query["Id"]), expression=str(expression))
    stat = query.get("MetricStat") or {}
    series = store.series(place, stat["Metric"], str(stat["Stat"]), grid.times, grid.period_seconds)
    return Asked(id=str(query["Id"]), series=series)


def _periods(queries: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Of each query; an expression has the longest of what it needs, when it does not say its own."""
    by_id = {str(query["Id"]): query for query in queries}
    found: dict[str, int] = {}

    def period(key: str, above: frozenset[str]) -> int:
        query = by_id.get(key)
        if query is None or key in above:
            return 0
        if key not in found:
            found[key] = _period(query, above | {key}) or PERIOD_DEFAULT
        return found[key]

    def _period(query: Mapping[str, Any], above: frozenset[str]) -> int:
        if not query.get("Expression"):
            return int((query.get("MetricStat") or {}).get("Period") or PERIOD_DEFAULT)
        if query.get("Period"):
            return int(query["Period"])
        needed = names_in(parse(str(query["Expression"]))) & set(by_id)
        needed = needed or {key for key, other in by_id.items() if not other.get("Expression")}
        return max((period(key, above) for key in needed), default=PERIOD_DEFAULT)

    for key in by_id:
        period(key, frozenset())
    return found


def metric_statistics(
    store: MetricStore, place: Place, asked: Mapping[str, Any], *, start: float, end: float
) -> list[dict[str, Any]]:
    """Datapoints of GetMetricStatistics, with timestamps as epoch seconds.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
    """
    grid = grid_of(start, end, int(asked.get("Period") or PERIOD_DEFAULT))
    units = [point.get("Unit") for point in store.points(place, asked)[:1]]
    plain = list(asked.get("Statistics") or ())
    extended = list(asked.get("ExtendedStatistics") or ())
    found = {stat: store.series(place, asked, stat, grid.times, grid.period_seconds) for stat in (*plain, *extended)}
    datapoints: list[dict[str, Any]] = []
    for at in grid.times:
        values = {stat: series[at] for stat, series in found.items() if at in series}
        if not values:
            continue
        point: dict[str, Any] = {"Timestamp": at, "Unit": units[0] if units and units[0] else "None"}
        point |= {stat: values[stat] for stat in plain if stat in values}
        if percentiles := {stat: values[stat] for stat in extended if stat in values}:
            point["ExtendedStatistics"] = percentiles
        datapoints.append(point)
    return datapoints
