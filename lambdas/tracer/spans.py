"""One piece of work with a beginning and an end, before it is written in anybody's format. Pure data.

Words of OpenTelemetry: SERVER answers a request, CLIENT makes one, INTERNAL does neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["CLIENT", "INTERNAL", "SERVER", "Span", "outcome_of"]

INTERNAL, SERVER, CLIENT = 1, 2, 3  # opentelemetry/proto/trace/v1/trace.proto, Span.SpanKind

# A throttled or refused call, and a decision against the caller, are as they should be.
_NO_FAILURES = frozenset(["ok", "throttled", "refused", "unauthorized", "denied"])


class Span(NamedTuple):
    """Everything that is told of it.

    Attributes:
        trace_id: 32 hexadecimal digits, as W3C writes them.
        root: the same in X-Ray's form.
        parent_id: empty for the first of a trace.
        url: of a call: scheme, host and the template of the resource; never a path or query as it was sent.
        route: the template of the resource: ``/api/orders/{orderId}``.
        status: HTTP status of the answer; 0: there was none.
        outcome: ok, a status' class such as status_5xx, or a word for what went wrong.
        notes: names of letters, digits and underscores, to search for.
    """

    trace_id: str
    root: str
    id: str
    parent_id: str
    name: str
    kind: int
    started: float
    ended: float
    method: str = ""
    url: str = ""
    route: str = ""
    status: int = 0
    outcome: str = "ok"
    notes: Mapping[str, str | bool | int] = {}

    @property
    def failed(self) -> bool:
        return self.status >= 500 or (self.status == 0 and self.outcome not in _NO_FAILURES)


def outcome_of(status: int) -> str:
    """`ok` below 400, else `status_4xx` or `status_5xx`."""
    return "ok" if status < 400 else f"status_{status // 100}xx"
