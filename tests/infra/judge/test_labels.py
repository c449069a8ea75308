"""Label e-values: their expectation by counting every assignment of requests to arms, and their direction."""

from __future__ import annotations

from itertools import accumulate, combinations, pairwise
from math import comb, exp, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.judge.labels import LatencyBins, RateRatios, tail_edge


def hypergeometric(x: int, m: int, n: int, n_canary: int) -> float:
    """The probability that x of m events are among the canary's requests."""
    return comb(m, x) * comb(n - m, n_canary - x) / comb(n, n_canary)


@pytest.mark.parametrize("n_canary", [1, 3, 10, 17], ids="canary={}".format)
@pytest.mark.parametrize("m", [0, 1, 2, 5, 20], ids="events={}".format)
def test_counts_of_a_canary_that_is_no_worse_expect_at_most_one(m: int, n_canary: int) -> None:
    n = 20
    alternatives = RateRatios(5, 1000, 0.005)
    expected = [0.0] * len(alternatives.weights)
    for x in range(max(0, n_canary - (n - m)), min(m, n_canary) + 1):
        for k, log_e in enumerate(alternatives.logs(x, m, n_canary / n)):
            expected[k] += hypergeometric(x, m, n, n_canary) * exp(log_e)
    assert max(expected) <= 1.0 + 1e-12
    if m == 1:
        assert min(expected) == pytest.approx(1.0)  # nothing is given away where it need not be


HOUR = [500, 250, 150, 50, 30, 10, 5, 4, 1]


def counted(buckets: list[int]) -> list[int]:
    hist = [0] * len(HOUR)
    for bucket in buckets:
        hist[bucket] += 1
    return list(accumulate(hist))


def with_bound(hist: list[int], few_from: float | None) -> LatencyBins:
    """Bins that take the bound for few moved requests above this share, whatever is the sharper one."""
    bins = LatencyBins(hist)
    if few_from is not None:
        bins._few_from = [few_from] * len(bins._few_from)
    return bins


@pytest.mark.parametrize("few_from", [None, 0.0, 1.0], ids=["the sharper bound", "few moved", "all moved"])
@pytest.mark.parametrize("n_canary", [1, 3, 6], ids="canary={}".format)
@pytest.mark.parametrize(
    "population",
    [
        pytest.param([0, 0, 0, 1, 1, 2, 3, 8], id="like the hour before"),
        pytest.param([8, 8, 8, 8, 7, 7, 6, 5], id="a burst"),
        pytest.param([0] * 8, id="all fast"),
    ],
)
def test_latency_of_a_canary_that_is_no_slower_expects_at_most_one(
    population: list[int], n_canary: int, few_from: float | None
) -> None:
    """Every subset of the pooled requests is as likely to be the canary's."""
    bins = with_bound(HOUR, few_from)
    everyone = counted(population)
    expected, subsets = [0.0] * len(bins.weights), 0
    for chosen in combinations(range(len(population)), n_canary):
        canary = counted([population[one] for one in chosen])
        baseline = [a - b for a, b in zip(everyone, canary, strict=True)]
        subsets += 1
        for k, log_e in enumerate(bins.logs(canary, baseline)):
            expected[k] += exp(log_e)
    assert max(expected) / subsets <= 1.0 + 1e-12


@given(st.integers(0, 30), st.integers(1, 30), st.floats(0.01, 0.5))
def test_more_events_in_the_canary_are_more_evidence(x: int, others: int, share: float) -> None:
    alternatives = RateRatios(5, 1000, 0.005)
    less = alternatives.logs(x, x + others, share)
    more = alternatives.logs(x + 1, x + others, share)
    assert all(b > a for a, b in zip(less, more, strict=True))


@given(st.lists(st.integers(0, 8), min_size=1, max_size=20), st.lists(st.integers(0, 8), min_size=1, max_size=20))
def test_a_faster_canary_is_never_more_evidence(canary: list[int], baseline: list[int]) -> None:
    """One canary request is exchanged with a faster one of the baseline; the pooled requests stay."""
    slow, fast = max(canary), min(baseline)
    if fast >= slow:
        return
    bins = LatencyBins(HOUR)
    faster = [*sorted(canary)[:-1], fast], [*sorted(baseline)[1:], slow]
    before, after = bins.logs(counted(canary), counted(baseline)), bins.logs(*map(counted, faster))
    assert all(b <= a + 1e-9 for a, b in zip(before, after, strict=True))


@given(st.lists(st.integers(0, 1000), min_size=3, max_size=40).filter(any))
def test_ratios_rise_towards_the_slow_end_for_any_hour_before(hist: list[int]) -> None:
    for ratios in LatencyBins(hist).ratios:
        assert all(a <= b + 1e-9 for a, b in pairwise(ratios))
        assert min(ratios) > 0


@pytest.mark.parametrize("few_from", [0.0, 1.0], ids=["few moved", "all moved"])
def test_sums_by_parts_are_the_formulas(few_from: float) -> None:
    bins = with_bound(HOUR, few_from)
    canary, baseline = [3, 2, 1, 0, 1, 0, 0, 0, 2], [30, 12, 9, 3, 2, 1, 0, 0, 1]
    starts = [0, *sorted(at + 1 for at in bins._below(range(len(HOUR))))]
    binned = [[sum(h[a:b]) for a, b in zip(starts, [*starts[1:], None], strict=True)] for h in (canary, baseline)]
    logs = bins.logs(list(accumulate(canary)), list(accumulate(baseline)))
    n_canary, n = sum(canary), sum(canary) + sum(baseline)
    for log_e, ratios in zip(logs, bins.ratios, strict=True):
        product = prod(ratio**x for x, ratio in zip(binned[0], ratios, strict=True))
        both = [(x + y, r) for x, y, r in zip(*binned, ratios, strict=True)]
        if few_from:
            normal = (sum(m * r for m, r in both) / n) ** n_canary
        else:
            normal = ratios[0] ** n_canary * prod((1 + n_canary / n * (r / ratios[0] - 1)) ** m for m, r in both)
        assert exp(log_e) == pytest.approx(product / normal)


def test_where_few_requests_move_evidence_grows_faster() -> None:
    """A new slow mode, seen by a canary that has half of the requests."""
    canary, baseline = [475, 240, 143, 48, 28, 10, 5, 4, 47], [500, 250, 150, 50, 30, 10, 5, 4, 1]
    arms = list(accumulate(canary)), list(accumulate(baseline))
    sharper, everything = with_bound(HOUR, None).logs(*arms), with_bound(HOUR, 1.0).logs(*arms)
    assert max(sharper) > 1.4 * max(everything)


def test_the_tail_begins_at_the_slowest_hundredth() -> None:
    assert tail_edge([900, 50, 40, 6, 3, 1]) == 3
    assert tail_edge([1000, 0, 0]) == 1
    assert tail_edge([0, 0, 1000]) == 2
