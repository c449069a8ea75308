"""Is the canary worse? Label e-values of counts and of binned latencies. Pure.

Routing is random per request, so under "the canary is no worse" the pooled outcomes of an interval are fixed first and the canary's
n_c requests are a uniformly random subset of all N = n_b + n_c. Only *which arm* an event fell into is evidence, interval by
interval, with the realised share p = n_c / N. Drift, bursts, overdispersion, ramps and a share other than the configured one
change the pooled outcomes or p, which are conditioned on, and so cannot make the test false. Intervals are never pooled: under a
ramp with a drift, pooled counts are confounded (Simpson).

**Yes/no outcomes** (5xx, 4xx), m = x_b + x_c in all, alternative "rate ratio rho > 1":

    ln L(rho) = x_c ln rho - m ln(1 + p (rho - 1))

x_c given m is hypergeometric. For binomial(m, p) the expectation of L is exactly 1; rho^x is convex and the hypergeometric is smaller
in convex order (Hoeffding 1963, theorem 4), so E[L] <= 1. If the canary is better, x_c is stochastically smaller and L rises with
x_c. What is lost against the exact normaliser is a factor 1 - m/N in the variance.

**Latency** in bins j with ratios r_j > 0 that were fixed beforehand and do not fall from faster to slower (so that a faster canary is
within the null), m_j requests of both arms in bin j:

    ln L(r) = sum_j x_cj ln r_j - n_c ln( sum_j m_j r_j / N )

the same theorem for the population of values ln r(request), drawn n_c times without replacement: prod r is the exponential of a sum. It is
sharp where everything moves. Where few requests move, another bound of the same expectation is: with r' = r / r_min >= 1,

    ln L(r) = sum_j x_cj ln r_j - n_c ln r_min - sum_j m_j ln(1 + p (r'_j - 1))

because "is the canary's" of all requests together, n_c of them, are negatively associated, so E[prod r'] <= prod E[r'] for functions that rise
(Joag-Dev, Proschan, "Negative association of random variables", Annals of Statistics 1983). To second order it is the smaller one when
p > (mean of r' - 1)^2 / mean of (r' - 1)^2. That depends on requests and never on their arms, so each interval may take its own.

The conditional approach to counts: Lindon, Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from math import log, log1p
from operator import add, itemgetter, mul, sub
from typing import NamedTuple

from infra.judge.policy import smoothed
from infra.judge.shapes import shapes

__all__ = ["LatencyBins", "RateRatios", "normalizer", "slow_edges", "tail_edge"]

# How many tolerances above the pre-canary rate an alternative lies, and its weight.
STEPS = ((1.0, 0.2), (2.0, 0.4), (4.0, 0.13), (10.0, 0.27))

# Where latency is cut, as shares of the pre-canary hour that were slower.
CUTS = (0.5, 0.25, 0.1, 0.05, 0.02, 0.01, 0.005, 0.001)
_LEAST_RATIO, _LARGEST_RATIO = 0.02, 50.0


class RateRatios:
    """The alternatives of a yes/no outcome: rates that lie some tolerances above the rate before the canary."""

    __slots__ = ("_terms", "weights")

    def __init__(self, count: float, n: float, tolerance: float) -> None:
        before = smoothed(count, n)
        ratios = [(before + steps * tolerance) / before for steps, _ in STEPS]
        self._terms = tuple((log(ratio), ratio - 1.0) for ratio in ratios)
        self.weights = tuple(weight for _, weight in STEPS)

    def logs(self, canary: int, both: int, share: float) -> list[float]:
        """ln L for every alternative: `canary` of `both` events fell to the canary, which had `share` of the requests."""
        return [canary * ln_ratio - both * log1p(share * more) for ln_ratio, more in self._terms]


class LatencyBins:
    """Bins at quantiles of the hour before, and the ways in which a canary may be slower.

    With s the share of the hour before that was slower, an alternative says what share A(s) of the canary is, and a bin's ratio is
    the mass that A gives it over the mass that it had. Requests are counted below each bin's start, not in it, and sums over bins
    are taken by parts: sum_j x_j f_j = n f_last - sum_j below_j (f_j - f_{j-1}), which spares the subtractions.
    """

    __slots__ = ("_below", "_few", "_few_from", "_terms", "bounds", "ratios", "weights")

    def __init__(self, hist: Sequence[int]) -> None:
        slower = _survival(hist)
        starts = _bin_starts(slower)
        self._below = _picker([start - 1 for start in starts[1:]])
        self.bounds = bounds = [*(slower[start] for start in starts), 0.0]
        mass = [a - b for a, b in pairwise(bounds)]
        alternatives = []
        for curve, weight in shapes():
            moved = [curve(a) - curve(b) for a, b in pairwise(bounds)]
            ratios = [min(max(r, _LEAST_RATIO), _LARGEST_RATIO) for r in _rising(moved, mass)]
            alternatives.append((_few_from(ratios, mass), weight, ratios))
        alternatives.sort(key=itemgetter(0))  # those that move few requests first: they are one group at any share
        self._few_from = [share for share, _, _ in alternatives]
        self.weights = tuple(weight for _, weight, _ in alternatives)
        self.ratios = [ratios for _, _, ratios in alternatives]
        self._terms = tuple(_Ratios.of(ratios) for ratios in self.ratios)
        self._few = tuple(_Few.of(self.ratios[:count]) for count in range(len(alternatives) + 1))

    def logs(self, canary: Sequence[int], baseline: Sequence[int]) -> list[float]:
        """ln L for every alternative, from the requests of an interval up to and including each bucket."""
        x = self._below(canary)
        both = tuple(map(add, x, self._below(baseline)))
        n_canary = canary[-1]
        n = n_canary + baseline[-1]
        share = n_canary / n
        few = bisect_left(self._few_from, share)
        logs = self._few[few].logs(x, both, n_canary, n) if few else []
        for last, ln_last, steps, ln_steps in self._terms[few:]:
            normal = n_canary * log(last - sum(map(mul, both, steps)) / n)
            logs.append(n_canary * ln_last - sum(map(mul, x, ln_steps)) - normal)
        return logs


class _Ratios(NamedTuple):
    """One alternative's ratios, for sums by parts: that of the slowest bin, and the steps from each bin to the next slower one."""

    last: float
    ln_last: float
    steps: tuple[float, ...]
    ln_steps: tuple[float, ...]

    @classmethod
    def of(cls, ratios: Sequence[float]) -> _Ratios:
        return cls(
            last=ratios[-1],
            ln_last=log(ratios[-1]),
            steps=tuple(b - a for a, b in pairwise(ratios)),
            ln_steps=tuple(log(b / a) for a, b in pairwise(ratios)),
        )


