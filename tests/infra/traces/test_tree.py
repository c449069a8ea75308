"""The tree has every span once, and the path covers the request exactly, whatever the spans are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.traces.span import Kind, Span, spans_of
from infra.traces.tree import Node, path, tree_of
from tests.infra.traces.cases import slow_order


def span(identity: str, parent: str, start: float, end: float, kind: Kind = Kind.WORK) -> Span:
    return Span(id=identity, parent=parent, name=identity, kind=kind, start=start, end=end)


@st.composite
def any_spans(draw: st.DrawFn) -> list[Span]:
    """Up to nine spans with any parents: themselves, each other, nobody."""
    names = "abcdefghi"[: draw(st.integers(1, 9))]
    spans = []
    for name in names:
        start = draw(st.integers(0, 20))
        parent = draw(st.sampled_from(["", *names, "gone"]))
        spans.append(span(name, parent, start, start + draw(st.integers(0, 20))))
    return spans


def pieces_of(node: Node) -> list[tuple[str, float, float]]:
    return [(piece.node.span.id, piece.start, piece.end) for piece in path(node)]


@given(any_spans())
def test_every_span_is_there_once(spans: list[Span]) -> None:
    tree = tree_of(spans)
    assert tree is not None
    written = [node.span.id for _, node in tree.walk() if node.span.kind is not Kind.REQUEST]
    assert sorted(written) == sorted(one.id for one in spans)


@given(any_spans())
def test_the_path_covers_the_time_without_gap_or_overlap(spans: list[Span]) -> None:
    tree = tree_of(spans)
    assert tree is not None
    for _, node in tree.walk():
        at = node.span.start
        for _, start, end in pieces_of(node):
            assert start == at
            assert end > start
            at = end
        assert at == node.span.end or node.span.start == node.span.end


@given(any_spans())
def test_a_piece_is_within_its_span(spans: list[Span]) -> None:
    tree = tree_of(spans)
    assert tree is not None
    for piece in path(tree.root):
        assert piece.node.span.start <= piece.start <= piece.end <= piece.node.span.end


def test_the_root_is_the_gateway_even_when_another_clock_is_ahead() -> None:
    tree = tree_of([span("orphan", "gone", 0, 9), span("gateway", "", 1, 5, Kind.GATEWAY)])
    assert tree is not None
    assert tree.root.span.id == "gateway"
    assert [node.span.id for node in tree.others] == ["orphan"]


def test_a_circle_has_its_spans_as_roots_and_what_hangs_on_it_stays() -> None:
    tree = tree_of([span("a", "b", 0, 9), span("b", "a", 1, 8), span("c", "b", 2, 3)])
    assert tree is not None
    assert [(depth, node.span.id) for depth, node in tree.walk() if node is not tree.root] == [
        (1, "a"),
        (1, "b"),
        (2, "c"),
    ]


def test_no_spans_are_no_tree() -> None:
    assert tree_of([]) is None


def test_calls_one_after_the_other() -> None:
    tree = tree_of([span("root", "", 0, 10), span("first", "root", 1, 3), span("second", "root", 4, 9)])
    assert tree is not None
    assert pieces_of(tree.root) == [
        ("root", 0, 1),
        ("first", 1, 3),
        ("root", 3, 4),
        ("second", 4, 9),
        ("root", 9, 10),
    ]


def test_of_calls_beside_each_other_the_last_to_end_is_waited_for() -> None:
    tree = tree_of([span("root", "", 0, 10), span("long", "root", 1, 9), span("short", "root", 2, 5)])
    assert tree is not None
    assert pieces_of(tree.root) == [("root", 0, 1), ("long", 1, 9), ("root", 9, 10)]


def test_calls_that_overlap_are_counted_up_to_where_the_later_began() -> None:
    tree = tree_of([span("root", "", 0, 10), span("first", "root", 0, 6), span("second", "root", 5, 10)])
    assert tree is not None
    assert pieces_of(tree.root) == [("first", 0, 5), ("second", 5, 10)]


@pytest.mark.parametrize("end", [10.0, 30.0], ids=["in time", "outlasts its caller"])
def test_a_caller_waits_no_longer_than_it_lived(end: float) -> None:
    tree = tree_of([span("root", "", 0, 10), span("late", "root", 2, end), span("deep", "late", 3, end)])
    assert tree is not None
    assert pieces_of(tree.root) == [("root", 0, 2), ("late", 2, 3), ("deep", 3, 10)]


def test_a_chain_longer_than_the_stack_of_python() -> None:
    many = 3000
    chain = [span(str(at), str(at - 1), at, many * 2.0 - at) for at in range(many)]
    tree = tree_of(chain)
    assert tree is not None
    assert len(path(tree.root)) == 2 * many - 1
    assert sum(1 for _ in tree.walk()) == many


def test_the_slow_order() -> None:
    tree = tree_of(spans_of(slow_order()).spans)
    assert tree is not None
    assert [(depth, node.span.name) for depth, node in tree.walk()] == [
        (0, "gatewright-shop/live"),
        (1, "Lambda"),
        (2, "authorizer"),
        (1, "Lambda"),
        (2, "orders_cb"),
        (3, "orders"),
        (4, "orders"),
    ]
    assert tree.others == ()


def test_the_same_spans_in_another_order_are_the_same_tree() -> None:
    spans = spans_of(slow_order()).spans
    assert tree_of(spans) == tree_of(tuple(reversed(spans)))
    assert tree_of([replace(one, parent="") for one in spans]) is not None


def test_parts_of_a_request_that_nobody_wrote_are_below_it() -> None:
    parts = [span("authorizer", "client", 1, 3), span("breaker", "client", 5, 9), span("service", "breaker", 6, 8)]
    tree = tree_of(parts)
    assert tree is not None
    assert (tree.root.span.kind, tree.root.span.id, tree.others) == (Kind.REQUEST, "client", ())
    assert pieces_of(tree.root) == [
        ("authorizer", 1, 3),
        ("client", 3, 5),
        ("breaker", 5, 6),
        ("service", 6, 8),
        ("breaker", 8, 9),
    ]


def test_one_root_needs_nothing_above_it() -> None:
    tree = tree_of([span("breaker", "client", 5, 9)])
    assert tree is not None
    assert tree.root.span.id == "breaker"
