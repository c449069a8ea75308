"""From one state of the breaker to the next: pure functions that the machine applies at once and the store by condition.

A transition makes a new generation. Timers are not threads: `advance` says what is due at a moment, so a container that
sleeps, and one that never ran, come to the same state.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from .rules import Rules
from .states import FORCED, Circuit, Event, Kind, State, Totals

__all__ = [
    "Admission",
    "IllegalTransition",
    "admit",
    "advance",
    "enter",
    "exceeded",
    "judge_probes",
    "renew",
    "retry_in_ms",
    "take",
    "told",
]

# Timers that can be due one after the other without a call between (OPEN and HALF_OPEN in turns): what is still due
# after as many is done with the next call.
_ROUNDS = 64
_FOREVER_MS = 60_000  # what a client is told when nobody knows when a forced state ends


class IllegalTransition(ValueError):
    """CLOSED cannot be made HALF_OPEN: there is nothing to recover from."""


class Admission(Enum):
    """What may be done with a call."""

    PASS = "pass"  # noqa: S105 (not a password)
    REFUSE = "refuse"
    PROBE = "probe"  # the wait is over: make it HALF_OPEN and take a permit
    TAKE = "take"  # take one of the permits
    RENEW = "renew"  # all permits are out and run out: give those without a result again


def enter(rules: Rules, circuit: Circuit, state: State, now_ms: int, **changes: str | int) -> Circuit:
    """The circuit in a new generation and state. `changes`: until_ms, by, why.

    Raises:
        IllegalTransition: CLOSED to HALF_OPEN.
    """
    if (circuit.state, state) == (State.CLOSED, State.HALF_OPEN):
        raise IllegalTransition("CLOSED cannot become HALF_OPEN; only what is open can be tried again.")
    generation = circuit.generation + 1
    fresh = Circuit(state=state, generation=generation, since_ms=now_ms, window=generation)
    if state is State.OPEN:
        attempt = circuit.attempt + 1
        from_trial = circuit.state is State.HALF_OPEN
        fresh = fresh._replace(
            attempt=attempt,
            retry_after_ms=now_ms + rules.wait_of(attempt),
            window=0 if from_trial else circuit.window,
            probes=circuit.probes if from_trial or not circuit.window else Totals(),
        )
    elif state is State.HALF_OPEN:
        fresh = fresh._replace(attempt=circuit.attempt, permits=rules.permitted, window=0)
    return fresh._replace(**changes)  # type: ignore[arg-type]


def advance(rules: Rules, circuit: Circuit, now_ms: int) -> Iterator[tuple[Circuit, Circuit]]:
    """The transitions of timers that are due, each from and to, at the time that each was due."""
    for _ in range(_ROUNDS):
        after = _due(rules, circuit, now_ms)
        if after is None:
            return
        yield circuit, after
        circuit = after


def _due(rules: Rules, circuit: Circuit, now_ms: int) -> Circuit | None:
    if circuit.state in FORCED:
        if circuit.until_ms and now_ms >= circuit.until_ms:
            return enter(rules, circuit, State.CLOSED, circuit.until_ms, why=f"{circuit.state.value} ended")
    elif circuit.state is State.OPEN and rules.automatic:
        if now_ms >= circuit.retry_after_ms + rules.skew_ms:
            return enter(rules, circuit, State.HALF_OPEN, circuit.retry_after_ms, why="the wait is over")
    elif circuit.state is State.HALF_OPEN and rules.half_open_max_ms:
        end_ms = circuit.since_ms + rules.half_open_max_ms
        if now_ms >= end_ms + rules.skew_ms:
            state = State.CLOSED if rules.half_open_then_closed else State.OPEN
            return enter(rules, circuit, state, end_ms, why="no decision in time")
    return None


def admit(rules: Rules, circuit: Circuit, now_ms: int) -> Admission:
    """What may be done with a call now, once `advance` has nothing left."""
    match circuit.state:
        case State.CLOSED | State.METRICS_ONLY | State.DISABLED:
            return Admission.PASS
        case State.OPEN if now_ms > circuit.retry_after_ms + rules.skew_ms:
            return Admission.PROBE
        case State.HALF_OPEN if circuit.permits > 0:
            return Admission.TAKE
        case State.HALF_OPEN if rules.lease_ms and now_ms > circuit.lease_until_ms + rules.skew_ms:
            return Admission.RENEW
        case _:
            return Admission.REFUSE


def take(rules: Rules, circuit: Circuit, now_ms: int) -> Circuit:
    """One permit less, and its lease."""
    lease_ms = max(circuit.lease_until_ms, now_ms + rules.lease_ms)
    return circuit._replace(permits=circuit.permits - 1, lease_until_ms=lease_ms)


def renew(rules: Rules, circuit: Circuit) -> Circuit:
    """The permits whose results never came, in a new generation: should they come after all, they have no vote."""
    return circuit._replace(
        generation=circuit.generation + 1, permits=rules.permitted - circuit.probes.total, lease_until_ms=0
    )


def exceeded(rules: Rules, totals: Totals, now_ms: int) -> tuple[Event, ...]:
    """The rates of a window that are at their threshold or above."""
    rates = rules.rates(totals, rules.minimum)
    events = []
    if rates.failure >= rules.failure_percent:
        events.append(Event(Kind.FAILURE_RATE_EXCEEDED, now_ms, f"{rates.failure:.1f}"))
    if rates.slow >= rules.slow_percent:
        events.append(Event(Kind.SLOW_CALL_RATE_EXCEEDED, now_ms, f"{rates.slow:.1f}"))
    return tuple(events)


def judge_probes(rules: Rules, probes: Totals) -> State | None:
    """Where HALF_OPEN goes; None before the minimum of results is in, whatever they are."""
    if probes.total < rules.half_open_minimum:
        return None
    rates = rules.rates(probes, rules.half_open_minimum)
    bad = rates.failure >= rules.failure_percent or rates.slow >= rules.slow_percent
    return State.OPEN if bad else State.CLOSED


def retry_in_ms(rules: Rules, circuit: Circuit, now_ms: int) -> int:
    """How long a refused client should wait, at least a second."""
    match circuit.state:
        case State.OPEN:
            left = circuit.retry_after_ms + rules.skew_ms - now_ms
        case State.FORCED_OPEN:
            # The operator may end it earlier, so nobody is sent away for half an hour.
            left = min(circuit.until_ms - now_ms, _FOREVER_MS) if circuit.until_ms else _FOREVER_MS
        case _:
            left = 0
    return max(left, 1000)


def told(before: Circuit, after: Circuit) -> tuple[Event, ...]:
    """The event of a transition; a state that is entered again tells nothing."""
    if before.state is after.state:
        return ()
    return (Event(Kind.STATE_TRANSITION, after.since_ms, f"{before.state.value} -> {after.state.value}"),)
