"""Reads what the keys of every region were used for. Touches AWS, changes nothing.

Costs per region one call for the stack, one for the plans, one for each 500 keys, and for each plan one for each 500
keys and 90 days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from infra.errors import CloudError, NothingToDo
from infra.keys.cloud import KeyCloud
from infra.keys.usage import Reading, Usage, summed, windows

__all__ = ["meter"]


def meter(clouds: Sequence[KeyCloud], *, first: date, last: date, plan: str = "", customer: str = "") -> Usage:
    """The usage of all keys, or of those of a plan or a customer, from ``first`` to ``last`` (both included)."""
    readings: list[Reading] = []
    failed: dict[str, str] = {}
    for cloud in clouds:
        try:
            readings += list(_region(cloud, first, last, plan))  # whole or not at all: half a region is no sum
        except (CloudError, NothingToDo) as error:
            failed[cloud.region] = str(error)
    wanted = [r for r in readings if customer in ("", r.customer)]
    return summed(wanted, first=first, last=last, failed=failed)


def _region(cloud: KeyCloud, first: date, last: date, plan: str) -> Iterator[Reading]:
    plans = cloud.plans()
    keys = {str(item["id"]): item for item in cloud.keys(values=False)}
    for name, found in plans.items():
        if plan in ("", name):
            for begin, end in windows(first, last):
                for key, pairs in cloud.usage(str(found["id"]), begin.isoformat(), end.isoformat()):
                    yield from _readings(cloud.region, found, key, keys.get(key), begin, pairs)


def _readings(
    region: str,
    plan: Mapping[str, Any],
    key: str,
    item: Mapping[str, Any] | None,
    begin: date,
    pairs: Sequence[Sequence[int]],
) -> Iterator[Reading]:
    """A key made by hand, or deleted since, has no customer that we know; its requests are shown all the same."""
    customer = item["name"].customer if item else f"(key {key})"
    lasts = item is None or item.get("enabled")  # what a key that is switched off had left is of use to nobody
    for number, (used, left) in enumerate(pairs):
        rest = (left if lasts else 0) if plan.get("quota") else None
        day = begin + timedelta(days=number)
        yield Reading(region=region, plan=plan["name"], customer=customer, key=key, day=day, used=used, left=rest)
