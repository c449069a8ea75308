"""Drives a breaker call by call on a clock of its own, and collects its events."""

from __future__ import annotations

from typing import Any

from lambdas.breaker.circuit.machine import CircuitBreaker
from lambdas.breaker.circuit.rules import Rules
from lambdas.breaker.circuit.states import Event, Kind, Outcome, Permit, State

__all__ = ["ERROR", "IGNORED", "OK", "Driver", "rules"]

OK, ERROR, IGNORED = Outcome.SUCCESS, Outcome.FAILURE, Outcome.IGNORED
# Small numbers, so that a test shows on one line what leads to what.
SMALL: dict[str, Any] = {"size": 4, "minimum_calls": 2, "slow_ms": 100, "wait_ms": 1000, "permitted": 2}


def rules(**changes: Any) -> Rules:
    return Rules(**{**SMALL, **changes})


class Driver:
    def __init__(self, now_ms: int = 0, **changes: Any) -> None:
        self.now = now_ms
        self.events: list[Event] = []
        self.breaker = CircuitBreaker(rules(**changes), now_ms, self.events.append)

    def take(self) -> Permit:
        permit = self.breaker.acquire(self.now)
        assert permit is not None, self.breaker.circuit
        return permit

    def call(self, outcome: Outcome, ms: int = 0) -> None:
        """One call that takes `ms`."""
        permit = self.take()
        self.now += ms
        self.breaker.record(permit, outcome, self.now)

    def calls(self, *outcomes: Outcome) -> None:
        for outcome in outcomes:
            self.call(outcome)

    @property
    def refused(self) -> bool:
        return self.breaker.acquire(self.now) is None

    @property
    def state(self) -> State:
        return self.breaker.circuit.state

    def kinds(self) -> list[str]:
        """The events since the last time, transitions with what they are."""
        shown = [e.detail if e.kind is Kind.STATE_TRANSITION else e.kind.value for e in self.events]
        self.events.clear()
        return shown

    def open(self) -> None:
        self.calls(ERROR, ERROR)
        assert self.state is State.OPEN
        self.kinds()

    def half_open(self) -> Permit:
        """Opened, waited, and one trial call begun."""
        self.open()
        self.now += self.breaker.circuit.retry_after_ms - self.now + 1
        permit = self.take()
        self.kinds()
        return permit
