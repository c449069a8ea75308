"""Terraform's expressions, as far as our roots use them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.terraform.meaning.expressions import Evaluator
from infra.terraform.syntax import literal

VALUES: dict[tuple[Any, ...], Any] = {("var", "percent"): 10, ("var", "name"): "", ("local", "list"): ["a", "b"]}


def resolve(path: Sequence[Any]) -> Any:
    return VALUES[tuple(path)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain } text {", "plain } text {"),
        ("", ""),
        ("$${kept} and %%{kept}", "${kept} and %{kept}"),
        ("$ % { $$ ${var.percent}", "$ % { $$ 10"),
        ("${var.percent}", 10),
        ("a${var.percent}b${var.percent}", "a10b10"),
        ("${local.list}", ["a", "b"]),
        ('${var.name != "" ? "}" : "{"}!', "{!"),
        ("${var.percent > 0 && true ? [1] : []}", [1]),
        ('$${a}${split(":", "x:y")[1]}$${b}', "${a}y${b}"),
    ],
)
def test_a_template(text: str, value: Any) -> None:
    assert Evaluator(resolve).template(text) == value


@given(st.text())
def test_a_literal_of_the_model_is_read_as_itself(text: str) -> None:
    assert Evaluator(resolve).template(literal(text)) == text


def test_what_is_beyond_the_reader_equals_nothing() -> None:
    assert "not understood" in str(Evaluator(resolve).template("${var.other}"))
