"""All the records that are known, grouped as Route 53 groups them and checked as a whole. Pure.

What Route 53 would refuse is refused here too, with every finding at once: duplicate locations, mixed policies, records
beside a CNAME. So are loops of aliases, and chains longer than any resolver follows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from infra.errors import ConfigError, Finding
from infra.residency.health import Check
from infra.residency.records import ADDRESS_TYPES, Policy, Record, dns_name

__all__ = ["Group", "Zone", "check_zone"]

# Route 53 allows three levels of aliases, resolvers follow eight to sixteen CNAMEs.
CHAIN_MAX = 32


@dataclass(frozen=True, slots=True)
class Group:
    """The records of one name and type."""

    name: str
    type: str
    records: tuple[Record, ...]

    @property
    def policy(self) -> Policy:
        return self.records[0].policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """Records, health checks, and what is known of the endpoints.

    Args:
        checks: id -> what it is; an id that is missing is a check of which only the state matters.
        endpoints: name or address -> region, for those whose name does not tell.
        dual: names that serve IPv6 as well, so that they need AAAA beside A.
    """

    records: tuple[Record, ...]
    checks: Mapping[str, Check] = field(default_factory=dict)
    endpoints: Mapping[str, str] = field(default_factory=dict)
    dual: frozenset[str] = frozenset()
    _groups: dict[tuple[str, str], Group] = field(init=False, repr=False, compare=False)
    _names: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        sets: defaultdict[tuple[str, str], list[Record]] = defaultdict(list)
        for record in self.records:
            sets[record.name, record.type].append(record)
        object.__setattr__(self, "_groups", {key: Group(*key, tuple(found)) for key, found in sets.items()})
        names = {name for name, _ in sets}
        # A name exists when there is anything below it: a wildcard does not reach past it (RFC 4592, 2.2.2).
        names |= {parent for name in names for parent in parents(name)}
        object.__setattr__(self, "_names", frozenset(names))

    @property
    def groups(self) -> Iterable[Group]:
        return self._groups.values()

    def has(self, name: str) -> bool:
        """Whether a question for this name is answered by these records, also by a wildcard or a delegation."""
        return any(self.find(name, kind) for kind in (*ADDRESS_TYPES, "NS")) or self.delegation(name) is not None

    def find(self, name: str, kind: str) -> Group | None:
        """The records that answer a question for the name: its own, its CNAME, or a wildcard's (RFC 4592)."""
        for owner in self._owners(name):
            if group := self._groups.get((owner, kind)) or self._groups.get((owner, "CNAME")):
                return group
        return None

    def delegation(self, name: str) -> str | None:
        """The name at or above this one whose answers other name servers give; not the top of the zone."""
        chain = (name, *parents(name))
        cut = [owner for owner in chain if (owner, "NS") in self._groups and (owner, "SOA") not in self._groups]
        return cut[-1] if cut else None

    def _owners(self, name: str) -> tuple[str, ...]:
        if name in self._names:
            return (name,)
        for parent in parents(name):
            if f"*.{parent}" in self._names:
                return (f"*.{parent}",)
            if parent in self._names:
                break
        return ()


def parents(name: str) -> tuple[str, ...]:
    """The names above it, the nearest first."""
    labels = name.split(".")
    return tuple(".".join(labels[i:]) for i in range(1, len(labels)))


def check_zone(zone: Zone, file: str) -> None:
    """Every rule about several records at once.

    Raises:
        ConfigError: with all findings.
    """
    found: list[Finding] = []

    def wrong(record: Record, problem: str, advice: str) -> None:
        found.append(
            Finding(file=file, line=0, column=0, path=record.origin or str(record), problem=problem, advice=advice)
        )

    cnames = {group.name for group in zone.groups if group.type == "CNAME"}
    for group in zone.groups:
        first = group.records[0]
        if len({record.policy for record in group.records}) > 1:
            mixed = ", ".join(sorted({record.policy for record in group.records}))
            wrong(first, f"{group.name} {group.type} mixes policies: {mixed}", "One name and type has one policy")
        seen: dict[str, Record] = {}
        for record in group.records:
            if (twin := seen.setdefault(record.key, record)) is not record:
                wrong(record, f"{record} is there twice, first at {twin.origin}", "Remove one")
        if group.type != "CNAME" and group.name in cnames:
            wrong(first, f"{group.name} has a CNAME and {group.type}", "A CNAME stands alone (RFC 1034, 3.6.2)")
    found += _chains(zone, file)
    if found:
        raise ConfigError(found)


def targets(group: Group) -> list[str]:
    """The names that the group hands over to."""
    return [
        name
        for record in group.records
        for name in ([record.alias] if record.alias is not None else map(dns_name, record.values))
        if name and (record.alias is not None or group.type == "CNAME")
    ]


def _chains(zone: Zone, file: str) -> list[Finding]:
    """Loops and overlong chains, without recursion: the input may be hostile."""
    depth: dict[int, int] = {}
    found = []
    for start in zone.groups:
        stack = [(start, iter(_next(zone, start)))]
        open_ids = {id(start)}
        while stack:
            group, rest = stack[-1]
            below = next(rest, None)
            if below is None:
                depth[id(group)] = 1 + max((depth.get(id(n), 0) for n in _next(zone, group)), default=0)
                open_ids.discard(id(group))
                stack.pop()
            elif id(below) in open_ids:
                loop = " -> ".join([g.name for g, _ in stack[-4:]] + [below.name])
                problem, advice = f"{loop} is a loop", "Let an alias end at an endpoint"
                found.append(_at(file, group.records[0], problem, advice))
            elif id(below) not in depth:
                open_ids.add(id(below))
                stack.append((below, iter(_next(zone, below))))
        if depth[id(start)] > CHAIN_MAX and not found:
            problem = f"{start.name} leads through more than {CHAIN_MAX} names"
            found.append(_at(file, start.records[0], problem, "Route 53 follows three levels of aliases"))
    return found


def _next(zone: Zone, group: Group) -> list[Group]:
    kinds = ADDRESS_TYPES if group.type == "CNAME" else (group.type,)
    found = {id(g): g for name in targets(group) for kind in kinds if (g := zone.find(name, kind))}
    return list(found.values())


def _at(file: str, record: Record, problem: str, advice: str) -> Finding:
    return Finding(file=file, line=0, column=0, path=record.origin or str(record), problem=problem, advice=advice)
