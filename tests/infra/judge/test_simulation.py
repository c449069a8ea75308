"""Small simulations of the guarantees; `make simulate` runs large ones. Seeded, so they either hold or do not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.traffic import (
    Canary,
    Weather,
    bursts,
    cold_start,
    drift,
    everything_slower,
    gaps,
    overdispersion,
    ramp,
    seeded,
    slow_mode,
    wrong_share,
)
from infra.judge import Judge, Policy, Verdict, read_interval


def verdicts(canary: Canary, runs: int, minutes: int) -> list[tuple[Verdict, int]]:
    """How each run ended, and after how many canary requests; promotion ends none."""
    ends = []
    for seed in range(runs):
        rng, requests = seeded(seed), 0
        judge = Judge(Policy.from_config(canary.config(rng)))
        verdict = Verdict.CONTINUE
        for message in canary.intervals(rng, minutes):
            requests += message["canary"]["n"]
            verdict = judge.look(read_interval(message, judge.policy.buckets)).verdict
            if verdict is Verdict.ROLLBACK:
                break
        ends.append((verdict, requests))
    return ends


@pytest.mark.parametrize(
    "weather", [drift, bursts, overdispersion, ramp, wrong_share, cold_start, gaps], ids=lambda one: one.__name__
)
def test_a_healthy_canary_stays_whatever_the_weather(weather: Callable[[Weather], None]) -> None:
    """At most 1 % by Ville; two of thirty would happen to a valid judge in fewer than one of thirty seeds."""
    ends = verdicts(Canary(weather=weather), 30, 60)
    assert sum(verdict is Verdict.ROLLBACK for verdict, _ in ends) <= 1


def test_pooling_would_have_been_fooled_by_the_ramp() -> None:
    """That the scenario is a trap: the canary's pooled rate is far above the baseline's although every interval is fair."""
    canary, pooled = Canary(weather=ramp), {"baseline": [0, 0], "canary": [0, 0]}
    for message in canary.intervals(seeded(1), 180):
        for name, counts in pooled.items():
            counts[0] += message[name]["e5xx"]
            counts[1] += message[name]["n"]
    rates = {name: bad / n for name, (bad, n) in pooled.items()}
    assert rates["canary"] > 1.2 * rates["baseline"]


@pytest.mark.parametrize(
    ("canary", "most"),
    [
        pytest.param(Canary(more_5xx=0.01), 2600, id="one point of 5xx"),
        pytest.param(Canary(more_5xx=0.05), 700, id="five points of 5xx"),
        pytest.param(Canary(latency=everything_slower(2)), 520, id="twice as slow"),
        pytest.param(Canary(latency=slow_mode(0.05)), 700, id="one in twenty waits"),
        pytest.param(Canary(more_4xx=0.05), 1300, id="five points of 4xx"),
    ],
)
def test_a_regression_is_found(canary: Canary, most: int) -> None:
    """Nine of ten within `most` canary requests."""
    ends = verdicts(canary, 30, 60)
    assert all(verdict is Verdict.ROLLBACK for verdict, _ in ends)
    assert sorted(requests for _, requests in ends)[26] <= most


def test_healthy_is_promoted_and_at_the_tolerance_is_not() -> None:
    healthy = verdicts(Canary(rate_5xx=0.001), 20, 120)
    assert sum(verdict is Verdict.PROMOTE for verdict, _ in healthy) >= 18
    at_tolerance = verdicts(Canary(more_5xx=0.005), 20, 60)
    assert sum(verdict is Verdict.PROMOTE for verdict, _ in at_tolerance) <= 2
