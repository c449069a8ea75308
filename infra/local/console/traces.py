"""The traces that this engine has, for the console: the slowest requests, and one as a waterfall. Reads the store, no more.

A trace is read anew only when something was added to it: 2,000 of them are looked at in some milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from infra.errors import Refused
from infra.local.traces.store import Trace, TraceStore
from infra.local.traces.summaries import summary_of
from infra.traces.document import document
from infra.traces.ids import trace_id_of
from infra.traces.span import spans_of
from infra.traces.tree import path, tree_of

__all__ = ["TracePages"]

MOST_MINUTES = 360
MOST_ROWS = 100
_Row = dict[str, Any]


class TracePages:
    """Args: clock: epoch seconds."""

    def __init__(self, store: TraceStore, clock: Callable[[], float]) -> None:
        self._store, self._clock = store, clock
        self._rows: dict[tuple[str, str], tuple[int, _Row | None]] = {}

    def listed(self, query: str) -> dict[str, Any]:
        """The slowest requests: ``minutes=15&most=20&find=orders``, the last in the path or in a service's name.

        Raises:
            ValueError: a number is none, or out of its range.
        """
        given = {name: values[-1] for name, values in parse_qs(query).items()}
        minutes = _number(given, "minutes", 15, MOST_MINUTES)
        most = _number(given, "most", 20, MOST_ROWS)
        wanted, since = given.get("find", "").strip().lower(), self._clock() - 60 * minutes
        every = [row for row in self._all() if row["at"] >= since]
        found = [row for row in every if wanted in " ".join([row["what"], *row["services"]]).lower()]
        found.sort(key=lambda row: (-row["ms"], row["id"]))
        return {"traces": found[:most], "found": len(found), "recorded": len(every), "minutes": minutes}

    def _all(self) -> Iterator[_Row]:
        fresh: dict[tuple[str, str], tuple[int, _Row | None]] = {}
        for region in self._store.regions:
            for trace in self._store.newest(region):
                known = self._rows.get((region, trace.id))
                if known is None or known[0] != trace.changes:
                    known = (trace.changes, _row(region, trace))
                fresh[region, trace.id] = known
                if known[1] is not None:
                    yield known[1]
        self._rows = fresh

    def one(self, query: str) -> dict[str, Any]:
        """A trace by ``id`` in any of its forms, from the ``region`` or whichever has it.

        Each span has ``own``: when the request was in it and in none below it, as [after_ms, ms].

        Raises:
            ValueError: there is none, or the id is none.
        """
        given = {name: values[-1] for name, values in parse_qs(query).items()}
        try:
            trace_id = trace_id_of(given.get("id", ""))
        except Refused as error:
            raise ValueError(str(error)) from error
        region = given.get("region") or self._store.region_of(trace_id) or ""
        trace = self._store.get(region, trace_id)
        tree = tree_of(spans_of(trace.segments()).spans) if trace is not None else None
        if tree is None:
            raise ValueError(
                f"{trace_id}: not recorded here. One in twenty is, and the first of each second; the newest are kept"
            )
        shown = document(tree)
        own: dict[str, list[list[float]]] = {}
        for piece in path(tree.root):
            own.setdefault(piece.node.span.id, []).append([(piece.start - tree.start) * 1000, piece.ms])
        for span in shown["spans"]:
            pieces = own.get(span["id"], [])
            span["own"] = [[round(after, 3), round(ms, 3)] for after, ms in pieces]
            span["own_ms"] = round(sum(ms for _, ms in pieces), 3)
        return {"id": trace_id, "region": region, "until_ms": round((tree.end - tree.start) * 1000, 3), **shown}


def _number(given: dict[str, str], name: str, default: int, most: int) -> int:
    text = given.get(name, str(default))
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise ValueError(f"{name}: a whole number from 1 to {most}")
    return int(text)


def _row(region: str, trace: Trace) -> _Row | None:
    summary = summary_of(trace, account="")
    if summary is None:
        return None
    request, status = summary.http("request"), summary.http("response").get("status")
    what = f"{request.get('method') or ''} {urlsplit(str(request.get('url') or '')).path}".strip()
    return {
        "id": trace.id,
        "region": region,
        "at": summary.started,
        "ms": round(summary.response_seconds * 1000, 3),
        "what": what or str(summary.root["name"]),
        "status": status,
        "wrong": next((word for word in ("throttle", "fault", "error") if summary.root.get(word) is True), None),
        "services": sorted(summary.services),
    }
