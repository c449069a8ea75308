"""Simulated canaries: what a gateway's two arms would count, interval by interval, in good and in bad weather. Seeded; only the stdlib.

Requests are Poisson, each goes to the canary with probability `share` (as API Gateway routes), and its outcome is drawn from its arm's rates
in that interval. Latency is log-normal with median 80 ms, in 28 buckets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, inf, log, pi, sin
from random import Random
from statistics import NormalDist
from typing import Any

__all__ = [
    "EDGES_MS",
    "NORMAL",
    "Canary",
    "Weather",
    "binomial",
    "everything_slower",
    "seeded",
    "slow_mode",
    "tail_slower",
]

EDGES_MS = (0.0, *(round(10 * 1.28**k, 1) for k in range(27)), inf)
SLO_EDGE = min(k for k, edge in enumerate(EDGES_MS) if edge >= 450)
MEDIAN_MS, SPREAD = 80.0, 0.6
_NORMAL = NormalDist(log(MEDIAN_MS), SPREAD)
_P90, _P99 = exp(_NORMAL.inv_cdf(0.9)), exp(_NORMAL.inv_cdf(0.99))

Shares = tuple[float, ...]


def _shares(moved: Callable[[float], float]) -> Shares:
    """The share of requests in each bucket, when a request now below x was below moved(x) before."""
    below = [0.0, *(_NORMAL.cdf(log(moved(edge))) if moved(edge) > 0 else 0.0 for edge in EDGES_MS[1:-1]), 1.0]
    return tuple(b - a for a, b in pairwise(below))


NORMAL = _shares(lambda x: x)


def everything_slower(factor: float) -> Shares:
    return _shares(lambda x: x / factor)


def tail_slower(factor: float) -> Shares:
    """The slowest tenth is stretched until the 99th percentile is `factor` times what it was."""
    stretch = (_P99 * factor - _P90) / (_P99 - _P90)
    return _shares(lambda x: _P90 + (x - _P90) / stretch if x > _P90 else x)


def slow_mode(share: float, wait_ms: float = 1000.0) -> Shares:
    """A share of the requests waits for something."""
    waiting = _shares(lambda x: x - wait_ms)
    return tuple((1 - share) * a + share * b for a, b in zip(NORMAL, waiting, strict=True))


@dataclass
class Weather:
    """What interval `i` is like for both arms; `canary_*` for the canary alone. New in every interval but for its `memory`."""

    rng: Random
    i: int
    memory: dict[str, Any]
    rps: float
    share: float
    times_5xx: float = 1.0
    latency: Shares | None = None
    canary_more_5xx: float = 0.0
    canary_latency: Shares | None = None


def steady(w: Weather) -> None:
    """Nothing happens."""


@dataclass(frozen=True, kw_only=True)
class Canary:
    """One kind of canary.

    Args:
        rate_5xx, rate_4xx: of the baseline.
        more_5xx, more_4xx: what the canary adds, as a difference of shares.
        latency: of the canary.
        begins: the interval after which it is worse.
        weather: changes what an interval is like.
    """

    rate_5xx: float = 0.005
    rate_4xx: float = 0.03
    more_5xx: float = 0.0
    more_4xx: float = 0.0
    latency: Shares = NORMAL
    begins: int = 0
    rps: float = 20.0
    share: float = 0.1
    weather: Callable[[Weather], None] = steady

    def config(self, rng: Random) -> dict[str, Any]:
        n = round(self.rps * 3600)
        pre = _arm(rng, n, self.rate_5xx, self.rate_4xx, NORMAL)
        edges = [edge if edge < inf else "inf" for edge in EDGES_MS]
        return {"share": self.share, "slo_ms": 450, "bucket_edges_ms": edges, "slo_edge": SLO_EDGE, "pre": pre}

    def intervals(self, rng: Random, count: int = 180, seconds: int = 60) -> Iterator[dict[str, Any]]:
        memory: dict[str, Any] = {}
        for i in range(1, count + 1):
            w = Weather(rng, i, memory, self.rps, self.share)
            self.weather(w)
            bad = i > self.begins
            rate = min(self.rate_5xx * w.times_5xx, 0.9)
            n_canary = poisson(rng, w.rps * seconds * w.share)
            n_baseline = poisson(rng, w.rps * seconds * (1 - w.share))
            common = w.latency or NORMAL
            mine = w.canary_latency or (self.latency if bad and self.latency != NORMAL else common)
            more = w.canary_more_5xx + (self.more_5xx if bad else 0.0)
            baseline = _arm(rng, n_baseline, rate, self.rate_4xx, common)
            canary = _arm(rng, n_canary, min(rate + more, 1.0), self.rate_4xx + (self.more_4xx if bad else 0.0), mine)
            yield {"type": "interval", "i": i, "t_end_s": i * seconds, "baseline": baseline, "canary": canary}


def drift(w: Weather) -> None:
    w.times_5xx = 1 + 0.8 * sin(w.i / 90 * pi)
    w.rps *= 1 + 0.5 * sin(w.i / 60)
    w.memory.setdefault("steps", [everything_slower(0.8 + 0.05 * k) for k in range(9)])
    w.latency = w.memory["steps"][round(4 + 4 * sin(w.i / 60))]


def bursts(w: Weather) -> None:
    if w.rng.random() < 0.03:
        w.memory["until"] = w.i + w.rng.randint(1, 5)
    if w.i < w.memory.get("until", 0):
        w.times_5xx, w.latency = 15.0, slow_mode(0.1)


def overdispersion(w: Weather) -> None:
    w.times_5xx = w.rng.expovariate(1.0)
    w.latency = everything_slower(exp(w.rng.gauss(0, 0.2)))


def ramp(w: Weather) -> None:
    """The share goes up while the rate does: pooled counts would blame the canary."""
    w.share, w.times_5xx = (0.01, 0.05, 0.1, 0.25, 0.5)[min(4, w.i // 36)], 1 + w.i / 60


def wrong_share(w: Weather) -> None:
    w.share *= 2


def cold_start(w: Weather) -> None:
    if w.i <= 2:
        w.canary_more_5xx, w.canary_latency = 0.03, slow_mode(0.3)


def gaps(w: Weather) -> None:
    if w.rng.random() < 0.2:
        w.rps = 0.0


def no_canary(w: Weather) -> None:
    w.share = 0.0


def seeded(seed: int) -> Random:
    """Numbers that are the same in every run; no secret is made of them."""
    return Random(seed)  # noqa: S311


def _arm(rng: Random, n: int, rate_5xx: float, rate_4xx: float, latency: Shares) -> dict[str, Any]:
    e5xx = binomial(rng, n, rate_5xx)
    e4xx = binomial(rng, n - e5xx, min(rate_4xx / (1 - rate_5xx), 1.0) if rate_5xx < 1 else 0.0)
    return {"n": n, "e5xx": e5xx, "e4xx": e4xx, "hist": _multinomial(rng, n, latency)}


def _multinomial(rng: Random, n: int, shares: Sequence[float]) -> list[int]:
    left, rest, hist = n, 1.0, []
    for share in shares[:-1]:
        count = binomial(rng, left, min(share / rest, 1.0)) if left and rest > 0 else 0
        hist.append(count)
        left, rest = left - count, rest - share
    return [*hist, left]


def binomial(rng: Random, n: int, q: float) -> int:
    """Exact: halves n by its median order statistic (Devroye 1986, X.4.3) until the mean is small, then walks the distribution."""
    done = 0
    while True:
        if n <= 0 or q <= 0.0:
            return done
        if q >= 1.0:
            return done + n
        if n * q < 25.0 and q < 0.9:
            break
        i = (n + 1) // 2
        b = rng.betavariate(i, n + 1 - i)
        if b <= q:
            done, n, q = done + i, n - i, (q - b) / (1.0 - b)
        else:
            n, q = i - 1, q / b
    u, odds = rng.random(), q / (1.0 - q)
    p, x = (1.0 - q) ** n, 0
    while u > p and x < n:
        u -= p
        x += 1
        p *= odds * (n - x + 1) / x
    return done + x


def poisson(rng: Random, mean: float) -> int:
    """As a binomial of many trials, which is what requests are."""
    return binomial(rng, 1_000_000, min(mean / 1_000_000, 1.0))
