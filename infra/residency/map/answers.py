"""Who is answered from where, in each of a few states of the world: what the map shows, as data. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from infra.residency.ask import Way, ask
from infra.residency.outage import Outage, outage, served_from
from infra.residency.records import ADDRESS_TYPES
from infra.residency.territory import UNPLACEABLE, Place, Territory, all_places
from infra.residency.zone import Zone

__all__ = ["Answered", "Scene", "scenes"]


@dataclass(frozen=True, slots=True)
class Answered:
    """One place in one state.

    Args:
        regions: every region that may answer, of either address type; empty for no answer.
        leak: somebody who must be answered from the EU may be answered from outside.
        reachable: False when every answer lies in a region that is down.
        protected: the place is in the territory, or may be.
        why: the last reason on the way, for IPv4.
        note: how IPv6 differs; "" when it does not.
    """

    place: Place
    regions: tuple[str, ...]
    leak: bool
    reachable: bool
    protected: bool
    why: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """The whole world in one state."""

    title: str
    down: tuple[str, ...]
    rows: tuple[Answered, ...]

    @property
    def leaks(self) -> tuple[Answered, ...]:
        return tuple(row for row in self.rows if row.leak)

    @property
    def by_code(self) -> dict[str, Answered]:
        return {row.place.code: row for row in self.rows}


def scenes(
    zone: Zone, name: str, *, territory: Territory, allowed: Collection[str], down: Outage | None = None
) -> tuple[Scene, ...]:
    """Everything up, each region of the zone down by itself, and what was asked for; that one last if it is another."""
    wanted = [Outage(), *(outage(zone, [region]) for region in sorted(served_from(zone)))]
    if down is not None and down not in wanted:
        wanted.append(down)
    return tuple(_scene(zone, name, territory, allowed, out) for out in wanted)


def _scene(zone: Zone, name: str, territory: Territory, allowed: Collection[str], out: Outage) -> Scene:
    types = tuple(kind for kind in ADDRESS_TYPES if zone.find(name, kind)) or ADDRESS_TYPES[:1]
    rows = tuple(_answered(zone, name, types, place, territory, allowed, out) for place in _shown(zone))
    named = tuple(sorted(out.regions)) or tuple(sorted(out.checks))
    return Scene(f"{' and '.join(named)} down" if named else "Everything up", named, rows)


def _shown(zone: Zone) -> list[Place]:
    """Every country and the unplaceable; parts of countries only where a record names them."""
    named = {record.key for record in zone.records}
    return [place for place in all_places() if "-" not in place.code or place.code in named]


def _answered(
    zone: Zone,
    name: str,
    types: Sequence[str],
    place: Place,
    territory: Territory,
    allowed: Collection[str],
    out: Outage,
) -> Answered:
    by_type = {kind: ask(zone, name, kind, place, out) for kind in types}
    ways = [way for found in by_type.values() for way in found]
    answers = {kind: _regions(found) for kind, found in by_type.items()}
    first = answers[types[0]]
    protected = territory.protects(place)
    return Answered(
        place=place,
        regions=tuple(dict.fromkeys(region for regions in answers.values() for region in regions)),
        leak=protected and any(way.answer.region is not None and way.answer.region not in allowed for way in ways),
        reachable=any(way.reachable for way in ways if way.answer.region is not None),
        protected=protected,
        why=_why(by_type[types[0]]),
        note="; ".join(
            f"{kind}: {', '.join(found) or 'no answer'}" for kind, found in answers.items() if found != first
        ),
    )


def _regions(ways: Sequence[Way]) -> tuple[str, ...]:
    found = (way.answer.region for way in ways)
    return tuple(sorted({region or "an unknown place" for region in found if region is not None}))


def _why(ways: Sequence[Way]) -> str:
    """Each step's reason, of the first way."""
    return "; ".join(taken.why for taken in ways[0].taken) or "no record applies"


def unplaceable(scene: Scene) -> Answered:
    return scene.by_code[UNPLACEABLE.code]
