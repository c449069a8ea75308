"""Percentages, and the command that finishes what is half done."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import Refused
from infra.release.calls import percent_text
from infra.release.refusals import parse_percent, resume_command
from tests.infra.release.situations import intent


@pytest.mark.parametrize("value", ["0", "-1", "101", "100.0001", "nan", "inf", "-inf", "ten", "", "1e999", 0, math.nan])
def test_what_is_no_percentage_is_refused(value: str | float) -> None:
    with pytest.raises(Refused, match="--percent"):
        parse_percent(value)


@pytest.mark.parametrize(("value", "percent"), [("10", 10), (" 0.5 ", 0.5), ("25%", 25), (100, 100), ("1e1", 10)])
def test_what_is_one_is_read(value: str | float, percent: float) -> None:
    assert parse_percent(value) == percent


@given(st.floats(min_value=0, max_value=100, exclude_min=True))
def test_a_percentage_survives_being_written_for_aws(percent: float) -> None:
    assert float(percent_text(percent)) == percent


@pytest.mark.parametrize(
    ("operation", "command"),
    [
        ("start", "gatewright canary start --percent 5 --region r"),
        ("step", "gatewright canary step --percent 5 --region r"),
        ("promote", "gatewright canary promote --region r"),
        ("rollback", "gatewright canary rollback --region r"),
        ("release-rollback", "gatewright release rollback d-two --region r"),
        ("pin", "gatewright deploy --region r"),
    ],
)
def test_every_intent_names_the_command_that_finishes_it(operation: str, command: str) -> None:
    assert resume_command(intent(operation, percent=5), "r") == command
