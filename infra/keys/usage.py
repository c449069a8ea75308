"""What keys were used for: days, customers and plans summed over regions and key versions. Pure.

A customer metered by token and by header has one key, so there is nothing to add up between the two. A region that did
not answer is named, and every sum that lacks it says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["Day", "Reading", "Total", "Usage", "csv_rows", "summed", "windows"]

WINDOW_DAYS = 90  # GetUsage gives at most so many days at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One key, one day, one region. ``left`` is None for a plan without a quota."""

    region: str
    plan: str
    customer: str
    key: str
    day: date
    used: int
    left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One customer's day on a plan, over all regions."""

    day: date
    plan: str
    customer: str
    used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """One customer on a plan over the whole time.

    Args:
        used: by region.
        left: what the quotas of all regions and keys had left at the end of the last day; None without a quota.
    """

    plan: str
    customer: str
    used: Mapping[str, int]
    left: int | None

    @property
    def all_used(self) -> int:
        return sum(self.used.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The report.

    Args:
        failed: regions that did not answer, with the reason; their requests are in no sum.
    """

    first: date
    last: date
    days: tuple[Day, ...]
    totals: tuple[Total, ...]
    failed: Mapping[str, str]

    @property
    def complete(self) -> bool:
        return not self.failed

    def as_json(self) -> dict[str, object]:
        return {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "complete": self.complete,
            "failed": dict(self.failed),
            "days": [
                {"date": d.day.isoformat(), "plan": d.plan, "customer": d.customer, "used": d.used} for d in self.days
            ],
            "totals": [
                {"plan": t.plan, "customer": t.customer, "used": t.all_used, "left": t.left, "regions": dict(t.used)}
                for t in self.totals
            ],
        }


def windows(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The time in parts that GetUsage takes, first and last day of each."""
    while first <= last:
        end = min(last, first + timedelta(days=WINDOW_DAYS - 1))
        yield first, end
        first = end + timedelta(days=1)


def summed(readings: Iterable[Reading], *, first: date, last: date, failed: Mapping[str, str]) -> Usage:
    """Days with requests, and totals for every customer who has a key, with or without requests."""
    days: dict[tuple[date, str, str], int] = {}
    used: dict[tuple[str, str], dict[str, int]] = {}
    left: dict[tuple[str, str], int | None] = {}
    latest: dict[tuple[str, str, str, str], Reading] = {}  # the last day of each key on each plan of a region
    for reading in readings:
        who = (reading.plan, reading.customer)
        regions = used.setdefault(who, {})
        regions[reading.region] = regions.get(reading.region, 0) + reading.used
        if reading.used:
            when = (reading.day, *who)
            days[when] = days.get(when, 0) + reading.used
        which = (reading.region, reading.key, *who)
        if which not in latest or latest[which].day <= reading.day:
            latest[which] = reading
    for reading in latest.values():
        who = (reading.plan, reading.customer)
        left[who] = None if reading.left is None else (left.get(who) or 0) + reading.left
    return Usage(
        first=first,
        last=last,
        days=tuple(Day(day=d, plan=p, customer=c, used=n) for (d, p, c), n in sorted(days.items())),
        totals=tuple(Total(plan=p, customer=c, used=u, left=left[p, c]) for (p, c), u in sorted(used.items())),
        failed=failed,
    )


def csv_rows(usage: Usage) -> Sequence[Sequence[object]]:
    """For billing: a row a day, customer and plan. ``complete`` is ``no`` in every row when a region is missing."""
    complete = "yes" if usage.complete else "no"
    rows = [(d.day.isoformat(), d.plan, d.customer, d.used, complete) for d in usage.days]
    return [("date", "plan", "customer", "used", "complete"), *rows]
