"""The verdict: one e-value for rollback, one bet per metric for promotion. Pure: no clock, no AWS, no I/O; O(1) memory.

**Rollback** when  E = sum_i w_i E_i >= 1/alpha,  over 5xx, 4xx, latency (`labels`, each mixed over alternatives and beginnings by `mixture`)
and the guard (`metrics.Guard`). A weighted mean of e-processes is one under any dependence between the metrics, so by Ville's
inequality a canary that is no worse is rolled back with probability <= alpha over its whole life, however often one looks; and it
is never weaker than Bonferroni, as w_i E_i >= 1/alpha implies E >= 1/alpha.

**Promotion** when every metric's bet against "worse by the tolerance or more" stands at 1/beta or higher (`bets`), E is small, and the
canary has baked. A canary that is worse by the tolerance in some metric must win that metric's bet, so it is promoted with
probability <= beta, without a correction for their number (intersection-union; Berger 1982). Without requests no bet is won.

**Assumption**: which arm a request goes to is random for each request, as API Gateway's canary is documented to do. If users stick to an
arm, count users instead. The warm-up is no evidence of either kind; the guard alone watches it.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from math import log
from operator import mul
from typing import Any

from infra.errors import Refused
from infra.judge.labels import LatencyBins, RateRatios, slow_edges
from infra.judge.metrics import Guard, Prediction, Safety, safety_line
from infra.judge.mixture import StartMixture
from infra.judge.policy import Policy
from infra.judge.readings import NO_PRIOR, Counts, Interval
from infra.judge.verdict import Look, Verdict

__all__ = ["WEIGHTS", "Judge"]

WEIGHTS = {"5xx": 0.54, "latency": 0.36, "4xx": 0.08, "guard": 0.02}
DOUBT = 2.0  # no promotion while the evidence of harm in any one metric is this large
EPOCH_SECONDS = 1e8  # an end later than this is a date; no canary runs for three years
LEAST_PRIOR_REQUESTS = 100
WARM_UP = "warm-up: watched for an outage only"
_VERSION = 2


class Judge:
    """Judges one canary, interval by interval. `to_json` after any look holds all that `from_json` needs to go on."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.rolled_back = False
        self.canary_requests = self.baseline_requests = 0
        self.elapsed_seconds = 0.0
        self._number: int | None = None
        self._end: float | None = None
        self._origin: float | None = None
        self.e_value = 1.0
        self.harm: dict[str, float] = {}
        self.prior = policy.prior
        if self.prior.n < LEAST_PRIOR_REQUESTS or (policy.buckets and not self.prior.hist):
            self.prior = NO_PRIOR
        seconds = policy.interval_seconds
        failed = self.prior.e5xx + self.prior.e4xx
        self.guard = Guard(Prediction(failed, self.prior.n, interval_seconds=seconds))
        self.ready = False
        self._weights, self._cash = [WEIGHTS["guard"]], 1.0 - WEIGHTS["guard"]  # until there are alternatives
        self.mixtures: dict[str, StartMixture] = {}
        self.safety: dict[str, Safety] = {}
        if self.prior.n:
            self._prepare()

    def _prepare(self) -> None:
        """Fix every alternative, from the prior alone."""
        policy, prior = self.policy, self.prior
        self.ready = True
        self._errors = RateRatios(prior.e5xx, prior.n, policy.tolerance_error)
        self._mistakes = RateRatios(prior.e4xx, prior.n, policy.tolerance_4xx)
        self.mixtures = {"5xx": StartMixture(self._errors.weights), "4xx": StartMixture(self._mistakes.weights)}
        rates = {"5xx": (prior.e5xx, policy.tolerance_error), "4xx": (prior.e4xx, policy.tolerance_4xx)}
        self._slow_edges: dict[str, int] = {}
        if policy.buckets:
            self._latency = LatencyBins(prior.hist)
            self.mixtures["latency"] = StartMixture(self._latency.weights)
            self._slow_edges = slow_edges(prior.hist, policy.slo_edge)
            for name, edge in self._slow_edges.items():
                rates[name] = (sum(prior.hist[edge:]), policy.tolerance_slow)
        self.safety = {
            name: Safety(Prediction(count, prior.n, interval_seconds=policy.interval_seconds), delta, beta=policy.beta)
            for name, (count, delta) in rates.items()
        }
        total = WEIGHTS["guard"] + sum(WEIGHTS[name] for name in self.mixtures)
        self._weights, self._cash = [*(WEIGHTS[name] / total for name in self.mixtures), WEIGHTS["guard"] / total], 0.0

    def look(self, interval: Interval) -> Look:
        """Take one closed interval as evidence and answer. Never raises for what an interval holds."""
        return self._whole(self._facts(interval, self._see(interval)))

    def answer(self, interval: Interval) -> dict[str, Any]:
        """`look` as the answer of a stream, without the detour: a tenth of its cost. With `rates` when the policy asks for them."""
        facts = self._facts(interval, self._see(interval))
        if self.policy.rates:
            return self._whole(facts).to_json()
        return facts

    def _see(self, interval: Interval) -> str:
        """Take an interval; why it is no evidence."""
        skipped = self._order(interval) or interval.skipped or self._take(interval)
        if self.e_value >= 1.0 / self.policy.alpha:
            self.rolled_back = True
        return skipped

    def _whole(self, facts: dict[str, Any]) -> Look:
        counts = {name: one.comparison.counts for name, one in self.safety.items()}
        return Look._make([*facts.values(), counts])

    def _order(self, interval: Interval) -> str:
        """Place the interval in time; what is not after the last one is counted already."""
        number, end = interval.number, interval.end_seconds
        if number is not None and self._number is not None and number <= self._number:
            return f"interval {number} is not after interval {self._number}"
        if end is not None and self._end is not None and end <= self._end:
            return f"an interval that ends at {end:g} s is not after one that ended at {self._end:g} s"
        seconds = self.policy.interval_seconds
        if end is None:
            self.elapsed_seconds += seconds
        else:
            if self._origin is None:
                self._origin = end - seconds if end > EPOCH_SECONDS else 0.0
            self.elapsed_seconds = max(self.elapsed_seconds, end - self._origin)
        if not interval.skipped:  # one that held nothing may be sent again, corrected
            self._number = self._number if number is None else number
            self._end = self._end if end is None else end
        return ""

    def _take(self, interval: Interval) -> str:
        """Let every process bet on the interval; or say why none can."""
        baseline, canary = interval.baseline, interval.canary
        if not canary.n:
            return "no canary traffic"
        if not baseline.n:
            return "no baseline traffic"
        skipped = self._learn_prior(interval)
        if not skipped and self.elapsed_seconds - self.policy.interval_seconds < self.policy.warmup_seconds - 1e-6:
            skipped = WARM_UP
        if skipped:
            self.guard.take(baseline.e5xx + baseline.e4xx, baseline.n, canary.e5xx + canary.e4xx, canary.n)
        else:
            self._bet(baseline, canary, latency=interval.latency)
            self.canary_requests += canary.n
            self.baseline_requests += baseline.n
        self._weigh()
        return skipped

    def _learn_prior(self, interval: Interval) -> str:
        """Without an hour before, the baseline's first requests stand in for it; what was used so is no evidence."""
        if self.ready:
            return ""
        if interval.latency or not self.policy.buckets:
            self.prior = self.prior.plus(interval.baseline)
        if self.prior.n >= LEAST_PRIOR_REQUESTS and self.elapsed_seconds >= self.policy.warmup_seconds:
            self._prepare()
        return "no hour before the canary is known: learning the baseline first"

    def _bet(self, baseline: Counts, canary: Counts, *, latency: bool) -> None:
        both = baseline.n + canary.n
        share = canary.n / both
        mixtures, safety = self.mixtures, self.safety
        mixtures["5xx"].take(self._errors.logs(canary.e5xx, baseline.e5xx + canary.e5xx, share))
        mixtures["4xx"].take(self._mistakes.logs(canary.e4xx, baseline.e4xx + canary.e4xx, share))
        safety["5xx"].take(baseline.e5xx, baseline.n, canary.e5xx, canary.n)
        safety["4xx"].take(baseline.e4xx, baseline.n, canary.e4xx, canary.n)
        if latency:
            up_to_canary, up_to_baseline = list(accumulate(canary.hist)), list(accumulate(baseline.hist))
            mixtures["latency"].take(self._latency.logs(up_to_canary, up_to_baseline))
            for name, edge in self._slow_edges.items():
                slow_baseline, slow_canary = baseline.n - up_to_baseline[edge - 1], canary.n - up_to_canary[edge - 1]
                safety[name].take(slow_baseline, baseline.n, slow_canary, canary.n)

    def _weigh(self) -> None:
        self.harm = harm = {name: mixture.value for name, mixture in self.mixtures.items()}
        harm["guard"] = self.guard.mixture.value
        self.e_value = self._cash + sum(map(mul, self._weights, harm.values()))

    def _facts(self, interval: Interval, skipped: str) -> dict[str, Any]:
        """All of an answer but the counts: what `Look` has, in its order, by the names that it has in JSON."""
        policy = self.policy
        safety = {name: one.value for name, one in self.safety.items()}
        waiting = [one for one in self.safety.values() if not one.shown]
        if self.rolled_back:
            verdict, reason = Verdict.ROLLBACK, self._why_worse()
        elif skipped:
            verdict, reason = Verdict.CONTINUE, skipped
        elif waiting or not self.ready or max(mixture.value for mixture in self.mixtures.values()) >= DOUBT:
            verdict, reason = Verdict.CONTINUE, "neither harm nor safety is shown yet"
        elif self.elapsed_seconds < policy.min_bake_seconds - 1e-6:
            verdict, reason = Verdict.CONTINUE, "safe so far, and not baked long enough"
        else:
            verdict, reason = Verdict.PROMOTE, "not worse by the tolerance or more in any metric"
        both = interval.baseline.n + interval.canary.n
        undecided = self.elapsed_seconds >= policy.horizon_intervals * policy.interval_seconds
        return {
            "verdict": verdict,
            "reason": reason,
            "i": interval.number,
            "elapsed_s": self.elapsed_seconds,
            "e_value": self.e_value,
            "harm": self.harm,
            "rollback_at": 1.0 / policy.alpha,
            "safety": safety,
            "promote_at": safety_line(policy.beta),
            "difference": {name: one.comparison.difference() for name, one in self.safety.items()},
            "canary_requests": self.canary_requests,
            "baseline_requests": self.baseline_requests,
            "share": interval.canary.n / both if both else None,
            "left_to_rollback": self._left_to_rollback(),
            "left_to_promote": _left_to_promote(waiting, policy.beta) if self.ready else None,
            "undecided": undecided and verdict is Verdict.CONTINUE,
            "skipped": skipped,
            "notes": interval.notes,
        }

    def _why_worse(self) -> str:
        worst = max(self.harm, key=lambda name: WEIGHTS[name] * self.harm[name])
        return f"the canary is worse: {'failures' if worst == 'guard' else worst}"

    def _left_to_rollback(self) -> int | None:
        if self.e_value <= 1.0 or not self.canary_requests:
            return None
        grown = log(self.e_value)
        return max(0, round((-log(self.policy.alpha) - grown) * self.canary_requests / grown))

    def to_json(self) -> dict[str, Any]:
        """All of the state, as JSON values; its size does not grow with the canary's age."""
        return {
            "version": _VERSION,
            "config": self.policy.to_config(),
            "rolled_back": self.rolled_back,
            "canary_requests": self.canary_requests,
            "baseline_requests": self.baseline_requests,
            "elapsed_s": self.elapsed_seconds,
            "i": self._number,
            "t_end_s": self._end,
            "origin_s": self._origin,
            "prior": [self.prior.n, self.prior.e5xx, self.prior.e4xx, list(self.prior.hist)],
            "guard": self.guard.to_json(),
            "harm": {name: one.to_json() for name, one in self.mixtures.items()},
            "safety": {name: one.to_json() for name, one in self.safety.items()},
        }

    @classmethod
    def from_json(cls, state: object) -> Judge:
        """Go on from `to_json`, as if there had been no stop.

        Raises:
            Refused: it is not such a state, or one of another version.
        """
        try:
            if not isinstance(state, Mapping) or state["version"] != _VERSION:
                raise ValueError("it is no state of this version")
            judge = cls(Policy.from_config(state["config"]))
            judge._restore(state)
        except (ArithmeticError, KeyError, TypeError, ValueError) as error:
            raise Refused(f"state: the evidence cannot be continued: {error!r}. Start the canary again.") from error
        return judge

    def _restore(self, state: Mapping[str, Any]) -> None:
        self.rolled_back = bool(state["rolled_back"])
        self.canary_requests, self.baseline_requests = int(state["canary_requests"]), int(state["baseline_requests"])
        self.elapsed_seconds = float(state["elapsed_s"])
        self._number, self._end, self._origin = state["i"], state["t_end_s"], state["origin_s"]
        self.prior = Counts(*state["prior"])
        if state["harm"]:
            self._prepare()
            for name, mixture in self.mixtures.items():
                mixture.restore(state["harm"][name])
            for name, safety in self.safety.items():
                safety.restore(state["safety"][name])
        self.guard.restore(state["guard"])
        self._weigh()


def _left_to_promote(waiting: list[Safety], beta: float) -> int | None:
    """Canary requests until the slowest bet is won, at the growth that it has while both arms are alike."""
    left = 0.0
    for one in waiting:
        if one.growth <= 0.0:
            return None
        left = max(left, (log(safety_line(beta)) - one.log_value) / one.growth)
    return round(left)
