"""FilterLogEvents' pattern, applied to events that the embedded Logs gave. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from infra.local.telemetry.filter_pattern import Event, InvalidPattern, compile_pattern

__all__ = ["InvalidPattern", "filter_events"]


def filter_events(pattern: str, events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The events whose ``message`` matches.

    Raises:
        InvalidPattern: to be answered as InvalidParameterException.
    """
    matches = compile_pattern(pattern)
    return [event for event in events if matches(Event(str(event.get("message", "")))) is not None]
