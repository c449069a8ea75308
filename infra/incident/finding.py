"""One thing that stands out. Pure data, and how numbers are said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

__all__ = ["Finding", "Weight", "clock", "ms", "percent"]


class Weight(StrEnum):
    """How much it matters; the order is that of the report."""

    BAD = "bad"  # callers are hurt
    WATCH = "watch"  # it may be the cause, or hurt soon
    NOTE = "note"  # good to know


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Args: about: which rule found it; says: one sentence with the numbers; detail: what else is known; next: commands."""

    about: str
    weight: Weight
    says: str
    detail: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    next: tuple[str, ...] = ()


def ms(value: float) -> str:
    """Milliseconds as people say them."""
    if value >= 1000:
        return f"{value / 1000:.1f} s"
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"


def percent(part: float, whole: float) -> str:
    if not whole:
        return "0 %"
    share = 100 * part / whole
    return f"{share:.0f} %" if share >= 10 or share == 0 else f"{share:.2g} %"


def clock(epoch_seconds: int) -> str:
    """The minute, in UTC: regions have no time zone in common."""
    return f"{datetime.fromtimestamp(epoch_seconds, UTC):%H:%M} UTC"
