"""Rules of the `release` section that need more than one value. Pure; like `rules`, they pass over what has the wrong type."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from infra.config import release_model
from infra.config.release import days_of, minute_of
from infra.config.source import Source
from infra.config.units import shown
from infra.errors import Finding

__all__ = ["RULES"]

Rule = Callable[[Source], Iterator[Finding]]
_MINUTES_OF_A_WEEK = 7 * 1440
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def _release(source: Source) -> dict[str, Any]:
    plain = source.plain.get("release") if isinstance(source.plain, dict) else None
    return plain if isinstance(plain, dict) else {}


def steps(source: Source) -> Iterator[Finding]:
    """A canary only grows, and there is one."""
    listed = _release(source).get("steps")
    if not isinstance(listed, list):
        return
    if not listed:
        yield source.finding(("release", "steps"), "it is empty", "Give at least one share, for example [10%]")
    shares = [_percent(step) for step in listed]
    known = [share for share in shares if share is not None]
    if len(known) == len(shares) and any(b <= a for a, b in pairwise(known)):
        yield source.finding(
            ("release", "steps"), f"{shown(listed)} does not rise", "Each step is above the one before"
        )


def waves(source: Source) -> Iterator[Finding]:
    """Every region is in one wave: one that is in none would never get the release."""
    release = _release(source)
    listed = release.get("waves")
    regions = source.plain.get("regions") if isinstance(source.plain, dict) else None
    if not isinstance(listed, list) or not isinstance(regions, dict):
        return
    seen: dict[str, tuple[int, int]] = {}
    for number, wave in enumerate(listed):
        for place, name in enumerate(wave) if isinstance(wave, list) else ():
            where = ("release", "waves", number, place)
            if not isinstance(name, str):
                continue
            if name not in regions:
                yield source.finding(
                    where, f"the gateway does not run in {shown(name)}", f"It has: {', '.join(regions)}"
                )
            elif name in seen:
                yield source.finding(where, f"{name} is in two places", "Name each region once")
            seen[name] = (number, place)
    missing = [name for name in regions if name not in seen]
    if missing:
        yield source.finding(
            ("release", "waves"), f"{', '.join(missing)} is in no wave", "Name every region of the gateway once"
        )


def bakes(source: Source) -> Iterator[Finding]:
    """The steps end before patience does."""
    release = _release(source)
    listed = release.get("steps")
    count = len(listed) if isinstance(listed, list) else len(release_model.STEPS_PERCENT_DEFAULT)
    bake = _seconds(release.get("bake"), release_model.BAKE_SECONDS_DEFAULT)
    horizon = _seconds(release.get("horizon"), None)
    if bake is not None and horizon is not None and bake * count >= horizon:
        yield source.finding(
            ("release", "bake"),
            f"{count} steps of {bake / 60:g} minutes reach the horizon of {horizon / 60:g} minutes: nothing would be promoted",
            "Shorten 'bake', take a step away, or give a longer 'horizon'",
        )


def freezes(source: Source) -> Iterator[Finding]:
    """The week keeps an hour for promotions. Zones are left aside: they shift a window by a day at most."""
    listed = _release(source).get("freeze")
    if not isinstance(listed, list):
        return
    frozen = bytearray(_MINUTES_OF_A_WEEK)
    for entry in listed:
        try:
            days = days_of(entry["days"])
            begin, end = minute_of(entry.get("from", "00:00")), minute_of(entry.get("to", "24:00")) or 1440
        except (AttributeError, KeyError, TypeError, ValueError):
            continue
        length = end - begin if end > begin else end + 1440 - begin
        for day in days:
            for minute in range(day * 1440 + begin, day * 1440 + begin + min(length, 1440)):
                frozen[minute % _MINUTES_OF_A_WEEK] = 1
    if listed and len(frozen) - sum(frozen) < 60:
        yield source.finding(
            ("release", "freeze"),
            "it leaves less than an hour of the week",
            "Leave a time in which a release can be promoted",
        )


def _percent(step: object) -> float | None:
    try:
        return float(step.removesuffix("%")) if isinstance(step, str) else None
    except ValueError:
        return None


def _seconds(value: object, default: int | None) -> float | None:
    """A duration as the file writes it; None when it is none, which has a finding of its own."""
    if value is None:
        return default
    match = re.fullmatch(r"([0-9]{1,10}(?:\.[0-9]{1,6})?)([smhd])", value) if isinstance(value, str) else None
    return float(match[1]) * _SECONDS[match[2]] if match else None


RULES: tuple[Rule, ...] = (steps, waves, bakes, freezes)
