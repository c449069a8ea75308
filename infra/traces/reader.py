"""Asks X-Ray for traces. Touches X-Ray, reading only: GetTraceSummaries for a time, BatchGetTraces for up to five at once.

Costs $0.50 for a million traces looked at or got (https://aws.amazon.com/xray/pricing/).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from infra.errors import NotFound
from infra.traces.span import spans_of
from infra.traces.tree import Tree, tree_of

__all__ = ["MOST_MINUTES", "Call", "Found", "Summary", "XRay", "below"]

Call = Callable[..., Any]

MOST_MINUTES = 360  # of one question: https://docs.aws.amazon.com/xray/latest/api/API_GetTraceSummaries.html
_AT_ONCE = 5
_MOST_PAGES = 20  # some 2,000 traces: the slowest of so many say what is slow


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One trace in a list.

    Args:
        at: epoch second at which it began, from its id.
        seconds: until the caller had the answer.
        status: of the answer; 0 when nobody wrote it.
    """

    id: str
    at: int
    seconds: float
    method: str = ""
    url: str = ""
    status: int = 0
    wrong: str = ""

    @property
    def path(self) -> str:
        return urlsplit(self.url).path


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One trace. ``unreadable``: how many of its documents said nothing."""

    id: str
    tree: Tree
    unreadable: int = 0


def below(prefix: str) -> re.Pattern[str]:
    """Paths of a service: its prefix, whatever is below, and a stage in front of it where there is no domain."""
    segments = [r"[^/]+" if one.startswith("{") else re.escape(one) for one in prefix.strip("/").split("/") if one]
    return re.compile("^(/[^/]+)?" + "".join(f"/{one}" for one in segments) + "(/|$)")


@dataclass(frozen=True, slots=True)
class XRay:
    """Args: call: of the AWS client of one region: service, operation, parameters."""

    call: Call

    def slowest(self, start: float, end: float, *, prefix: str = "", over_seconds: float = 0.0) -> tuple[Summary, ...]:
        """As `summaries`: those that took longer than so many seconds, or all when none did."""
        over = self.summaries(start, end, prefix=prefix, over_seconds=over_seconds) if over_seconds else ()
        return over or self.summaries(start, end, prefix=prefix)

    def summaries(
        self, start: float, end: float, *, prefix: str = "", over_seconds: float = 0.0
    ) -> tuple[Summary, ...]:
        """Sampled requests that began in a time, the slowest first; of very many only some.

        Args:
            start, end: epoch seconds, at most six hours apart.
            prefix: of a service's paths, ``/api/orders``; empty: all.
            over_seconds: only those that took longer.

        Raises:
            CloudError: no answer, or a refusal.
        """
        wanted = below(prefix)
        pages = self._pages(start, end, _filter(prefix, over_seconds))
        found = [one for one in pages if not prefix or wanted.match(one.path)]
        return tuple(sorted(found, key=lambda one: (-one.seconds, one.id)))

    def traces(self, ids: Sequence[str]) -> tuple[Found, ...]:
        """The traces that X-Ray has of these, in their order.

        Raises:
            CloudError: no answer, or a refusal.
        """
        found: dict[str, Found] = {}
        for first in range(0, len(ids), _AT_ONCE):
            for trace in self._batch(list(ids[first : first + _AT_ONCE])):
                spans = spans_of(one.get("Document", "") for one in trace.get("Segments", ()))
                tree = tree_of(spans.spans)
                if tree is not None:
                    found[trace["Id"]] = Found(id=trace["Id"], tree=tree, unreadable=spans.unreadable)
        return tuple(found[one] for one in ids if one in found)

    def trace(self, trace_id: str) -> Found:
        """One trace.

        Raises:
            NotFound: X-Ray has none of this id.
            CloudError: no answer, or a refusal.
        """
        for found in self.traces([trace_id]):
            return found
        raise NotFound(
            f"trace {trace_id}: X-Ray has none here. It samples: a request whose trace header says Sampled=0 has no trace, "
            "and a new one takes some seconds to appear. Another region may have it: --region."
        )

    def _pages(self, start: float, end: float, only: str) -> Iterator[Summary]:
        asked: dict[str, Any] = {"StartTime": _moment(start), "EndTime": _moment(end)}
        if only:
            asked["FilterExpression"] = only
        for _ in range(_MOST_PAGES):
            page = self.call("xray", "get_trace_summaries", **asked)
            yield from (_summary(one) for one in page.get("TraceSummaries", ()))
            if not page.get("NextToken"):
                return
            asked["NextToken"] = page["NextToken"]

    def _batch(self, ids: list[str]) -> Iterator[dict[str, Any]]:
        asked: dict[str, Any] = {"TraceIds": ids}
        for _ in range(_MOST_PAGES):
            page = self.call("xray", "batch_get_traces", **asked)
            yield from page.get("Traces", ())
            if not page.get("NextToken"):
                return
            asked["NextToken"] = page["NextToken"]


def _filter(prefix: str, over_seconds: float) -> str:
    """In X-Ray's words: https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html

    What every address of the service has in it is its prefix up to the first variable.
    """
    fixed = prefix.partition("{")[0].rstrip("/").replace('"', "")
    url = [f'http.url CONTAINS "{fixed}"'] if fixed else []
    slow = [f"responsetime > {over_seconds:g}"] if over_seconds else []
    return " AND ".join(url + slow)


def _summary(document: dict[str, Any]) -> Summary:
    http = document.get("Http") or {}
    wrong = (("HasThrottle", "throttle"), ("HasFault", "fault"), ("HasError", "error"))
    return Summary(
        id=str(document["Id"]),
        at=int(str(document["Id"]).split("-")[1], 16),
        seconds=float(document.get("ResponseTime") or document.get("Duration") or 0.0),
        method=str(http.get("HttpMethod") or ""),
        url=str(http.get("HttpURL") or ""),
        status=int(http.get("HttpStatus") or 0),
        wrong=next((word for name, word in wrong if document.get(name)), ""),
    )


def _moment(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)
