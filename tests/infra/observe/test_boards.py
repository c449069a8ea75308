"""Dashboards as data: every title is a question, ids are ones that CloudWatch takes, expressions are ones that it reads."""

from __future__ import annotations

import json
import re

import pytest

from infra.local.telemetry.math_functions import Grid
from infra.local.telemetry.metric_math import Asked, evaluate
from infra.observe import Board, Math, Metric, boards, home_of_the_whole
from infra.observe.dashboard import body, dumps
from tests.infra.observe.gateways import full, shop, small

ALL = [board for gateway in (shop(), small(), full()) for board in boards(gateway)]
by_name = pytest.mark.parametrize("board", ALL, ids=lambda board: board.name)


@by_name
def test_every_graph_answers_one_question(board: Board) -> None:
    questions = [graph.question for graph in board.graphs]
    assert len(questions) == len(set(questions))
    for graph in board.graphs:
        assert graph.question.endswith("?")
        assert graph.question[0].isupper()
        assert graph.answer.endswith(".")
        assert any(line.shown for line in graph.lines)


@by_name
def test_ids_and_expressions_are_ones_that_cloudwatch_takes(board: Board) -> None:
    for graph in board.graphs:
        ids = [line.id for line in graph.lines]
        assert len(ids) == len(set(ids)), graph.question
        assert len(ids) <= 500
        assert all(re.fullmatch(r"[a-z][a-zA-Z0-9_]*", one) for one in ids)
        entries = {
            line.id: Asked(id=line.id, expression=line.expression)
            if isinstance(line, Math)
            else Asked(id=line.id, series={0: 1.0})
            for line in graph.lines
        }
        for line in graph.lines:
            if isinstance(line, Math):
                assert len(evaluate(entries, line.id, Grid((0,), 60))) == 1


@by_name
def test_the_body_is_one_that_fits(board: Board) -> None:
    made = body(board)
    assert json.loads(dumps(board)) == made
    metrics = [widget for widget in made["widgets"] if widget["type"] == "metric"]
    assert [widget["properties"]["title"] for widget in metrics] == [graph.question for graph in board.graphs]
    assert sum(len(widget["properties"]["metrics"]) for widget in metrics) <= 2500
    assert all(widget["x"] + widget["width"] <= 24 for widget in made["widgets"])


def test_what_a_gateway_lacks_has_no_section() -> None:
    (board,) = boards(small())
    titles = {section.title for section in board.sections}
    assert not titles & {
        "Which breakers are open?",
        "Do the functions keep up?",
        "Are tokens checked well?",
        "Do people of the EU come to the wrong place?",
    }


def test_the_guard_is_shown_where_it_stands() -> None:
    titles = {board.region: {section.title for section in board.sections} for board in boards(full())}
    wrong_place = "Do people of the EU come to the wrong place?"
    assert wrong_place in titles["us-east-1"]
    assert wrong_place not in titles["eu-west-1"]


def test_one_region_needs_no_board_over_all() -> None:
    assert [board.region for board in boards(small())] == ["eu-west-1"]
    assert home_of_the_whole(small()) is None
    assert home_of_the_whole(full()) == "eu-west-1"


def test_over_all_regions_only_aggregates_of_the_whole_stage_cross_a_border() -> None:
    whole = next(board for board in boards(full()) if not board.region)
    for graph in whole.graphs:
        for line in graph.lines:
            if isinstance(line, Metric):
                assert line.namespace == "AWS/ApiGateway"
                assert {name for name, _ in line.dimensions} == {"ApiName", "Stage"}
                assert line.region
            else:
                assert len(set(re.findall(r"\bm\d+\b", line.expression))) == 1  # no sum over regions
