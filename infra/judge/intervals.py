"""How large is the rate, and the difference? Intervals that hold at every look together, under drift. Pure, O(1) state and time.

A 95 % interval of a fixed sample is wrong somewhere in a hundred looks more often than not. These are *confidence sequences*: the
probability that the truth is ever outside, at any look, is at most `ERROR`, half of it on each side (each interval by itself).

**A rate** (`rate_interval`), of S events among n requests. With conditional rates q_j that may change from request to request, for any lambda

    E exp( lambda S - sum_j ln(1 + q_j (e^lambda - 1)) ) = 1   and   sum_j ln(1 + q_j (e^lambda - 1)) <= n ln(1 + q (e^lambda - 1))

by concavity, where q = sum q_j / n is the *mean* rate so far: that is what the interval is of. Ville's inequality for a fixed lambda says that

    lambda S - n ln(1 + q (e^lambda - 1)) < L      for all n together, with probability 1 - e^-L

which is solved for q: with lambda > 0 it bounds q from below, with -lambda from above. `GRID` holds the lambdas of all sample sizes; L pays for
their number (a union bound), so at each look the best of them may be taken. Which one that is hangs on S alone where events are rare.

**The difference** (`Comparison`), canary minus baseline. Pooled rates of both arms differ by Simpson's paradox when the share and the rate change
together, so the difference is taken in each interval and averaged with the weights h = n_b n_c / (n_b + n_c) of Mantel and Haenszel (1959):

    d = sum h (x_c / n_c - x_b / n_b) / sum h,     sum h d = sum over requests of w Y,   w_c = n_b / N,  w_b = -n_c / N,  |w| <= 1

With predictions m of Y by the past alone and V = sum w^2 (Y - m)^2, Fan, Grama and Liu, "Exponential inequalities for martingales with
applications" (EJP 2015, prop. 4.1; Howard et al., theorem 4) gives, because exp(lambda x - psi(lambda) x^2) <= 1 + lambda x for x = w (Y - m) >= -1,

    E exp( lambda sum w (Y - q) - psi(lambda) V ) <= 1,     psi(lambda) = -ln(1 - lambda) - lambda,   0 < lambda < 1

so |sum h (d - truth)| < (psi(lambda) V + L) / lambda at all looks, again with the best lambda of a grid. A bad prediction widens V and nothing else.

Howard, Ramdas, McAuliffe, Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences" (Annals of Statistics 2021); Robbins (1970).
They need requests to be independent given their rates. They are shown; the verdict uses sharper bets against one null each.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from math import exp, expm1, inf, log
from typing import Any

__all__ = ["ERROR", "Comparison", "rate_interval"]

ERROR = 0.05  # 95 % intervals

_LINES = 12
GRID = tuple(
    4.0 / 2**k for k in range(_LINES)
)  # from no event at all to a million of them; twofold steps lose at most 6 %
_L = log(2 * _LINES / ERROR)
_BETTING_GRID = tuple(0.8 / 2**k for k in range(_LINES))  # lambda < 1 here


def _crossings(lines: list[tuple[float, float]]) -> list[float]:
    """Where each line (intercept, slope) hands over to the next one; they are in the order in which they are best."""
    return [(b - a) / (s - t) for (a, s), (b, t) in pairwise(lines)]


def _bests() -> tuple[list[float], list[tuple[float, float, float, float]]]:
    """From which number of events on which lambdas are best, below and above: one table, so that a look searches once."""
    below = [(rate, expm1(rate)) for rate in GRID]
    above = [(rate, -expm1(-rate)) for rate in GRID]
    below_from = _crossings([(-_L / grown, rate / grown) for rate, grown in below])
    above_from = _crossings([(_L / shrunk, rate / shrunk) for rate, shrunk in above])
    both = sorted(below_from + above_from)
    return both, [(*below[bisect_left(below_from, at)], *above[bisect_left(above_from, at)]) for at in [*both, inf]]


_BESTS_FROM, _BESTS = _bests()
_WIDTHS = [(_L / rate, (-log(1.0 - rate) - rate) / rate) for rate in _BETTING_GRID]
_WIDTHS_FROM = _crossings(_WIDTHS)


def rate_interval(count: int, n: int) -> list[float]:
    """[lowest, measured, highest] mean rate of `count` events among `n` requests; [0, 0, 1] without requests."""
    if not n:
        return [0.0, 0.0, 1.0]
    rate = count / n
    below, grown, above, shrunk = _BESTS[bisect_left(_BESTS_FROM, count - count * rate)]
    low = (exp(below * rate - _L / n) - 1.0) / grown
    high = (1.0 - exp(-above * rate - _L / n)) / shrunk
    return [low if low > 0.0 else 0.0, rate, high if high < 1.0 else 1.0]  # noqa: FURB136  # a call costs as much as the rest


class Comparison:
    """One metric of both arms: counts, and the difference of the rates with its spread."""

    __slots__ = ("moved", "n_baseline", "n_canary", "spread", "weight", "x_baseline", "x_canary")

    def __init__(self) -> None:
        self.x_baseline = self.n_baseline = self.x_canary = self.n_canary = 0
        self.weight = self.moved = self.spread = 0.0

    def take(self, predicted: float, x_baseline: int, n_baseline: int, x_canary: int, n_canary: int) -> None:
        """Count one interval in which both arms had requests; `predicted` is the rate that the past predicts."""
        share = n_canary / (n_baseline + n_canary)
        rest = 1.0 - share
        self.x_baseline += x_baseline
        self.n_baseline += n_baseline
        self.x_canary += x_canary
        self.n_canary += n_canary
        self.weight += rest * n_canary
        self.moved += rest * x_canary - share * x_baseline
        # w^2 of all events and of all requests: (Y - m)^2 is m^2 for a request, and (1 - m)^2 = m^2 + 1 - 2 m for an event
        events = rest * rest * x_canary + share * share * x_baseline
        self.spread += predicted * predicted * rest * n_canary + (1.0 - 2.0 * predicted) * events

    def difference(self) -> list[float]:
        """[lowest, measured, highest] canary minus baseline, averaged over the intervals; [-1, 0, 1] before the first."""
        weight = self.weight
        if not weight:
            return [-1.0, 0.0, 1.0]
        spread = self.spread
        least, slope = _WIDTHS[bisect_left(_WIDTHS_FROM, spread)]
        middle, width = self.moved / weight, (least + slope * spread) / weight
        low, high = middle - width, middle + width
        return [low if low > -1.0 else -1.0, middle, high if high < 1.0 else 1.0]  # noqa: FURB136

    @property
    def counts(self) -> list[int]:
        """Events and requests of the baseline, events and requests of the canary."""
        return [self.x_baseline, self.n_baseline, self.x_canary, self.n_canary]

    def to_json(self) -> list[float]:
        return [getattr(self, name) for name in self.__slots__]

    def restore(self, state: Any) -> None:
        """Continue where `to_json` stopped."""
        for name, value in zip(self.__slots__, state, strict=True):
            setattr(self, name, value)
