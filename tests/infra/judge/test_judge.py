"""The verdict: when it rolls back, promotes or goes on; what is no evidence; and that a restart changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.traffic import Canary, no_canary, seeded
from infra.errors import Refused
from infra.judge import Judge, Look, Policy, Verdict, read_interval


def arm(n: int, e5xx: int = 0, e4xx: int = 0, slow: int = 0) -> dict[str, Any]:
    return {"n": n, "e5xx": e5xx, "e4xx": e4xx, "hist": [n - slow, slow, 0]}


CONFIG: dict[str, Any] = {
    "bucket_edges_ms": [0, 500, 1000, "inf"],
    "slo_ms": 500,
    "pre": arm(72_000, 360, 2000, 700),
}


class Rollout:
    """Feeds a judge minute by minute, as the stream would."""

    def __init__(self, **config: Any) -> None:
        self.judge, self.minute = Judge(Policy.from_config({**CONFIG, **config})), 0

    def feed(self, baseline: dict[str, Any], canary: dict[str, Any] | None, **fields: Any) -> Look:
        self.minute += 1
        message = {"i": self.minute, "t_end_s": self.minute * 60, "baseline": baseline, "canary": canary, **fields}
        return self.judge.look(read_interval(message, self.judge.policy.buckets))

    def healthy(self, minutes: int) -> Look:
        look = None
        for _ in range(minutes):
            # the slow ones are one in a hundred of either arm, spread evenly
            look = self.feed(arm(1080, 5, 30, 10), arm(120, self.minute % 2, 3, self.minute % 2))
        assert look is not None
        return look


def test_as_good_as_the_baseline_is_promoted_after_the_bake_and_not_before() -> None:
    rollout = Rollout()
    assert rollout.healthy(29).verdict is Verdict.CONTINUE
    look = rollout.healthy(31)
    assert look.verdict is Verdict.PROMOTE
    assert set(look.safety) == {"5xx", "4xx", "slow"}  # the objective is at the 99th percentile of the hour before
    assert look.left_to_promote == 0


def test_safe_but_not_baked_says_so() -> None:
    look = Rollout(min_bake_s=36_000).healthy(100)
    assert (look.verdict, look.reason) == (Verdict.CONTINUE, "safe so far, and not baked long enough")


@pytest.mark.parametrize(
    ("metric", "canary"),
    [
        pytest.param("5xx", arm(120, 12, 3, 1), id="errors"),
        pytest.param("4xx", arm(120, 1, 40, 1), id="refusals"),
        pytest.param("latency", arm(120, 1, 3, 20), id="slow"),
    ],
)
def test_a_worse_canary_is_rolled_back_and_the_metric_is_named(metric: str, canary: dict[str, Any]) -> None:
    rollout = Rollout()
    rollout.healthy(10)
    looks = [rollout.feed(arm(1080, 5, 30, 10), canary) for _ in range(5)]
    assert looks[-1].verdict is Verdict.ROLLBACK
    assert metric in looks[-1].reason
    assert looks[-1].e_value >= looks[-1].rollback_at == 100


def test_rollback_is_final() -> None:
    rollout = Rollout()
    assert rollout.feed(arm(1080, 5), arm(120, 120)).verdict is Verdict.ROLLBACK
    assert rollout.healthy(60).verdict is Verdict.ROLLBACK
    assert rollout.feed(arm(1080), None).verdict is Verdict.ROLLBACK


@pytest.mark.parametrize("config", [CONFIG, {**CONFIG, "pre": None}], ids=["hour before", "no hour before"])
def test_an_outage_is_found_at_the_first_look_in_the_warm_up(config: dict[str, Any]) -> None:
    look = Rollout(**config).feed(arm(1080, 5, 30, 10), arm(120, 120, 0, 120))
    assert look.verdict is Verdict.ROLLBACK
    assert look.elapsed_seconds == 60


def test_cold_starts_are_no_evidence() -> None:
    rollout = Rollout()
    for _ in range(2):
        look = rollout.feed(arm(1080, 5, 30, 10), arm(120, 8, 3, 60))
        assert (look.verdict, look.canary_requests) == (Verdict.CONTINUE, 0)
        assert "warm-up" in look.skipped
    assert rollout.feed(arm(1080, 5, 30, 10), arm(120, 1, 3, 1)).canary_requests == 120


def test_an_outage_of_both_arms_is_not_the_canarys_fault() -> None:
    rollout = Rollout()
    rollout.healthy(10)
    for _ in range(5):
        look = rollout.feed(arm(1080, 1080), arm(120, 120))
    assert look.verdict is Verdict.CONTINUE
    assert look.e_value < 5


def test_no_canary_traffic_is_never_a_promotion_and_is_said() -> None:
    rollout = Rollout()
    for _ in range(400):
        look = rollout.feed(arm(1200, 6, 35, 10), arm(0))
    assert (look.verdict, look.skipped, look.e_value) == (Verdict.CONTINUE, "no canary traffic", 1.0)
    assert look.undecided


def test_an_interval_without_canary_traffic_promotes_nothing_that_was_safe_before() -> None:
    rollout = Rollout()
    assert rollout.healthy(60).verdict is Verdict.PROMOTE
    assert rollout.feed(arm(1200), arm(0)).verdict is Verdict.CONTINUE
    assert rollout.feed(arm(1200), None).verdict is Verdict.CONTINUE
    assert rollout.healthy(1).verdict is Verdict.PROMOTE


def test_the_clock_promotes_nothing() -> None:
    """Two canary requests a minute are no evidence of safety in three hours."""
    rollout = Rollout()
    looks = [rollout.feed(arm(18), arm(2)) for _ in range(200)]
    assert {look.verdict for look in looks} == {Verdict.CONTINUE}
    assert [look.undecided for look in looks[178:180]] == [False, True]
    assert looks[-1].left_to_promote is not None
    assert looks[-1].left_to_promote > 500


def test_without_latency_nothing_is_promoted() -> None:
    rollout = Rollout()
    for _ in range(180):
        look = rollout.feed({"n": 1080, "e5xx": 5, "e4xx": 30}, {"n": 120, "e5xx": 0, "e4xx": 3})
    assert look.verdict is Verdict.CONTINUE
    assert look.safety["5xx"] > 20 > look.safety["slow"]
    assert "baseline: hist is missing" in look.notes


def test_where_latency_is_not_judged_errors_alone_promote() -> None:
    rollout = Rollout(bucket_edges_ms=None, pre={"n": 72_000, "e5xx": 360, "e4xx": 2000})
    assert rollout.healthy(60).verdict is Verdict.PROMOTE
    assert set(rollout.judge.harm) == {"5xx", "4xx", "guard"}


def test_an_interval_is_counted_once() -> None:
    rollout = Rollout()
    rollout.healthy(5)
    before = rollout.judge.to_json()
    look = rollout.feed(arm(1080, 5), arm(120, 120), i=5, t_end_s=301)
    assert "interval 5 is not after interval 5" in look.skipped
    look = rollout.feed(arm(1080, 5), arm(120, 120), i=6, t_end_s=240)
    assert "240 s is not after" in look.skipped
    assert rollout.judge.to_json() == before


def test_what_was_unusable_may_come_again_corrected() -> None:
    rollout = Rollout()
    rollout.healthy(5)
    assert "missing" in rollout.feed(arm(1080), None).skipped
    assert not rollout.feed(arm(1080, 5, 30, 10), arm(120, 1, 3, 1), i=6, t_end_s=360).skipped


def test_ends_may_be_dates_or_missing() -> None:
    dated, silent = Rollout(), Rollout()
    for minute in range(1, 4):
        assert dated.feed(arm(1080), arm(120), t_end_s=1.8e9 + 60 * minute).elapsed_seconds == 60 * minute
        assert silent.feed(arm(1080), arm(120), i=None, t_end_s=None).elapsed_seconds == 60 * minute
    assert dated.judge.canary_requests == silent.judge.canary_requests == 120


def test_without_an_hour_before_the_baseline_of_the_warm_up_stands_in() -> None:
    rollout = Rollout(pre=None)
    looks = [rollout.healthy(1) for _ in range(60)]
    assert "learning the baseline" in looks[1].skipped
    assert not looks[2].skipped
    assert looks[-1].verdict is Verdict.PROMOTE


def test_evidence_of_harm_in_one_metric_holds_a_promotion_back() -> None:
    rollout = Rollout()
    assert rollout.healthy(60).verdict is Verdict.PROMOTE
    rollout.judge.mixtures["latency"].sums[0] = 40.0  # far below a rollback, and doubtful enough
    look = rollout.healthy(1)
    assert (look.verdict, look.reason) == (Verdict.CONTINUE, "neither harm nor safety is shown yet")
    assert look.e_value < look.rollback_at


def test_what_the_warm_up_left_behind_holds_no_promotion_back() -> None:
    rollout = Rollout()
    for _ in range(2):
        look = rollout.feed(arm(1080, 5, 30, 10), arm(120, 34, 3, 60))
    assert look.verdict is Verdict.CONTINUE
    assert look.harm["guard"] > 2
    assert rollout.healthy(60).verdict is Verdict.PROMOTE


def test_an_incident_of_both_arms_costs_little_of_what_was_shown() -> None:
    """The first minute is a surprise; then its rate is expected until it ends."""
    rollout = Rollout()
    rollout.healthy(20)
    looks = [rollout.feed(arm(1080, 160, 30, 10), arm(120, 18, 3, 1)).safety["5xx"] for _ in range(5)]
    assert looks[-1] > 0.8 * looks[0]


def test_a_canary_without_any_error_is_promoted() -> None:
    rollout = Rollout(pre=arm(72_000))
    for _ in range(40):
        look = rollout.feed(arm(1080), arm(120))
    assert look.verdict is Verdict.PROMOTE


def test_requests_left_shrink() -> None:
    rollout = Rollout()
    left = [rollout.healthy(1).left_to_promote for _ in range(30)]
    first, last = left[3], left[20]
    assert first is not None
    assert last is not None
    assert last < first < 20_000


@pytest.mark.parametrize("stop", [0, 1, 2, 5, 20], ids="after {}".format)
@pytest.mark.parametrize("pre", [True, False], ids=["hour before", "no hour before"])
def test_a_restart_continues_the_same_evidence(stop: int, pre: bool) -> None:
    canary = Canary(more_5xx=0.004)
    config = canary.config(seeded(1)) | ({} if pre else {"pre": None})
    messages = list(canary.intervals(seeded(2), 30))
    whole = Judge(Policy.from_config(config))
    half = Judge(Policy.from_config(config))
    for message in messages[:stop]:
        half.look(read_interval(message, half.policy.buckets))
    half = Judge.from_json(json.loads(json.dumps(half.to_json())))
    for at, message in enumerate(messages):
        expected = whole.look(read_interval(message, whole.policy.buckets))
        if at >= stop:
            assert half.look(read_interval(message, half.policy.buckets)) == expected


def test_the_quick_answer_is_the_look() -> None:
    config = Canary().config(seeded(1))
    quick, whole = Judge(Policy.from_config(config)), Judge(Policy.from_config(config))
    asking = Judge(Policy.from_config({**config, "rates": True}))
    for message in Canary(more_5xx=0.01).intervals(seeded(2), 20):
        interval = read_interval(message, whole.policy.buckets)
        look = whole.look(interval).to_json()
        assert asking.answer(interval) == look
        assert {**quick.answer(interval), "counts": look["counts"], "rates": look["rates"]} == look


def test_the_tail_is_judged_beside_the_objective() -> None:
    config = Canary().config(seeded(1))
    assert set(Judge(Policy.from_config(config)).safety) == {"5xx", "4xx", "slow", "tail"}
    assert set(Judge(Policy.from_config({**config, "slo_edge": 5})).safety) == {"5xx", "4xx", "slow", "tail"}


def test_the_state_does_not_grow() -> None:
    judge = Judge(Policy.from_config(Canary().config(seeded(1))))
    sizes = []
    for message in Canary().intervals(seeded(2), 180):
        judge.look(read_interval(message, judge.policy.buckets))
        sizes.append(len(json.dumps(judge.to_json())))
    assert max(sizes[10:]) < 1.1 * sizes[10] < 5000


@pytest.mark.parametrize(
    "state", [None, {}, {"version": 0}, {"version": 1, "config": {}}, {"version": 1, "config": {"alpha": 7}}], ids=str
)
def test_a_state_that_is_none_is_refused(state: object) -> None:
    with pytest.raises(Refused):
        Judge.from_json(state)


def test_a_share_of_zero_is_continue_forever() -> None:
    canary = Canary(weather=no_canary)
    judge = Judge(Policy.from_config(canary.config(seeded(1))))
    verdicts = {judge.look(read_interval(m, judge.policy.buckets)).verdict for m in canary.intervals(seeded(3), 180)}
    assert verdicts == {Verdict.CONTINUE}
