"""The id of a trace in what a person pastes: an id, a header, an access log's field. Pure.

X-Ray writes ``1-5759e988-bd862e3fe1be46a994272793``, W3C the same 32 digits without dashes.
Sources: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids
and https://www.w3.org/TR/trace-context/#traceparent-header
"""

from __future__ import annotations

import re

from infra.errors import Refused

__all__ = ["trace_id_of"]

_XRAY = re.compile(r"\b1-([0-9a-f]{8})-([0-9a-f]{24})\b")
_W3C = re.compile(r"\b([0-9a-f]{8})([0-9a-f]{24})\b")


def trace_id_of(text: str) -> str:
    """In X-Ray's form.

    Raises:
        Refused: there is no id in it, or W3C's invalid one of zeros.
    """
    found = _XRAY.search(text.lower()) or _W3C.search(text.lower())
    if found is None or not (found[1] + found[2]).strip("0"):
        raise Refused(
            f"trace: {text[:80]!r} has no trace id. It looks like 1-5759e988-bd862e3fe1be46a994272793; find one in the answer's "
            "X-Amzn-Trace-Id or traceparent header, in an access log's traceId, or with `gatewright trace`."
        )
    return f"1-{found[1]}-{found[2]}"
