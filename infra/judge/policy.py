"""The rules of one canary, and what was known before it began. Pure: plain values in, frozen and checked values out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Any

from infra.errors import Refused
from infra.judge.readings import NO_PRIOR, Counts, read_counts

__all__ = ["Policy", "smoothed"]

ALPHA_DEFAULT = 0.01  # one healthy canary in a hundred may be rolled back, over its whole life
BETA_DEFAULT = 0.05  # one canary in twenty that is worse by exactly the tolerance may be promoted
INTERVAL_SECONDS_DEFAULT = 60.0  # the finest period of CloudWatch metrics without extra cost
HORIZON_INTERVALS_DEFAULT = 180
SLO_MS_DEFAULT = 500.0
TOLERANCE_ERROR_DEFAULT = 0.005
TOLERANCE_SLOW_DEFAULT = 0.005
TOLERANCE_4XX_DEFAULT = 0.02  # clients' mistakes vary more, and are rarely the release's fault
MIN_BAKE_SECONDS_DEFAULT = 1800.0  # a leak or a full cache shows late
WARMUP_SECONDS_DEFAULT = 120.0  # cold starts are not a regression

_NUMBERS: dict[str, tuple[str, float, float, float]] = {
    # key of the start line: field, default, lowest and highest value
    "alpha": ("alpha", ALPHA_DEFAULT, 1e-9, 0.5),
    "beta": ("beta", BETA_DEFAULT, 1e-9, 0.5),
    "interval_s": ("interval_seconds", INTERVAL_SECONDS_DEFAULT, 1e-3, 86_400.0),
    "horizon_intervals": ("horizon_intervals", HORIZON_INTERVALS_DEFAULT, 1, 1e9),
    "slo_ms": ("slo_ms", SLO_MS_DEFAULT, 1e-3, 1e9),
    "tol_error": ("tolerance_error", TOLERANCE_ERROR_DEFAULT, 1e-6, 0.5),
    "tol_slow": ("tolerance_slow", TOLERANCE_SLOW_DEFAULT, 1e-6, 0.5),
    "tol_4xx": ("tolerance_4xx", TOLERANCE_4XX_DEFAULT, 1e-6, 0.5),
    "min_bake_s": ("min_bake_seconds", MIN_BAKE_SECONDS_DEFAULT, 0.0, 1e9),
    "warmup_s": ("warmup_seconds", WARMUP_SECONDS_DEFAULT, 0.0, 1e9),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a verdict may risk, what it tolerates, and how its evidence is cut. Built by `from_config`.

    Args:
        alpha: highest probability of rolling back a canary that is no worse, over its whole life, at any number of looks.
        beta: highest probability of promoting a canary that is worse by the tolerance or more, in any one metric.
        interval_seconds: length of an interval.
        horizon_intervals: after so many intervals without a decision the canary is undecided; never promoted by the clock.
        tolerance_error, tolerance_4xx, tolerance_slow: how much worse is still as good, as a difference of shares.
        edges_ms: bounds of the latency buckets, rising; empty when latency is not judged.
        slo_edge: the buckets from this one on are slower than the objective.
        min_bake_seconds: no promotion before.
        warmup_seconds: intervals that begin earlier are watched for an outage only.
        rates: answers of a stream hold the rates of both arms with their intervals.
        prior: the baseline's hour before the canary; `NO_PRIOR` when it is not known.
    """

    alpha: float = ALPHA_DEFAULT
    beta: float = BETA_DEFAULT
    interval_seconds: float = INTERVAL_SECONDS_DEFAULT
    horizon_intervals: int = HORIZON_INTERVALS_DEFAULT
    slo_ms: float = SLO_MS_DEFAULT
    tolerance_error: float = TOLERANCE_ERROR_DEFAULT
    tolerance_slow: float = TOLERANCE_SLOW_DEFAULT
    tolerance_4xx: float = TOLERANCE_4XX_DEFAULT
    min_bake_seconds: float = MIN_BAKE_SECONDS_DEFAULT
    warmup_seconds: float = WARMUP_SECONDS_DEFAULT
    edges_ms: tuple[float, ...] = ()
    slo_edge: int = 0
    rates: bool = False
    prior: Counts = NO_PRIOR

    @property
    def buckets(self) -> int:
        """How many latency buckets there are; 0 when latency is not judged."""
        return max(len(self.edges_ms) - 1, 0)

    @classmethod
    def from_config(cls, config: object) -> Policy:
        """The `config` of a start line.

        Raises:
            Refused: with everything that is wrong in it.
        """
        if not isinstance(config, Mapping):
            raise Refused(
                'start: no canary begins, because "config" is not an object. See `gatewright canary judge -h`.'
            )
        problems: list[str] = []
        fields: dict[str, Any] = {field: _number(config, key, problems) for key, (field, *_) in _NUMBERS.items()}
        fields["horizon_intervals"] = int(fields["horizon_intervals"])
        fields["edges_ms"] = edges = _edges(config.get("bucket_edges_ms"), problems)
        fields["slo_edge"] = _slo_edge(config.get("slo_edge"), edges, fields["slo_ms"], problems)
        fields["rates"] = rates = config.get("rates") or False
        if not isinstance(rates, bool):
            problems.append(f"rates is {rates!r}, neither true nor false")
        fields["prior"] = _prior(config.get("pre"), max(len(edges) - 1, 0), problems)
        if problems:
            raise Refused(f"start: no canary begins, because {'; '.join(problems)}. Correct it and start again.")
        return cls(**fields)

    def to_config(self) -> dict[str, Any]:
        """The `config` that `from_config` makes this policy of; JSON, so "inf" for an edge without end."""
        config: dict[str, Any] = {key: getattr(self, field) for key, (field, *_) in _NUMBERS.items()}
        if self.rates:
            config["rates"] = True
        if self.edges_ms:
            config["bucket_edges_ms"] = [edge if isfinite(edge) else "inf" for edge in self.edges_ms]
            config["slo_edge"] = self.slo_edge
        if self.prior.n:
            config["pre"] = {"n": self.prior.n, "e5xx": self.prior.e5xx, "e4xx": self.prior.e4xx}
            if self.prior.hist:
                config["pre"]["hist"] = list(self.prior.hist)
        return config


