"""Axes say each minute once, and the last one always."""

from __future__ import annotations

import re

import pytest

from infra.rollout.pictures import Line, chart


@pytest.mark.parametrize(
    ("last", "shown"),
    [
        pytest.param(1.0, ["0", "1 min"], id="one"),
        pytest.param(2.0, ["0", "1", "2 min"], id="two"),
        pytest.param(5.0, ["0", "1", "2", "3", "4", "5 min"], id="five"),
        pytest.param(60.0, ["0", "15", "30", "45", "60 min"], id="an hour"),
        pytest.param(61.0, ["0", "15", "30", "45", "61 min"], id="one too near the last is left out"),
        pytest.param(179.5, ["0", "45", "90", "135", "180 min"], id="no whole number"),
    ],
)
def test_minutes_of_an_axis(last: float, shown: list[str]) -> None:
    page = chart("T", [Line("a", "harm", [(0.0, 1.0), (last, 2.0)])])
    assert (
        re.findall(r'<text class="tick"[^>]*text-anchor="(?:middle|end)">([0-9]+(?: min)?)</text>', page)[-len(shown) :]
        == shown
    )
