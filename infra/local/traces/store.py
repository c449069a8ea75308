"""The newest traces of each region, as the segment documents that were sent. Memory only, bounded in number and in bytes.

Segment documents: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from infra.local.traces.header import SEGMENT_ID, TRACE_ID

__all__ = ["MAX_BYTES", "MAX_TRACES", "InvalidSegment", "Trace", "TraceStore", "parts_of"]

MAX_TRACES = 2_000
MAX_BYTES = 32 * 1024 * 1024
MAX_SEGMENT_BYTES = 64 * 1024  # X-Ray's own, "Sending trace data"
MAX_TRACE_BYTES = 500 * 1024  # X-Ray's own: https://docs.aws.amazon.com/general/latest/gr/xray.html
_DEEPEST = 50
_OF_DOCUMENTS = ("type", "trace_id", "parent_id")  # of those that are sent by themselves


class InvalidSegment(ValueError):
    """A document that X-Ray would not take. Args: segment_id: its id, "" when it has none that can be read."""

    def __init__(self, message: str, *, segment_id: str = "") -> None:
        self.segment_id = segment_id
        super().__init__(message)


@dataclass(slots=True)
class Trace:
    """Documents by segment id, in the order of their first arrival; one that comes again replaces the former.

    Args:
        changes: how often something came.
        limit_exceeded: something was left out, because the trace was too long already.
    """

    id: str
    texts: dict[str, bytes] = field(default_factory=dict)
    size: int = 0
    changes: int = 0
    limit_exceeded: bool = False

    @property
    def documents(self) -> dict[str, dict[str, Any]]:
        """Read anew at each look: kept as texts, 2,000 traces take a tenth of the memory."""
        return {segment_id: orjson.loads(text) for segment_id, text in self.texts.items()}

    def segments(self) -> list[dict[str, Any]]:
        """Subsegments that were sent by themselves stand within what they are a part of, when that is there.

        X-Ray answers so: awslabs/aws-iatk, internal/pkg/xray/trace_test.go, of August 2023.
        """
        documents = self.documents
        owned = {str(part.get("id")): (part, own) for own, document in documents.items() for part in parts_of(document)}
        above = {
            own: owned[document["parent_id"]]
            for own, document in documents.items()
            if document.get("type") == "subsegment" and document["parent_id"] in owned
        }
        alone = []
        for own, document in documents.items():
            if own not in above or _in_a_circle(own, above):
                alone.append(document)
                continue
            within = above[own][0].setdefault("subsegments", [])
            within.append({name: value for name, value in document.items() if name not in _OF_DOCUMENTS})
        return alone


def _in_a_circle(own: str, above: Mapping[str, tuple[dict[str, Any], str]]) -> bool:
    seen = {own}
    while own in above:
        own = above[own][1]
        if own in seen:
            return True
        seen.add(own)
    return False


def parts_of(document: dict[str, Any], depth: int = 0) -> Iterator[dict[str, Any]]:
    """The document and the subsegments within it that have a name and a beginning."""
    yield document
    within = document.get("subsegments")
    for one in within if isinstance(within, list) and depth < _DEEPEST else ():
        if isinstance(one, dict) and isinstance(one.get("name"), str) and _is_time(one.get("start_time")):
            yield from parts_of(one, depth + 1)


class TraceStore:
    """Args: max_traces, max_bytes: of one region; the oldest traces go."""

    def __init__(self, *, max_traces: int = MAX_TRACES, max_bytes: int = MAX_BYTES) -> None:
        self._max_traces, self._max_bytes = max_traces, max_bytes
        self._regions: dict[str, dict[str, Trace]] = {}
        self._sizes: dict[str, int] = {}

    def put(self, region: str, document: Mapping[str, Any]) -> None:
        """Keeps a document.

        Raises:
            InvalidSegment: it is none.
        """
        checked = _checked(document)
        try:
            text = orjson.dumps(checked)
        except orjson.JSONEncodeError as error:
            raise InvalidSegment(f"the document cannot be kept: {error}", segment_id=checked["id"]) from error
        if len(text) > MAX_SEGMENT_BYTES:
            raise InvalidSegment(f"a segment has at most {MAX_SEGMENT_BYTES} bytes", segment_id=checked["id"])
        traces = self._regions.setdefault(region, {})
        trace = traces.setdefault(checked["trace_id"], Trace(checked["trace_id"]))
        grown = len(text) - len(trace.texts.get(checked["id"], b""))
        if trace.size + grown > MAX_TRACE_BYTES:
            trace.limit_exceeded = True
            return
        trace.texts[checked["id"]] = text
        trace.size += grown
        trace.changes += 1
        self._sizes[region] = self._sizes.get(region, 0) + grown
        while len(traces) > self._max_traces or (self._sizes[region] > self._max_bytes and len(traces) > 1):
            gone = traces.pop(next(iter(traces)))
            self._sizes[region] -= gone.size

    def get(self, region: str, trace_id: str) -> Trace | None:
        return self._regions.get(region, {}).get(trace_id)

    def newest(self, region: str) -> Iterator[Trace]:
        """Those that began to arrive last come first."""
        return reversed(list(self._regions.get(region, {}).values()))

    def region_of(self, trace_id: str) -> str | None:
        """A region that knows the trace."""
        return next((region for region, traces in self._regions.items() if trace_id in traces), None)

    @property
    def regions(self) -> tuple[str, ...]:
        return tuple(self._regions)


def _checked(document: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(document)
    segment_id = found.get("id")
    shown = segment_id if isinstance(segment_id, str) else ""
    if not isinstance(segment_id, str) or not SEGMENT_ID.fullmatch(segment_id):
        raise InvalidSegment("id: 16 hexadecimal digits", segment_id=shown)
    trace_id = found.get("trace_id")
    if not isinstance(trace_id, str) or not TRACE_ID.fullmatch(trace_id):
        raise InvalidSegment("trace_id: 1-, 8 and 24 hexadecimal digits with a hyphen between", segment_id=shown)
    name = found.get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= 200:
        raise InvalidSegment("name: a text of 1 to 200 characters", segment_id=shown)
    if not _is_time(found.get("start_time")):
        raise InvalidSegment("start_time: seconds since 1970", segment_id=shown)
    if not _is_time(found.get("end_time")) and found.get("in_progress") is not True:
        raise InvalidSegment("end_time: seconds since 1970, or in_progress: true", segment_id=shown)
    parent = found.get("parent_id")
    needed = found.get("type") == "subsegment"
    if (needed or parent is not None) and not (isinstance(parent, str) and SEGMENT_ID.fullmatch(parent)):
        raise InvalidSegment("parent_id: 16 hexadecimal digits", segment_id=shown)
    return found


def _is_time(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e11
