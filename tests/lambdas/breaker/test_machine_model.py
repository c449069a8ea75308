"""Any sequence of calls, waits and operators: the machine and a naive breaker agree in every answer, rate and event."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from lambdas.breaker.circuit.machine import CircuitBreaker
from lambdas.breaker.circuit.rules import Rules
from lambdas.breaker.circuit.states import Event, Kind, Outcome, Permit, State
from tests.lambdas.breaker.naive import Naive, Ticket

any_rules = st.builds(
    Rules,
    time_based=st.booleans(),
    size=st.integers(1, 5),
    minimum_calls=st.integers(1, 5),
    failure_percent=st.sampled_from([25.0, 50.0, 100.0]),
    slow_percent=st.sampled_from([25.0, 50.0, 100.0]),
    slow_ms=st.sampled_from([100, 1000]),
    wait_ms=st.sampled_from([1000, 2500]),
    wait_factor=st.sampled_from([1.0, 2.0]),
    wait_max_ms=st.sampled_from([3000, 60_000]),
    permitted=st.integers(1, 4),
    half_open_max_ms=st.sampled_from([0, 0, 1500]),
    half_open_then_closed=st.booleans(),
    automatic=st.booleans(),
    lease_ms=st.sampled_from([0, 700]),
    skew_ms=st.just(0),
)


class SameAsNaive(RuleBasedStateMachine):
    @initialize(rules=any_rules, start=st.integers(0, 2000))
    def begin(self, rules: Rules, start: int) -> None:
        self.now = start
        self.events: list[Event] = []
        self.breaker = CircuitBreaker(rules, start, self.events.append)
        self.naive = Naive(rules, start)
        self.running: list[tuple[Permit, Ticket]] = []

    @rule(ms=st.sampled_from([0, 1, 99, 100, 101, 500, 700, 701, 999, 1000, 1001, 2500, 7000]))
    def wait(self, ms: int) -> None:
        self.now += ms
        self.breaker.advance(self.now)
        self.naive.timers(self.now)
        self.agree()

    @rule()
    def begin_a_call(self) -> None:
        permit, ticket = self.breaker.acquire(self.now), self.naive.ask(self.now)
        assert (permit is None) == (ticket is None)
        if permit and ticket:
            self.running.append((permit, ticket))
        self.agree()

    @precondition(lambda self: self.running)
    @rule(data=st.data(), outcome=st.sampled_from(Outcome))
    def end_a_call(self, data: Any, outcome: Outcome) -> None:
        permit, ticket = self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))
        self.breaker.record(permit, outcome, self.now)
        self.naive.answer(ticket, outcome.value, self.now)
        self.agree()

    @rule(state=st.sampled_from(State), lasts=st.sampled_from([0, 3000]))
    def operator(self, state: State, lasts: int) -> None:
        self.breaker.advance(self.now)
        if (self.breaker.circuit.state, state) == (State.CLOSED, State.HALF_OPEN):
            return
        forced = state in (State.FORCED_OPEN, State.DISABLED, State.METRICS_ONLY)
        until = self.now + lasts if lasts and forced else 0
        self.breaker.transition(state, self.now, until_ms=until)
        self.naive.timers(self.now)
        self.naive.move(state.value, self.now, until=until)
        self.agree()

    def agree(self) -> None:
        assert self.breaker.circuit.state.value == self.naive.period.state
        assert self.breaker.totals(self.now).total == len(self.naive.window(self.now))
        assert self.breaker.rates(self.now) == self.naive.rates(self.now)
        assert self.breaker.refused == self.naive.period.refused
        told = [e.detail if e.kind is Kind.STATE_TRANSITION else e.kind.value for e in self.events]
        assert told == self.naive.log


SameAsNaive.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestSameAsNaive = SameAsNaive.TestCase
