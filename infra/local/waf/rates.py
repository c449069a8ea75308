"""Counting requests of a key in a sliding window, exactly. Memory only; the clock is passed in.

WAF looks at its counts about every ten seconds and limits near the limit; this looks at every request and limits at it: in any
window, the first ``limit`` requests of a key pass and the next one does not. As on AWS, requests that are blocked count too: a
client that does not slow down stays blocked.
https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-request-limiting.html
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable

__all__ = ["EXACT_UP_TO", "MAX_KEYS", "Window"]

EXACT_UP_TO = 10_000
"""Above this limit, requests within a thousandth of the window count as one moment, so that memory stays small."""

MAX_KEYS = 50_000
"""Keys counted at once; the one that was quiet for longest is forgotten first. AWS blocks at most 10 000 keys of a rule."""


class _Count:
    """Moments of one key, oldest first, as [when, how many]; never more than decide the next request."""

    __slots__ = ("moments", "total")

    def __init__(self) -> None:
        self.moments: deque[list[float]] = deque()
        self.total = 0

    def expire(self, before: float) -> None:
        while self.moments and self.moments[0][0] <= before:
            self.total -= int(self.moments.popleft()[1])


class Window:
    """Counts of one rate-based rule.

    Args:
        limit: requests of a key in a window that pass.
        seconds: length of the window, looking back from now.
    """

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit, self.seconds = limit, seconds
        self._resolution = 0.0 if limit <= EXACT_UP_TO else seconds / 1000
        self._counts: dict[Hashable, _Count] = {}

    def exceeds(self, key: Hashable, now: float) -> bool:
        """Counts one request and tells whether the key is above the limit with it."""
        count = self._counts.pop(key, None) or _Count()
        self._counts[key] = count  # last in the dictionary: the most recently seen
        count.expire(now - self.seconds)
        if count.moments and now - count.moments[-1][0] < self._resolution:
            count.moments[-1][1] += 1
        else:
            count.moments.append([now, 1])
        count.total += 1
        # Older ones cannot matter any more: the newer ones alone are above the limit.
        while count.total - count.moments[0][1] > self.limit:
            count.total -= int(count.moments.popleft()[1])
        if len(self._counts) > MAX_KEYS:
            self._forget(now)
        return count.total > self.limit

    def above(self, now: float) -> list[Hashable]:
        """The keys whose next request would not pass either."""
        found = []
        for key, count in self._counts.items():
            count.expire(now - self.seconds)
            if count.total > self.limit:
                found.append(key)
        return found

    def _forget(self, now: float) -> None:
        for key in [key for key, count in self._counts.items() if count.moments[-1][0] <= now - self.seconds]:
            del self._counts[key]
        while len(self._counts) > MAX_KEYS:
            del self._counts[next(iter(self._counts))]
