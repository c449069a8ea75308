"""A decision in its trace. With X-Ray Lambda tells of it; with OpenTelemetry it is a span, sent before the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .answers import Refused
from .authorizer import Authorizer
from .tracer.tracing import Tracer

__all__ = ["Traced"]

_ANSWER_MS = 50


class Traced:
    """An authorizer whose decisions are spans with one word each: ok, denied, unauthorized or error."""

    def __init__(self, authorizer: Authorizer, tracer: Tracer) -> None:
        self._authorizer, self._tracer = authorizer, tracer

    def answer(self, event: Mapping[str, Any], now: float, remaining_ms: int | None = None) -> dict[str, Any]:
        """As the authorizer's. Raises what it raises.

        Args:
            remaining_ms: until Lambda ended the function when it began; None: not known.
        """
        tracer = self._tracer
        if not tracer.writes_spans:  # nothing of the event is looked at
            return self._authorizer.answer(event, now)
        tracer.begin(event)
        outcome = "error"
        try:
            answer = self._authorizer.answer(event, now)
            outcome = "denied" if "reason" in answer["context"] else "ok"
            return answer
        except Refused:
            outcome = "unauthorized"
            raise
        finally:
            seconds = 1.0 if remaining_ms is None else (remaining_ms - _ANSWER_MS) / 1000 - tracer.seconds
            tracer.end(event, seconds=seconds, outcome=outcome)
