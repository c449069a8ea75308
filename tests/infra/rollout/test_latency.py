"""Percentiles of histograms: within their bucket, never falling, the same for the same requests in any order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.rollout.latency import edges_of, percentile_ms, together

EDGES = (0.0, 10.0, 20.0, 50.0, float("inf"))
HISTOGRAMS = st.lists(st.integers(0, 50), min_size=4, max_size=4)


@pytest.mark.parametrize(
    ("hist", "share", "ms"),
    [
        pytest.param([100, 0, 0, 0], 0.5, 5, id="the middle of a bucket"),
        pytest.param([0, 100, 0, 0], 1.0, 20, id="its end"),
        pytest.param([50, 0, 50, 0], 0.5, 10, id="no further than needed"),
        pytest.param([0, 0, 0, 7], 0.99, 50, id="the last has no end"),
        pytest.param([0, 0, 0, 0], 0.5, None, id="no requests"),
        pytest.param([], 0.5, None, id="no histogram"),
        pytest.param([1, 2], 0.5, None, id="of other buckets"),
    ],
)
def test_percentiles(hist: list[int], share: float, ms: float | None) -> None:
    assert percentile_ms(hist, EDGES, share) == ms


@given(HISTOGRAMS, st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_larger_share_takes_no_less_time(hist: list[int], one: float, other: float) -> None:
    low, high = (percentile_ms(hist, EDGES, share) for share in sorted((one, other)))
    assert (low is None) is (sum(hist) == 0)
    assert low is None or high is None or 0 <= low <= high <= 50


@given(st.lists(HISTOGRAMS, min_size=1, max_size=4))
def test_together_nobody_is_lost(many: list[list[int]]) -> None:
    assert sum(together([*many, []])) == sum(sum(one) for one in many)


@pytest.mark.parametrize(
    ("start", "edges"),
    [({"bucket_edges_ms": [0, 5, "inf"]}, (0.0, 5.0, float("inf"))), ({}, ())],
    ids=["of a stream", "none"],
)
def test_edges(start: dict[str, Any], edges: tuple[float, ...]) -> None:
    assert edges_of(start) == edges
