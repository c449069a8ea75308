"""Metric filters: log events in, metric values out. Pure, but for the cached reading of the filters themselves.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html: a value is a number or
a selector, at most three dimensions come from selectors (an event that lacks one gives no value), and the default value is
published for a minute with events of which none matched.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.local.ports import Cloud
from infra.local.telemetry.filter_pattern import Event, InvalidPattern, Match, Pattern, compile_pattern
from infra.local.telemetry.metric_buffer import MetricBuffer, MetricKey

__all__ = ["FilterBook", "MetricFilter", "read_filter"]

_log = logging.getLogger(__name__)
CACHE_SECONDS = 2.0  # filters that CloudFormation made are seen after this long
MINUTE = 60
MAX_DIMENSIONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformation:
    namespace: str
    name: str
    value: str
    unit: str = "None"
    default: float | None = None
    dimensions: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class MetricFilter:
    """One filter of a group. ``minutes``: which minutes had events, and whether one matched."""

    group: str
    name: str
    pattern: Pattern
    transformations: tuple[Transformation, ...]
    minutes: dict[int, bool] = field(default_factory=dict)

    def take(self, buffer: MetricBuffer, region: str, event: Event, at_ms: int, *, now_seconds: float) -> None:
        """Adds what an event gives."""
        match = self.pattern(event)
        minute = at_ms // 1000 // MINUTE * MINUTE
        if match is None:
            self.minutes.setdefault(minute, False)
            return
        self.minutes[minute] = True
        old = minute if now_seconds - at_ms / 1000 > MINUTE else 0
        for transformation in self.transformations:
            value = number(match, transformation.value)
            dimensions = dimensions_of(match, transformation.dimensions)
            if value is not None and dimensions is not None:
                key = MetricKey(
                    region, transformation.namespace, transformation.name, transformation.unit, dimensions, old
                )
                buffer.add(key, value)

    def defaults(self, buffer: MetricBuffer, region: str, *, now_seconds: float) -> None:
        """Adds default values of minutes that are over."""
        for minute in [m for m in self.minutes if m + MINUTE <= now_seconds]:
            if not self.minutes.pop(minute):
                for one in self.transformations:
                    if one.default is not None:
                        buffer.add(MetricKey(region, one.namespace, one.name, one.unit, (), minute), one.default)


def number(match: Match, text: str) -> float | None:
    """A transformation's value: a number, or what its selector finds, when that is one."""
    found: Any = match.value(text) if text.startswith("$") else text
    if found is None or isinstance(found, bool):
        return None
    try:
        return float(found)
    except (TypeError, ValueError):
        return None


def dimensions_of(match: Match, wanted: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...] | None:
    """The dimensions; None when the event does not have them all."""
    found = []
    for name, reference in wanted:
        value = match.value(reference)
        if value is None or isinstance(value, dict | list):
            return None
        found.append((name, str(value).lower() if isinstance(value, bool) else str(value)))
    return tuple(found)


def read_filter(described: Mapping[str, Any]) -> MetricFilter:
    """A DescribeMetricFilters entry.

    Raises:
        InvalidPattern: its pattern, or the value of a transformation, is none.
    """
    transformations = []
    for given in described.get("metricTransformations") or ():
        dimensions = tuple((given.get("dimensions") or {}).items())
        if len(dimensions) > MAX_DIMENSIONS:
            raise InvalidPattern(f"a metric filter has at most {MAX_DIMENSIONS} dimensions")
        default = given.get("defaultValue")
        transformations.append(
            Transformation(
                namespace=given["metricNamespace"],
                name=given["metricName"],
                value=str(given.get("metricValue", "1")),
                unit=given.get("unit") or "None",
                default=None if default is None or dimensions else float(default),
                dimensions=dimensions,
            )
        )
    return MetricFilter(
        group=described["logGroupName"],
        name=described["filterName"],
        pattern=compile_pattern(described.get("filterPattern") or ""),
        transformations=tuple(transformations),
    )


class FilterBook:
    """The filters of every region, read from the embedded Logs when events ask for them."""

    def __init__(self, cloud: Cloud, *, clock: Callable[[], float]) -> None:
        self._cloud = cloud
        self._clock = clock
        self._known: dict[str, dict[str, list[MetricFilter]]] = {}
        self._read_at: dict[str, float] = {}

    def changed(self) -> None:
        """A filter or group was made or deleted: read again."""
        self._read_at.clear()

    async def of(self, region: str, group: str) -> Sequence[MetricFilter]:
        """The filters of a group."""
        read_at = self._read_at.get(region)
        if read_at is None or self._clock() - read_at > CACHE_SECONDS:
            self._read_at[region] = self._clock()
            self._known[region] = self._merged(region, await self._read(region))
        return self._known[region].get(group, ())

    def all(self) -> Iterable[tuple[str, MetricFilter]]:
        """(region, filter) of all that are known."""
        for region, groups in self._known.items():
            for filters in groups.values():
                yield from ((region, one) for one in filters)

    def _merged(self, region: str, described: Sequence[Mapping[str, Any]]) -> dict[str, list[MetricFilter]]:
        before = {(f.group, f.name): f for filters in self._known.get(region, {}).values() for f in filters}
        groups: dict[str, list[MetricFilter]] = {}
        for entry in described:
            try:
                made = read_filter(entry)
            except (InvalidPattern, KeyError, ValueError) as problem:
                _log.warning("metric filter %s is not used: %s", entry.get("filterName"), problem)
                continue
            if known := before.get((made.group, made.name)):
                made.minutes = known.minutes
            groups.setdefault(made.group, []).append(made)
        return groups

    async def _read(self, region: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        token: str | None = None
        while True:
            answer = await self._cloud.json(
                "logs", region, "Logs_20140328.DescribeMetricFilters", {"nextToken": token} if token else {}
            )
            found.extend(answer.get("metricFilters") or ())
            token = answer.get("nextToken")
            if not token:
                return found
