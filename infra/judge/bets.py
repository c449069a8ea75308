"""Is the canary safe? Bets against "the canary's rate is above the baseline's by at least delta". Pure.

Null: q_c >= q_b + delta, whatever q_b is and however it drifts. Before an interval, with theta the rate that the past predicts for
both arms, take the pair (a, a + delta) of the null that is hardest to tell from (theta, theta), the projection

    (a, a + delta) = argmin_a  n_b KL(theta || a) + n_c KL(theta || a + delta)

and bet on every request Y in {0, 1} of arm g with center c_b = a, c_c = a + delta:

    T  *=  prod over requests of  1 + k_g (Y - c_g),     k_c = (theta - c_c) / (c_c (1 - c_c)),   k_b = - n_c k_c / n_b

Given the interval's mean rates (q_b, q_c), E[T] <= exp( sum_g n_g k_g (q_g - c_g) ), and with q_b = a + s, q_c = a + delta + s + u, u >= 0,
the exponent is s (n_b k_b + n_c k_c) + n_c k_c u = n_c k_c u <= 0, for *any* a, because k_b balances k_c exactly and k_c < 0. At the projection
this balance is the first-order condition and k_g are the likelihood ratios of Turner, Ly, Grünwald, "Generic E-variables for exact
sequential k-sample tests" (JSPI 230, 2024; arXiv 2106.02693). So `a` need only be near: it is the root of the quadratic that remains for
rare events,  a^2 + a (delta - theta) - (1 - p) theta delta = 0, p = n_c / N. theta uses the past alone, so products over intervals
are e-processes (T >= 1/beta: P <= beta under the null, at any number of looks), and common drift or bursts move s only.

The guard is the same bet with the sides exchanged: null q_c <= q_b + delta, alternative (theta, theta + d), d > delta; k_c > 0.
"""

from __future__ import annotations

from math import log1p, sqrt

__all__ = ["Bet", "bet"]

Bet = tuple[float, float, float, float]
"""ln of the factor for a baseline request with Y = 1, one with Y = 0, a canary request with Y = 1, one with Y = 0."""

_LARGEST_CENTER = 0.999
_MOST_LOST = 0.98  # no single request may cost more of the stake than this: factors stay positive


def bet(baseline_rate: float, canary_rate: float, delta: float, n_baseline: int, n_canary: int) -> Bet:
    """The factors of one interval, from the rates that the bettor believes in and the null's `delta`.

    `canary_rate` below `baseline_rate + delta` bets on safety, above it on harm. Both arms must have requests.
    """
    n = n_baseline + n_canary
    share, rest = n_canary / n, n_baseline / n
    half = 0.5 * (rest * baseline_rate + share * canary_rate - delta)
    a = half + sqrt(half * half + rest * baseline_rate * delta)
    if a + delta > _LARGEST_CENTER:
        a = _LARGEST_CENTER - delta
    center = a + delta
    k_canary = (canary_rate - center) / (center * (1.0 - center))
    k_baseline = -n_canary * k_canary / n_baseline
    # The two bets have opposite signs, so each has one outcome that costs it part of the stake.
    lost_canary = k_canary * (center - 1.0) if k_canary < 0.0 else k_canary * center
    lost_baseline = k_baseline * (a - 1.0) if k_baseline < 0.0 else k_baseline * a
    if lost_canary > _MOST_LOST or lost_baseline > _MOST_LOST:
        scale = _MOST_LOST / max(lost_canary, lost_baseline)
        k_canary *= scale
        k_baseline *= scale
    return (
        log1p(k_baseline * (1.0 - a)),
        log1p(-k_baseline * a),
        log1p(k_canary * (1.0 - center)),
        log1p(-k_canary * center),
    )
