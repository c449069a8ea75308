"""The distributed contract: rules D1 to D12, and the faults of stores, clocks, and containers that die."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

from lambdas.breaker.circuit.shared import Refusal, SharedBreaker, Sharing
from lambdas.breaker.circuit.states import Outcome, Permit, State, Totals
from tests.lambdas.breaker.driver import ERROR, IGNORED, OK, rules
from tests.lambdas.breaker.fake_table import Fleet

FRESH = Sharing(cache_ms=0, flush_ms=0)
TIMED: dict[str, Any] = {"time_based": True, "size": 10}


def call(one: SharedBreaker, now: int, outcome: Outcome = OK, ms: int = 0) -> None:
    permit = one.acquire(now)
    assert isinstance(permit, Permit), permit
    one.record(permit, outcome, now + ms)


def opened(size: int = 2, *, sharing: Sharing = FRESH, **changes: Any) -> Fleet:
    """A fleet whose breaker opened at 0 and may be tried after 1000."""
    fleet = Fleet(rules(**{**TIMED, **changes}), size, sharing=sharing)
    for _ in range(fleet.rules.minimum):
        call(fleet.containers[0], 0, ERROR)
    assert fleet.state()["state"] == {"S": "OPEN"}
    return fleet


def race(fleet: Fleet, now: int) -> list[Permit | Refusal]:
    """All containers ask at once, as threads; the table takes one call at a time."""
    answers: list[Permit | Refusal] = []
    together = threading.Barrier(len(fleet.containers))

    def ask(one: SharedBreaker) -> None:
        together.wait()
        answers.append(one.acquire(now))

    threads = [threading.Thread(target=ask, args=(one,)) for one in fleet.containers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def permits(answers: list[Permit | Refusal]) -> list[Permit]:
    return [answer for answer in answers if isinstance(answer, Permit)]


def test_d1_of_many_containers_one_opens_it_and_tells() -> None:
    fleet = Fleet(rules(**TIMED, minimum_calls=50), 50, sharing=FRESH)
    permits = [one.acquire(0) for one in fleet.containers]
    for one, permit in zip(fleet.containers, permits, strict=True):
        assert isinstance(permit, Permit)
        one.record(permit, ERROR, 0)
    assert fleet.told == ["FAILURE_RATE_EXCEEDED", "CLOSED -> OPEN"]
    assert fleet.state()["generation"] == {"N": "2"}


def test_d1_who_loses_the_transition_follows_the_one_who_won() -> None:
    fleet = Fleet(rules(**TIMED), 2, sharing=FRESH)
    first, second = fleet.containers
    call(first, 0, ERROR)
    permit, other = first.acquire(0), second.acquire(0)
    assert isinstance(permit, Permit)
    assert isinstance(other, Permit)
    fleet.table.before = once(lambda: second.record(other, ERROR, 1), on="SET #state")
    first.record(permit, ERROR, 1)
    assert fleet.told.count("CLOSED -> OPEN") == 1
    assert first.known == second.known


def once(act: Any, *, on: str) -> Any:
    """Runs `act` just before the first call whose update begins like this."""
    done: list[bool] = []

    def before(operation: str, body: dict[str, Any]) -> None:
        if not done and body.get("UpdateExpression", "").startswith(on) and "ConditionExpression" in body:
            done.append(True)
            act()

    return before


@pytest.mark.parametrize("outcome", [OK, ERROR, IGNORED])
def test_d2_a_late_result_has_no_vote(outcome: Outcome) -> None:
    fleet = Fleet(rules(**TIMED, permitted=2), 2, sharing=FRESH)
    first, second = fleet.containers
    late = second.acquire(0)
    assert isinstance(late, Permit)
    call(first, 0, ERROR)
    call(first, 0, ERROR)
    call(first, 1001, OK)
    second.record(late, outcome, 1002)
    assert fleet.state()["permits"] == {"N": "1"}
    assert fleet.state()["probes"] == {"N": "1"}


@pytest.mark.parametrize("permitted", [1, 3, 10])
def test_d3_fifty_containers_never_get_more_than_the_permits(permitted: int) -> None:
    for _ in range(5):
        fleet = opened(50, permitted=permitted, minimum_calls=2)
        granted = permits(race(fleet, 1001))
        assert len(granted) == permitted
        assert len({permit.generation for permit in granted}) == 1
        assert fleet.told.count("OPEN -> HALF_OPEN") == 1
        assert fleet.state()["permits"] == {"N": "0"}


def test_d3_ignored_gives_back_to_whoever_asks_next() -> None:
    fleet = opened(2, permitted=1)
    first, second = fleet.containers
    permit = first.acquire(1001)
    assert isinstance(permit, Permit)
    assert isinstance(second.acquire(1001), Refusal)
    first.record(permit, IGNORED, 1002)
    assert isinstance(second.acquire(1003), Permit)


def test_d4_a_prober_that_dies_delays_by_its_lease() -> None:
    fleet = opened(50, permitted=1, minimum_calls=1, lease_ms=500)
    (dead,) = permits(race(fleet, 1001))
    assert permits(race(fleet, 1501)) == []
    (alive,) = permits(race(fleet, 1502))
    assert alive.generation > dead.generation
    fleet.containers[0].record(dead, ERROR, 1503)  # its ghost has no vote
    fleet.containers[1].record(alive, OK, 1504)
    assert fleet.state()["state"] == {"S": "CLOSED"}


def test_d4_the_results_that_came_are_kept() -> None:
    fleet = opened(3, permitted=3, minimum_calls=3, lease_ms=500)
    first, second, third = fleet.containers
    call(first, 1001, OK)
    call(second, 1001, OK)
    third.acquire(1001)
    assert isinstance(first.acquire(1400), Refusal)
    call(first, 1502, OK)
    assert fleet.state()["state"] == {"S": "CLOSED"}


def test_d5_after_opening_calls_pass_for_one_cache_time_at_most() -> None:
    fleet = Fleet(rules(**TIMED, wait_ms=60_000), 50, sharing=Sharing(cache_ms=250))
    for one in fleet.containers:
        call(one, 0, OK)
    opener, *others = fleet.containers
    for _ in range(60):
        call(opener, 100, ERROR)
        if opener.known and opener.known.state is State.OPEN:
            break
    for now in range(100, 1000, 5):
        for one in others:
            passed = isinstance(one.acquire(now), Permit)
            assert not (passed and now >= 100 + 250)


def test_d6_counts_are_told_once_a_second_and_at_once_when_they_look_bad() -> None:
    fleet = Fleet(rules(**TIMED, minimum_calls=3), 1)
    (one,) = fleet.containers
    for now in (0, 200, 400, 600, 800, 999):
        call(one, now)
    assert fleet.table.items.keys() == {("orders", "state")}
    call(one, 1000)
    assert len(fleet.table.items) == 3  # two seconds
    call(one, 1100, ERROR)
    assert fleet.told == []
    for _ in range(6):
        call(one, 1200, ERROR)
    assert fleet.told == ["FAILURE_RATE_EXCEEDED", "CLOSED -> OPEN"]


def test_d6_the_rate_is_that_of_all_containers_though_each_sees_little() -> None:
    fleet = Fleet(rules(**TIMED, minimum_calls=20), 20)
    for now in (0, 1000, 2000):
        for number, one in enumerate(fleet.containers):
            answer = one.acquire(now)
            if isinstance(answer, Permit):
                one.record(answer, ERROR if number % 2 else OK, now)
    assert fleet.told.count("CLOSED -> OPEN") == 1


@pytest.mark.parametrize("timed", [True, False], ids=["time", "count"])
def test_d7_counts_are_added_and_never_written_back(timed: bool) -> None:
    fleet = Fleet(rules(time_based=timed, size=10, minimum_calls=8, permitted=2, lease_ms=100), 3, sharing=FRESH)
    for now in range(0, 6000, 250):
        for one in fleet.containers:
            answer = one.acquire(now)
            if isinstance(answer, Permit):
                one.record(answer, ERROR if now % 3000 < 2000 else OK, now + 1)
    assert {"CLOSED -> OPEN", "OPEN -> HALF_OPEN"} <= set(fleet.told)
    for operation, body in fleet.table.writes:
        assert operation == "UpdateItem"
        names = body["ExpressionAttributeNames"]
        sets = body["UpdateExpression"].partition(" ADD ")[0] if body["UpdateExpression"].startswith("SET") else ""
        written = {names[name] for name in re.findall(r"#\w+", sets)}
        if body["Key"]["sk"]["S"] == "state":  # all of it only on the condition that nothing changed meanwhile
            condition = body["ConditionExpression"]
            assert "#generation = " in condition or condition.startswith("attribute_")
            assert written <= {"lease_until_ms", "rules"} or "state" in written
        else:
            assert not written & {"n", "f", "s", "seq"}


def test_d7_no_count_is_lost_when_containers_add_at_once() -> None:
    fleet = Fleet(rules(**TIMED, minimum_calls=1000), 40, sharing=Sharing(cache_ms=1000, flush_ms=0))

    def work(one: SharedBreaker) -> None:
        for _ in range(25):
            call(one, 0, OK)

    threads = [threading.Thread(target=work, args=(one,)) for one in fleet.containers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fleet.table.items[("orders", f"bucket#{1:012d}#{0:012d}")]["n"] == {"N": "1000"}


def test_d8_nobody_probes_before_the_wait_is_over_on_any_clock() -> None:
    fleet = opened(2, skew_ms=2000)
    _, ahead = fleet.containers
    assert isinstance(ahead.acquire(1000 + 2000), Refusal)
    assert isinstance(ahead.acquire(1001 + 2000), Permit)


@pytest.mark.parametrize("skew", [-3000, -900, 900, 3000])
def test_d8_clocks_that_differ_never_grant_more_and_still_open_and_close(skew: int) -> None:
    fleet = Fleet(rules(**TIMED, permitted=2, lease_ms=500, skew_ms=3000), 2, sharing=FRESH)
    right, wrong = fleet.containers
    call(right, 10_000, ERROR)
    call(wrong, 10_000 + skew, ERROR)
    assert fleet.told == ["FAILURE_RATE_EXCEEDED", "CLOSED -> OPEN"]
    granted = 0
    for now in range(10_000, 25_000, 100):
        for one, at in ((right, now), (wrong, now + skew)):
            answer = one.acquire(at)
            if isinstance(answer, Permit):
                granted += answer.probe
                one.record(answer, OK, at)
        if fleet.state()["state"] == {"S": "CLOSED"}:
            break
    assert granted == 2
    assert fleet.told[-1] == "HALF_OPEN -> CLOSED"


@pytest.mark.parametrize("fault", ["timeout", "ThrottlingException", "unreachable"])
def test_d9_without_the_store_calls_pass_on_the_containers_own_window(fault: str) -> None:
    fleet = Fleet(rules(**TIMED, minimum_calls=4), 2)
    one, _ = fleet.containers
    fleet.table.fault = fault
    for _ in range(3):
        call(one, 0, ERROR)
    assert len(fleet.table.calls) == 1  # asked once, then left alone
    assert fleet.failures == [fault]
    call(one, 1, ERROR)
    answer = one.acquire(2)
    assert answer == Refusal(State.OPEN, 1000)


def test_d9_the_own_window_knows_the_calls_from_before() -> None:
    fleet = Fleet(rules(**TIMED, minimum_calls=4), 1)
    (one,) = fleet.containers
    for now in (0, 1, 2):
        call(one, now, ERROR)
    fleet.table.fault = "timeout"
    call(one, 1500, ERROR)
    assert one.own.circuit.state is State.OPEN


def test_d9_a_store_that_fails_is_asked_once_in_a_pause() -> None:
    fleet = Fleet(rules(**TIMED), 1, sharing=Sharing(cache_ms=0, flush_ms=0, pause_ms=1000))
    (one,) = fleet.containers
    fleet.table.fault = "timeout"
    for now in range(0, 10_000, 10):
        call(one, now)
    assert len(fleet.table.calls) == 10


def test_d9_open_that_is_known_refuses_until_its_time_and_then_lets_pass() -> None:
    fleet = opened(1, wait_ms=40_000, sharing=Sharing(last_known_ms=5000, flush_ms=0))
    (one,) = fleet.containers
    fleet.table.fault = "timeout"
    assert isinstance(one.acquire(40_000), Refusal)
    assert isinstance(one.acquire(40_001), Permit)


def test_d9_forced_open_that_is_known_refuses_until_it_ends() -> None:
    fleet = Fleet(rules(), 1)
    (one,) = fleet.containers
    one.warm(0)
    fleet.state().update({"state": {"S": "FORCED_OPEN"}, "until_ms": {"N": "60000"}, "generation": {"N": "2"}})
    assert isinstance(one.acquire(1000), Refusal)
    fleet.table.fault = "timeout"
    assert isinstance(one.acquire(59_999), Refusal)
    assert isinstance(one.acquire(60_000), Permit)


@pytest.mark.parametrize("state", [State.CLOSED, State.HALF_OPEN, State.DISABLED, State.METRICS_ONLY])
def test_d9_in_any_other_state_calls_pass(state: State) -> None:
    fleet = Fleet(rules(), 1)
    (one,) = fleet.containers
    one.warm(0)
    fleet.state().update({"state": {"S": state.value}, "generation": {"N": "2"}})
    one.warm(0)
    fleet.table.fault = "timeout"
    for now in (2000, 100_000):
        assert isinstance(one.acquire(now), Permit)


def test_d9_when_the_store_is_back_it_decides_again() -> None:
    fleet = Fleet(rules(**TIMED), 1)
    (one,) = fleet.containers
    fleet.table.fault = "timeout"
    call(one, 0, ERROR)
    call(one, 0, ERROR)
    assert isinstance(one.acquire(500), Refusal)
    fleet.table.fault = ""
    assert isinstance(one.acquire(1001), Permit)
    assert one.own.circuit.state is State.CLOSED


def test_d9_a_result_that_comes_while_the_store_is_down_raises_nothing() -> None:
    fleet = opened(1)
    (one,) = fleet.containers
    permit = one.acquire(1001)
    assert isinstance(permit, Permit)
    assert permit.probe
    fleet.table.fault = "timeout"
    one.record(permit, OK, 1002)
    assert fleet.failures == ["timeout"]


def test_d9_a_state_that_cannot_be_read_is_a_failure_of_the_store() -> None:
    fleet = opened(1)
    fleet.state()["state"] = {"S": "AJAR"}
    assert isinstance(fleet.containers[0].acquire(0), Refusal)  # OPEN is known
    assert isinstance(fleet.containers[0].acquire(5000), Permit)
    assert fleet.failures == ["the state cannot be read"] * 2


def test_d10_a_healthy_call_writes_nothing_beyond_the_flush() -> None:
    fleet = Fleet(rules(**TIMED), 1)
    (one,) = fleet.containers
    one.warm(0)
    fleet.table.calls.clear()
    for now in range(0, 10_000, 2):
        call(one, now)
    assert len(fleet.table.writes) <= 2 * 10  # a flush may cover the ends of two seconds
    assert len(fleet.table.calls) <= 3 * 10


@pytest.mark.parametrize("timed", [True, False], ids=["time", "count"])
def test_d12_counts_that_were_deleted_change_no_state(timed: bool) -> None:
    fleet = Fleet(rules(time_based=timed, size=10), 1, sharing=FRESH)
    (one,) = fleet.containers
    call(one, 0, ERROR)
    call(one, 0, ERROR)
    for key in [key for key in fleet.table.items if key[1] != "state"]:
        del fleet.table.items[key]
    assert isinstance(one.acquire(500), Refusal)


def test_d12_a_state_that_is_gone_is_no_closed_breaker() -> None:
    fleet = opened(1)
    fleet.table.items.clear()
    assert isinstance(fleet.containers[0].acquire(500), Refusal)
    assert fleet.failures == ["the state is gone"]


def test_the_first_container_makes_the_state_and_the_others_find_it() -> None:
    fleet = Fleet(rules(), 50)
    race(fleet, 0)
    assert fleet.state()["generation"] == {"N": "1"}
    assert fleet.failures == []


def test_the_latest_changes_are_kept_with_the_state() -> None:
    fleet = opened(1, permitted=1, minimum_calls=1)
    (one,) = fleet.containers
    now = 1
    for _ in range(8):
        now += 1001
        call(one, now, ERROR)
    reading = store_of(fleet).read(None, now)
    assert len(reading.stored.changes) == 10
    assert reading.stored.changes[-1].after == "OPEN"
    assert reading.stored.changes[-1].why == "the trial calls decided"


def store_of(fleet: Fleet) -> Any:
    return fleet.containers[0]._store


def test_metrics_only_tells_a_rate_once_over_all_containers() -> None:
    fleet = Fleet(rules(**TIMED), 5, sharing=FRESH)
    fleet.containers[0].warm(0)
    fleet.state().update({"state": {"S": "METRICS_ONLY"}, "generation": {"N": "2"}, "window": {"N": "2"}})
    for now in range(0, 500, 100):
        for one in fleet.containers:
            call(one, now, ERROR)
    assert fleet.told == ["FAILURE_RATE_EXCEEDED"]


def test_a_count_window_of_all_containers_holds_the_latest_calls() -> None:
    fleet = Fleet(rules(size=5, minimum_calls=5, failure_percent=60), 3, sharing=FRESH)
    for number, outcome in enumerate([ERROR, ERROR, OK, OK, OK, OK, ERROR, ERROR]):
        call(fleet.containers[number % 3], number, outcome)
    assert fleet.told == []
    reading = store_of(fleet).read(fleet.containers[0].known, 10)
    assert reading.outcomes == tuple(Totals(1, failed, 0) for failed in (0, 0, 0, 1, 1))
    call(fleet.containers[0], 9, ERROR)
    assert fleet.told[-1] == "CLOSED -> OPEN"
