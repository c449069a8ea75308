"""What a look at a canary answers. Pure values."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from infra.judge.intervals import rate_interval

__all__ = ["Look", "Verdict"]


class Verdict(StrEnum):
    """What to do with the canary now."""

    CONTINUE = "continue"
    """Neither is shown yet; go on, at the same share."""
    ROLLBACK = "rollback"
    """It is worse: take it back at once. Final."""
    PROMOTE = "promote"
    """It is not worse by the tolerance or more, in any metric, and has baked long enough."""


class Look(NamedTuple):
    """One answer with its evidence. A tuple, because it is made thousands of times a second.

    Args:
        verdict: what to do.
        reason: why, in a sentence.
        number: of the interval, as the sender counts.
        elapsed_seconds: since the canary began.
        e_value: evidence that the canary is worse; it rolls back at `rollback_at`. 1 is none.
        harm: the e-values that `e_value` is the weighted mean of, by metric.
        rollback_at: 1/alpha.
        safety: evidence that the canary is not worse by the tolerance, by metric; all must reach `promote_at`.
        promote_at: 1/beta with a margin (`metrics.SAFETY_MARGIN`).
        difference: by metric, [lowest, measured, highest] canary minus baseline, in shares of the requests: a 95 % interval that holds at
            every look (`intervals`).
        canary_requests, baseline_requests: that have been evidence so far.
        share: the canary's part of the interval's requests; None without any.
        left_to_rollback: canary requests until `rollback_at` if the evidence grows as it did; None when it does not grow.
        left_to_promote: canary requests until `promote_at` if the canary is as good as the baseline; None when not known.
        undecided: the horizon has passed without a decision.
        skipped: why this interval is no evidence; "" when it is.
        notes: what else is to be said about it.
        counts: by metric, what was evidence so far: events and requests of the baseline, events and requests of the canary.
    """

    verdict: Verdict
    reason: str
    number: int | None
    elapsed_seconds: float
    e_value: float
    harm: dict[str, float]
    rollback_at: float
    safety: dict[str, float]
    promote_at: float
    difference: dict[str, list[float]]
    canary_requests: int
    baseline_requests: int
    share: float | None
    left_to_rollback: int | None
    left_to_promote: int | None
    undecided: bool
    skipped: str
    notes: list[str]
    counts: dict[str, list[int]]

    @property
    def rates(self) -> dict[str, dict[str, list[float]]]:
        """By metric, [lowest, measured, highest] of "baseline", "canary" and "difference", in shares of the requests; as `difference`."""
        return {
            name: {
                "baseline": rate_interval(x_baseline, n_baseline),
                "canary": rate_interval(x_canary, n_canary),
                "difference": self.difference[name],
            }
            for name, (x_baseline, n_baseline, x_canary, n_canary) in self.counts.items()
        }

    def to_json(self) -> dict[str, Any]:
        """The answer of a stream that asks for rates."""
        return {**dict(zip(_KEYS, self, strict=True)), "rates": self.rates}


_KEYS = tuple({"number": "i", "elapsed_seconds": "elapsed_s"}.get(name, name) for name in Look._fields)
