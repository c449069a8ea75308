"""The breaker of one process: Resilience4j's state machine with a clock that is passed in. Pure; touches nothing.

It is what the shared breaker must equal, and what a container goes on with when the shared state cannot be had. It differs
from Resilience4j in one thing: a result counts only in the generation of its permit, so a call that began before the
breaker opened has no vote in HALF_OPEN, and a timer of a state that was left is nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from .rules import Rates, Rules
from .states import Circuit, Event, Kind, Outcome, Permit, State, Totals
from .transitions import (
    Admission,
    admit,
    advance,
    enter,
    exceeded,
    judge_probes,
    renew,
    retry_in_ms,
    take,
    told,
)
from .windows import Window, window_of

__all__ = ["CircuitBreaker"]

_MARK = {Kind.FAILURE_RATE_EXCEEDED: "f", Kind.SLOW_CALL_RATE_EXCEEDED: "s"}


def _silent(event: Event) -> None:
    """Nobody listens."""


class CircuitBreaker:
    """One breaker; not for several threads.

    Args:
        listen: gets every event, in order.

    Attributes:
        refused: calls that were not permitted, beside the window and in no rate. It goes with the breaker from CLOSED
            and HALF_OPEN into OPEN and is fresh otherwise.
    """

    def __init__(self, rules: Rules, now_ms: int, listen: Callable[[Event], None] = _silent) -> None:
        self.rules, self._listen = rules, listen
        self.circuit = Circuit(since_ms=now_ms)
        self.refused = 0
        self._window: Window = window_of(rules)

    # --- calls -----------------------------------------------------------------------------------------------

    def acquire(self, now_ms: int) -> Permit | None:
        """The right to make a call, None when it is refused."""
        self.advance(now_ms)
        admission = admit(self.rules, self.circuit, now_ms)
        if admission is Admission.PROBE:
            self._go(enter(self.rules, self.circuit, State.HALF_OPEN, now_ms, why="the wait is over"))
        elif admission is Admission.RENEW:
            self.circuit = renew(self.rules, self.circuit)
        elif admission is Admission.REFUSE:
            self.refused += 1
            if self.circuit.state is not State.FORCED_OPEN:
                self._listen(Event(Kind.NOT_PERMITTED, now_ms))
            return None
        circuit = self.circuit
        if circuit.state is State.HALF_OPEN:
            self.circuit = take(self.rules, circuit, now_ms)
            return Permit(circuit.generation, now_ms, probe=True)
        return Permit(circuit.generation, now_ms, counted=circuit.state is not State.DISABLED)

    def record(self, permit: Permit, outcome: Outcome, now_ms: int) -> None:
        """What became of a permitted call. Once for each permit."""
        self.advance(now_ms)
        if not permit.counted:
            return
        circuit, one = self.circuit, self._one(permit, outcome, now_ms)
        current = permit.generation == circuit.generation
        if not current and permit.generation != circuit.window:
            return
        if outcome is Outcome.IGNORED:
            self._listen(Event(Kind.IGNORED_ERROR, now_ms))
            if permit.probe and current:
                self.circuit = circuit._replace(permits=circuit.permits + 1)
            return
        if permit.generation == circuit.window:  # OPEN, too, books what began before it
            self._window.record(one, now_ms)
        self._listen(Event(Kind.SUCCESS if outcome is Outcome.SUCCESS else Kind.ERROR, now_ms))
        if not current:
            return
        if permit.probe:
            self._vote(one, now_ms)
        else:
            self._judge(now_ms)

    def observe(self, *, failed: bool, slow: bool, now_ms: int) -> None:
        """A call that another breaker permitted: it fills the window and decides nothing yet."""
        if self.circuit.state is State.CLOSED:
            self._window.record(Totals.one(failed=failed, slow=slow), now_ms)

    # --- what is so now --------------------------------------------------------------------------------------

    def advance(self, now_ms: int) -> None:
        """Does what timers would have done until now."""
        for _, after in advance(self.rules, self.circuit, now_ms):
            self._go(after)

    def totals(self, now_ms: int) -> Totals:
        """The calls that the state shows: OPEN goes on showing those that opened it."""
        return self._window.totals(now_ms) if self.circuit.window else self.circuit.probes

    def rates(self, now_ms: int) -> Rates:
        minimum = self.rules.minimum if self.circuit.window else self.rules.half_open_minimum
        return self.rules.rates(self.totals(now_ms), minimum)

    def retry_in_ms(self, now_ms: int) -> int:
        return retry_in_ms(self.rules, self.circuit, now_ms)

    # --- operators -------------------------------------------------------------------------------------------

    def transition(self, state: State, now_ms: int, *, until_ms: int = 0) -> None:
        """Any state from any state.

        Args:
            until_ms: when a forced state ends by itself; 0: never.

        Raises:
            IllegalTransition: CLOSED to HALF_OPEN.
        """
        self.advance(now_ms)
        self._go(enter(self.rules, self.circuit, state, now_ms, until_ms=until_ms))

    def reset(self, now_ms: int) -> None:
        """CLOSED and as new."""
        self.advance(now_ms)
        before = self.circuit
        self._go(enter(self.rules, before, State.CLOSED, now_ms), Event(Kind.RESET, now_ms))

    # --- steps -----------------------------------------------------------------------------------------------

    def _one(self, permit: Permit, outcome: Outcome, now_ms: int) -> Totals:
        slow = now_ms - permit.at_ms > self.rules.slow_ms
        return Totals.one(failed=outcome is Outcome.FAILURE, slow=slow)

    def _judge(self, now_ms: int) -> None:
        circuit = self.circuit
        events = exceeded(self.rules, self._window.totals(now_ms), now_ms)
        if circuit.state is State.METRICS_ONLY:
            events = tuple(event for event in events if _MARK[event.kind] not in circuit.exceeded)
            marks = "".join(_MARK[event.kind] for event in events)
            self.circuit = circuit._replace(exceeded=circuit.exceeded + marks)
        for event in events:
            self._listen(event)
        if events and circuit.state is State.CLOSED:
            self._go(enter(self.rules, circuit, State.OPEN, now_ms, why="a rate is too high"))

    def _vote(self, one: Totals, now_ms: int) -> None:
        self.circuit = self.circuit._replace(probes=self.circuit.probes.plus(one))
        state = judge_probes(self.rules, self.circuit.probes)
        if state is not None:
            self._go(enter(self.rules, self.circuit, state, now_ms, why="the trial calls decided"))

    def _go(self, after: Circuit, *first: Event) -> None:
        before, self.circuit = self.circuit, after
        if after.window == after.generation:
            self._window = window_of(self.rules)
        if after.state is not State.OPEN or before.state not in (State.CLOSED, State.HALF_OPEN):
            self.refused = 0
        for event in (*first, *told(before, after)):
            self._listen(event)
