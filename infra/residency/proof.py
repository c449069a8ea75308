"""The theorem, tried on every place, every health state and both address types: who must stay is answered inside. Pure.

"No question from the territory, or from where the territory cannot be ruled out, gets an answer outside the allowed
regions, whatever is up or down." Places that no record tells apart are one case, and the health states are sets
(`states.py`), so nothing is sampled and eight regions take milliseconds. An answer whose region nobody can tell is a leak.

What it says nothing about: where a person really is (Route 53 sees a resolver), and who types another name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from infra.config.regions import known_regions
from infra.errors import ConfigError, Finding
from infra.residency.endpoints import Answer
from infra.residency.names import NameRoles, roles
from infra.residency.records import ADDRESS_TYPES, Policy
from infra.residency.resolver import Resolver, Step
from infra.residency.states import NONE
from infra.residency.territory import Place, Territory, all_places
from infra.residency.zone import Group, Zone, targets

__all__ = ["Gap", "Leak", "NameProof", "Proof", "allowed_regions", "prove"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """An answer that must not be, by the shortest path: the fewest checks down, then the fewest records.

    Args:
        places: who gets it; they share every record.
        down: the health checks that fail; empty when everything is up.
        steps: the records taken.
        states: how many of the health states leak for these places, by whatever path.
    """

    name: str
    type: str
    places: tuple[Place, ...]
    down: tuple[str, ...]
    steps: tuple[Step, ...]
    answer: Answer
    states: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that keeps the proof from being one, or half of a dual stack that is missing."""

    name: str
    problem: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NameProof:
    """One name: what was asked, and what was found.

    Args:
        checks: the health checks that the answers depend on; there are 2^k states.
        questions: places x states x types.
        unanswered: protected places that get no answer in some state, per type: not a leak, and not a service.
    """

    name: str
    types: tuple[str, ...]
    places: int
    checks: tuple[str, ...]
    questions: int
    leaking_questions: int
    leaks: tuple[Leak, ...]
    gaps: tuple[Gap, ...]
    unanswered: dict[str, tuple[Place, ...]]
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """All names. ``proved`` is the verdict; nothing else is."""

    territory: Territory
    allowed: tuple[str, ...]
    names: tuple[NameProof, ...]
    internal: dict[str, str] = field(default_factory=dict)

    @property
    def proved(self) -> bool:
        return bool(self.names) and not any(name.leaks or name.gaps for name in self.names)

    @property
    def leaks(self) -> tuple[Leak, ...]:
        return tuple(leak for name in self.names for leak in name.leaks)


def allowed_regions(extra: Iterable[str] = ()) -> frozenset[str]:
    """The regions that lie in the EU, and those that the owner allows besides."""
    return frozenset(r for r, about in known_regions().items() if about["jurisdiction"] == "eu") | frozenset(extra)


def prove(
    zone: Zone, *, territory: Territory, allowed: Collection[str], names: Sequence[str] = (), file: str = "zone"
) -> Proof:
    """Try the theorem on these names, or on every name that clients may be given.

    Raises:
        ConfigError: there is no such name, or no name at all.
        Refused: the health checks are too many to prove anything.
    """
    found = roles(zone, names)
    if not found.clients:
        raise ConfigError([_nothing(file, names)])
    missing = [name for name in found.clients if not zone.has(name)]
    if missing:
        raise ConfigError([_nothing(file, [name]) for name in missing])
    proofs = tuple(_prove_name(zone, name, found, territory, allowed) for name in found.clients)
    return Proof(territory=territory, allowed=tuple(sorted(allowed)), names=proofs, internal=found.internal)


def _nothing(file: str, names: Sequence[str]) -> Finding:
    problem = f"no address record answers for {', '.join(names)}" if names else "there is no address record"
    advice = "Give the name that clients use (its A, AAAA or CNAME records), or the templates that define it"
    return Finding(file=file, line=0, column=0, path="records", problem=problem, advice=advice)


