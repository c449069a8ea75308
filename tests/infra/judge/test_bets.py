"""Bets against "worse by delta": their expectation by counting every outcome, everywhere in the null."""

from __future__ import annotations

from math import comb, exp, log

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from infra.judge.bets import bet

rates = st.floats(1e-6, 0.6)


def expectation(
    q_baseline: float, n_baseline: int, q_canary: float, n_canary: int, factors: tuple[float, ...]
) -> float:
    """Over all pairs of binomial counts."""
    b1, b0, c1, c0 = factors

    def side(n: int, q: float, one: float, zero: float) -> float:
        return sum(comb(n, x) * q**x * (1 - q) ** (n - x) * exp(x * one + (n - x) * zero) for x in range(n + 1))

    return side(n_baseline, q_baseline, b1, b0) * side(n_canary, q_canary, c1, c0)


@given(rates, st.floats(1e-4, 0.2), st.floats(0, 0.5), st.floats(0, 0.3), st.integers(1, 30), st.integers(1, 12))
def test_whoever_is_worse_by_the_tolerance_expects_at_most_one(
    theta: float, delta: float, q: float, more: float, n_baseline: int, n_canary: int
) -> None:
    """Also if the rate that the past predicted was wrong."""
    factors = bet(theta, theta, delta, n_baseline, n_canary)
    worse = min(q + delta + more, 1.0)
    assume(worse - q >= delta)
    assert expectation(q, n_baseline, worse, n_canary, factors) <= 1.0 + 1e-9


@given(rates, st.floats(0, 0.5), st.floats(0, 0.5), st.integers(1, 30), st.integers(1, 12))
def test_whoever_is_within_the_guard_expects_at_most_one(
    theta: float, q: float, less: float, n_baseline: int, n_canary: int
) -> None:
    delta = 0.1
    factors = bet(theta, min(theta + 0.5, 0.99), delta, n_baseline, n_canary)
    assert expectation(q, n_baseline, max(q + delta - less, 0.0), n_canary, factors) <= 1.0 + 1e-9


@pytest.mark.parametrize("theta", [0.001, 0.005, 0.01, 0.05], ids="rate={}".format)
def test_it_grows_at_nine_tenths_of_the_best_possible_rate_when_the_canary_is_as_good(theta: float) -> None:
    """The best growth is the smallest divergence from the null, n_b KL(theta, a) + n_c KL(theta, a + delta) over all a."""
    delta, n_baseline, n_canary = 0.005, 900, 100
    b1, b0, c1, c0 = bet(theta, theta, delta, n_baseline, n_canary)
    growth = n_baseline * (theta * b1 + (1 - theta) * b0) + n_canary * (theta * c1 + (1 - theta) * c0)

    def divergence(a: float) -> float:
        return theta * log(theta / a) + (1 - theta) * log((1 - theta) / (1 - a))

    grid = (theta * k / 4000 for k in range(1, 4000))
    best = min(n_baseline * divergence(a) + n_canary * divergence(a + delta) for a in grid)
    assert 0.9 * best <= growth <= best * 1.0001


def test_no_request_costs_the_whole_stake() -> None:
    for share in (1, 10, 1000):
        for theta in (1e-9, 0.5, 0.98):
            assert min(bet(theta, theta, 0.005, share, 10)) > -5
            assert min(bet(theta, 0.99, 0.1, share, 10)) > -5
