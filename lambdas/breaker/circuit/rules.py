"""When a breaker opens, how long it waits, how it tries again. Pure data, checked when it is made.

The defaults are Resilience4j's; `settings.py` has those of the proxy.
"""

from __future__ import annotations

from typing import NamedTuple

from .states import Totals

__all__ = ["Rates", "Rules"]

LARGEST_COUNT_WINDOW = 1000  # of the shared ring: one item, whose size is what each write of it costs
LONGEST_TIME_WINDOW_SECONDS = 300  # as many items to read


class Rates(NamedTuple):
    """Percentages, -1 below the minimum number of calls."""

    failure: float
    slow: float


class Rules(NamedTuple):
    """The rules of one breaker.

    Attributes:
        time_based: the window is the last `size` seconds, and not the last `size` calls.
        minimum_calls: before as many, no rate is computed. A count window asks for `size` at most.
        failure_percent, slow_percent: at or above it opens; the two are never added.
        slow_ms: a call that takes longer is slow.
        wait_ms, wait_factor, wait_max_ms: OPEN lasts ``wait_ms * wait_factor ** (attempt - 1)``, `wait_max_ms` at most.
        permitted: trial calls of HALF_OPEN.
        half_open_max_ms: HALF_OPEN without a decision ends after it; 0: never.
        half_open_then_closed: into CLOSED, and not into OPEN.
        automatic: OPEN ends at the end of its wait, and not at the first call after it.
        lease_ms: a trial call that has no result after it is given up and may be made again; 0: never.
        skew_ms: how far the containers' clocks may differ.
    """

    time_based: bool = False
    size: int = 100
    minimum_calls: int = 100
    failure_percent: float = 50.0
    slow_percent: float = 100.0
    slow_ms: int = 60_000
    wait_ms: int = 60_000
    wait_factor: float = 1.0
    wait_max_ms: int = 3_600_000
    permitted: int = 10
    half_open_max_ms: int = 0
    half_open_then_closed: bool = False
    automatic: bool = False
    lease_ms: int = 0
    skew_ms: int = 0

    @property
    def minimum(self) -> int:
        return self.minimum_calls if self.time_based else min(self.minimum_calls, self.size)

    @property
    def half_open_minimum(self) -> int:
        return min(self.minimum_calls, self.permitted)

    def wait_of(self, attempt: int) -> int:
        """How long OPEN lasts, in milliseconds; the first attempt is 1."""
        growth = self.wait_factor ** min(max(attempt, 1) - 1, 64)  # beyond 64 it is at its maximum or does not grow
        return int(min(self.wait_ms * growth, float(max(self.wait_max_ms, self.wait_ms))))

    def rates(self, totals: Totals, minimum: int) -> Rates:
        if totals.total == 0 or totals.total < minimum:
            return Rates(-1.0, -1.0)
        return Rates(totals.failed * 100 / totals.total, totals.slow * 100 / totals.total)

    def faults(self) -> list[str]:
        """What is wrong, one sentence each; nothing of it is put right silently."""
        longest = LONGEST_TIME_WINDOW_SECONDS if self.time_based else LARGEST_COUNT_WINDOW
        checks = {
            f"a window of 1 to {longest} {'seconds' if self.time_based else 'calls'}": 1 <= self.size <= longest,
            "at least one call as the minimum": self.minimum_calls >= 1,
            "a failure rate above 0 and up to 100": 0 < self.failure_percent <= 100,
            "a slow-call rate above 0 and up to 100": 0 < self.slow_percent <= 100,
            "a slow call's duration above 0": self.slow_ms > 0,
            "a wait above 0": self.wait_ms > 0,
            "a wait factor from 1 to 10": 1 <= self.wait_factor <= 10,
            "1 to 100 trial calls": 1 <= self.permitted <= 100,
            "no negative times": min(self.half_open_max_ms, self.lease_ms, self.skew_ms, self.wait_max_ms) >= 0,
        }
        return [f"{rule} is needed" for rule, holds in checks.items() if not holds]
