"""CloudWatch's embedded metric format: a log event that says which of its members are metrics. Pure.

The event must be one JSON object and nothing else; a metric's member is a number or a list of numbers, a dimension's is text.
What does not fit gives no metric (AWS counts it in ``AWS/Logs``, which is not built). The event's own time is taken when it
names none (unsure: the specification asks for one).
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ["Embedded", "embedded"]

_MARK = '"CloudWatchMetrics"'
MAX_METRICS = MAX_VALUES = 100
MAX_DIMENSIONS = 30


class Embedded(NamedTuple):
    at_ms: int
    namespace: str
    name: str
    unit: str
    dimensions: tuple[tuple[str, str], ...]
    value: float


def embedded(message: str, at_ms: int) -> list[Embedded]:
    """The values of an event; none for nearly every event, and that costs one look at its text."""
    if _MARK not in message:
        return []
    try:
        root = json.loads(message)
        metadata = root["_aws"]
        at_ms = int(metadata.get("Timestamp", at_ms))
        return [one for directive in metadata["CloudWatchMetrics"] for one in _values(root, directive, at_ms)]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return []


def _values(root: Mapping[str, Any], directive: Mapping[str, Any], at_ms: int) -> Iterator[Embedded]:
    namespace = str(directive["Namespace"])
    sets = [found for names in directive.get("Dimensions") or [[]] if (found := _dimensions(root, names)) is not None]
    for metric in directive.get("Metrics", [])[:MAX_METRICS]:
        unit, member = str(metric.get("Unit", "None")), root.get(metric["Name"])
        for value in member[:MAX_VALUES] if isinstance(member, list) else [member]:
            if isinstance(value, int | float) and not isinstance(value, bool):
                for dimensions in sets:
                    yield Embedded(at_ms, namespace, str(metric["Name"]), unit, dimensions, float(value))


def _dimensions(root: Mapping[str, Any], names: list[str]) -> tuple[tuple[str, str], ...] | None:
    """None: one of them has no text, so the set has no values."""
    values = [root.get(name) for name in names]
    if len(names) > MAX_DIMENSIONS or not all(isinstance(value, str) and value for value in values):
        return None
    return tuple(zip(names, map(str, values), strict=True))
