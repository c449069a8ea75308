"""Reads the values that ministack keeps of a metric, by minutes and by periods. Touches ministack's store, changes nothing in it.

ministack lists every value that was put; an alarm that looks back for days would go through all of them every few seconds. So
what was read once is kept as minutes, and only new values are read again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

__all__ = ["MINUTE", "MetricStore", "Place"]

MINUTE = 60
Point = Mapping[str, Any]
Place = tuple[str, str]
"""Account and region."""


@dataclass(slots=True)
class _Minutes:
    """A metric's values by minute: how often each, and the statistic sets that were put as such."""

    read: int = 0
    first: Point | None = None
    values: dict[int, Counter[float]] = field(default_factory=dict)
    sets: dict[int, list[Point]] = field(default_factory=dict)

    def add(self, points: Iterable[Point]) -> None:
        for point in points:
            minute = int(point["Timestamp"]) // MINUTE * MINUTE
            if "_stat" in point:
                self.sets.setdefault(minute, []).append(point)
            else:
                self.values.setdefault(minute, Counter())[point["Value"]] += point.get("Count", 1.0)


class MetricStore:
    """The metrics of every account and region.

    Args:
        module: ministack's CloudWatch; its ``_metrics``, ``_calc_stats``, ``_stat_value`` and ``_dims_key`` are used.
    """

    def __init__(self, module: Any) -> None:
        self._module = module
        self._known: dict[tuple[Any, ...], _Minutes] = {}
        self._lock = Lock()  # CloudFormation's threads evaluate an alarm when they make one
        self._last: tuple[tuple[Any, ...], Mapping[int, list[Point]]] = ((), {})

    def points(self, place: Place, metric: Mapping[str, Any]) -> Sequence[Point]:
        """Every value as it was put. A metric is its namespace, name and exactly these dimensions."""
        found = self._module._metrics.get_scoped(*place, self._key(metric), [])
        return found if isinstance(found, list) else []

    def statistic(self, points: Sequence[Point], stat: str) -> float | None:
        """None when there are no values, or no such statistic of them."""
        if not points:
            return None
        value = self._module._stat_value(self._module._calc_stats(points), stat, points)
        return None if value is None else float(value)

    def series(
        self, place: Place, metric: Mapping[str, Any], stat: str, times: Sequence[int], period: int
    ) -> dict[int, float]:
        """The statistic of each period that begins at one of these epoch seconds."""
        buckets = self._buckets(place, metric, times, period)
        values = {at: self.statistic(found, stat) for at, found in buckets.items()}
        return {at: value for at, value in values.items() if value is not None}

    def _buckets(
        self, place: Place, metric: Mapping[str, Any], times: Sequence[int], period: int
    ) -> Mapping[int, list[Point]]:
        """The last answer is kept: many statistics of one metric are asked for in a row."""
        points = self.points(place, metric)
        asked = (place, self._key(metric), period, times[:1], times[-1:], len(points))
        if asked != self._last[0]:
            buckets: dict[int, list[Point]] = {}
            wanted = set(times)
            for point in points:
                at = int(point["Timestamp"] // period) * period
                if at in wanted:
                    buckets.setdefault(at, []).append(point)
            self._last = (asked, buckets)
        return self._last[1]

    def window(self, place: Place, metric: Mapping[str, Any], stat: str, start: int, end: int) -> float | None:
        """The statistic of the whole minutes from ``start`` and before ``end``."""
        merged: Counter[float] = Counter()
        sets: list[Point] = []
        with self._lock:
            minutes = self._minutes(place, metric)
            for minute, values in minutes.values.items():
                if start <= minute < end:
                    merged.update(values)
            for minute, found in minutes.sets.items():
                if start <= minute < end:
                    sets += found
        points: list[Point] = [{"Value": value, "Count": count} for value, count in merged.items()]
        return self.statistic([*points, *sets], stat)

    def _minutes(self, place: Place, metric: Mapping[str, Any]) -> _Minutes:
        points = self.points(place, metric)
        key = (*place, self._key(metric))
        known = self._known.get(key)
        first = points[0] if points else None
        if known is None or known.first is not first or known.read > len(points):
            known = self._known[key] = _Minutes(first=first)
        known.add(points[known.read :])
        known.read = len(points)
        return known

    def _key(self, metric: Mapping[str, Any]) -> tuple[str, str, Any]:
        dimensions = {one["Name"]: one["Value"] for one in metric.get("Dimensions") or ()}
        return (metric.get("Namespace", ""), metric.get("MetricName", ""), self._module._dims_key(dimensions))
