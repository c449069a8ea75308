"""The breaker of many containers: the rules of `transitions.py` on a state that all of them share. Touches the store only.

It reads the state at most once in `cache_ms`, adds up its own calls and tells them at most once in `flush_ms`, and at once
when they look bad. A transition is one conditional write: of many containers exactly one makes it and tells of it. When the
store fails, it is left alone for `pause_ms` and the container goes on with what it knows, then with its own window: a store
that is down never fails a call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .machine import CircuitBreaker
from .rules import Rules
from .states import Circuit, Event, Kind, Outcome, Permit, State, Totals
from .store import Reading, Store, Stored, StoreError, window_totals
from .transitions import Admission, admit, advance, enter, exceeded, judge_probes, renew, retry_in_ms, take, told

__all__ = ["Listener", "Refusal", "SharedBreaker", "Sharing"]

_TRIES = 3  # to take a permit that others take too; then the call is refused, which is right by then
_SECONDS_KEPT = 5  # of counts that could not be told; older ones would hardly be in a window any more
_MARK = {Kind.FAILURE_RATE_EXCEEDED: "f", Kind.SLOW_CALL_RATE_EXCEEDED: "s"}


class Sharing(NamedTuple):
    """How fresh, in milliseconds.

    Attributes:
        cache_ms: how old the known state may be.
        flush_ms: how long own counts may be kept back.
        pause_ms: how long the store is left alone after a failure.
        last_known_ms: how long the last known state is followed without the store.
    """

    cache_ms: int = 1000
    flush_ms: int = 1000
    pause_ms: int = 1000
    last_known_ms: int = 30_000


class Refusal(NamedTuple):
    state: State
    retry_in_ms: int


class Listener(NamedTuple):
    """Who is told: of events (each by one container only), and of a store that failed."""

    event: Callable[[Event, Circuit], None]
    store_failed: Callable[[str], None]


class SharedBreaker:
    """One container's side of it; not for several threads, because Lambda gives a container one call at a time."""

    def __init__(self, rules: Rules, store: Store, now_ms: int, *, listener: Listener, sharing: Sharing) -> None:
        self.rules, self._store, self._listener, self._sharing = rules, store, listener, sharing
        self.own = CircuitBreaker(rules, now_ms)
        self._known: Reading | None = None
        self._read_at_ms = self._flushed_at_ms = now_ms
        self._paused_until_ms = 0
        self._alone_since_ms: int | None = None
        self._seconds: dict[tuple[int, int], Totals] = {}
        self._calls: dict[int, list[Totals]] = {}

    @property
    def known(self) -> Circuit | None:
        """The last state that was read."""
        return self._known.stored.circuit if self._known else None

    def warm(self, now_ms: int) -> None:
        """Reads the state, before the first call does, and makes the transitions that are due."""
        self._ask(now_ms, lambda: self._wake(now_ms))

    def _wake(self, now_ms: int) -> None:
        self._refresh(now_ms)
        self._advance(now_ms)

    # --- calls -----------------------------------------------------------------------------------------------

    def acquire(self, now_ms: int) -> Permit | Refusal:
        """The right to make a call, or how long to wait. Never fails."""
        if now_ms >= self._paused_until_ms:
            try:
                if self._known is None or self._stale(now_ms):
                    self._refresh(now_ms)
                return self._shared(now_ms)
            except StoreError as error:
                self._lost(error, now_ms)
        return self._alone(now_ms)

    def record(self, permit: Permit, outcome: Outcome, now_ms: int) -> None:
        """What became of a permitted call. Never fails; once for each permit."""
        if permit.own:
            self.own.record(permit, outcome, now_ms)
            return
        if not permit.counted:
            return
        failed, slow = outcome is Outcome.FAILURE, now_ms - permit.at_ms > self.rules.slow_ms
        if outcome is not Outcome.IGNORED:
            self.own.observe(failed=failed, slow=slow, now_ms=now_ms)
        one = Totals.one(failed=failed, slow=slow)
        if permit.probe:
            ignored = outcome is Outcome.IGNORED
            self._ask(now_ms, lambda: self._vote(permit.generation, None if ignored else one, now_ms))
        elif outcome is not Outcome.IGNORED:
            self._count(permit.generation, one, now_ms)

    # --- with the store --------------------------------------------------------------------------------------

    def _shared(self, now_ms: int) -> Permit | Refusal:
        for _ in range(_TRIES):
            if self._advance(now_ms):
                continue
            stored = self._reading().stored
            circuit = stored.circuit
            admission = admit(self.rules, circuit, now_ms)
            if admission is Admission.PASS:
                return Permit(circuit.generation, now_ms, counted=circuit.state is not State.DISABLED)
            if admission is Admission.REFUSE:
                return Refusal(circuit.state, retry_in_ms(self.rules, circuit, now_ms))
            permit = self._trial(stored, admission, now_ms)
            if permit is not None:
                return permit
        return Refusal(State.HALF_OPEN, 1000)

    def _advance(self, now_ms: int) -> bool:
        """Makes the transitions of timers that are due, as one; whether there were any."""
        stored = self._reading().stored
        steps = tuple(advance(self.rules, stored.circuit, now_ms))
        if steps:
            self._go(stored, steps[-1][1], now_ms, *(event for step in steps for event in told(*step)))
        return bool(steps)

    def _trial(self, stored: Stored, admission: Admission, now_ms: int) -> Permit | None:
        circuit = stored.circuit
        if admission is Admission.TAKE:
            taken = self._store.take(circuit, take(self.rules, circuit, now_ms).lease_until_ms)
            if taken is None:
                self._refresh(now_ms)
                return None
            self._learn(taken)
            return Permit(circuit.generation, now_ms, probe=True)
        if admission is Admission.PROBE:
            tried = enter(self.rules, circuit, State.HALF_OPEN, now_ms, why="the wait is over")
        else:
            tried = renew(self.rules, circuit)
        tried = take(self.rules, tried, now_ms)
        won = self._go(stored, tried, now_ms, *told(circuit, tried))
        return Permit(tried.generation, now_ms, probe=True) if won else None

    def _vote(self, generation: int, one: Totals | None, now_ms: int) -> None:
        if one is None:
            given = self._store.give_back(generation)
            if given is not None:
                self._learn(given)
            return
        if self._advance(now_ms):
            return  # its time was over
        stored = self._store.vote(generation, one)
        if stored is None:
            return  # of an older generation: it has no vote
        self._learn(stored)
        state = judge_probes(self.rules, stored.circuit.probes)
        if state is not None:
            after = enter(self.rules, stored.circuit, state, now_ms, why="the trial calls decided")
            self._go(stored, after, now_ms, *told(stored.circuit, after))

    def _count(self, generation: int, one: Totals, now_ms: int) -> None:
        known = self.known
        if known is None or generation != known.window:
            return  # an older window: nobody looks at it any more
        if self.rules.time_based:
            key = (generation, now_ms // 1000)
            self._seconds[key] = self._seconds.get(key, Totals()).plus(one)
        else:
            self._calls.setdefault(generation, []).append(one)
        self._bound()
        bad = self._exceeded(now_ms)
        if bad or not 0 <= now_ms - self._flushed_at_ms < self._sharing.flush_ms:
            self._ask(now_ms, lambda: self._flush(now_ms, fresh=bool(bad)))

    def _flush(self, now_ms: int, *, fresh: bool) -> None:
        """Tells the counts and decides. What was sent and not answered is not sent again: too few rather than twice."""
        self._flushed_at_ms = now_ms
        while self._seconds:
            (generation, second), totals = self._seconds.popitem()
            bucket = self._store.add(generation, second, totals)
            if self._known and self._known.stored.circuit.window == generation:
                self._known.seconds[second] = bucket
        while self._calls:
            generation, calls = self._calls.popitem()
            self._store.push(generation, calls)
            if self._known and self._known.stored.circuit.window == generation:
                outcomes = (*self._known.outcomes, *calls)[-self.rules.size :]
                self._known = self._known._replace(outcomes=outcomes)
        if fresh or self._stale(now_ms):
            self._refresh(now_ms)
        if not self._advance(now_ms):
            self._judge(now_ms)

    def _judge(self, now_ms: int) -> None:
        events, stored = self._exceeded(now_ms), self._reading().stored
        if not events:
            return
        if stored.circuit.state is State.METRICS_ONLY:
            marks = "".join(_MARK[event.kind] for event in events)
            after = stored.circuit._replace(exceeded=stored.circuit.exceeded + marks)
        else:
            after = enter(self.rules, stored.circuit, State.OPEN, now_ms, why="a rate is too high")
        self._go(stored, after, now_ms, *events, *told(stored.circuit, after))

    def _exceeded(self, now_ms: int) -> tuple[Event, ...]:
        """The rates that are too high by what is known and not told yet; none where nothing is decided."""
        if self._known is None:
            return ()
        circuit = self._known.stored.circuit
        if circuit.state not in (State.CLOSED, State.METRICS_ONLY):
            return ()
        pending = {second: one for (generation, second), one in self._seconds.items() if generation == circuit.window}
        calls = self._calls.get(circuit.window, [])
        events = exceeded(self.rules, window_totals(self._known, self.rules, now_ms, pending, calls), now_ms)
        return tuple(event for event in events if _MARK[event.kind] not in circuit.exceeded)

    def _go(self, stored: Stored, after: Circuit, now_ms: int, *events: Event) -> bool:
        """The transition, told by the one container that made it. Whoever lost learns what is so instead."""
        made = self._store.swap(stored, after)
        if made is None:
            self._refresh(now_ms)
            return False
        window_stays = self._known is not None and after.window == stored.circuit.window
        known = self._reading()
        self._known = known._replace(stored=made) if window_stays else Reading(made, {}, ())
        for event in events:
            self._listener.event(event, after)
        return True

    # --- what is known ---------------------------------------------------------------------------------------

    def _reading(self) -> Reading:
        if self._known is None:
            raise StoreError("nothing was read yet")
        return self._known

    def _learn(self, stored: Stored) -> None:
        self._known = self._reading()._replace(stored=stored)

    def _refresh(self, now_ms: int) -> None:
        self._known = self._store.read(self.known, now_ms)
        self._read_at_ms = now_ms
        if self._alone_since_ms is not None:
            self._alone_since_ms = None
            self.own.reset(now_ms)

    def _stale(self, now_ms: int) -> bool:
        return not 0 <= now_ms - self._read_at_ms < self._sharing.cache_ms

    def _bound(self) -> None:
        for key in sorted(self._seconds)[:-_SECONDS_KEPT]:
            del self._seconds[key]
        for calls in self._calls.values():
            del calls[: -self.rules.size]

    # --- without the store -----------------------------------------------------------------------------------

    def _ask(self, now_ms: int, ask: Callable[[], None]) -> None:
        """Asks the store, unless it is left alone just now; its failure is noted and goes no further."""
        if now_ms < self._paused_until_ms:
            return
        try:
            ask()
        except StoreError as error:
            self._lost(error, now_ms)

    def _lost(self, error: StoreError, now_ms: int) -> None:
        self._paused_until_ms = now_ms + self._sharing.pause_ms
        if self._alone_since_ms is None:
            self._alone_since_ms = now_ms
        self._listener.store_failed(str(error))

    def _alone(self, now_ms: int) -> Permit | Refusal:
        known = self.known
        if known is not None and self._still_refuses(known, now_ms):
            return Refusal(known.state, retry_in_ms(self.rules, known, now_ms))
        young = 0 <= now_ms - self._read_at_ms <= self._sharing.last_known_ms
        if known is not None and young and known.state in (State.DISABLED, State.METRICS_ONLY):
            return Permit(known.generation, now_ms, counted=False)
        permit = self.own.acquire(now_ms)
        if permit is None:
            return Refusal(self.own.circuit.state, self.own.retry_in_ms(now_ms))
        return permit._replace(own=True)

    def _still_refuses(self, known: Circuit, now_ms: int) -> bool:
        if known.state is State.FORCED_OPEN:
            return not known.until_ms or now_ms < known.until_ms
        return known.state is State.OPEN and now_ms <= known.retry_after_ms + self.rules.skew_ms
