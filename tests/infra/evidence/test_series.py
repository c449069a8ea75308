"""Interpolated buckets become whole requests: none is lost, none is invented, and the objective's edge is exact."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.evidence.names import edges_ms, objective_edge
from infra.evidence.series import trimmed_count, whole_histogram


@given(st.lists(st.integers(0, 500), min_size=4, max_size=30), st.data())
def test_whole_counts_stay_as_they_are(counts: list[int], data: st.DataObject) -> None:
    edge = data.draw(st.integers(1, len(counts) - 1))
    assert whole_histogram(counts, sum(counts), slow=sum(counts[edge:]), slow_from=edge) == counts


@given(st.lists(st.floats(0, 500), min_size=4, max_size=30), st.data())
def test_rounding_moves_no_edge_by_more_than_half_a_request(raw: list[float], data: st.DataObject) -> None:
    edge = data.draw(st.integers(1, len(raw) - 1))
    n, slow = round(sum(raw)), round(sum(raw[edge:]))
    slow = min(slow, n)
    whole = whole_histogram(raw, n, slow=slow, slow_from=edge)
    assert (sum(whole), sum(whole[edge:])) == (n, slow)
    assert min(whole) >= 0
    if sum(raw[:edge]) > 0 and sum(raw[edge:]) > 0:
        lower, upper = (n - slow) / sum(raw[:edge]), slow / sum(raw[edge:])
        scaled = [one * (lower if j < edge else upper) for j, one in enumerate(raw)]
        assert all(abs(a - b) <= 0.5 + 1e-6 for a, b in zip(accumulate(whole), accumulate(scaled), strict=True))


def test_the_exact_count_beyond_the_objective_wins_over_the_interpolated_one() -> None:
    assert whole_histogram([10.4, 5.1, 2.5, 2.0], 20, slow=3, slow_from=2)[2:] == [2, 1]
    assert whole_histogram([18.0, 2.0, 0.0, 0.0], 20, slow=1, slow_from=2) == [17, 2, 1, 0]


def test_many_requests_without_a_latency_are_not_made_to_fit() -> None:
    assert sum(whole_histogram([50.0, 10.0], 100, slow=10, slow_from=1)) == 60


@pytest.mark.parametrize(
    ("low", "high", "stat"),
    [(0, 5, "TC(:5)"), (5, 10, "TC(5:10)"), (29000, float("inf"), "TC(29000:)")],
    ids=["first", "inner", "last"],
)
def test_a_bucket_is_a_trimmed_count(low: float, high: float, stat: str) -> None:
    assert trimmed_count(low, high) == stat


@pytest.mark.parametrize("objective", [0.5, 250, 1000, 1234.5, 60_000])
def test_the_objective_is_an_inner_edge(objective: float) -> None:
    edges, edge = edges_ms(objective), objective_edge(objective)
    assert edges[edge] == objective
    assert 0 < edge < len(edges) - 1
    assert list(edges) == sorted(set(edges))
