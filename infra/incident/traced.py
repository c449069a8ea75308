"""The slowest requests of a service, from X-Ray, in the words of an incident. Touches what it is given."""

from __future__ import annotations

from dataclasses import dataclass

from infra.config.model import Gateway, Service
from infra.incident.facts import Span, Trace
from infra.incident.reader import NoTraces, Traces
from infra.traces.reader import MOST_MINUTES, Call, Found, Summary, XRay
from infra.traces.time import parts

__all__ = ["XRayTraces", "tracer_of"]

_MOST = 3


def tracer_of(gateway: Gateway, call: Call, *, embedded: bool) -> Traces:
    """Who can be asked for traces. With a collector X-Ray has none; the embedded one has what the collector would have got.

    Args:
        call: of the AWS client of a region.
        embedded: AWS is one on this machine.
    """
    mode = gateway.tracing.mode
    return XRayTraces(xray=XRay(call)) if mode == "xray" or (mode == "otlp" and embedded) else NoTraces()


@dataclass(frozen=True, slots=True, kw_only=True)
class XRayTraces:
    """Implements `reader.Traces`."""

    xray: XRay

    def slowest(self, service: Service, span: Span) -> tuple[Trace, ...]:
        """The slowest of the last six hours of a time: X-Ray lists no more at once."""
        start = max(span.start, span.end - MOST_MINUTES * 60)
        summaries = self.xray.slowest(
            start, span.end, prefix=service.path, over_seconds=service.objectives.latency_ms / 1000
        )
        summaries = summaries[:_MOST]
        found = {one.id: one for one in self.xray.traces([summary.id for summary in summaries])}
        return tuple(_told(summary, found.get(summary.id)) for summary in summaries)


def _told(summary: Summary, found: Found | None) -> Trace:
    where = tuple((part.name, round(part.ms, 1)) for part in parts(found.tree)) if found is not None else ()
    return Trace(id=summary.id, at=summary.at, duration_ms=round(summary.seconds * 1000, 1), parts=where)
