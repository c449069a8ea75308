"""One question to the zone, in one state of the world: who answers, and the reason of every record on the way. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from infra.residency.endpoints import Answer
from infra.residency.names import roles
from infra.residency.outage import Outage
from infra.residency.records import Policy, Record, dns_name
from infra.residency.resolver import Resolver, Step
from infra.residency.territory import DEFAULT_KEY, UNPLACEABLE, Place
from infra.residency.zone import Zone

__all__ = ["Taken", "Way", "ask", "door_of"]

_CONTINENT = "continent "
_BY_CHANCE = {
    Policy.WEIGHTED: "one of the healthy members, by weight",
    Policy.LATENCY: "one of the healthy regions, the nearest by network",
    Policy.MULTIVALUE: "some of the healthy values",
    Policy.GEOPROXIMITY: "one of the healthy members, the nearest by distance",
    Policy.CIDR: "one of the healthy members, by the asker's network",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """A record on the way, and why it and no other."""

    record: Record
    why: str
    passed: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """The records that were taken, and where they end.

    Args:
        reachable: False when the answer lies in a region that is down: who connects finds nobody.
    """

    taken: tuple[Taken, ...]
    answer: Answer
    reachable: bool = True


def ask(zone: Zone, name: str, kind: str, place: Place, down: Outage | None = None) -> tuple[Way, ...]:
    """Every way that Route 53 may take for this asker now; one unless chance decides. The shortest to each answer."""
    out = down or Outage()
    resolver = Resolver(zone)
    found: dict[Answer, Way] = {}
    for steps, answer in resolver.trace(dns_name(name), kind, place.keys, out.states):
        taken = tuple(_taken(resolver, step, place, out.states) for step in steps)
        reachable = answer.region is None or answer.region not in out.regions
        found.setdefault(answer, Way(taken, answer, reachable))
    return tuple(found.values())


def door_of(zone: Zone) -> tuple[str, ...]:
    """The names that clients would be given: those that tell askers apart by place, or else every client's name."""
    doors = {group.name for group in zone.groups if group.policy is Policy.GEOLOCATION}
    clients = roles(zone).clients
    return tuple(name for name in clients if name in doors) or clients


def _taken(resolver: Resolver, step: Step, place: Place, down: Collection[str]) -> Taken:
    healthy = resolver.states.holds(resolver.healthy(step.record, place.keys), down)
    return Taken(step.record, _why(step, place, healthy=healthy), step.passed)


def _why(step: Step, place: Place, *, healthy: bool) -> str:
    record = step.record
    if record.policy is Policy.SIMPLE:
        return "the only record" if healthy else "the only record, though it is down"
    if record.policy is Policy.GEOLOCATION:
        return _located(record.key, place, [one.key for one in step.passed], healthy=healthy)
    if record.policy is Policy.FAILOVER:
        return _failed_over(record.key, healthy=healthy)
    if not healthy:
        return "all members are down, so all are treated as healthy"
    if step.passed:
        return "a member of weight 0, because all others are down"
    return _BY_CHANCE[record.policy]


def _located(key: str, place: Place, passed: list[str], *, healthy: bool) -> str:
    if key == DEFAULT_KEY:
        whom = (
            "the address cannot be placed" if place is UNPLACEABLE else f"nothing names {place.code} or its continent"
        )
        why = f"the default: {whom}" if not passed else "the default"
    elif key.startswith(_CONTINENT):
        why = f"{place.code} is in {key}" + ("" if passed else ", and no record names it")
    else:
        why = f"names {key}, the smallest place that holds the asker"
    if passed:
        why += f"; {', '.join(passed)} handed over, being down"
    return why if healthy else f"{why}; all that apply are down, so the smallest answers"


def _failed_over(role: str, *, healthy: bool) -> str:
    if role == "PRIMARY":
        return "the primary is healthy" if healthy else "both are down, so the primary answers"
    return "the primary is down, the secondary is healthy"
