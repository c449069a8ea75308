"""Which intervals are evidence now: closed, settled and in order. Pure; its state is JSON.

Log lines reach CloudWatch late, and the counts of a minute grow after it has ended. An interval is taken when it ended `SETTLE_SECONDS` ago
and two readings in a row found the same in it; after `PATIENCE_SECONDS` it is taken as it is, because one that never rests must not hold
the rollout for ever. What comes later still is said, and is no evidence: a bet that was settled is not made again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

__all__ = ["Feed", "Taken"]

# API Gateway delivers access logs within seconds and CloudWatch takes their metrics within a minute, as a rule; no page promises it.
SETTLE_SECONDS = 60
PATIENCE_SECONDS = 300
LOOK_BACK = 3  # taken intervals that are read again for what came late
MOST_AT_ONCE = 60  # after a long pause of the reader

Intervals = Mapping[int, Mapping[str, Any]]


class Taken(NamedTuple):
    """One look.

    Args:
        intervals: as the judge takes them, in order.
        notes: what else is to be said.
    """

    intervals: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Feed:
    """The intervals of one canary.

    Args:
        start: epoch second at which the first one begins, on the period's grid.
        period_seconds: length of one.
        next_at: where the next one to be taken begins.
        seen: what the last reading found, by the epoch second at which an interval begins.
        left_out: beginnings of intervals that are no evidence, with the reason.
    """

    start: int
    period_seconds: int = 60
    next_at: int = 0
    seen: dict[int, str] = field(default_factory=dict)
    left_out: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.next_at = self.next_at or self.start

    @classmethod
    def beginning(cls, now: float, *, period_seconds: int = 60) -> Feed:
        """From the first whole interval after `now`: the one under way has requests from before the canary."""
        return cls(start=int(now // period_seconds + 1) * period_seconds, period_seconds=period_seconds)

    def leave_out(self, now: float, why: str) -> None:
        """The interval under way is no evidence: its share changes, say, and mixing two shares could blame a drift on the canary."""
        self.left_out[int(now // self.period_seconds) * self.period_seconds] = why

    def number_at(self, now: float) -> int:
        """The number of the interval under way."""
        return max(0, int(now - self.start) // self.period_seconds + 1)

    def take(self, now: float, read: Callable[[int, int], Intervals]) -> Taken:
        """Read and take what is ready. `read(start, end)` gives the intervals that begin in between; what it raises passes through."""
        period, scale = self.period_seconds, self.period_seconds / 60
        closed = (
            int((now - SETTLE_SECONDS * scale) // period) * period
        )  # begins of intervals before this have ended and settled
        if closed <= self.next_at:
            return Taken((), ())
        until = min(closed, self.next_at + MOST_AT_ONCE * period)
        found = read(max(self.start, self.next_at - LOOK_BACK * period), until)
        notes = [note for at in sorted(found) if at < self.next_at and (note := self._late(at, found[at]))]
        taken: list[dict[str, Any]] = []
        for at in range(self.next_at, until, period):
            shown = _print(found[at])
            rests, self.seen[at] = self.seen.get(at) == shown, shown
            # In order: one that does not rest yet holds up those behind it.
            if at == self.next_at and (rests or now - at - period >= PATIENCE_SECONDS * scale):
                taken.append(self._interval(at, found[at]))
                self.next_at = at + period
        oldest = self.next_at - LOOK_BACK * period
        self.seen = {at: text for at, text in self.seen.items() if at >= oldest}
        self.left_out = {at: why for at, why in self.left_out.items() if at >= oldest}
        return Taken(tuple(taken), tuple(notes))

    def _interval(self, at: int, arms: Mapping[str, Any]) -> dict[str, Any]:
        number = (at - self.start) // self.period_seconds + 1
        # In minutes of 60 s, however fast they pass here: the judge's warm-up and bake are in such minutes too.
        interval: dict[str, Any] = {"type": "interval", "i": number, "t_end_s": number * 60, "at": at, **arms}
        n = {name: arm.get("n", 0) for name, arm in arms.items()}
        both = n["baseline"] + n["canary"]
        interval["share"] = n["canary"] / both if both else None
        if at in self.left_out:
            interval["left_out"] = self.left_out[at]
        return interval

    def _late(self, at: int, arms: Mapping[str, Any]) -> str:
        before, after = self.seen.get(at), _print(arms)
        if before is None or before == after:
            return ""
        self.seen[at] = after
        number = (at - self.start) // self.period_seconds + 1
        return f"interval {number}: data came after it was judged ({before} became {after}); it stays as it was judged"

    def to_json(self) -> dict[str, Any]:
        return {
            "start": self.start,
            "period_s": self.period_seconds,
            "next_at": self.next_at,
            "seen": {str(at): text for at, text in self.seen.items()},
            "left_out": {str(at): why for at, why in self.left_out.items()},
        }

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Feed:
        """Go on from `to_json`."""
        return cls(
            start=int(state["start"]),
            period_seconds=int(state["period_s"]),
            next_at=int(state["next_at"]),
            seen={int(at): str(text) for at, text in state["seen"].items()},
            left_out={int(at): str(why) for at, why in state["left_out"].items()},
        )


def _print(arms: Mapping[str, Any]) -> str:
    """What must rest before an interval is taken: every count of both arms."""
    return " / ".join(
        f"{name} {arm.get('n', 0)} {arm.get('e5xx', 0)} {arm.get('e4xx', 0)} {sum(arm.get('hist') or ())}"
        for name, arm in sorted(arms.items())
    )
