"""Where a request's time went, by name: every millisecond once, the longest part first. Pure."""

from __future__ import annotations

from typing import NamedTuple

from infra.traces.span import Kind, Span
from infra.traces.tree import Node, Tree, path

__all__ = ["Part", "label", "parts"]

GATEWAY = "API Gateway"
# What Lambda writes within a function's segment: https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
_COLD = "Initialization"
_OF_LAMBDA = ("Invocation", "Overhead", _COLD)


class Part(NamedTuple):
    name: str
    ms: float


def parts(tree: Tree) -> tuple[Part, ...]:
    """The time that the caller waited, by who had it; the sum is the root's time."""
    above = {child.span.id: node for _, node in tree.root.walk() for child in node.children}
    spent: dict[str, float] = {}
    for piece in path(tree.root):
        name = label(piece.node, above)
        spent[name] = spent.get(name, 0.0) + piece.ms
    return tuple(sorted((Part(name, ms) for name, ms in spent.items()), key=lambda part: (-part.ms, part.name)))


def label(node: Node, above: dict[str, Node]) -> str:
    """Who has a span's own time.

    Args:
        above: the caller of each span, by its id.
    """
    span = node.span
    if span.kind is Kind.GATEWAY:
        return GATEWAY
    if span.kind is Kind.REQUEST:
        return "not traced"
    if span.kind is Kind.LAMBDA:
        return f"Lambda, before and after {span.name}"
    if span.kind is Kind.WORK and span.name in _OF_LAMBDA:
        return _within(span, above.get(span.id))
    if span.kind is Kind.CALL and node.children:
        called = node.children[0].span.name
        return f"on the way to {called}"
    return span.name


def _within(span: Span, function: Node | None) -> str:
    if function is None:
        return span.name
    return f"{function.span.name} (cold start)" if span.name == _COLD else function.span.name
