"""What is known of a service in one region. Pure data; what could not be read is named in ``gaps`` and missing here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

__all__ = ["Canary", "Change", "Facts", "Numbers", "Span", "Trace"]


class Span(NamedTuple):
    """From ``start`` and before ``end``, in epoch seconds."""

    start: int
    end: int

    @property
    def minutes(self) -> float:
        return (self.end - self.start) / 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Statistics by name: each the value of every period that has one, by the epoch second at which it begins.

    Args:
        window: what is looked at.
        before: as long, and just before it.
    """

    window: Span
    before: Span
    period_seconds: int
    values: Mapping[str, Mapping[int, float]] = field(default_factory=dict)

    def total(self, name: str, span: Span) -> float:
        return sum(self.points(name, span).values())

    def highest(self, name: str, span: Span) -> float:
        """Of the periods; 0 without any."""
        return max(self.points(name, span).values(), default=0.0)

    def points(self, name: str, span: Span) -> dict[int, float]:
        return {at: value for at, value in self.values.get(name, {}).items() if span.start <= at < span.end}

    def mean(self, total: str, count: str, span: Span) -> float:
        """Of what was counted; 0 without any. Counts are whole, so less than one is none."""
        many = self.total(count, span)
        return self.total(total, span) / many if many >= 1 else 0.0

    def periods(self, span: Span) -> range:
        return range(span.start, span.end, self.period_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """Args: since: epoch second at which it began or last changed; 0 when nobody wrote it down."""

    release: str
    baseline: str
    percent: float
    since: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that somebody did.

    Args:
        at: epoch second.
        live: whether it changed what callers get.
    """

    at: int
    what: str
    by: str = ""
    live: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One request, as a tracer saw it.

    Args:
        parts: (name, milliseconds), the longest first.
    """

    id: str
    at: int
    duration_ms: float
    parts: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything about one service in one region.

    Args:
        backend: what the gateway or its breaker calls: a function's name, or the host of an address.
        is_function: which of the two.
        objective_ms, late_percent, failed_percent: what is promised: slower than that, or a 5xx, at most so many.
        protected: there is a breaker in front of it.
        breaker: as `gatewright breaker status --output json` shows it.
        changes: the latest first.
        traces: the slowest; None when no tracer was asked.
        alarms: names of those that fire.
        off: the region is switched off, on this machine.
        problem: why nothing at all is known.
        gaps: what could not be read, and why.
    """

    gateway: str
    service: str
    region: str
    now: int
    backend: str
    is_function: bool = True
    objective_ms: int = 1000
    late_percent: float = 1.0
    failed_percent: float = 0.1
    protected: bool = False
    numbers: Numbers
    breaker: Mapping[str, Any] | None = None
    canary: Canary | None = None
    serving: str = ""
    changes: tuple[Change, ...] = ()
    traces: tuple[Trace, ...] | None = None
    alarms: tuple[str, ...] = ()
    off: bool = False
    problem: str = ""
    gaps: tuple[str, ...] = ()