def _prove_name(zone: Zone, name: str, found: NameRoles, territory: Territory, allowed: Collection[str]) -> NameProof:
    resolver = Resolver(zone)
    types = tuple(kind for kind in ADDRESS_TYPES if zone.find(name, kind)) or ADDRESS_TYPES
    told_apart = {kind: _locations(zone, name, kind) for kind in types}
    extra = tuple(sorted({key for keys in told_apart.values() for key in keys if _is_subdivision(key)}))
    places = all_places(extra)
    leaking: list[tuple[str, tuple[Place, ...], tuple[str, ...], int]] = []
    unanswered: dict[str, tuple[Place, ...]] = {}
    regions: set[str] = set()
    for kind in types:
        for keys, members in _classes(places, told_apart[kind], territory).items():
            answers = resolver.answers(name, kind, keys[1:])
            regions |= {answer.region for answer in answers if answer.region}
            if not keys[0]:
                continue
            bad = NONE
            for answer, states in answers.items():
                if answer.region is None:
                    unanswered[kind] = (*unanswered.get(kind, ()), *members)
                elif answer.region not in allowed:
                    bad = resolver.states.either(bad, states)
            if bad != NONE:
                leaking.append((kind, tuple(members), keys[1:], bad))
    # All checks are known only now, so the states are counted last.
    leaks = [_leak(resolver, name, kind, members, keys, bad, allowed) for kind, members, keys, bad in leaking]
    leaks.sort(key=lambda leak: (len(leak.down), len(leak.steps), -len(leak.places)))
    return NameProof(
        name=name,
        types=types,
        places=len(places),
        checks=tuple(resolver.states.checks),
        questions=len(places) * len(types) << len(resolver.states.checks),
        leaking_questions=sum(leak.states * len(leak.places) for leak in leaks),
        leaks=tuple(leaks),
        gaps=tuple(_gaps(zone, name, types, found)),
        unanswered=unanswered,
        regions=tuple(sorted(regions)),
    )


def _leak(
    resolver: Resolver,
    name: str,
    kind: str,
    places: tuple[Place, ...],
    keys: tuple[str, ...],
    bad: int,
    allowed: Collection[str],
) -> Leak:
    down = resolver.states.fewest_down(bad) or ()
    ways = resolver.trace(name, kind, keys, down)
    steps, answer = next((s, a) for s, a in ways if a.region is not None and a.region not in allowed)
    states = resolver.states.count(bad)
    return Leak(name=name, type=kind, places=places, down=down, steps=steps, answer=answer, states=states)


def _classes(
    places: Iterable[Place], told_apart: frozenset[str], territory: Territory
) -> dict[tuple[str, ...], list[Place]]:
    """Places that the records cannot tell apart, by the locations that they can; protected ones apart from the others."""
    found: defaultdict[tuple[str, ...], list[Place]] = defaultdict(list)
    for place in places:
        keys = tuple(key for key in place.keys if key in told_apart)
        found["protected" if territory.protects(place) else "", *keys].append(place)
    return dict(found)


def reachable(zone: Zone, name: str, kind: str) -> list[Group]:
    """The groups that can take part in an answer."""
    found: dict[int, Group] = {}
    waiting = [name]
    while waiting:
        group = zone.find(waiting.pop(), kind)
        if group is not None and id(group) not in found:
            found[id(group)] = group
            waiting += targets(group)
    return list(found.values())


def _locations(zone: Zone, name: str, kind: str) -> frozenset[str]:
    groups = [group for group in reachable(zone, name, kind) if group.policy is Policy.GEOLOCATION]
    return frozenset(record.key for group in groups for record in group.records)


def _is_subdivision(key: str) -> bool:
    return "-" in key


def _gaps(zone: Zone, name: str, types: Sequence[str], found: NameRoles) -> Iterable[Gap]:
    for kind in ("HTTPS", "SVCB"):
        if any(group.name == name and group.type == kind for group in zone.groups):
            yield Gap(
                name=name,
                problem=f"has {kind} records, which send browsers to names and addresses of their own",
                advice="They are not looked into: remove them, or prove the names they point to",
            )
    if len(types) == len(ADDRESS_TYPES):
        return
    (kind,) = set(ADDRESS_TYPES) - set(types)
    dual = name in zone.dual or any(group.type == kind and (group.name in found.related(name)) for group in zone.groups)
    if dual:
        yield Gap(
            name=name,
            problem=f"has no {kind} record, and what it stands for has both address types",
            advice=f"Add {kind} beside {types[0]} for every location: half of the clients have no rule",
        )
