"""A trace as lines of a terminal: a bar for each span under the same clock, and where the time went. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from infra.traces.span import Kind, Span
from infra.traces.time import parts
from infra.traces.tree import Node, Tree

__all__ = ["lines", "spoken_ms"]

_BAR = 36
_LONGEST_NAME = 44


def lines(tree: Tree, *, width: int = _BAR) -> list[str]:
    """Args: width: characters of the bars."""
    start, total = tree.start, max(tree.end - tree.start, 1e-9)
    rows = [(_name(depth, node), node.span) for depth, node in tree.walk() if not _is_nothing(node.span)]
    wide = max(len(name) for name, _ in rows)
    told = [
        f"{name.ljust(wide)}  {_bar(span, start, total, width)}  {spoken_ms(span.ms):>8}  {_said(span)}".rstrip()
        for name, span in rows
    ]
    return [*told, "", "where the time went", *_spent(tree)]


def spoken_ms(ms: float) -> str:
    if ms >= 10_000:
        return f"{ms / 1000:.1f} s"
    return f"{ms:.0f} ms" if ms >= 10 else f"{ms:.1f} ms"


def _spent(tree: Tree) -> Iterator[str]:
    found = parts(tree)
    total = max(tree.root.span.ms, 1e-9)
    wide = max((len(part.name) for part in found), default=0)
    for part in found:
        yield f"  {part.name.ljust(wide)}  {spoken_ms(part.ms):>8}  {100 * part.ms / total:3.0f} %"


def _is_nothing(span: Span) -> bool:
    """What Lambda writes of every invocation, also when it took no time."""
    return span.kind is Kind.WORK and span.name == "Overhead" and span.ms < 0.05


def _name(depth: int, node: Node) -> str:
    span = node.span
    shown = {Kind.CALL: f"-> {span.name}", Kind.LAMBDA: f"Lambda: {span.name}"}.get(span.kind, span.name)
    text = "  " * depth + shown
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 3]}..."


def _bar(span: Span, start: float, total: float, width: int) -> str:
    first = min(round((span.start - start) / total * width), width - 1)
    last = max(first + 1, round((span.end - start) / total * width))
    mark = "#" if span.kind is not Kind.CALL else "-"
    return (" " * first + mark * (last - first))[:width].ljust(width)


def _said(span: Span) -> str:
    words = [str(span.status)] if span.status else []
    words += [span.wrong] if span.wrong else []
    words += ["still under way"] if span.under_way else []
    words += [f"{key}={value}" for key, value in span.notes]
    return " ".join(words)
