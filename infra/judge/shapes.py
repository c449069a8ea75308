"""The ways in which a release gets slower that the verdict looks for. Pure; a table of curves.

A curve A maps s, the share of requests that was slower than some latency before the canary, to the share that is slower now. A(0) = 0,
A(1) = 1, A(s) >= s. The weights are fixed: the evidence is their mean, so a shape that is not in the list costs time, never truth.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Curve", "shapes", "slow_mode"]

Curve = Callable[[float], float]

SLOW_MODE_LANDS_IN = 0.01  # what was the slowest hundredth


def shapes() -> tuple[tuple[Curve, float], ...]:
    """Every curve with its weight; the mild ones weigh more, because they are what takes long to find."""
    return (
        (_everything(0.9), 0.15),
        (_everything(0.7), 0.15),
        (_tail(0.1, 0.8), 0.25),
        (_tail(0.1, 0.6), 0.15),
        (_tail(0.03, 0.5), 0.15),
        (slow_mode(0.02), 0.15),
    )


def _everything(power: float) -> Curve:
    """All requests are slower."""
    return lambda s: s**power


def _tail(begins: float, power: float) -> Curve:
    """Only the slowest share `begins` is slower."""
    return lambda s: begins * (s / begins) ** power if s < begins else s


def slow_mode(share: float) -> Curve:
    """Some requests, fast or not, wait for something that none waited for before."""
    return lambda s: (1.0 - share) * s + share * min(s / SLOW_MODE_LANDS_IN, 1.0)
