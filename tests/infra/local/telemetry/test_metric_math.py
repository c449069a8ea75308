"""Metric math: precedence, gaps, functions; every refusal is an InvalidExpression and nothing else."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.telemetry.math_functions import Grid, Series
from infra.local.telemetry.math_syntax import InvalidExpression, parse
from infra.local.telemetry.metric_math import Asked, evaluate

GRID = Grid((0, 60, 120), 60)
M1: Series = {0: 1.0, 60: 2.0, 120: 4.0}
M2: Series = {0: 10.0, 120: 0.0}
EMPTY: Series = {}


def result(expression: str, grid: Grid = GRID, **more: str) -> list[Series]:
    entries = {
        "m1": Asked(id="m1", series=M1),
        "m2": Asked(id="m2", series=M2),
        "none": Asked(id="none", series=EMPTY),
        "e": Asked(id="e", expression=expression),
        **{name: Asked(id=name, expression=text) for name, text in more.items()},
    }
    return evaluate(entries, "e", grid)


@pytest.mark.parametrize(
    ("expression", "series"),
    [
        ("m1", M1),
        ("m1 + 1", {0: 2.0, 60: 3.0, 120: 5.0}),
        ("1 + m1 * 2 ^ 2", {0: 5.0, 60: 9.0, 120: 17.0}),
        ("(1 + m1) * 2", {0: 4.0, 60: 6.0, 120: 10.0}),
        ("10 - m1 - 1", {0: 8.0, 60: 7.0, 120: 5.0}),
        ("-m1", {0: -1.0, 60: -2.0, 120: -4.0}),
        ("m1 + m2", {0: 11.0, 120: 4.0}),
        ("m1 / m2", {0: 0.1}),
        ("FILL(m2, 0)", {0: 10.0, 60: 0.0, 120: 0.0}),
        ("FILL(none, 0)", {0: 0.0, 60: 0.0, 120: 0.0}),
        ("FILL(m2, REPEAT)", {0: 10.0, 60: 10.0, 120: 0.0}),
        ("FILL(m2, LINEAR)", {0: 10.0, 60: 5.0, 120: 0.0}),
        ("FILL(m2, m1)", {0: 10.0, 60: 2.0, 120: 0.0}),
        ("m1 > 1", {0: 0.0, 60: 1.0, 120: 1.0}),
        ("m1 > 1 AND m1 < 4", {0: 0.0, 60: 1.0, 120: 0.0}),
        ("m1 == 1 || m1 == 4", {0: 1.0, 60: 0.0, 120: 1.0}),
        ("IF(m1 > 1, m1, 0)", {0: 0.0, 60: 2.0, 120: 4.0}),
        ("IF(m1 > 1, m1)", {60: 2.0, 120: 4.0}),
        ("IF(m2, 1, 2)", {0: 1.0, 120: 2.0}),
        ("SUM([m1, m2])", {0: 11.0, 60: 2.0, 120: 4.0}),
        ("MAX([m1, m2])", {0: 10.0, 60: 2.0, 120: 4.0}),
        ("SUM(METRICS())", {0: 11.0, 60: 2.0, 120: 4.0}),
        ("AVG(METRICS('m'))", {0: 5.5, 60: 2.0, 120: 2.0}),
        ("m1 / SUM(m1)", {0: 1 / 7, 60: 2 / 7, 120: 4 / 7}),
        ("m1 * 0 + MAX(m1)", {0: 4.0, 60: 4.0, 120: 4.0}),
        ("m1 * METRIC_COUNT(METRICS())", {0: 3.0, 60: 6.0, 120: 12.0}),
        ("RATE(m1)", {60: 1 / 60, 120: 2 / 60}),
        ("DIFF(m1)", {60: 1.0, 120: 2.0}),
        ("RUNNING_SUM(m1)", {0: 1.0, 60: 3.0, 120: 7.0}),
        ("ABS(m1 - 3)", {0: 2.0, 60: 1.0, 120: 1.0}),
        ("LOG10(m2)", {0: 1.0}),
        ("m1 / PERIOD(m1)", {0: 1 / 60, 60: 2 / 60, 120: 4 / 60}),
        ("MINUTE(m1)", {0: 0.0, 60: 1.0, 120: 2.0}),
        ("100 * FILL(m2, 0) / m1", {0: 1000.0, 60: 0.0, 120: 0.0}),
    ],
)
def test_one_series(expression: str, series: Series) -> None:
    (found,) = result(expression)
    assert found == pytest.approx(series)


def test_an_expression_over_an_expression() -> None:
    assert result("other * 2", other="m1 + 1") == [{0: 4.0, 60: 6.0, 120: 10.0}]


def test_an_array_is_several_series() -> None:
    assert result("[m1, m2] * 2") == [{0: 2.0, 60: 4.0, 120: 8.0}, {0: 20.0, 120: 0.0}]
    assert result("REMOVE_EMPTY([m1, none])") == [M1]
    assert result("FILL([m2, none], 7)") == [{0: 10.0, 60: 7.0, 120: 0.0}, {0: 7.0, 60: 7.0, 120: 7.0}]


@pytest.mark.parametrize(
    "expression",
    ["m1 +", "(m1", "m1)", "unknown", "NOSUCH(m1)", "FILL(m1)", "IF(m1)", "SUM('m1')", "'m1'", "1 + 1", "m1 $ 2", "e", "",
     "SEARCH('{AWS/Lambda} Errors', 'Sum')", "[m1] + [m2]", "IF([m1], 1, 2)", "FILL(m1, SOMETIMES)", "SUM()"],
)  # fmt: skip
def test_what_is_refused(expression: str) -> None:
    with pytest.raises(InvalidExpression):
        result(expression)


def test_a_ring_of_expressions_is_refused() -> None:
    with pytest.raises(InvalidExpression, match="itself"):
        result("other", other="e + 1")


@given(st.text(alphabet="m12 +-*/^()[],.<>=&|'FILSUMAND", max_size=40))
def test_any_text_is_a_value_or_a_refusal(text: str) -> None:
    with contextlib.suppress(InvalidExpression):
        result(text)


@pytest.mark.parametrize("opening", ["(", "[", "-(", "SUM("])
def test_deep_nesting_is_refused_and_ends(opening: str) -> None:
    with pytest.raises(InvalidExpression):
        parse(opening * 500)
