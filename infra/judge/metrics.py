"""The two kinds of evidence about one metric: rollback by labels, promotion by bets. Pure, O(1) state that goes to JSON and back."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import Any

from infra.judge.bets import bet
from infra.judge.intervals import Comparison
from infra.judge.mixture import StartMixture
from infra.judge.policy import smoothed

__all__ = ["Guard", "Prediction", "Safety", "safety_line"]

FADE_A_MINUTE = 0.03  # rates drift over the day
# Safety is shown at 1.5 times what beta asks for. Bets on safety need requests to be independent given the rates, which is nearly so; the
# margin is for "nearly", and costs some minutes (`make simulate`).
SAFETY_MARGIN = 1.5
INCIDENT_SIGMAS = 5.0
UNKNOWN = (0.5, 100.0)  # count and requests that stand in for a past that nobody recorded

GUARD_DELTA = 0.1  # what cold starts may add to the failures of a canary
GUARD_RISES = (0.5,)
_LARGEST_LOG = 460.0


def safety_line(beta: float) -> float:
    """What the evidence of safety must reach."""
    return SAFETY_MARGIN / beta


class Prediction:
    """The rate that the past predicts for both arms: the hour before, then all requests since, fading by 3 % a minute.

    Incidents last some minutes: after an interval far above that, its own rate is what the next one is expected to have.
    """

    __slots__ = ("_keep", "count", "n", "rate")

    def __init__(self, count: float, n: float, *, interval_seconds: float) -> None:
        self._keep = (1.0 - FADE_A_MINUTE) ** (interval_seconds / 60.0)
        self.count, self.n = (float(count), float(n)) if n else UNKNOWN
        self.rate = smoothed(self.count, self.n)

    def learn(self, count: int, n: int) -> None:
        """To be called after the interval's bets: a prediction never sees what it predicts."""
        expected = n * self.count / self.n
        incident = count > expected + INCIDENT_SIGMAS * sqrt(expected + 1.0)
        self.count = self.count * self._keep + count
        self.n = self.n * self._keep + n
        self.rate = (count + 0.5) / (n + 1.0) if incident else (self.count + 0.5) / (self.n + 1.0)

    def to_json(self) -> dict[str, float]:
        return {"count": self.count, "n": self.n, "rate": self.rate}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue where `to_json` stopped."""
        self.count, self.n, self.rate = float(state["count"]), float(state["n"]), float(state["rate"])


class Safety:
    """The e-process against "worse by at least `delta`", and how much it may grow with each further canary request.

    Safety is `shown` from the first time that the e-process reaches its line (Ville bounds that for all looks together) until, should a
    fault begin later, all evidence is gone: below 1.
    """

    __slots__ = ("_line", "comparison", "delta", "growth", "log_value", "prediction", "shown")

    def __init__(self, prediction: Prediction, delta: float, *, beta: float) -> None:
        self.prediction, self.delta = prediction, delta
        self.comparison = Comparison()
        self._line = log(safety_line(beta))
        self.shown = False
        self.log_value = 0.0
        self.growth = 0.0

    def take(self, x_baseline: int, n_baseline: int, x_canary: int, n_canary: int) -> None:
        """Bet on one interval in which both arms had requests, then learn from it."""
        rate = self.prediction.rate
        b1, b0, c1, c0 = bet(rate, rate, self.delta, n_baseline, n_canary)
        step = x_baseline * b1 + (n_baseline - x_baseline) * b0 + x_canary * c1 + (n_canary - x_canary) * c0
        self.log_value += step
        self.shown = self.log_value >= self._line or (self.shown and self.log_value >= 0.0)
        self.comparison.take(rate, x_baseline, n_baseline, x_canary, n_canary)
        if not self.shown:
            self.growth = n_baseline * (b0 + rate * (b1 - b0)) / n_canary + c0 + rate * (c1 - c0)
        self.prediction.learn(x_baseline + x_canary, n_baseline + n_canary)

    @property
    def value(self) -> float:
        return exp(min(self.log_value, _LARGEST_LOG))

    def to_json(self) -> dict[str, Any]:
        state = {"log": self.log_value, "shown": self.shown, "growth": self.growth, "rates": self.comparison.to_json()}
        return {**state, **self.prediction.to_json()}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue where `to_json` stopped."""
        self.log_value, self.growth, self.shown = float(state["log"]), float(state["growth"]), bool(state["shown"])
        self.comparison.restore(state["rates"])
        self.prediction.restore(state)


class Guard:
    """Watches for an outage while nothing else bets (the warm-up, or no hour before): null "at most `GUARD_DELTA` above".

    Afterwards the labels find an outage as soon, and the guard keeps what it has.
    """

    __slots__ = ("mixture", "prediction")

    def __init__(self, prediction: Prediction) -> None:
        self.prediction = prediction
        self.mixture = StartMixture([1.0 / len(GUARD_RISES)] * len(GUARD_RISES))

    def take(self, x_baseline: int, n_baseline: int, x_canary: int, n_canary: int) -> None:
        """Bet on one interval in which both arms had requests, then learn the baseline's rate."""
        rate = self.prediction.rate
        logs = []
        for rise in GUARD_RISES:
            b1, b0, c1, c0 = bet(rate, min(rate + rise, 0.99), GUARD_DELTA, n_baseline, n_canary)
            logs.append(x_baseline * b1 + (n_baseline - x_baseline) * b0 + x_canary * c1 + (n_canary - x_canary) * c0)
        self.mixture.take(logs)
        self.prediction.learn(x_baseline, n_baseline)

    def to_json(self) -> dict[str, Any]:
        return {**self.mixture.to_json(), **self.prediction.to_json()}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue where `to_json` stopped."""
        self.mixture.restore(state)
        self.prediction.restore(state)
