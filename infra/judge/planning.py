"""Before a canary begins: what it can notice at this traffic, and how long that takes. Pure; a few milliseconds.

An e-value grows by a factor of e^g with each canary request, g being the expected logarithm of its factor when the canary is worse by some
rise (Kelly's growth rate; Breiman 1961 for the time it takes: about T / g requests to a line at e^T). T holds what the mixture costs: ln of
1 / (alpha * weight of the metric * weight of the first beginning * weight of the alternative). With v the variance of that logarithm, nine in
ten are found by the n that solves g n - 1.28 sqrt(v n) = T. A first-order answer: simulated medians are within some 15 % of it.

Requests are those of the canary and times include the warm-up and are rounded up to whole looks. A rise is a difference of shares: 0.01 is
one point. For latency it is the share of requests that wait for something that none waited for before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import ceil, inf, log, sqrt
from typing import Any

from infra.errors import Refused
from infra.judge.bets import bet
from infra.judge.judge import WEIGHTS
from infra.judge.labels import LatencyBins, RateRatios, normalizer, slow_edges
from infra.judge.metrics import GUARD_DELTA, GUARD_RISES, safety_line
from infra.judge.mixture import FIRST
from infra.judge.policy import Policy, smoothed
from infra.judge.shapes import slow_mode

__all__ = ["Notice", "Outlook", "Promotion", "outlook"]

RISES = (0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5)
_NINE_IN_TEN = 1.2816  # the normal quantile
_MANY = 1_000_000
_MOST = 0.9  # a rise beyond it is an outage

Growth = tuple[float, float, float]
"""Of the logarithm of one alternative's e-value: what it must reach, its mean and its variance for one more canary request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """How soon one regression is found; None: not within the horizon.

    Args:
        metric: 5xx, 4xx or latency.
        rise: how much worse the canary is, as a difference of shares.
        canary_requests, seconds: after which half of such canaries are rolled back.
        nine_in_ten_seconds: after which nine in ten are.
    """

    metric: str
    rise: float
    canary_requests: int | None
    seconds: float | None
    nine_in_ten_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """When a canary that is as good as the baseline is shown to be so in one metric; None: not within the horizon."""

    metric: str
    canary_requests: int | None
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a canary can show at some traffic.

    Args:
        notices: for each metric and rise, worst first.
        smallest: by metric, the smallest rise of which nine in ten are found within the horizon; None: not even a large one.
        promotions: for each metric that must be shown safe.
        promotion_seconds: when a canary that is as good is promoted, the bake included; None: not within the horizon.
        horizon_seconds: when it is undecided.
    """

    notices: tuple[Notice, ...]
    smallest: dict[str, float | None]
    promotions: tuple[Promotion, ...]
    promotion_seconds: float | None
    horizon_seconds: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def outlook(policy: Policy, *, requests_per_second: float, share: float, rises: Sequence[float] = RISES) -> Outlook:
    """What can be noticed with so many requests a second in all, of which the canary gets `share` (above 0, below 1).

    Raises:
        Refused: the policy has no hour before, so no rates are known; or the traffic is none.
    """
    if not policy.prior.n:
        raise Refused(
            "outlook: the rates of the hour before the canary are not known. Give them in the policy's prior."
        )
    if not (0.0 < share < 1.0 and 0.0 < requests_per_second < inf):
        raise Refused(f"outlook: {requests_per_second:g} requests/s of which the canary gets {share:.0%} show nothing.")
    pace = _Pace(policy, requests_per_second * share)
    metrics = _metrics(policy, share)
    guard = _guard(policy, share)
    notices = tuple(
        pace.notice(name, rise, grow(rise), () if name == "latency" else guard(rise))
        for name, grow in metrics.items()
        for rise in sorted(rises, reverse=True)
    )
    promotions = tuple(pace.promotion(name, growth) for name, growth in _safe(policy, share).items())
    slowest = [one.seconds for one in promotions]
    known = [seconds for seconds in slowest if seconds is not None]
    promoted = max(*known, policy.min_bake_seconds) if len(known) == len(slowest) else None
    return Outlook(
        notices=notices,
        smallest={name: pace.smallest(grow) for name, grow in metrics.items()},
        promotions=promotions,
        promotion_seconds=promoted if promoted is not None and promoted <= pace.horizon_seconds else None,
        horizon_seconds=pace.horizon_seconds,
    )


