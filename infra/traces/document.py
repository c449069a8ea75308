"""A trace for programs: its spans in the order of a waterfall, and where the time went. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from infra.traces.time import parts
from infra.traces.tree import Tree

__all__ = ["document"]


def document(tree: Tree) -> dict[str, Any]:
    """Times in milliseconds, ``after_ms`` since the trace began; what is not known is null."""
    start = tree.start
    return {
        "started": datetime.fromtimestamp(start, UTC).isoformat(),
        "duration_ms": round(tree.root.span.ms, 3),
        "method": tree.root.span.method or None,
        "url": tree.root.span.url or None,
        "spans": [
            {
                "id": node.span.id,
                "parent": node.span.parent or None,
                "depth": depth,
                "name": node.span.name,
                "kind": node.span.kind.value,
                "after_ms": round((node.span.start - start) * 1000, 3),
                "ms": round(node.span.ms, 3),
                "status": node.span.status or None,
                "wrong": node.span.wrong or None,
                "under_way": node.span.under_way,
                "annotations": dict(node.span.notes),
            }
            for depth, node in tree.walk()
        ],
        "where": [{"name": part.name, "ms": round(part.ms, 3)} for part in parts(tree)],
    }
