"""Spans as a tree, and the path on which the time went. Pure.

The path goes backward from the end of a span: the child that ended last is what the parent waited for; before that child began,
the one that ended last by then; whatever no child covers is the span's own. Its pieces cover the request exactly, none twice,
so that milliseconds add up, which sums of spans that run beside each other do not.
Method: critical paths of Z. Zhang et al., CRISP, USENIX ATC 2022, https://www.usenix.org/conference/atc22/presentation/zhang-zhizhou;
here a child that still ran when the path reached it counts up to there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from infra.traces.span import Kind, Span

__all__ = ["Node", "Piece", "Tree", "path", "tree_of"]


@dataclass(frozen=True, slots=True)
class Node:
    """A span and what was called from within it, in the order of their beginnings."""

    span: Span
    children: tuple[Node, ...] = ()

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Node]]:
        """Itself and all below, each with its depth, as a waterfall shows them."""
        waiting = [(depth, self)]
        while waiting:
            at, node = waiting.pop()
            yield at, node
            waiting.extend((at + 1, child) for child in reversed(node.children))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """One trace.

    Args:
        root: what the caller waited for.
        others: parts whose caller wrote nothing, or that the caller did not wait for.
    """

    root: Node
    others: tuple[Node, ...] = ()

    def walk(self) -> Iterator[tuple[int, Node]]:
        for node in (self.root, *self.others):
            yield from node.walk()

    @property
    def start(self) -> float:
        return min(node.span.start for _, node in self.walk())

    @property
    def end(self) -> float:
        return max(node.span.end for _, node in self.walk())


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the path: from ``start`` to ``end`` the request was in this node and in none below it."""

    node: Node
    start: float
    end: float

    @property
    def ms(self) -> float:
        return (self.end - self.start) * 1000


def tree_of(spans: Iterable[Span]) -> Tree | None:
    """The tree; None without any span.

    A span whose parent is not there is a root of its own, and so is one in a circle. Several roots without a gateway among them
    are the parts of one request of which nobody wrote the whole (API Gateway has no OpenTelemetry): it is put above them.
    """
    by_id = {span.id: span for span in spans}
    below: dict[str, list[Span]] = {}
    roots: list[Span] = []
    for span in by_id.values():
        if span.parent in by_id and not _circular(span, by_id):
            below.setdefault(_above(span, by_id), []).append(span)
        else:
            roots.append(span)
    if not roots:
        return None
    # The gateway is where the caller is; without one, whatever began first.
    roots.sort(key=lambda span: (span.kind is not Kind.GATEWAY, span.start, -span.end, span.id))
    nodes = [_node(root, below) for root in roots]
    if len(nodes) > 1 and roots[0].kind is not Kind.GATEWAY:
        return Tree(root=_whole(nodes))
    return Tree(root=nodes[0], others=tuple(nodes[1:]))


def _above(span: Span, by_id: dict[str, Span]) -> str:
    """Who waited for it: not a parent that had not begun when it ended, but whoever waited for that one.

    So stands the Initialization of a cold start within its function's segment, which begins afterwards
    (X-Ray's own answer: awslabs/aws-iatk, internal/pkg/xray/trace_test.go).
    """
    parent = by_id[span.parent]
    before = span.start < parent.start and span.end <= parent.start
    return parent.parent if before and parent.parent in by_id else parent.id


def _whole(parts: list[Node]) -> Node:
    """The request that these are parts of."""
    spans = [node.span for node in parts]
    said = next((span for span in spans if span.url or span.method), spans[0])
    parents = {span.parent for span in spans}
    span = Span(
        id=parents.pop() if len(parents) == 1 else "",
        parent="",
        name="request",
        kind=Kind.REQUEST,
        start=min(span.start for span in spans),
        end=max(span.end for span in spans),
        method=said.method,
        url=said.url,
    )
    return Node(span, tuple(parts))


def _circular(span: Span, by_id: dict[str, Span]) -> bool:
    """Whether the way up comes back to where it began."""
    seen = {span.id}
    above = by_id.get(span.parent)
    while above is not None:
        if above.id in seen:
            return above.id == span.id
        seen.add(above.id)
        above = by_id.get(above.parent)
    return False


def _node(span: Span, below: dict[str, list[Span]]) -> Node:
    """From the leaves up. Nothing here recurses: a chain of calls may be longer than Python's stack."""
    order, at = [span], 0
    while at < len(order):
        order.extend(below.get(order[at].id, ()))
        at += 1
    made: dict[str, Node] = {}
    for one in reversed(order):
        children = sorted(below.get(one.id, ()), key=lambda child: (child.start, child.end, child.id))
        made[one.id] = Node(one, tuple(made[child.id] for child in children))
    return made[span.id]


def path(node: Node) -> tuple[Piece, ...]:
    """The pieces of a node's time, in order; they cover it from start to end without gap or overlap."""
    pieces: list[Piece] = []
    under_way = [_backward(node, node.span.start, node.span.end)]
    while under_way:
        step = next(under_way[-1], None)
        if step is None:
            under_way.pop()
        elif isinstance(step, Piece):
            pieces.append(step)
        else:
            under_way.append(_backward(*step))
    return tuple(reversed([piece for piece in pieces if piece.end > piece.start]))


def _backward(node: Node, start: float, end: float) -> Iterator[Piece | tuple[Node, float, float]]:
    """Between two moments, the last first: pieces of the node's own, and children with the time in which they are to be asked."""
    at = end
    # By the end that counts here: a child may outlast its parent, which then did not wait for the rest.
    for child in sorted(node.children, key=lambda one: (min(one.span.end, end), one.span.start), reverse=True):
        begun, ended = max(child.span.start, start), min(child.span.end, at)
        if ended <= begun:
            continue
        yield Piece(node, ended, at)
        yield child, begun, ended
        at = begun
    yield Piece(node, start, at)