class _Pace:
    """Requests to seconds, under a policy."""

    def __init__(self, policy: Policy, canary_requests_per_second: float) -> None:
        self.policy, self.per_second = policy, canary_requests_per_second
        self.horizon_seconds = policy.horizon_intervals * policy.interval_seconds

    def seconds(self, requests: float, *, warm_up: bool = True) -> float | None:
        """When the canary will have had so many requests that are evidence; None after the horizon."""
        look = self.policy.interval_seconds
        before = ceil(self.policy.warmup_seconds / look - 1e-9) * look if warm_up else 0.0
        seconds = before + requests / self.per_second
        if seconds > self.horizon_seconds:
            return None
        return max(ceil(seconds / look - 1e-9), 1) * look

    def requests(self, seconds: float | None) -> int | None:
        return None if seconds is None else round(seconds * self.per_second)

    def notice(self, metric: str, rise: float, growths: Sequence[Growth], guard: Sequence[Growth] = ()) -> Notice:
        """`guard` bets in the warm-up already."""
        typical, late = (self._first(growths, guard, quantile) for quantile in (0.0, _NINE_IN_TEN))
        return Notice(
            metric=metric,
            rise=rise,
            canary_requests=self.requests(typical),
            seconds=typical,
            nine_in_ten_seconds=late,
        )

    def _first(self, growths: Sequence[Growth], guard: Sequence[Growth], quantile: float) -> float | None:
        times = [self.seconds(min(_until(growth, quantile) for growth in growths))]
        times += [self.seconds(_until(growth, quantile), warm_up=False) for growth in guard]
        return min((one for one in times if one is not None), default=None)

    def promotion(self, metric: str, growth: Growth) -> Promotion:
        seconds = self.seconds(_until(growth, 0.0))
        return Promotion(metric=metric, canary_requests=self.requests(seconds), seconds=seconds)

    def smallest(self, grow: Callable[[float], Sequence[Growth]]) -> float | None:
        """By halving: the larger the rise, the sooner it is found."""
        low, high = 0.0, _MOST
        if self.notice("", high, grow(high)).nine_in_ten_seconds is None:
            return None
        while high - low > 0.01 * high:
            middle = (low + high) / 2
            found = self.notice("", middle, grow(middle)).nine_in_ten_seconds is not None
            low, high = (low, middle) if found else (middle, high)
        return high


def _until(growth: Growth, quantile: float) -> float:
    """Canary requests until the line is reached."""
    line, mean, variance = growth
    if mean <= 0.0:
        return inf
    spread = quantile * sqrt(max(variance, 0.0))
    return float(((spread + sqrt(spread * spread + 4.0 * mean * line)) / (2.0 * mean)) ** 2)


def _metrics(policy: Policy, share: float) -> dict[str, Callable[[float], Sequence[Growth]]]:
    """For each metric, from a rise to the growth of every alternative's e-value."""
    prior = policy.prior
    latency = bool(policy.buckets and prior.hist)
    total = sum(weight for name, weight in WEIGHTS.items() if latency or name != "latency")
    cost = {name: -log(policy.alpha * weight * FIRST / total) for name, weight in WEIGHTS.items()}
    errors = RateRatios(prior.e5xx, prior.n, policy.tolerance_error)
    mistakes = RateRatios(prior.e4xx, prior.n, policy.tolerance_4xx)
    metrics: dict[str, Callable[[float], Sequence[Growth]]] = {
        "5xx": lambda rise: _of_rates(errors, prior.e5xx / prior.n, rise, share, cost["5xx"]),
        "4xx": lambda rise: _of_rates(mistakes, prior.e4xx / prior.n, rise, share, cost["4xx"]),
    }
    if latency:
        bins = LatencyBins(prior.hist)
        metrics["latency"] = lambda rise: _of_latency(bins, rise, share, cost["latency"])
    return metrics


