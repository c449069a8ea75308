"""What is counted and when the rates decide: rules C1 to C9 (Resilience4j 2.4.0)."""

from __future__ import annotations

import pytest

from lambdas.breaker.circuit.states import State, Totals
from tests.lambdas.breaker.driver import ERROR, IGNORED, OK, Driver


def test_c1_a_success_can_open_the_breaker() -> None:
    one = Driver(size=10, minimum_calls=3)
    one.calls(ERROR, ERROR)
    assert one.state is State.CLOSED
    one.call(OK)
    assert one.state is State.OPEN
    assert one.kinds() == ["ERROR", "ERROR", "SUCCESS", "FAILURE_RATE_EXCEEDED", "CLOSED -> OPEN"]


def test_c2_below_the_minimum_there_is_no_rate() -> None:
    one = Driver(size=10, minimum_calls=5)
    one.calls(ERROR, ERROR, ERROR, ERROR)
    assert one.breaker.rates(one.now) == (-1, -1)
    assert one.state is State.CLOSED


def test_c2_a_count_window_asks_for_no_more_calls_than_it_holds() -> None:
    one = Driver(size=2, minimum_calls=100)
    one.calls(ERROR, ERROR)
    assert one.state is State.OPEN


def test_c2_a_time_window_asks_for_what_is_configured() -> None:
    one = Driver(time_based=True, size=2, minimum_calls=5)
    one.calls(*[ERROR] * 4)
    assert one.state is State.CLOSED
    one.call(ERROR)
    assert one.state is State.OPEN


@pytest.mark.parametrize(
    ("failed", "opens"), [pytest.param(4, False, id="just below"), pytest.param(5, True, id="exactly at it")]
)
def test_c3_a_rate_opens_at_its_threshold(failed: int, opens: bool) -> None:
    one = Driver(size=10, minimum_calls=10)
    one.calls(*[OK] * (10 - failed), *[ERROR] * failed)
    assert (one.state is State.OPEN) is opens


def test_c3_the_rates_are_never_added() -> None:
    one = Driver(size=10, minimum_calls=10, slow_percent=50)
    for number in range(10):
        one.call(ERROR if number < 4 else OK, ms=101 if 4 <= number < 8 else 0)
    assert one.breaker.rates(one.now) == (40, 40)
    assert one.state is State.CLOSED


def test_c4_slow_is_strictly_longer() -> None:
    one = Driver(slow_percent=50)
    one.call(OK, ms=100)
    assert one.breaker.totals(one.now) == Totals(1, 0, 0)
    one.call(OK, ms=101)
    assert one.kinds() == ["SUCCESS", "SUCCESS", "SLOW_CALL_RATE_EXCEEDED", "CLOSED -> OPEN"]


def test_c5_a_slow_failure_is_failed_and_slow_and_one_call() -> None:
    one = Driver(slow_percent=50)
    one.call(ERROR, ms=200)
    assert one.breaker.totals(one.now) == Totals(1, 1, 1)
    one.call(ERROR, ms=200)
    assert one.kinds()[2:] == ["FAILURE_RATE_EXCEEDED", "SLOW_CALL_RATE_EXCEEDED", "CLOSED -> OPEN"]


def test_c6_ignored_is_as_if_it_had_not_been() -> None:
    one = Driver()
    one.calls(IGNORED, IGNORED, IGNORED)
    assert one.breaker.totals(one.now) == Totals()
    assert one.kinds() == ["IGNORED_ERROR"] * 3


def test_c6_an_ignored_trial_call_gives_its_permit_back() -> None:
    one = Driver(permitted=1)
    permit = one.half_open()
    assert one.refused
    one.breaker.record(permit, IGNORED, one.now)
    one.call(OK)
    assert one.state is State.CLOSED


def test_c7_a_count_window_forgets_by_number_only() -> None:
    one = Driver(size=3, minimum_calls=3, failure_percent=60)
    one.calls(ERROR)
    one.now += 10**9
    one.calls(OK, ERROR)
    assert one.state is State.OPEN


def test_c7_the_oldest_call_leaves_when_another_comes() -> None:
    one = Driver(size=3, minimum_calls=3, failure_percent=60)
    one.calls(ERROR, OK, OK, ERROR)
    assert one.breaker.totals(one.now) == Totals(3, 1, 0)
    assert one.state is State.CLOSED


@pytest.mark.parametrize(
    ("now_ms", "seen"), [pytest.param(4_999, 1, id="in its last second"), pytest.param(5_000, 0, id="gone")]
)
def test_c8_a_time_window_is_whole_seconds(now_ms: int, seen: int) -> None:
    one = Driver(now_ms=900, time_based=True, size=5)
    one.call(ERROR)
    assert one.breaker.totals(now_ms).total == seen


def test_c8_seconds_add_up() -> None:
    one = Driver(time_based=True, size=3, minimum_calls=10)
    for _ in range(6):
        one.calls(OK, ERROR)
        one.now += 1000
    assert one.breaker.totals(5_999) == Totals(6, 3, 0)


def test_c9_a_duration_runs_from_permission_to_outcome() -> None:
    one = Driver()
    first = one.take()
    one.now += 60
    second = one.take()
    one.now += 60
    one.breaker.record(first, OK, one.now)
    one.breaker.record(second, OK, one.now)
    assert one.breaker.totals(one.now) == Totals(2, 0, 1)
