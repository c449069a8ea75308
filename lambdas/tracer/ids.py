"""The two ways to write one trace: X-Ray's header and W3C Trace Context's. Pure.

| | trace | caller | recorded |
| --- | --- | --- | --- |
| `X-Amzn-Trace-Id` | `Root=1-5759e988-bd862e3fe1be46a994272793` | `Parent=53995c3f42cd8ad8` | `Sampled=1` |
| `traceparent` | `00-5759e988bd862e3fe1be46a994272793` | `-53995c3f42cd8ad8` | `-01` |

https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
https://www.w3.org/TR/trace-context/#traceparent-header
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

__all__ = [
    "Context",
    "Header",
    "new_span_id",
    "new_trace_id",
    "read_header",
    "read_traceparent",
    "to_w3c",
    "to_xray",
    "traceparent",
]

_ROOT = re.compile(r"1-[0-9a-fA-F]{8}-[0-9a-fA-F]{24}")
_SPAN = re.compile(r"[0-9a-fA-F]{16}")
# As Lambda writes it; everything else takes three times as long.
_COMMON = re.compile(
    r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24});Parent=([0-9a-f]{16});Sampled=([01])(?:;(Lineage=[^;]+[^;\s]))?"
)
_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL)
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16
_SAMPLED = {"1": True, "0": False}


class Header(NamedTuple):
    """What `X-Amzn-Trace-Id` says.

    Attributes:
        root: the trace, in X-Ray's form.
        parent: the caller's span; empty without one.
        sampled: None when that is still to be decided.
        others: further fields as they came, such as ``Lineage``, by which Lambda finds endless loops.
    """

    root: str
    parent: str = ""
    sampled: bool | None = None
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [f"Root={self.root}", *([f"Parent={self.parent}"] if self.parent else [])]
        if self.sampled is not None:
            parts.append(f"Sampled={int(self.sampled)}")
        return ";".join([*parts, *self.others])


class Context(NamedTuple):
    """What `traceparent` says: the trace, the caller's span, whether the caller records it."""

    trace_id: str
    span_id: str
    sampled: bool


def read_header(text: str) -> Header | None:
    """None without a trace in it that W3C could write too."""
    common = _COMMON.fullmatch(text)
    if common is not None and to_w3c(common[1]) != _NO_TRACE and common[2] != _NO_SPAN:
        return Header(common[1], common[2], common[3] == "1", (common[4],) if common[4] else ())
    root, parent, sampled, others = "", "", None, []
    for part in text.split(";"):
        name, _, value = part.strip().partition("=")
        if name == "Root":
            root = value
        elif name == "Parent":
            parent = value
        elif name == "Sampled":
            sampled = _SAMPLED.get(value)
        elif name and name != "Self":  # of the load balancer on the way, and of nobody else
            others.append(part.strip())
    if not _ROOT.fullmatch(root) or to_w3c(root) == _NO_TRACE:
        return None
    good = bool(_SPAN.fullmatch(parent)) and parent != _NO_SPAN
    return Header(root.lower(), parent.lower() if good else "", sampled, tuple(others))


def read_traceparent(text: str) -> Context | None:
    """None when it is not valid: whoever gets it begins a trace then. A version after 00 may have more behind it."""
    match = _TRACEPARENT.fullmatch(text)
    if match is None:
        return None
    version, trace_id, span_id, flags, more = match.groups()
    if version == "ff" or (version == "00" and more) or trace_id == _NO_TRACE or span_id == _NO_SPAN:
        return None
    return Context(trace_id, span_id, bool(int(flags, 16) & 1))


def traceparent(trace_id: str, span_id: str, *, sampled: bool) -> str:
    return f"00-{trace_id}-{span_id}-{int(sampled):02d}"


def to_w3c(root: str) -> str:
    """`1-5759e988-bd862e3fe1be46a994272793` -> `5759e988bd862e3fe1be46a994272793`."""
    return (root[2:10] + root[11:]).lower()


def to_xray(trace_id: str) -> str:
    """The other way. X-Ray takes any 32 digits since October 2023, also those that do not begin with a time.

    https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids
    """
    return f"1-{trace_id[:8]}-{trace_id[8:]}"


def new_span_id() -> str:
    return os.urandom(8).hex()


def new_trace_id() -> str:
    return os.urandom(16).hex()
