"""Dashboards are read as CloudWatch writes them: short forms, regions of lines, and what is no metric at all."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.config.model import Gateway, Jurisdiction, Region, Service
from infra.local.console.widgets import questions, widgets_of
from infra.observe.boards import boards
from infra.observe.dashboard import body

US, EU = "us-east-1", "eu-west-1"
SHOP = Gateway(
    name="shop",
    regions=(Region(name=US, jurisdiction=Jurisdiction.US), Region(name=EU, jurisdiction=Jurisdiction.EU)),
    services=(Service(name="users", path="/api/users", url="https://users.example"),),
)


def asked(*metrics: list[Any], **more: Any) -> dict[str, list[dict[str, Any]]]:
    found = questions({"metrics": list(metrics), **more}, region=US)
    return {one.region: list(one.queries) for one in found}


def names(query: dict[str, Any]) -> list[str]:
    metric = query["MetricStat"]["Metric"]
    pairs = [part for one in metric["Dimensions"] for part in (one["Name"], one["Value"])]
    return [metric["Namespace"], metric["MetricName"], *pairs]


def test_every_graph_of_ours_can_be_asked() -> None:
    for board in boards(SHOP):
        found = [one for one in widgets_of(body(board)) if one["type"] == "metric"]
        assert len(found) == len(board.graphs)
        for widget in found:
            queries = [query for one in questions(widget["properties"], region=EU) for query in one.queries]
            assert len(queries) == len(widget["properties"]["metrics"])
            assert any(query["ReturnData"] for query in queries)


def test_the_board_over_all_asks_each_region_for_its_own() -> None:
    whole = next(one for one in boards(SHOP) if not one.region)
    for graph in [one for one in widgets_of(body(whole)) if one["type"] == "metric"]:
        assert {one.region for one in questions(graph["properties"], region=US)} == {US, EU}


def test_a_dot_is_the_part_above_and_three_dots_are_all_that_is_not_written() -> None:
    full = ["AWS/ApiGateway", "Count", "ApiName", "shop", "Stage", "live"]
    (queries,) = asked(full, [".", "Latency", ".", ".", ".", "dark"], ["...", "old"]).values()
    assert [names(one) for one in queries] == [
        full,
        ["AWS/ApiGateway", "Latency", "ApiName", "shop", "Stage", "dark"],
        ["AWS/ApiGateway", "Latency", "ApiName", "shop", "Stage", "old"],
    ]


def test_statistics_and_periods_of_a_line_win_over_the_widgets() -> None:
    (queries,) = asked(["N", "a"], ["N", "b", {"stat": "p99", "period": 60}], stat="Sum", period=900).values()
    assert [(one["MetricStat"]["Stat"], one["MetricStat"]["Period"]) for one in queries] == [("Sum", 900), ("p99", 60)]


def test_an_expression_is_computed_where_its_lines_are() -> None:
    found = asked(["N", "a", {"id": "m1", "region": EU, "visible": False}], [{"expression": "m1 * 2", "id": "e1"}])
    assert [query["Id"] for query in found[EU]] == ["m1", "e1"]
    assert [query["ReturnData"] for query in found[EU]] == [False, True]


def test_an_expression_of_an_expression_too() -> None:
    found = asked(
        ["N", "a", {"id": "m1", "region": EU}],
        [{"expression": "m1 * 2", "id": "e1"}],
        [{"expression": "e1 + 1", "id": "e2"}],
    )
    assert list(found) == [EU]


@pytest.mark.parametrize(
    ("metrics", "text"),
    [
        pytest.param([["N", "a", {"id": "m1", "region": EU}], ["N", "a", {"id": "m2"}], [{"expression": "m1 + m2"}]], "eu-west-1 and us-east-1", id="two regions"),
        pytest.param([[{"expression": "m1 +"}]], "m1 +", id="no expression"),
        pytest.param([["N"]], "a namespace, a name", id="no name"),
        pytest.param([["N", "a", "Stage"]], "pairs", id="half a dimension"),
        pytest.param([[]], "a line of metrics", id="empty"),
        pytest.param(["N"], "a line of metrics", id="text"),
        pytest.param([[{}]], "a metric or an expression", id="nothing"),
        pytest.param([["N", "a", {"id": "M1"}]], "no id", id="id"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said(metrics: list[Any], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        asked(*metrics)


@given(st.recursive(st.none() | st.integers() | st.text(max_size=4), lambda one: st.lists(one, max_size=3) | st.dictionaries(st.sampled_from(["widgets", "type", "x", "y"]), one, max_size=3), max_leaves=10))  # fmt: skip
def test_no_body_is_too_strange(strange: Any) -> None:
    assert all(isinstance(one["type"], str) for one in widgets_of(strange))


def test_widgets_come_from_top_to_bottom() -> None:
    found = widgets_of({"widgets": [{"type": "b", "y": 2}, {"type": "a", "y": 0, "x": 3}, {"type": "c", "y": 0}]})
    assert [one["type"] for one in found] == ["c", "a", "b"]
