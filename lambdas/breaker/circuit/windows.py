"""Sliding windows over the outcomes of calls: the last N calls, or the last N whole seconds. Pure; the time is passed in."""

from __future__ import annotations

from collections import deque

from .rules import Rules
from .states import Totals

__all__ = ["CountWindow", "TimeWindow", "Window", "sum_seconds", "window_of"]


class CountWindow:
    """The last `size` outcomes, however old."""

    def __init__(self, size: int) -> None:
        self._outcomes: deque[Totals] = deque(maxlen=size)
        self._sum = Totals()

    def record(self, outcome: Totals, now_ms: int) -> None:  # noqa: ARG002 (a window of calls has no clock)
        if len(self._outcomes) == self._outcomes.maxlen:
            gone = self._outcomes[0]
            self._sum = self._sum.plus(Totals(-gone.total, -gone.failed, -gone.slow))
        self._outcomes.append(outcome)
        self._sum = self._sum.plus(outcome)

    def totals(self, now_ms: int) -> Totals:  # noqa: ARG002
        return self._sum


class TimeWindow:
    """The current epoch second and the `size` - 1 before it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._seconds: dict[int, Totals] = {}

    def record(self, outcome: Totals, now_ms: int) -> None:
        second = now_ms // 1000
        if second not in self._seconds:
            self._forget(second)
        self._seconds[second] = self._seconds.get(second, Totals()).plus(outcome)

    def totals(self, now_ms: int) -> Totals:
        return sum_seconds(self._seconds, now_ms, self._size)

    def _forget(self, now: int) -> None:
        self._seconds = {second: one for second, one in self._seconds.items() if second > now - self._size}


Window = CountWindow | TimeWindow


def window_of(rules: Rules) -> Window:
    return TimeWindow(rules.size) if rules.time_based else CountWindow(rules.size)


def sum_seconds(seconds: dict[int, Totals], now_ms: int, size: int) -> Totals:
    """Seconds after the current one count too: they are another container's, whose clock is ahead."""
    first = now_ms // 1000 - size + 1
    result = Totals()
    for second, one in seconds.items():
        if second >= first:
            result = result.plus(one)
    return result
