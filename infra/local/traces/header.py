"""The ids that X-Ray accepts in a document, and a new one of a trace. Pure, but for the random digits.

The header itself is read and written by `lambdas.tracer.ids`, as in the functions.
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-fields
"""

from __future__ import annotations

import re

from lambdas.tracer.ids import new_trace_id as digits
from lambdas.tracer.ids import to_xray

__all__ = ["SEGMENT_ID", "TRACE_ID", "new_trace_id"]

TRACE_ID = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
SEGMENT_ID = re.compile(r"[0-9a-f]{16}")


def new_trace_id(now: float) -> str:
    """Args: now: epoch seconds, which the id begins with."""
    return to_xray(f"{int(now):08x}{digits()[:24]}")
