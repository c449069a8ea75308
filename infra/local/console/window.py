"""The last seconds of the meter's counts: rates, shares and percentiles as they are now, and a canary's since it began. Memory only.

A tick a second copies the counts; what is shown is the difference of two ticks.
"""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.judge.intervals import rate_interval
from infra.local.meter.counts import Counts, Key, percentile

__all__ = ["Seen", "Window"]

SECONDS = 10  # that a rate is of
HISTORY = 60  # seconds of the small graphs
Of = Callable[[str, str, str], str]
"""(region, gateway, route) -> the service's name."""


@dataclass(slots=True)
class Seen:
    """Requests: how many of each class, how long they took, and of which the integration's."""

    codes: Counter[str] = field(default_factory=Counter)
    latency: Counter[int] = field(default_factory=Counter)

    @property
    def requests(self) -> int:
        return sum(self.codes.values())

    def shown(self, seconds: float) -> dict[str, Any]:
        many = self.requests
        return {
            "per_second": round(many / seconds, 1),
            "failed_percent": _share(self.codes["5xx"], many),
            "refused_percent": _share(self.codes["4xx"], many),
            "p50_ms": percentile(self.latency, 0.5),
            "p99_ms": percentile(self.latency, 0.99),
        }


_Tick = dict[Key, Counter[int]]


class Window:
    """Ticks of the counts."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._ticks: deque[tuple[float, _Tick]] = deque(maxlen=HISTORY + 1)
        self._canaries: dict[tuple[str, str], tuple[str, _Tick]] = {}

    def tick(self, now: float, canaries: Mapping[tuple[str, str], str]) -> None:
        """Take the counts as they are.

        Args:
            now: seconds, of any beginning.
            canaries: (region, gateway) -> the deployment that is the canary; its arms are counted from its first tick.
        """
        taken = {key: found.latency.copy() for key, found in self._counts.requests().items()}
        self._ticks.append((now, taken))
        kept = {place: one for place, one in self._canaries.items() if canaries.get(place) == one[0]}
        self._canaries = {place: kept.get(place, (canary, taken)) for place, canary in canaries.items()}

    def now(self, service_of: Of) -> dict[tuple[str, str, str], dict[str, Any]]:
        """By (region, gateway, service): the last seconds, and requests of each second of the last minute."""
        if len(self._ticks) < 2:
            return {}
        latest_at, latest = self._ticks[-1]
        since_at, since = self._ticks[max(len(self._ticks) - 1 - SECONDS, 0)]
        seen = _by_service(_minus(latest, since), service_of)
        every: dict[tuple[str, str, str], list[int]] = {}
        ticks = [_requests(tick, service_of) for _, tick in self._ticks]
        for place in {place for tick in ticks for place in tick}:
            every[place] = [max(b[place] - a[place], 0) for a, b in itertools.pairwise(ticks)]
        seconds = max(latest_at - since_at, 0.001)
        return {
            place: {**seen.get(place, Seen()).shown(seconds), "history": history} for place, history in every.items()
        }

    def arms(self, region: str, gateway: str) -> dict[str, dict[str, Any]]:
        """Both arms since the canary began, the share of failures as an interval that holds at every look."""
        canary = self._canaries.get((region, gateway))
        if canary is None or not self._ticks:
            return {}
        grown = _minus(self._ticks[-1][1], canary[1])
        found = {}
        for arm in ("baseline", "canary"):
            mine = Seen()
            for key, values in grown.items():
                if (key.region, key.api, key.arm) == (region, gateway, arm):
                    mine.codes[key.code_class] += sum(values.values())
                    mine.latency.update(values)
            low, middle, high = rate_interval(mine.codes["5xx"], mine.requests)
            found[arm] = {
                "requests": mine.requests,
                "failed": mine.codes["5xx"],
                "failed_percent": [round(100 * low, 3), round(100 * middle, 3), round(100 * high, 3)],
                "p99_ms": percentile(mine.latency, 0.99),
            }
        return found


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


def _minus(later: _Tick, earlier: _Tick) -> _Tick:
    return {key: values - earlier.get(key, Counter()) for key, values in later.items()}


def _requests(tick: _Tick, service_of: Of) -> Counter[tuple[str, str, str]]:
    found: Counter[tuple[str, str, str]] = Counter()
    for key, values in tick.items():
        found[key.region, key.api, service_of(key.region, key.api, key.route)] += sum(values.values())
    return found


def _by_service(tick: _Tick, service_of: Of) -> dict[tuple[str, str, str], Seen]:
    found: dict[tuple[str, str, str], Seen] = {}
    for key, values in tick.items():
        mine = found.setdefault((key.region, key.api, service_of(key.region, key.api, key.route)), Seen())
        mine.codes[key.code_class] += sum(values.values())
        mine.latency.update(values)
    return found
