"""One piece of work of a request, as X-Ray keeps it: a segment or a subsegment. Pure.

A document that is not as X-Ray describes it is left out and counted, so that one bad span costs no trace.
Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["Kind", "Span", "Spans", "spans_of"]

_DEEPEST = 32  # subsegments within subsegments; a document of 64 KB has not nearly as many by any tracer we know


class Kind(StrEnum):
    """Who wrote a span, as far as its document says."""

    GATEWAY = "gateway"
    LAMBDA = "lambda"
    """Of the Lambda service: from the request to run a function until its answer."""
    FUNCTION = "function"
    """Of the function's own environment."""
    CALL = "call"
    """A call of somebody else, as the caller saw it."""
    WORK = "work"
    """Anything within a program."""
    REQUEST = "request"
    """The whole request, where nobody wrote a span of it: only its parts are known."""


_OF_ORIGIN = {
    "AWS::ApiGateway::Stage": Kind.GATEWAY,
    "AWS::Lambda": Kind.LAMBDA,
    "AWS::Lambda::Function": Kind.FUNCTION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One span.

    Args:
        id, parent: 16 hexadecimal digits; a root has no parent.
        start, end: epoch seconds. What is still under way has ended when it began.
        status: of the answer; 0 when nobody wrote it.
        wrong: error (a 4xx), throttle (a 429) or fault (a 5xx or an exception); empty when all is well.
        notes: annotations that are texts, numbers or truths.
    """

    id: str
    parent: str
    name: str
    kind: Kind
    start: float
    end: float
    status: int = 0
    wrong: str = ""
    url: str = ""
    method: str = ""
    under_way: bool = False
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def ms(self) -> float:
        return (self.end - self.start) * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """Spans of one trace, in no order. ``unreadable``: how many documents said nothing."""

    spans: tuple[Span, ...]
    unreadable: int = 0


def spans_of(documents: Iterable[str | Mapping[str, Any]]) -> Spans:
    """The spans of a trace's segment documents, each a JSON text or decoded; of two with one id the finished one."""
    found: dict[str, Span] = {}
    unreadable = 0
    for document in documents:
        segment = _decoded(document)
        if segment is None:
            unreadable += 1
            continue
        for span in _all(segment, str(segment.get("parent_id") or ""), 0):
            if span is None:
                unreadable += 1
            elif span.id not in found or found[span.id].under_way:
                found[span.id] = span
    return Spans(spans=tuple(found.values()), unreadable=unreadable)


def _decoded(document: str | Mapping[str, Any]) -> Mapping[str, Any] | None:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except (ValueError, RecursionError):
            return None
    return document if isinstance(document, Mapping) else None


def _all(segment: Mapping[str, Any], parent: str, depth: int) -> Iterator[Span | None]:
    """A segment and what is within it; None for each that cannot be read, whose own children are still read."""
    span = _span(segment, parent)
    yield span
    within = segment.get("subsegments")
    if depth < _DEEPEST and isinstance(within, list):
        for one in within:
            if isinstance(one, Mapping):
                yield from _all(one, span.id if span is not None else parent, depth + 1)
            else:
                yield None


def _span(segment: Mapping[str, Any], parent: str) -> Span | None:
    start, end = _moment(segment.get("start_time")), _moment(segment.get("end_time"))
    identity = segment.get("id")
    if start is None or not isinstance(identity, str) or not identity:
        return None
    http = _part(segment, "http")
    request, response = _part(http, "request"), _part(http, "response")
    return Span(
        id=identity,
        parent=parent,
        name=str(segment.get("name") or "?"),
        kind=_kind(segment),
        start=start,
        end=max(start, end if end is not None else start),
        status=_whole(response.get("status")),
        wrong=next((word for word in ("throttle", "fault", "error") if segment.get(word) is True), ""),
        url=str(request.get("url") or ""),
        method=str(request.get("method") or ""),
        under_way=end is None,
        notes=tuple((str(key), str(value)) for key, value in _part(segment, "annotations").items()),
    )


def _kind(segment: Mapping[str, Any]) -> Kind:
    known = _OF_ORIGIN.get(str(segment.get("origin") or ""))
    if known is not None:
        return known
    return Kind.CALL if segment.get("namespace") in ("aws", "remote") else Kind.WORK


def _part(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = document.get(name)
    return part if isinstance(part, Mapping) else {}


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _moment(value: object) -> float | None:
    """Epoch seconds; None for what is none, an infinite one included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        moment = float(value)
    except OverflowError:
        return None
    return moment if math.isfinite(moment) and moment >= 0 else None
