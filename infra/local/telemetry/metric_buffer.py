"""Collects metric values until they are published: a histogram for every metric. Pure.

100,000 requests a minute become some hundred numbers, because equal values are counted, not listed
(``Values`` and ``Counts`` of PutMetricData,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ["MAX_VALUES", "MetricBuffer", "MetricKey"]

MAX_VALUES = 150  # values in one datum


class MetricKey(NamedTuple):
    """What makes a metric; ``minute`` is the epoch second its values belong to, 0 for now."""

    region: str
    namespace: str
    name: str
    unit: str
    dimensions: tuple[tuple[str, str], ...]
    minute: int = 0


class MetricBuffer:
    """Values by metric."""

    def __init__(self) -> None:
        self._values: dict[MetricKey, Counter[float]] = {}

    def add(self, key: MetricKey, value: float, count: int = 1) -> None:
        found = self._values.get(key)
        if found is None:
            found = self._values[key] = Counter()
        found[value] += count

    def __bool__(self) -> bool:
        return bool(self._values)

    def batches(self, now_seconds: float, *, size: int = 100) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
        """(region, namespace, MetricData) of at most ``size`` data each."""
        grouped: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for key, values in self._values.items():
            data = grouped.setdefault((key.region, key.namespace), [])
            data.extend(_data(key, values, now_seconds))
        for (region, namespace), data in grouped.items():
            for at in range(0, len(data), size):
                yield region, namespace, data[at : at + size]


def _data(key: MetricKey, values: Mapping[float, int], now_seconds: float) -> Iterator[dict[str, Any]]:
    if len(values) > MAX_VALUES:
        coarse: Counter[float] = Counter()
        for value, count in values.items():  # three significant digits: half a percent off, at most
            coarse[float(f"{value:.3g}")] += count
        values = coarse
    pairs = sorted(values.items())
    for at in range(0, len(pairs), MAX_VALUES):
        part = pairs[at : at + MAX_VALUES]
        yield {
            "MetricName": key.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in key.dimensions],
            "Timestamp": key.minute or now_seconds,
            "Unit": key.unit,
            "Values": [value for value, _ in part],
            "Counts": [float(count) for _, count in part],
        }
