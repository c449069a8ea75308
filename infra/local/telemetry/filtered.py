"""FilterLogEvents and PutMetricFilter as CloudWatch Logs answers them, around an engine that reads no patterns. Pure.

ministack applies its own, simpler reading of a pattern, which drops events that match. So the pattern and the limit
are taken out of the call (`widened`) and applied to its answer (`narrowed`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from infra.local.telemetry.filter_pattern import Event, InvalidPattern, compile_pattern
from infra.local.telemetry.metric_filters import read_filter

__all__ = ["InvalidPattern", "check_metric_filter", "filter_events", "narrowed", "widened"]

MAX_EVENTS = 10_000  # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html


def filter_events(pattern: str, events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The events whose ``message`` matches.

    Raises:
        InvalidPattern: to be answered as InvalidParameterException.
    """
    matches = compile_pattern(pattern)
    return [event for event in events if matches(Event(str(event.get("message", "")))) is not None]


def widened(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A FilterLogEvents call without what `narrowed` does."""
    return {name: value for name, value in parameters.items() if name not in ("filterPattern", "limit")}


def narrowed(parameters: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to the widened call, as the original call wants it. Raises InvalidPattern."""
    events = filter_events(parameters.get("filterPattern") or "", answer.get("events") or [])
    return {**answer, "events": events[: int(parameters.get("limit") or MAX_EVENTS)]}


def check_metric_filter(parameters: Mapping[str, Any]) -> None:
    """Refuses a PutMetricFilter call that CloudWatch Logs would refuse. Raises InvalidPattern."""
    try:
        read_filter(parameters)
    except KeyError as missing:
        raise InvalidPattern(f"{missing} is missing") from missing
