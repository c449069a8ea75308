"""A region that is down -> what of a zone is down with it: health checks that look there, and endpoints there. Pure.

A health check belongs to the region of what it probes: the name or address that it was given, through the zone's own records if
they have it. One that probes nothing we can place (an alarm, an id without its configuration) belongs to the region of the records that
carry it, when that is one region.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from infra.residency.endpoints import answer_of
from infra.residency.health import Check
from infra.residency.records import ADDRESS_TYPES, Record
from infra.residency.resolver import Resolver
from infra.residency.states import ALL, TARGET
from infra.residency.territory import UNPLACEABLE
from infra.residency.zone import Zone, targets

__all__ = ["Outage", "check_regions", "outage", "served_from"]


@dataclass(frozen=True, slots=True)
class Outage:
    """What is down.

    Args:
        regions: as they were named.
        checks: the health checks that fail.
        endpoints: names outside the zone that no longer answer.
    """

    regions: frozenset[str] = frozenset()
    checks: frozenset[str] = frozenset()
    endpoints: frozenset[str] = frozenset()

    @property
    def states(self) -> frozenset[str]:
        """In the words of `HealthStates.holds`: an endpoint that is down is so for target health as well."""
        return self.checks | {f"{TARGET}{name}" for name in self.endpoints}


def outage(zone: Zone, regions: Collection[str], checks: Collection[str] = ()) -> Outage:
    """These regions, and these health checks besides, are down."""
    owners = check_regions(zone)
    failing = {check for check, region in owners.items() if region in regions}
    ends = {end for group in zone.groups for end in targets(group) if not zone.has(end)}
    gone = {end for end in ends if answer_of(end, zone.endpoints).region in regions}
    return Outage(frozenset(regions), frozenset(failing | set(checks)), frozenset(gone))


def check_regions(zone: Zone) -> dict[str, str]:
    """Health check -> its region, "" when nobody can tell; for the records' checks, and for those they are computed of."""
    carried: dict[str, list[Record]] = {}
    for record in zone.records:
        if record.health_check is not None:
            carried.setdefault(record.health_check, []).append(record)
    waiting, found = list(carried), {}
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        check = zone.checks.get(name, Check())
        waiting += check.children
        if not check.calculated:  # a computed one fails when its children do
            found[name] = _probed(zone, check) or _only(_ends(zone, carried.get(name, ())))
        else:
            found[name] = ""
    return found


def served_from(zone: Zone) -> frozenset[str]:
    """Every region that an answer of the zone can lie in."""
    answers = (answer_of(end, zone.endpoints) for record in zone.records for end in _outward(zone, record))
    return frozenset(answer.region for answer in answers if answer.region)


def _probed(zone: Zone, check: Check) -> str:
    if not check.probes:
        return ""
    if not zone.has(check.probes):
        return answer_of(check.probes, zone.endpoints).region or ""
    resolver = Resolver(zone)
    found = {
        answer.region
        for kind in ADDRESS_TYPES
        for answer, states in resolver.answers(check.probes, kind, UNPLACEABLE.keys).items()
        if states == ALL and answer.region
    }
    return _only(found)


def _ends(zone: Zone, records: Iterable[Record]) -> set[str | None]:
    """The regions in which the records end, whatever way below them is taken."""
    resolver = Resolver(zone)
    found: set[str | None] = set()
    for record in records:
        for end in _outward(zone, record):
            found.add(answer_of(end, zone.endpoints).region)
        if record.alias is not None and zone.has(record.alias):
            found |= {answer.region for answer in resolver.answers(record.alias, record.type, UNPLACEABLE.keys)}
    return found


def _outward(zone: Zone, record: Record) -> tuple[str, ...]:
    if record.type not in (*ADDRESS_TYPES, "CNAME"):
        return ()
    names = (record.alias,) if record.alias is not None else record.values
    return tuple(name for name in names if name and not zone.has(name))


def _only(regions: Collection[str | None]) -> str:
    return next(iter(regions)) or "" if len(regions) == 1 else ""
