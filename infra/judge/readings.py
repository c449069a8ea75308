"""Interval lines -> checked counts, or the reason why not. Pure. What cannot be trusted is left out, never guessed.

The check of a good line costs microseconds: it looks at sums and types, and only a line that fails is read again for the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["NO_PRIOR", "Counts", "Interval", "read_counts", "read_interval"]

_INT = {int}
_EMPTY: tuple[int, ...] = ()
_LARGEST = 10**15  # a count beyond it is a mistake, and floats are exact below


class Counts(NamedTuple):
    """Requests of one arm in one closed interval, or of the hour before the canary.

    Args:
        n: requests.
        e5xx: of these, answered with 500 to 599.
        e4xx: of these, answered with 400 to 499.
        hist: requests by latency bucket; empty when latency is not known.
    """

    n: int
    e5xx: int
    e4xx: int
    hist: Sequence[int] = ()

    def plus(self, other: Counts) -> Counts:
        """Both together; a histogram only if the other has one."""
        hist = [a + b for a, b in zip(self.hist, other.hist, strict=True)] if self.hist else list(other.hist)
        return Counts(self.n + other.n, self.e5xx + other.e5xx, self.e4xx + other.e4xx, hist)


NO_PRIOR = Counts(0, 0, 0)


class Interval(NamedTuple):
    """One closed interval, checked.

    Args:
        number: as the sender counts; None when it does not.
        end_seconds: since the canary began, or since the epoch; None when it is not said.
        baseline, canary: the counts of both arms; `NO_PRIOR` when `skipped`.
        latency: both arms have a histogram that agrees with their counts.
        skipped: why the interval is no evidence at all; "" when it is.
        notes: what else is wrong with it.
    """

    number: int | None
    end_seconds: float | None
    baseline: Counts
    canary: Counts
    latency: bool
    skipped: str
    notes: list[str]


def read_counts(raw: object, buckets: int, arm: str) -> tuple[Counts | str, str]:
    """One arm's counts, or what is wrong with them; and why its latency is not judged, "" when it is.

    Errors are judged although the histogram is missing or short, because a request that timed out may have no latency. A
    histogram of more requests than `n` proves `n` wrong, and the whole arm is left out.
    """
    if not isinstance(raw, Mapping):
        return f"{arm} is missing", ""
    n, e5xx, e4xx = raw.get("n"), raw.get("e5xx"), raw.get("e4xx")
    if not (
        type(n) is type(e5xx) is type(e4xx) is int and _LARGEST >= n >= 0 <= e5xx and e4xx >= 0 and e5xx + e4xx <= n
    ):
        whole = [_whole(raw, key) for key in ("n", "e5xx", "e4xx")]
        if any(isinstance(value, str) for value in whole):
            return f"{arm}: {'; '.join(value for value in whole if isinstance(value, str))}", ""
        n, e5xx, e4xx = (int(value) for value in whole)
        if e5xx + e4xx > n:
            return f"{arm}: {e5xx} 5xx and {e4xx} 4xx are more than n = {n}", ""
    if not buckets:
        return Counts(n, e5xx, e4xx), ""
    hist = raw.get("hist")
    if (
        type(hist) is list
        and len(hist) == buckets
        and set(map(type, hist)) == _INT
        and min(hist) >= 0
        and sum(hist) == n
    ):
        return Counts(n, e5xx, e4xx, hist), ""
    hist, problem = _histogram(hist, buckets, arm)
    if problem:
        return Counts(n, e5xx, e4xx), problem
    total = sum(hist)
    if total > n:
        return f"{arm}: hist holds {total} requests, more than n = {n}", ""
    if total < n:
        return Counts(n, e5xx, e4xx), f"{arm}: hist holds {total} requests, fewer than n = {n}"
    return Counts(n, e5xx, e4xx, hist), ""


def _histogram(hist: Any, buckets: int, arm: str) -> tuple[Any, str]:
    if type(hist) is list and len(hist) == buckets:
        if set(map(type, hist)) == _INT and min(hist) >= 0:
            return hist, ""
        try:
            whole = [int(value) for value in hist if not isinstance(value, bool) and value == int(value) and value >= 0]
        except (TypeError, ValueError, OverflowError):
            whole = []
        if len(whole) == buckets:
            return whole, ""
        return _EMPTY, f"{arm}: hist holds something that is not a whole number from 0"
    if hist is None:
        return _EMPTY, f"{arm}: hist is missing"
    return _EMPTY, f"{arm}: hist is not a list of {buckets} buckets"


def _whole(raw: Mapping[str, Any], key: str) -> int | str:
    """A count; CloudWatch gives sums as floats, and a float without a fraction is one."""
    value = raw.get(key)
    if value is None:
        return f"{key} is missing"
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0 or value != value // 1:
        return f"{key} is {value!r}, not a whole number from 0"
    if value > _LARGEST:
        return f"{key} is {value!r}, too large to be a count"
    return int(value)


def read_interval(message: Mapping[str, Any], buckets: int) -> Interval:
    """An interval line, already parsed. Never raises: what is wrong with it is in the answer."""
    notes: list[str] = []
    number, end = message.get("i"), message.get("t_end_s")
    if not (type(number) is type(end) is int and 0 <= number <= _LARGEST >= end >= 0):
        number, end = _position(message, "i", notes), _position(message, "t_end_s", notes)
    baseline, baseline_latency = read_counts(message.get("baseline"), buckets, "baseline")
    canary, canary_latency = read_counts(message.get("canary"), buckets, "canary")
    number = None if number is None else int(number)
    if isinstance(baseline, str) or isinstance(canary, str):
        skipped = "; ".join(problem for problem in (baseline, canary) if isinstance(problem, str))
        return Interval(number, end, NO_PRIOR, NO_PRIOR, False, skipped, notes)
    if baseline_latency or canary_latency:
        notes += [problem for problem in (baseline_latency, canary_latency) if problem]
        return Interval(number, end, baseline, canary, False, "", notes)
    return Interval(number, end, baseline, canary, buckets > 0, "", notes)


def _position(message: Mapping[str, Any], key: str, notes: list[str]) -> float | None:
    value = message.get(key)
    if type(value) is int and 0 <= value <= _LARGEST:
        return value
    if value is None:
        return None
    if type(value) is float and 0.0 <= value <= _LARGEST:
        return value
    notes.append(f"{key} is {value!r}, not a number from 0; ignored")
    return None