def _of_rates(ratios: RateRatios, before: float, rise: float, share: float, cost: float) -> list[Growth]:
    after = min(before + rise, 1.0)
    elsewhere = (1.0 - share) / share * before  # the baseline's events for each canary request
    growths = []
    for weight, for_canary, for_any in zip(
        ratios.weights, ratios.logs(1, 0, share), ratios.logs(0, 1, share), strict=True
    ):
        mine = for_canary + for_any
        mean = after * mine + elsewhere * for_any
        variance = after * (1.0 - after) * mine**2 + elsewhere * (1.0 - before) * for_any**2
        growths.append((cost - log(weight), mean, variance))
    return growths


def _of_latency(bins: LatencyBins, rise: float, share: float, cost: float) -> list[Growth]:
    curve = slow_mode(rise)
    before = [a - b for a, b in pairwise(bins.bounds)]
    after = [curve(a) - curve(b) for a, b in pairwise(bins.bounds)]
    growths = []
    pooled = [share * a + (1.0 - share) * b for a, b in zip(after, before, strict=True)]
    for weight, ratios in zip(bins.weights, bins.ratios, strict=True):
        normal = normalizer(ratios, before, pooled, share)
        logs = [log(r) for r in ratios]
        mean = sum(a * one for a, one in zip(after, logs, strict=True))
        square = sum(a * one * one for a, one in zip(after, logs, strict=True))
        growths.append((cost - log(weight), mean - normal, square - mean * mean))
    return growths


def _safe(policy: Policy, share: float) -> dict[str, Growth]:
    """For each metric that must be shown safe, the growth of its bet while both arms are alike."""
    prior = policy.prior
    counts = {"5xx": (prior.e5xx, policy.tolerance_error), "4xx": (prior.e4xx, policy.tolerance_4xx)}
    if policy.buckets and prior.hist:
        for name, edge in slow_edges(prior.hist, policy.slo_edge).items():
            counts[name] = (sum(prior.hist[edge:]), policy.tolerance_slow)
    return {
        name: _of_bet(smoothed(count, prior.n), delta, share, policy.beta) for name, (count, delta) in counts.items()
    }


def _guard(policy: Policy, share: float) -> Callable[[float], list[Growth]]:
    """The growth of the bet against an outage; none for a rise that it takes for a cold start."""
    prior = policy.prior
    before = smoothed(prior.e5xx + prior.e4xx, prior.n)
    cost = -log(policy.alpha * WEIGHTS["guard"] * FIRST)

    def grow(rise: float) -> list[Growth]:
        after = min(before + rise, 1.0)
        bets = [(_mean(before, after, min(before + one, 0.99), GUARD_DELTA, share)) for one in GUARD_RISES]
        return [(cost + log(len(bets)), mean, 0.0) for mean in bets if rise > GUARD_DELTA]

    return grow


def _of_bet(rate: float, delta: float, share: float, beta: float) -> Growth:
    return (log(safety_line(beta)), _mean(rate, rate, rate, delta, share), 0.0)


def _mean(baseline: float, canary: float, believed: float, delta: float, share: float) -> float:
    """The expected logarithm of a bet for one canary request and the baseline's requests beside it."""
    n_canary = max(round(share * _MANY), 1)
    b1, b0, c1, c0 = bet(baseline, believed, delta, _MANY - n_canary, n_canary)
    return (_MANY - n_canary) / n_canary * (b0 + baseline * (b1 - b0)) + c0 + canary * (c1 - c0)
