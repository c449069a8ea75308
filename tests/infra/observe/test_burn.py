"""Thresholds of burn rates: the arithmetic of the SRE workbook, and no alarm that could never fire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.observe.burn import LEVELS

MONTH = 30 * 24 * 3600
FAST, STEADY, SLOW = LEVELS


def test_three_nines() -> None:
    assert [level.threshold_percent(99.9) for level in LEVELS] == [1.44, 0.6, 0.1]


@pytest.mark.parametrize(("level", "budget"), [(FAST, 0.02), (STEADY, 0.05), (SLOW, 0.10)])
def test_what_a_level_spends_in_its_long_window(level: object, budget: float) -> None:
    assert level.factor * level.long_seconds / MONTH == pytest.approx(budget)  # type: ignore[attr-defined]


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
def test_the_short_window_is_a_twelfth(level: object) -> None:
    assert level.long_seconds == 12 * level.short_seconds  # type: ignore[attr-defined]


@given(st.floats(min_value=50, max_value=99.999))
def test_every_level_can_fire_and_a_faster_one_needs_no_less(objective: float) -> None:
    thresholds = [level.threshold_percent(objective) for level in LEVELS]
    assert all(0 < threshold < 100 for threshold in thresholds)
    assert thresholds == sorted(thresholds, reverse=True)
