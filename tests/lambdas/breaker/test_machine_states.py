"""From state to state: rules S1 to S10, and the quirks Q1 to Q3 that are not copied (Resilience4j 2.4.0)."""

from __future__ import annotations

import itertools

import pytest

from lambdas.breaker.circuit.states import State, Totals
from lambdas.breaker.circuit.transitions import IllegalTransition
from tests.lambdas.breaker.driver import ERROR, IGNORED, OK, Driver


def test_s1_events_come_in_order() -> None:
    one = Driver()
    one.calls(ERROR, ERROR)
    assert one.kinds() == ["ERROR", "ERROR", "FAILURE_RATE_EXCEEDED", "CLOSED -> OPEN"]


def test_s1_open_shows_and_books_what_began_before_it() -> None:
    one = Driver()
    late = one.take()
    one.open()
    assert one.breaker.totals(one.now) == Totals(2, 2, 0)
    one.breaker.record(late, OK, one.now)
    assert one.breaker.totals(one.now) == Totals(3, 2, 0)
    assert one.state is State.OPEN
    assert one.kinds() == ["SUCCESS"]


def test_s2_refused_up_to_and_including_the_end_of_the_wait() -> None:
    one = Driver()
    one.open()
    one.now = 1000
    assert one.refused
    one.now = 1001
    permit = one.take()
    assert permit.probe
    assert one.breaker.circuit.permits == 1
    assert one.kinds() == ["NOT_PERMITTED", "OPEN -> HALF_OPEN"]


def test_s2_without_traffic_it_stays_open() -> None:
    one = Driver()
    one.open()
    one.breaker.advance(10**12)
    assert one.state is State.OPEN


@pytest.mark.parametrize(("now_ms", "state"), [(999, State.OPEN), (1000, State.HALF_OPEN)])
def test_s3_the_automatic_transition_is_at_exactly_the_end(now_ms: int, state: State) -> None:
    one = Driver(automatic=True)
    one.open()
    one.breaker.advance(now_ms)
    assert one.state is state
    if state is State.HALF_OPEN:
        assert one.breaker.circuit.permits == 2
        assert one.events[-1].at_ms == 1000


def test_s3_a_timer_seen_late_fired_on_time() -> None:
    one = Driver(automatic=True, half_open_max_ms=500)
    one.open()
    one.breaker.advance(1600)
    assert [event.at_ms for event in one.events] == [1000, 1500]
    assert one.breaker.circuit.retry_after_ms == 2500


def test_s4_as_many_trial_calls_as_are_permitted() -> None:
    one = Driver(permitted=3, minimum_calls=2)
    one.half_open()
    one.take()
    one.take()
    assert one.refused
    assert one.kinds() == ["NOT_PERMITTED"]


def test_s4_no_early_decision() -> None:
    one = Driver(permitted=3, minimum_calls=3, size=3)
    one.calls(ERROR, ERROR, ERROR)
    one.now = 1001
    one.calls(ERROR, ERROR)
    assert one.state is State.HALF_OPEN
    assert one.breaker.rates(one.now) == (-1, -1)
    one.call(ERROR)
    assert one.state is State.OPEN


def test_s4_the_smaller_of_minimum_and_permitted_decides() -> None:
    one = Driver(permitted=10, minimum_calls=2)
    one.half_open()
    one.calls(OK, OK)
    assert one.state is State.CLOSED


def test_s5_back_to_open_waits_again_and_tells_no_rate() -> None:
    one = Driver()
    one.breaker.record(one.half_open(), ERROR, one.now)
    one.call(ERROR)
    assert one.breaker.circuit.attempt == 2
    assert one.kinds() == ["ERROR", "ERROR", "HALF_OPEN -> OPEN"]
    assert one.breaker.totals(one.now) == Totals(2, 2, 0)


def test_s5_closed_again_is_as_new() -> None:
    one = Driver()
    one.breaker.record(one.half_open(), OK, one.now)
    one.call(OK)
    assert (one.state, one.breaker.circuit.attempt) == (State.CLOSED, 0)
    assert one.breaker.totals(one.now) == Totals()
    one.open()
    assert one.breaker.circuit.attempt == 1


def test_s5_slow_trial_calls_open_it_too() -> None:
    one = Driver(slow_percent=100)
    permit = one.half_open()
    one.now += 200
    one.breaker.record(permit, OK, one.now)
    one.call(OK, ms=200)
    assert one.state is State.OPEN


@pytest.mark.parametrize(
    ("closes", "state"), [pytest.param(False, State.OPEN, id="open"), pytest.param(True, State.CLOSED, id="closed")]
)
def test_s6_half_open_without_a_decision_ends(closes: bool, state: State) -> None:
    one = Driver(half_open_max_ms=500, half_open_then_closed=closes)
    one.half_open()
    one.breaker.advance(one.now + 499)
    assert one.state is State.HALF_OPEN
    one.breaker.advance(one.now + 500)
    assert one.state is state


def test_s6_without_it_and_without_leases_a_lost_probe_blocks_for_good() -> None:
    one = Driver(permitted=1)
    one.half_open()
    one.now += 10**9
    assert one.refused


def test_s7_waits_grow_to_their_maximum() -> None:
    one = Driver(wait_factor=2, wait_max_ms=5000, permitted=1, minimum_calls=1)
    waits = []
    one.call(ERROR)
    for _ in range(5):
        circuit = one.breaker.circuit
        waits.append(circuit.retry_after_ms - circuit.since_ms)
        one.now = circuit.retry_after_ms + 1
        one.call(ERROR)
    assert waits == [1000, 2000, 4000, 5000, 5000]


