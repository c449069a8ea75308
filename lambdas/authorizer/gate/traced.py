"""A decision in its trace. With X-Ray Lambda tells of it; with OpenTelemetry it is a span, sent before the answer.

The issuer's keys are the one thing that an authorizer waits for, so asking for them is a call of its own, in both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .answers import Refused
from .authorizer import Authorizer
from .fetch import fetch_json
from .tracer.tracing import Tracer

__all__ = ["Traced", "traced_fetch"]

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


def traced_fetch(tracer: Tracer, fetch: Callable[[str], Any] = fetch_json) -> Callable[[str], Any]:
    """`fetch`, of which the trace tells: which host, how long, and whether it answered; no path."""

    def ask(url: str) -> Any:
        if not tracer.writes_spans:
            tracer.begin({})  # Lambda's variable says which request waits
        call, host = tracer.call(), url.partition("://")[2].partition("/")[0]
        status, outcome = 0, "unreachable"
        try:
            document = fetch(url)
            status, outcome = 200, "ok"
            return document
        finally:
            event = {"httpMethod": "GET"}
            tracer.called(call, name=host, event=event, url=f"https://{host}", status=status, outcome=outcome, notes={})

    return ask
