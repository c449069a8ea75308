"""Token buckets for stage, method and usage-plan limits. Memory only; the clock is passed in.

Amazon's algorithm is a token bucket that refills at `rate` a second up to `burst`:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
AWS applies its limits best effort over many hosts; here they are exact, which is stricter.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

__all__ = ["Throttles", "method_setting"]

MAX_BUCKETS = 20_000  # bounds memory when clients come and go; the oldest bucket is forgotten first


class _Bucket:
    __slots__ = ("burst", "rate", "tokens", "updated")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate, self.burst, self.tokens, self.updated = rate, burst, burst, now

    def take(self, now: float) -> bool:
        self.tokens = min(self.burst, self.tokens + max(0.0, now - self.updated) * self.rate)
        self.updated = now
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True


class Throttles:
    """Buckets by key; a bucket whose limits were changed starts full again."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._buckets: dict[Hashable, _Bucket] = {}

    def allow(self, key: Hashable, rate: float | None, burst: float | None) -> bool:
        """Takes one token. None or a negative number means no limit; a burst of 0 refuses everything."""
        if rate is None or burst is None or rate < 0 or burst < 0:
            return True
        now = self._clock()
        bucket = self._buckets.get(key)
        if bucket is None or bucket.rate != rate or bucket.burst != burst:
            if len(self._buckets) >= MAX_BUCKETS:
                del self._buckets[next(iter(self._buckets))]
            bucket = self._buckets[key] = _Bucket(rate, burst, now)
        return bucket.take(now)


def method_setting(settings: Mapping[str, Mapping[str, Any]], path: str, verb: str) -> Mapping[str, Any] | None:
    """The stage's setting for a method: its own entry (``pets~1{id}/GET``), else ``*/*``."""
    if not settings:
        return None
    wanted = (path.strip("/"), verb)
    for key, setting in settings.items():
        if key != "*/*" and _split(key) == wanted:
            return setting
    return settings.get("*/*")


def _split(key: str) -> tuple[str, str]:
    path, _, verb = key.replace("~1", "/").rpartition("/")
    return path.strip("/"), verb