class _Few(NamedTuple):
    """The alternatives that move few requests, laid side by side, because one long sum costs less than several short ones.

    Args:
        pick: from numbers by bin (the first left out), those that each alternative moves.
        ln_more, more: for each of these, by which factor the ratio is above the alternative's least, and by how much.
        spans: where each alternative begins and ends.
    """

    pick: Callable[[Sequence[int]], Sequence[int]]
    ln_more: tuple[float, ...]
    more: tuple[float, ...]
    spans: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, alternatives: Sequence[Sequence[float]]) -> _Few:
        moved = [[(j - 1, r / ratios[0]) for j, r in enumerate(ratios) if r > ratios[0]] for ratios in alternatives]
        flat = [one for bins in moved for one in bins]
        ends = list(accumulate(map(len, moved), initial=0))
        return cls(
            pick=_picker([j for j, _ in flat]) if flat else _none,
            ln_more=tuple(log(r) for _, r in flat),
            more=tuple(r - 1.0 for _, r in flat),
            spans=tuple(pairwise(ends)),
        )

    def logs(self, x: Sequence[int], both: Sequence[int], n_canary: int, n: int) -> list[float]:
        """By alternative, from the numbers below each bin but the first."""
        share = n_canary / n
        mine, everybody = map(sub, (*x[1:], n_canary), x), map(sub, (*both[1:], n), both)
        pick = self.pick
        moved = zip(pick(tuple(mine)), pick(tuple(everybody)), self.ln_more, self.more)  # noqa: B905  # made alike
        terms = [k * up - m * log1p(share * rise) for k, m, up, rise in moved]
        return [sum(terms[start:end]) for start, end in self.spans]


