"""What is foretold is what simulated canaries then do; and what nothing can be said about is refused."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

import pytest

from benchmarks.traffic import Canary, seeded, slow_mode
from infra.errors import Refused
from infra.judge import Judge, Policy, Verdict, read_interval
from infra.judge.planning import Notice, Outlook, outlook

POLICY = Policy.from_config(Canary().config(seeded(1)))


def at(rps: float, share: float = 0.1, policy: Policy = POLICY) -> Outlook:
    return outlook(policy, requests_per_second=rps, share=share)


def notice(outlook: Outlook, metric: str, rise: float) -> Notice:
    return next(one for one in outlook.notices if (one.metric, one.rise) == (metric, rise))


def minutes(canary: Canary, wanted: Verdict, runs: int = 15) -> float:
    ends = []
    for seed in range(runs):
        rng = seeded(seed)
        judge = Judge(Policy.from_config(canary.config(rng)))
        looks = (judge.look(read_interval(message, judge.policy.buckets)) for message in canary.intervals(rng, 90))
        ends.append(next((minute for minute, look in enumerate(looks, 1) if look.verdict is wanted), 999))
    return median(ends)


@pytest.mark.parametrize(
    ("metric", "rise", "canary"),
    [
        pytest.param("5xx", 0.01, Canary(more_5xx=0.01), id="one point of 5xx"),
        pytest.param("5xx", 0.5, Canary(more_5xx=0.5), id="half an outage"),
        pytest.param("4xx", 0.05, Canary(more_4xx=0.05), id="five points of 4xx"),
        pytest.param("latency", 0.05, Canary(latency=slow_mode(0.05)), id="one in twenty waits"),
    ],
)
def test_a_regression_takes_as_long_as_foretold(metric: str, rise: float, canary: Canary) -> None:
    foretold = notice(at(20), metric, rise).seconds
    assert foretold is not None
    assert minutes(canary, Verdict.ROLLBACK) * 60 == pytest.approx(foretold, rel=0.35, abs=61)


def test_a_promotion_takes_as_long_as_foretold() -> None:
    foretold = at(20).promotion_seconds
    assert foretold is not None
    assert minutes(Canary(), Verdict.PROMOTE) * 60 == pytest.approx(foretold, rel=0.35)


def test_an_outage_is_noticed_at_the_first_look() -> None:
    assert at(20).notices[0].seconds == 60


def test_larger_rises_and_more_traffic_are_noticed_sooner() -> None:
    for one in (at(2), at(20)):
        for metric in ("5xx", "4xx", "latency"):
            times = [n.seconds or 1e9 for n in one.notices if n.metric == metric]
            assert times == sorted(times)
    for few, many in zip(at(2).notices, at(20).notices, strict=True):
        assert (many.seconds or 1e9) <= (few.seconds or 1e9)
        assert (many.nine_in_ten_seconds or 1e9) >= (many.seconds or 1e9)


def test_the_smallest_rise_is_just_noticed_within_the_horizon() -> None:
    one = at(20)
    smallest = one.smallest["5xx"]
    assert smallest is not None
    just, less = outlook(POLICY, requests_per_second=20, share=0.1, rises=(smallest, smallest * 0.97)).notices[:2]
    assert just.nine_in_ten_seconds is not None
    assert less.nine_in_ten_seconds is None
    assert just.nine_in_ten_seconds <= one.horizon_seconds == 10_800


def test_little_traffic_promises_little() -> None:
    one = at(0.02)
    assert one.promotion_seconds is None
    assert one.smallest["5xx"] is None or one.smallest["5xx"] > 0.1
    assert notice(one, "5xx", 0.01) == Notice(
        metric="5xx", rise=0.01, canary_requests=None, seconds=None, nine_in_ten_seconds=None
    )


def test_no_promotion_before_the_bake() -> None:
    assert at(20_000).promotion_seconds == POLICY.min_bake_seconds
    assert at(20_000, policy=replace(POLICY, min_bake_seconds=0.0)).promotion_seconds == 180


def test_without_latency_none_is_foretold() -> None:
    policy = Policy.from_config({"pre": {"n": 72_000, "e5xx": 360, "e4xx": 2000}})
    one = at(20, policy=policy)
    assert set(one.smallest) == {"5xx", "4xx"} == {promotion.metric for promotion in one.promotions}


@pytest.mark.parametrize(
    ("rps", "share"), [(0, 0.1), (20, 0), (20, 1), (float("nan"), 0.1), (20, float("nan"))], ids=str
)
def test_no_traffic_is_refused(rps: float, share: float) -> None:
    with pytest.raises(Refused):
        at(rps, share)


def test_unknown_rates_are_refused() -> None:
    with pytest.raises(Refused):
        at(20, policy=Policy())
