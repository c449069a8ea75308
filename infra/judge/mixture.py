"""A mixture over alternatives and over the interval in which a regression begins, as one e-process. Pure, O(1) a step.

For each alternative k let L_t(k) be the e-value of interval t alone: E[L_t(k) | past] <= 1 when the canary is no worse. A product that
begins in interval s, L_s ... L_t, is an e-process, and so is any average over s and k with weights fixed beforehand:

    S_t(k) = (S_{t-1}(k) + v_t) L_t(k)
    E_t    = sum_k w_k S_t(k)  +  1 - sum_{s<=t} v_s,        sum_k w_k = 1,  sum_s v_s <= 1

because sum_k w_k S_t(k) is sum_s v_s sum_k w_k prod_{s<=u<=t} L_u(k), and weight that has not begun is cash. Ville's inequality:
P(E_t >= 1/alpha for any t) <= alpha, however often one looks. The mixture over s finds a fault that begins late without paying for
the healthy intervals before it (a product from the first interval on would have lost its stake by then).

    v_1 = FIRST,   v_t = (1 - FIRST) [1 / (1 + ln(t-1)) - 1 / (1 + ln t)],  t >= 2:  telescopes, so the sum never passes 1.

Ville (1939); Wald (1945) and Robbins (1970) for mixtures; Shin, Ramdas, Rinaldo, "E-detectors" (2023), for starting anew in every
step, which controls the run length where this keeps a probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from operator import mul
from typing import Any

__all__ = ["FIRST", "StartMixture"]

FIRST = 0.8  # most regressions of a release are there from its first request
_LARGEST = 1e200  # far beyond any threshold, far below overflow; lowering an e-process keeps it one
_LARGEST_LOG = 460.0


class StartMixture:
    """The e-process of one metric. Mutable, so that a look allocates little; `to_json` holds all of it."""

    __slots__ = ("_cash", "sums", "t", "value", "weights")

    def __init__(self, weights: Sequence[float]) -> None:
        self.weights = tuple(weights)
        self.sums = [0.0] * len(self.weights)
        self.t = 0
        self.value = self._cash = 1.0

    def take(self, logs: Sequence[float]) -> None:
        """Bet once: `logs` are ln L_t(k), in the order of the weights."""
        self.t = t = self.t + 1
        cash = (1.0 - FIRST) / (1.0 + log(t))
        begun = self._cash - cash
        self._cash = cash
        try:
            sums = [(stake + begun) * exp(step) for stake, step in zip(self.sums, logs)]  # noqa: B905
        except OverflowError:
            sums = [(stake + begun) * exp(min(step, _LARGEST_LOG)) for stake, step in zip(self.sums, logs, strict=True)]
        self.value = value = cash + sum(map(mul, self.weights, sums))
        if not value < _LARGEST:
            sums = [min(stake, _LARGEST) for stake in sums]
            self.value = _LARGEST
        self.sums = sums

    def to_json(self) -> dict[str, Any]:
        return {"t": self.t, "sums": list(self.sums), "value": self.value}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue where `to_json` stopped."""
        if len(state["sums"]) != len(self.weights):
            raise ValueError("the state has another number of alternatives")
        self.t, self.value = int(state["t"]), float(state["value"])
        self._cash = (1.0 - FIRST) / (1.0 + log(self.t)) if self.t else 1.0
        self.sums = [float(value) for value in state["sums"]]
