"""Telemetry that is counted on its way to the embedded Logs and CloudWatch. Touches nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from infra.local.meter.counts import Counts
from infra.local.ports import RequestRecord, Telemetry
from infra.local.telemetry.embedded_metrics import embedded

__all__ = ["Counted"]

_FUNCTIONS = "/aws/lambda/"
_BREAKER = "_cb"  # of a breaker's function, and of no service's (infra.breaker.names)
_STARTED = ("Init Duration", "initDurationMs")  # only of an invocation that waited for the function to start


class Counted:
    """Implements `ports.Telemetry`: counts, then passes on."""

    def __init__(self, telemetry: Telemetry, counts: Counts) -> None:
        self._telemetry, self._counts = telemetry, counts

    def request(self, record: RequestRecord) -> None:
        self._counts.take(record)
        self._telemetry.request(record)

    def log(self, region: str, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        if lines and group.startswith(_FUNCTIONS):
            self._heard(region, group[len(_FUNCTIONS) :], lines)
        self._telemetry.log(region, group, stream, lines)

    def metric(
        self, region: str, namespace: str, name: str, dimensions: Mapping[str, str], value: float, unit: str = "None"
    ) -> None:
        self._counts.published(region, namespace, name, dimensions, value)
        self._telemetry.metric(region, namespace, name, dimensions, value, unit)

    async def flush(self) -> None:
        await self._telemetry.flush()

    def _heard(self, region: str, function: str, lines: Sequence[tuple[int, str]]) -> None:
        if any(word in lines[-1][1] for word in _STARTED):
            self._counts.started_cold(region, function)
        if function.endswith(_BREAKER):
            for at_ms, line in lines:
                for one in embedded(line, at_ms):
                    self._counts.breaker_published(region, one.namespace, one.name, dict(one.dimensions), one.value)
