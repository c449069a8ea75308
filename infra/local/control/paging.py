"""Pages of a list: ``position`` in, ``position`` out. Touches nothing."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from infra.local.control.call import Call
from infra.local.control.errors import bad_request
from infra.local.control.store import Shape

DEFAULT_LIMIT = 25  # the service's default; the maximum of 500 is from the API reference
MAXIMUM_LIMIT = 500


def page(call: Call, items: Sequence[Any], *, default_limit: int = DEFAULT_LIMIT) -> Shape:
    """The asked-for page as ``{"items": [...], "position": ...}``; a limit below 1 means the default (recorded)."""
    limit = call.arg("limit", default_limit)
    limit = min(limit, MAXIMUM_LIMIT) if limit > 0 else default_limit
    start = _offset(call.arg("position"))
    answer: Shape = {"items": list(items[start : start + limit])}
    if start + limit < len(items):
        answer["position"] = base64.urlsafe_b64encode(str(start + limit).encode()).decode()
    return answer


def _offset(position: str | None) -> int:
    if not position:
        return 0
    try:
        return max(0, int(base64.urlsafe_b64decode(position.encode())))
    except ValueError:
        raise bad_request("Invalid position parameter specified") from None
