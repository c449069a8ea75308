"""A second, slower breaker that shares no code with the first: whole histories in lists, rules read from the table.

Nothing is summed up beforehand and there are no generations: a call remembers the very period in which it was permitted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Naive", "Period", "Ticket"]


@dataclass(eq=False)
class Period:
    """An uninterrupted stay in one state."""

    state: str
    since: int
    retry: int = 0
    attempt: int = 0
    until: int = 0
    calls: list[tuple[int, bool, bool]] = field(default_factory=list)  # when, failed, slow
    trials: list[Ticket] = field(default_factory=list)  # that have no result and were not given up
    before: Period | None = None  # the CLOSED period that OPEN followed
    told: set[str] = field(default_factory=set)
    refused: int = 0


@dataclass(eq=False)
class Ticket:
    period: Period
    at: int
    lease: int = 0
    counted: bool = True


class Naive:
    def __init__(self, rules: Any, now: int) -> None:
        self.r, self.period = rules, Period("CLOSED", now)
        self.log: list[str] = []

    def ask(self, now: int) -> Ticket | None:
        self.timers(now)
        period = self.period
        if period.state == "OPEN" and now > period.retry:
            self.move("HALF_OPEN", now)
            period = self.period
        if period.state == "HALF_OPEN":
            running, done = period.trials, len(period.calls)
            if len(running) + done >= self.r.permitted:
                if not (self.r.lease_ms and done < self.r.permitted and now > max(t.lease for t in running)):
                    return self.refuse("NOT_PERMITTED")
                running.clear()
            running.append(Ticket(period, now, now + self.r.lease_ms))
            return running[-1]
        if period.state == "OPEN":
            return self.refuse("NOT_PERMITTED")
        if period.state == "FORCED_OPEN":
            return self.refuse("")
        return Ticket(period, now, counted=period.state != "DISABLED")

    def refuse(self, event: str) -> None:
        self.period.refused += 1
        if event:
            self.log.append(event)

    def answer(self, ticket: Ticket, outcome: str, now: int) -> None:
        self.timers(now)
        period = self.period
        trial = ticket.period.state == "HALF_OPEN"
        late = period.state == "OPEN" and period.before is ticket.period and not trial
        if not ticket.counted or not (late or period is ticket.period) or (trial and ticket not in period.trials):
            return
        if trial:
            period.trials.remove(ticket)
        self.log.append({"ignored": "IGNORED_ERROR", "success": "SUCCESS", "failure": "ERROR"}[outcome])
        if outcome == "ignored":
            return
        (period.before if late and period.before else period).calls.append(
            (now, outcome == "failure", now - ticket.at > self.r.slow_ms)
        )
        if not late:
            self.decide(now)

    def decide(self, now: int) -> None:
        period = self.period
        failure, slow = self.rates(now)
        bad = [
            name
            for name, rate, limit in (
                ("FAILURE_RATE_EXCEEDED", failure, self.r.failure_percent),
                ("SLOW_CALL_RATE_EXCEEDED", slow, self.r.slow_percent),
            )
            if rate >= limit
        ]
        if period.state == "HALF_OPEN":
            if len(period.calls) >= min(self.r.minimum_calls, self.r.permitted):
                self.move("OPEN" if bad else "CLOSED", now)
        elif period.state == "METRICS_ONLY":
            self.log += [name for name in bad if name not in period.told]
            period.told |= set(bad)
        elif bad:
            self.log += bad
            self.move("OPEN", now)

    def window(self, now: int) -> list[tuple[int, bool, bool]]:
        period = self.period
        shown = period.before if period.state == "OPEN" and period.before else period
        if shown.state == "HALF_OPEN":
            return shown.calls
        if self.r.time_based:
            return [call for call in shown.calls if call[0] // 1000 > now // 1000 - self.r.size]
        return shown.calls[-self.r.size :]

    def rates(self, now: int) -> tuple[float, float]:
        calls = self.window(now)
        half = self.period.state == "HALF_OPEN" or (self.period.before or self.period).state == "HALF_OPEN"
        need = self.r.minimum_calls
        if half:
            need = min(need, self.r.permitted)
        elif not self.r.time_based:
            need = min(need, self.r.size)
        if len(calls) < need or not calls:
            return -1.0, -1.0
        return (
            100 * len([1 for call in calls if call[1]]) / len(calls),
            100 * len([1 for call in calls if call[2]]) / len(calls),
        )

    def timers(self, now: int) -> None:
        while True:
            period = self.period
            if period.until and now >= period.until:
                self.move("CLOSED", period.until)
            elif period.state == "OPEN" and self.r.automatic and now >= period.retry:
                self.move("HALF_OPEN", period.retry)
            elif (
                period.state == "HALF_OPEN"
                and self.r.half_open_max_ms
                and now >= period.since + self.r.half_open_max_ms
            ):
                self.move("CLOSED" if self.r.half_open_then_closed else "OPEN", period.since + self.r.half_open_max_ms)
            else:
                return

    def move(self, state: str, now: int, *, until: int = 0) -> None:
        old, new = self.period, Period(state, now, until=until)
        if state == "OPEN":
            new.attempt = old.attempt + 1
            new.retry = now + min(int(self.r.wait_ms * self.r.wait_factor ** (new.attempt - 1)), self.r.wait_max_ms)
            new.before = old.before if old.state == "OPEN" else old
            new.refused = old.refused if old.state in ("CLOSED", "HALF_OPEN") else 0
        elif state == "HALF_OPEN":
            new.attempt = old.attempt
        self.period = new
        if old.state != state:
            self.log.append(f"{old.state} -> {state}")
