"""The tracing header and the ids in it. Pure, but for the random ids.

https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

__all__ = ["SEGMENT_ID", "TRACE_ID", "TraceHeader", "new_segment_id", "new_trace_id", "parse"]

TRACE_ID = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
SEGMENT_ID = re.compile(r"[0-9a-f]{16}")
_DECISIONS = {"0": False, "1": True}


@dataclass(frozen=True, slots=True)
class TraceHeader:
    """``X-Amzn-Trace-Id``. Args: sampled: None when nobody has decided yet."""

    root: str
    parent: str | None = None
    sampled: bool | None = None

    def __str__(self) -> str:
        text = f"Root={self.root}"
        if self.parent is not None:
            text += f";Parent={self.parent}"
        return text if self.sampled is None else f"{text};Sampled={int(self.sampled)}"


def parse(text: str | None) -> TraceHeader | None:
    """The header, or None when it has no root that is one. Parts that are not understood are left out."""
    if not text:
        return None
    parts = dict(part.strip().partition("=")[::2] for part in text.split(";"))
    root, parent = parts.get("Root", "").lower(), parts.get("Parent", "").lower()
    if not TRACE_ID.fullmatch(root):
        return None
    known = parent if SEGMENT_ID.fullmatch(parent) else None
    return TraceHeader(root, known, _DECISIONS.get(parts.get("Sampled", "")))


def new_trace_id(now: float) -> str:
    """Args: now: epoch seconds, which the id begins with."""
    return f"1-{int(now):08x}-{os.urandom(12).hex()}"


def new_segment_id() -> str:
    return os.urandom(8).hex()
