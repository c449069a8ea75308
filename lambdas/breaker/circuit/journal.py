"""State changes and store failures as log lines that are metrics too (CloudWatch's embedded metric format). Writes to what it is given.

Nothing of a request, a caller or a token is in a line. Alarms need no polling: ``BreakerTransition`` counts by service and by
the state that was entered. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .states import Circuit, Event, Kind

__all__ = ["Journal", "namespace"]

REFUSED_EVERY_MS = 1000  # refusals are summed up: a line for each would cost more than the calls it saves


def namespace(gateway: str) -> str:
    return f"Gatewright/{gateway}"


class Journal:
    """The lines of one container.

    Attributes:
        trace_id: of the request that is being answered; empty: there is none.
    """

    def __init__(
        self, write: Callable[[str], object], *, gateway: str, service: str, clock: Callable[[], float]
    ) -> None:
        self._write, self._namespace, self._service, self._clock = write, namespace(gateway), service, clock
        self._refused, self._refused_since_ms, self._refused_trace_id = 0, 0, ""
        self.trace_id = ""

    def event(self, event: Event, circuit: Circuit) -> None:
        """A transition, or a rate that is too high."""
        known = {"event": event.kind.value, "generation": circuit.generation, "by": circuit.by, "why": circuit.why}
        if event.kind is Kind.STATE_TRANSITION:
            before, _, after = event.detail.partition(" -> ")
            self._metric("BreakerTransition", 1, ("service", "to"), {**known, "from": before, "to": after})
        else:
            self._metric("BreakerRateExceeded", 1, ("service",), {**known, "percent": event.detail})

    def store_failed(self, reason: str) -> None:
        self._metric("BreakerStoreFailed", 1, ("service",), {"reason": reason})

    def refused(self, now_ms: int) -> None:
        if not self._refused:
            self._refused_since_ms = now_ms
        self._refused += 1
        self._refused_trace_id = self.trace_id
        if not 0 <= now_ms - self._refused_since_ms < REFUSED_EVERY_MS:
            self.settle()

    def settle(self) -> None:
        """Tells the refusals that were summed up, with the trace of the last of them."""
        if self._refused:
            refused, self._refused = self._refused, 0
            last = {"traceId": self._refused_trace_id} if self._refused_trace_id else {}
            self._metric("BreakerRefused", refused, ("service",), last)

    def _metric(self, name: str, value: int, dimensions: tuple[str, ...], fields: dict[str, Any]) -> None:
        metrics = [{"Name": name, "Unit": "Count"}]
        directive = {"Namespace": self._namespace, "Dimensions": [list(dimensions)], "Metrics": metrics}
        line = {
            "_aws": {"Timestamp": int(self._clock() * 1000), "CloudWatchMetrics": [directive]},
            "message": "breaker",
            "service": self._service,
            name: value,
            **({"traceId": self.trace_id} if self.trace_id else {}),
            **fields,
        }
        self._write(json.dumps(line, separators=(",", ":")) + "\n")
