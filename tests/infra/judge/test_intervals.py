"""Intervals that hold at every look: the laws behind them by enumeration, coverage by simulation, and what a reader relies on."""

from __future__ import annotations

import json
from itertools import product
from math import exp, expm1, log, log1p, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.traffic import Canary, binomial, drift, ramp, seeded
from infra.judge import Judge, Policy, read_interval
from infra.judge.intervals import _BETTING_GRID, ERROR, GRID, Comparison, rate_interval

COUNTS = st.integers(0, 10**9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS)
def test_an_interval_holds_what_was_measured_and_stays_within_0_and_1(counts: tuple[int, int]) -> None:
    low, rate, high = rate_interval(*counts)
    assert 0.0 <= low <= rate <= high <= 1.0
    if 0 < counts[0] < counts[1]:
        assert low < rate < high


@given(COUNTS, st.integers(2, 100))
def test_more_requests_of_the_same_rate_say_more(counts: tuple[int, int], times: int) -> None:
    few, many = rate_interval(*counts), rate_interval(counts[0] * times, counts[1] * times)
    assert many[2] - many[0] <= few[2] - few[0] + 1e-12


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [
        pytest.param(0, 0, 0.0, 1.0, id="nothing"),
        pytest.param(0, 1000, 0.0, 0.0065, id="no error in a thousand"),
        pytest.param(5, 1000, 0.0006, 0.018, id="five"),
        pytest.param(500, 100_000, 0.0042, 0.0059, id="five hundred"),
        pytest.param(120, 120, 0.949, 1.0, id="all"),
    ],
)
def test_how_wide_it_is(count: int, n: int, low: float, high: float) -> None:
    found = rate_interval(count, n)
    assert found[0] == pytest.approx(low, abs=max(low * 0.05, 1e-4))
    assert found[2] == pytest.approx(high, rel=0.05)


@pytest.mark.parametrize("count", [0, 1, 3, 9, 40])
@pytest.mark.parametrize("n", [50, 1000, 10**7], ids="of {}".format)
def test_the_best_lambda_is_looked_up_and_not_missed(count: int, n: int) -> None:
    """Against a search over the whole grid; where events are not rare the look-up may lose a little."""
    spent = log(2 * len(GRID) / ERROR)
    low = max(0.0, *(expm1((x * count - spent) / n) / expm1(x) for x in GRID))
    high = min(1.0, *(expm1(-(x * count + spent) / n) / expm1(-x) for x in GRID))
    found = rate_interval(count, n)
    assert low * 0.9 - 1e-9 <= found[0] <= low * (1 + 1e-9) + 1e-12
    assert high * (1 - 1e-9) - 1e-12 <= found[2] <= high * 1.1


@pytest.mark.parametrize("rates", [(0.01, 0.3, 0.9), (0.5, 0.5, 0.5), (0.0, 1.0, 0.2)], ids=str)
@pytest.mark.parametrize("step", [*GRID, *(-one for one in GRID)], ids="{:g}".format)
def test_the_expectation_is_at_most_one_for_rates_that_change(rates: tuple[float, ...], step: float) -> None:
    """Every outcome of three requests with different rates, against the bound with their mean rate."""
    mean = sum(rates) / len(rates)
    expected = 0.0
    for outcome in product((0, 1), repeat=len(rates)):
        chance = prod(q if y else 1 - q for q, y in zip(rates, outcome, strict=True))
        expected += chance * exp(step * sum(outcome) - len(rates) * log1p(mean * expm1(step)))
    assert expected <= 1 + 1e-12


@pytest.mark.parametrize("sign", [1, -1], ids=["above", "below"])
@pytest.mark.parametrize("predicted", [0.001, 0.2, 0.99], ids="predicted {}".format)
@pytest.mark.parametrize(("baseline", "canary"), [(0.01, 0.01), (0.3, 0.6), (0.9, 0.05)], ids=str)
def test_the_expectation_of_the_difference_is_at_most_one(
    baseline: float, canary: float, predicted: float, sign: int
) -> None:
    """Every outcome of three baseline and two canary requests, whatever was predicted."""
    n_b, n_c = 3, 2
    outcomes = list(product((0, 1), repeat=n_b + n_c))
    for step in _BETTING_GRID:
        expected = 0.0
        for outcome in outcomes:
            rates = [baseline] * n_b + [canary] * n_c
            chance = prod(q if y else 1 - q for q, y in zip(rates, outcome, strict=True))
            one = Comparison()
            one.take(predicted, sum(outcome[:n_b]), n_b, sum(outcome[n_b:]), n_c)
            error = one.moved - one.weight * (canary - baseline)
            expected += chance * exp(sign * step * error - (-log(1 - step) - step) * one.spread)
        assert expected <= 1 + 1e-12


def outside(seed: int, *, rise: float) -> tuple[bool, bool]:
    """Whether the canary's mean rate, and the mean difference, were ever outside in 100 looks while rate and share move."""
    rng, one = seeded(seed), Comparison()
    events = requests = moved = weight = 0.0
    bad_rate = bad_difference = False
    for minute in range(100):
        rate, share = 0.004 + 0.0004 * minute, 0.02 + 0.004 * minute
        n_c = round(600 * share)
        n_b = 600 - n_c
        one.take(0.02, binomial(rng, n_b, rate), n_b, binomial(rng, n_c, rate + rise), n_c)
        events, requests = events + n_c * (rate + rise), requests + n_c
        moved, weight = moved + n_b * n_c / 600 * rise, weight + n_b * n_c / 600
        low, _, high = rate_interval(one.x_canary, one.n_canary)
        bad_rate |= not low <= events / requests <= high
        low, _, high = one.difference()
        bad_difference |= not low <= moved / weight <= high
    return bad_rate, bad_difference


@pytest.mark.parametrize("rise", [0.0, 0.02], ids=["as good", "worse"])
def test_the_truth_is_inside_at_every_look_in_nineteen_of_twenty_canaries(rise: float) -> None:
    ends = [outside(seed, rise=rise) for seed in range(100)]
    assert sum(rate for rate, _ in ends) <= 5
    assert sum(difference for _, difference in ends) <= 5


def test_a_ramp_with_a_drift_makes_no_difference() -> None:
    """Pooled rates say that the canary is worse (Simpson); the difference is taken within intervals."""
    judge = Judge(Policy.from_config(Canary(weather=ramp).config(seeded(1))))
    for message in Canary(weather=ramp).intervals(seeded(1), 180):
        rates = judge.look(read_interval(message, judge.policy.buckets)).rates["5xx"]
    assert rates["canary"][0] > rates["baseline"][2]
    low, middle, high = rates["difference"]
    assert low < 0 < high
    assert abs(middle) < 0.001


def test_every_answer_holds_the_intervals_and_a_restart_keeps_them() -> None:
    canary = Canary(more_5xx=0.01, weather=drift)
    judge = Judge(Policy.from_config(canary.config(seeded(3))))
    for message in canary.intervals(seeded(3), 40):
        look = judge.look(read_interval(message, judge.policy.buckets))
    assert set(look.rates) == {"5xx", "4xx", "slow", "tail"}
    assert look.rates["5xx"]["difference"][0] > 0
    assert look.to_json()["rates"] == look.rates
    again = Judge.from_json(json.loads(json.dumps(judge.to_json())))
    assert {name: one.comparison.difference() for name, one in again.safety.items()} == look.difference
    assert {name: one.comparison.counts for name, one in again.safety.items()} == look.counts