def _none(_: Sequence[int]) -> Sequence[int]:
    return ()


def _few_from(ratios: Sequence[float], mass: Sequence[float]) -> float:
    """The share of the canary from which on the bound for few moved requests is the sharper one."""
    more = [r / ratios[0] - 1.0 for r in ratios]
    mean = sum(map(mul, mass, more))
    square = sum(m * one * one for m, one in zip(mass, more, strict=True))
    return mean * mean / square if square else 1.0


def normalizer(ratios: Sequence[float], before: Sequence[float], pooled: Sequence[float], share: float) -> float:
    """What `LatencyBins.logs` takes off for each canary request when the pooled requests are spread like this; for planning."""
    if share <= _few_from(ratios, before):
        return log(sum(map(mul, pooled, ratios)))
    moved = sum(m * log1p(share * (r / ratios[0] - 1.0)) for m, r in zip(pooled, ratios, strict=True))
    return log(ratios[0]) + moved / share


def _picker(indexes: Sequence[int]) -> Callable[[Sequence[int]], Sequence[int]]:
    """The items at the indexes. An `itemgetter` of one index gives the item itself, hence the slice."""
    return itemgetter(*indexes) if len(indexes) > 1 else itemgetter(slice(indexes[0], indexes[0] + 1))


def _survival(hist: Sequence[int]) -> list[float]:
    """The share in each bucket or a slower one; a little in every bucket, so that no ratio is infinite."""
    weights = [count + 0.5 / len(hist) for count in hist]
    total = sum(weights)
    slower = list(accumulate(reversed(weights)))
    return [weight / total for weight in reversed(slower)]


def _bin_starts(slower: Sequence[float]) -> list[int]:
    """The bucket at which each bin begins: the edges nearest to the cuts (as ratios of shares), each once."""
    inner = range(1, len(slower))
    starts = {min(inner, key=lambda j: abs(log(slower[j] / cut))) for cut in CUTS}
    return [0, *sorted(starts)]


def _rising(moved: Sequence[float], mass: Sequence[float]) -> list[float]:
    """Ratios moved/mass made to rise towards the slow end: neighbours out of order share their mean (pool adjacent violators)."""
    blocks: list[tuple[float, float, int]] = []
    for m, w in zip(moved, mass, strict=True):
        block = (m, w, 1)
        while blocks and blocks[-1][0] / blocks[-1][1] > block[0] / block[1]:
            last = blocks.pop()
            block = (last[0] + block[0], last[1] + block[1], last[2] + block[2])
        blocks.append(block)
    return [m / w for m, w, count in blocks for _ in range(count)]


def tail_edge(hist: Sequence[int], share: float = 0.01, *, slack: float = 1.05) -> int:
    """The bucket from which on the slowest `share` of the hour before begins: the first with at most `slack` times as many."""
    slower = _survival(hist)
    return next((j for j, one in enumerate(slower) if one <= share * slack), len(slower) - 1)


def slow_edges(hist: Sequence[int], slo_edge: int) -> dict[str, int]:
    """By metric, the bucket from which on a request is slow: beyond the objective, and in the tail of the hour before unless that is the same."""
    tail = tail_edge(hist)
    return {"slow": slo_edge} if tail == slo_edge else {"slow": slo_edge, "tail": tail}
