"""The mixture over beginnings: a fair bet stays fair, weights never pass one, late faults are found, state continues."""

from __future__ import annotations

import json
from itertools import pairwise, product
from math import exp, log

import pytest

from infra.judge.mixture import StartMixture

UP, DOWN = log(1.5), log(0.5)  # each with probability one half: the expectation of the factor is 1


@pytest.mark.parametrize("steps", [1, 2, 5, 10], ids="steps={}".format)
def test_fair_bets_expect_exactly_one_over_every_path(steps: int) -> None:
    total = 0.0
    for path in product((UP, DOWN), repeat=steps):
        mixture = StartMixture((0.5, 0.5))
        for step in path:
            mixture.take((step, -log(2) + (log(3) if step > 0 else 0.0)))
        total += mixture.value
    assert total / 2**steps == pytest.approx(1.0)


def test_it_is_the_sum_over_beginnings() -> None:
    logs = [0.3, -0.2, 0.5, 0.1]
    mixture = StartMixture((1.0,))
    cash = [1.0]
    for step in logs:
        mixture.take((step,))
        cash.append(0.2 / (1 + log(mixture.t)))
    begun = [a - b for a, b in pairwise(cash)]
    assert mixture.value == pytest.approx(cash[-1] + sum(v * exp(sum(logs[s:])) for s, v in enumerate(begun)))


def test_what_comes_late_is_found_as_if_the_quiet_time_had_not_been() -> None:
    mixture = StartMixture((1.0,))
    for _ in range(1000):
        mixture.take((-1.0,))
    assert mixture.value < 0.1
    for _ in range(20):
        mixture.take((1.0,))
    assert mixture.value > 100


@pytest.mark.parametrize("step", [800.0, 1e6], ids="log={:g}".format)
def test_overwhelming_evidence_stays_a_number(step: float) -> None:
    mixture = StartMixture((0.5, 0.5))
    for log_e in (step, step, -step, step):
        mixture.take((log_e, -log_e))
    assert 1e100 < mixture.value < float("inf")


def test_it_continues_from_json() -> None:
    whole, half = StartMixture((0.3, 0.7)), StartMixture((0.3, 0.7))
    steps = [(0.1 * k - 0.3, 0.2 - 0.05 * k) for k in range(8)]
    for step in steps:
        whole.take(step)
    for step in steps[:4]:
        half.take(step)
    rest = StartMixture((0.3, 0.7))
    rest.restore(json.loads(json.dumps(half.to_json())))
    for step in steps[4:]:
        rest.take(step)
    assert (rest.value, rest.sums) == (whole.value, whole.sums)
    with pytest.raises(ValueError, match="number of alternatives"):
        StartMixture((1.0,)).restore(half.to_json())
