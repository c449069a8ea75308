"""D11: with consistent reads, no cache and a flush on every call, many containers on one store are the single breaker."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
from hypothesis import example, given, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from lambdas.breaker.circuit.items import circuit_values
from lambdas.breaker.circuit.machine import CircuitBreaker
from lambdas.breaker.circuit.rules import Rules
from lambdas.breaker.circuit.shared import Sharing
from lambdas.breaker.circuit.states import FORCED, Event, Kind, Outcome, Permit, State
from lambdas.breaker.circuit.store import window_totals
from lambdas.breaker.circuit.transitions import enter, told
from tests.lambdas.breaker.fake_table import Fleet
from tests.lambdas.breaker.test_machine_model import any_rules

SHARED_EVENTS = (Kind.STATE_TRANSITION, Kind.FAILURE_RATE_EXCEEDED, Kind.SLOW_CALL_RATE_EXCEEDED)


class ManyAreOne(RuleBasedStateMachine):
    @initialize(rules=any_rules, start=st.integers(0, 2000))
    def begin(self, rules: Rules, start: int) -> None:
        self.now = start
        self.fleet = Fleet(rules, 3, now_ms=start, sharing=Sharing(cache_ms=0, flush_ms=0))
        self.fleet.containers[0].warm(start)
        self.events: list[str] = []
        self.one = CircuitBreaker(rules, start, self.listen)
        self.running: list[tuple[Any, Permit, Permit]] = []

    def listen(self, event: Event) -> None:
        if event.kind in SHARED_EVENTS:
            self.events.append(event.detail if event.kind is Kind.STATE_TRANSITION else event.kind.value)

    @rule(ms=st.sampled_from([0, 1, 99, 101, 500, 701, 999, 1000, 1001, 2500, 7000]))
    def wait(self, ms: int) -> None:
        self.now += ms
        self.fleet.now = self.now
        self.agree()

    @rule(who=st.integers(0, 2))
    def begin_a_call(self, who: int) -> None:
        container = self.fleet.containers[who]
        shared, alone = container.acquire(self.now), self.one.acquire(self.now)
        assert isinstance(shared, Permit) == (alone is not None)
        if isinstance(shared, Permit) and alone:
            assert shared == alone
            self.running.append((container, shared, alone))
        self.agree()

    @precondition(lambda self: self.running)
    @rule(data=st.data(), outcome=st.sampled_from(Outcome))
    def end_a_call(self, data: Any, outcome: Outcome) -> None:
        container, shared, alone = self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))
        container.record(shared, outcome, self.now)
        self.one.record(alone, outcome, self.now)
        self.agree()

    @rule(state=st.sampled_from(State), lasts=st.sampled_from([0, 3000]))
    def operator(self, state: State, lasts: int) -> None:
        before = self.one.circuit
        if (before.state, state) == (State.CLOSED, State.HALF_OPEN):
            return
        until = self.now + lasts if lasts and state in FORCED else 0
        after = enter(self.fleet.rules, before, state, self.now, until_ms=until)
        self.fleet.state().update(circuit_values(after))
        self.fleet.told += [event.detail for event in told(before, after)]
        self.one.transition(state, self.now, until_ms=until)
        self.agree()

    def agree(self) -> None:
        self.one.advance(self.now)
        witness = self.fleet.containers[2]
        witness.warm(self.now)
        assert witness.known == self.one.circuit
        assert self.fleet.told == self.events
        assert self.fleet.failures == []
        if self.one.circuit.window:
            reading = witness._store.read(witness.known, self.now)
            assert window_totals(reading, self.fleet.rules, self.now, {}, []) == self.one.totals(self.now)


ManyAreOne.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestManyAreOne = ManyAreOne.TestCase


@given(start=st.integers(0, 2_000_000_000_000))
@example(start=1001)
def test_the_first_state_begins_in_the_millisecond_that_the_clock_shows(start: int) -> None:
    """Seconds as a fraction are a little less than the milliseconds they mean: 1.001 s are 1000.99... ms."""
    fleet = Fleet(Rules(), 1, now_ms=start, sharing=Sharing(cache_ms=0, flush_ms=0))
    fleet.containers[0].warm(start)
    known = fleet.containers[0].known
    assert known is not None
    assert known.since_ms == start