def test_s8_disabled_lets_pass_and_counts_nothing() -> None:
    one = Driver()
    one.breaker.transition(State.DISABLED, 0)
    one.kinds()
    one.calls(ERROR, ERROR, ERROR)
    assert one.breaker.totals(0) == Totals()
    assert one.kinds() == []


def test_s8_forced_open_refuses_for_ever_and_counts_what_it_refused() -> None:
    one = Driver()
    one.breaker.transition(State.FORCED_OPEN, 0)
    one.kinds()
    one.now = 10**12
    assert one.refused
    assert one.refused
    assert one.breaker.refused == 2
    assert one.kinds() == []


def test_s8_metrics_only_tells_each_rate_once_and_stays() -> None:
    one = Driver(slow_percent=50)
    one.breaker.transition(State.METRICS_ONLY, 0)
    one.kinds()
    one.calls(ERROR, ERROR, ERROR)
    one.call(OK, ms=200)
    one.call(OK, ms=200)
    told = one.kinds()
    assert told.count("FAILURE_RATE_EXCEEDED") == told.count("SLOW_CALL_RATE_EXCEEDED") == 1
    assert one.state is State.METRICS_ONLY
    one.breaker.transition(State.METRICS_ONLY, one.now)
    one.calls(ERROR, ERROR)
    assert one.kinds().count("FAILURE_RATE_EXCEEDED") == 1


def test_a_forced_state_may_end_by_itself() -> None:
    one = Driver()
    one.breaker.transition(State.FORCED_OPEN, 0, until_ms=5000)
    one.now = 4999
    assert one.refused
    one.now = 5000
    one.call(OK)
    assert one.kinds() == ["CLOSED -> FORCED_OPEN", "FORCED_OPEN -> CLOSED", "SUCCESS"]


@pytest.mark.parametrize(("start", "end"), list(itertools.product(State, State)), ids=lambda state: state.value)
def test_s9_every_transition_by_hand_but_one_is_legal(start: State, end: State) -> None:
    one = Driver()
    if start is State.HALF_OPEN:
        one.breaker.transition(State.OPEN, 0)
    one.breaker.transition(start, 0)
    one.kinds()
    generation = one.breaker.circuit.generation
    if (start, end) == (State.CLOSED, State.HALF_OPEN):
        with pytest.raises(IllegalTransition):
            one.breaker.transition(end, 1)
        return
    one.breaker.transition(end, 1)
    assert one.state is end
    assert one.breaker.circuit.generation == generation + 1
    assert one.kinds() == ([] if start is end else [f"{start.value} -> {end.value}"])


@pytest.mark.parametrize("state", [s for s in State if s is not State.HALF_OPEN], ids=lambda s: s.value)
def test_s9_reset(state: State) -> None:
    one = Driver()
    one.call(ERROR)
    one.breaker.transition(state, 0)
    one.kinds()
    one.breaker.reset(1)
    assert one.breaker.totals(1) == Totals()
    moved = [] if state is State.CLOSED else [f"{state.value} -> CLOSED"]
    assert one.kinds() == ["RESET", *moved]


def test_s10_refusals_are_beside_the_window_and_go_into_open() -> None:
    one = Driver(permitted=1, minimum_calls=1)
    one.call(ERROR)
    assert one.refused
    assert one.breaker.refused == 1
    one.now = 1001
    permit = one.take()
    assert one.breaker.refused == 0
    assert one.refused
    one.breaker.record(permit, ERROR, one.now)
    assert (one.state, one.breaker.refused) == (State.OPEN, 1)
    assert one.breaker.totals(one.now) == Totals(1, 1, 0)
    one.breaker.reset(one.now)
    assert one.breaker.refused == 0


def test_q1_a_call_from_before_has_no_vote_in_half_open() -> None:
    one = Driver()
    late = one.take()
    probe = one.half_open()
    one.breaker.record(late, ERROR, one.now)
    one.breaker.record(probe, OK, one.now)
    assert one.breaker.circuit.probes == Totals(1, 0, 0)


def test_q2_a_call_from_before_gives_no_permit() -> None:
    one = Driver(permitted=1)
    late = one.take()
    one.half_open()
    one.breaker.record(late, IGNORED, one.now)
    assert one.refused


def test_q3_a_reset_ends_the_timer() -> None:
    one = Driver(automatic=True)
    one.open()
    one.now = 600
    one.breaker.reset(one.now)
    one.open()
    one.breaker.advance(1000)
    assert one.state is State.OPEN
    one.breaker.advance(1600)
    assert one.state is State.HALF_OPEN


def test_d4_a_lost_trial_call_delays_by_its_lease() -> None:
    one = Driver(permitted=2, minimum_calls=2, lease_ms=300)
    lost = one.half_open()
    one.call(OK)
    began = one.now
    assert one.refused
    one.now = began + 300
    assert one.refused
    one.now = began + 301
    again = one.take()
    assert one.refused
    one.breaker.record(lost, ERROR, one.now)  # it was not dead after all, and has no vote
    assert one.breaker.circuit.probes == Totals(1, 0, 0)
    one.breaker.record(again, OK, one.now)
    assert one.state is State.CLOSED
