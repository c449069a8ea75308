"""A trace as lines: bars under one clock, words beside them, and nothing wider than asked."""

from __future__ import annotations

import pytest
from hypothesis import given

from infra.traces.span import spans_of
from infra.traces.tree import tree_of
from infra.traces.waterfall import lines, spoken_ms
from tests.infra.traces.cases import segment, slow_order
from tests.infra.traces.test_tree import any_spans


def test_the_slow_order() -> None:
    tree = tree_of(spans_of(slow_order()).spans)
    assert tree is not None
    shown = lines(tree, width=20)
    assert shown[0] == "gatewright-shop/live  ####################   2000 ms  200"
    assert shown[5] == "      -> orders        -------------------   1850 ms  outcome=ok state=CLOSED"
    assert shown[-7:][0] == "  orders                     1800 ms   90 %"


@given(any_spans())
def test_bars_stay_within_their_width(spans: list) -> None:  # type: ignore[type-arg]
    tree = tree_of(spans)
    assert tree is not None
    for line in lines(tree, width=12)[: len(spans)]:
        assert 1 <= line.count("#") <= 12


def test_what_went_wrong_and_what_has_not_ended_is_said() -> None:
    tree = tree_of(
        spans_of([segment("1" * 16, "x", 0, 1, fault=True), segment("2" * 16, "y", 0, None, parent_id="1" * 16)]).spans
    )
    assert tree is not None
    first, second = lines(tree)[:2]
    assert first.endswith("fault")
    assert second.endswith("still under way")


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0.04, "0.0 ms"), (9.94, "9.9 ms"), (10, "10 ms"), (2000, "2000 ms"), (12_345, "12.3 s")],
    ids=["tiny", "small", "ten", "long", "very long"],
)
def test_milliseconds_are_spoken(ms: float, text: str) -> None:
    assert spoken_ms(ms) == text


def test_lambda_itself_is_told_from_the_function_and_its_empty_overhead_is_left_out() -> None:
    service = segment("9" * 16, "orders", 0, 1.1, origin="AWS::Lambda")
    within = [segment("7" * 16, "Invocation", 0, 1.0), segment("8" * 16, "Overhead", 1.0, 1.0)]
    function = segment("1" * 16, "orders", 0, 1.0, origin="AWS::Lambda::Function", parent_id="9" * 16, subsegments=within)  # fmt: skip
    tree = tree_of(spans_of([service, function]).spans)
    assert tree is not None
    shown = [line.split("  #")[0].strip() for line in lines(tree)[:3]]
    assert shown == ["Lambda: orders", "orders", "Invocation"]
    assert "Overhead" not in "\n".join(lines(tree))