def _number(config: Mapping[str, Any], key: str, problems: list[str]) -> float:
    _, default, low, high = _NUMBERS[key]
    value = config.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        problems.append(f"{key} is {value!r}, not a number from {low:g} to {high:g}")
        return default
    return float(value)


def _edges(value: object, problems: list[str]) -> tuple[float, ...]:
    if value is None:
        return ()
    try:
        edges = tuple(float(edge) for edge in value) if isinstance(value, list | tuple) else ()  # "inf" is a float
    except (TypeError, ValueError, OverflowError):
        edges = ()
    if not edges:
        problems.append("bucket_edges_ms is not a list of numbers")
        return ()
    if len(edges) < 2 or not all(a < b for a, b in pairwise(edges)):
        problems.append("bucket_edges_ms does not rise from edge to edge")
        return ()
    return edges


def _slo_edge(value: object, edges: tuple[float, ...], slo_ms: float, problems: list[str]) -> int:
    if not edges:
        return 0
    if value is None:
        value = bisect_left(edges, slo_ms)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < len(edges) - 1:
        problems.append(f"slo_edge is {value!r}, not the number of an inner edge of bucket_edges_ms")
        return 0
    return value


def _prior(value: object, buckets: int, problems: list[str]) -> Counts:
    """The hour before; a wrong one is refused, because every later number would lean on it."""
    if value is None:
        return NO_PRIOR
    counts, latency_problem = read_counts(value, buckets, "pre")
    if isinstance(counts, str):
        problems.append(counts)
        return NO_PRIOR
    if latency_problem and isinstance(value, Mapping) and value.get("hist") is not None:
        problems.append(latency_problem)
    return counts


def smoothed(count: float, n: float) -> float:
    """A share that is never 0 or 1: Krichevsky and Trofimov's (count + 1/2) / (n + 1)."""
    return (count + 0.5) / (n + 1.0)
