"""Which of a zone's names clients are given, and which are only steps or probes. Pure.

A name below a client's name, to which that one hands over or at which a health check looks, is internal: nobody is told to
use it. It is reported, so that a reader sees what was not proved. Every other name with addresses must hold by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from infra.residency.records import ADDRESS_TYPES, Policy, dns_name
from infra.residency.zone import Zone, targets

__all__ = ["NameRoles", "roles"]


@dataclass(frozen=True, slots=True)
class NameRoles:
    """Names that are proved, and names that are not with the reason."""

    clients: tuple[str, ...]
    internal: dict[str, str]

    def related(self, name: str) -> set[str]:
        """Internal names of this client's name."""
        return {inner for inner in self.internal if inner.endswith(f".{name}")}


def roles(zone: Zone, wanted: Sequence[str] = ()) -> NameRoles:
    """Sort the names; ``wanted`` are the clients' ones, or the top of the zone, when the user says so."""
    asked = [dns_name(name) for name in wanted]
    named = sorted({group.name for group in zone.groups if group.type in (*ADDRESS_TYPES, "CNAME")})
    probed = {check.probes for check in zone.checks.values() if check.probes}
    entered = {target for group in zone.groups for target in targets(group)}
    tops = [name for name in asked if not zone.has(name)]
    clients = [name for name in asked if zone.has(name)]
    inside = [name for name in named if any(name.endswith(f".{top}") for top in tops)] if tops else []
    candidates = inside if tops else ([] if asked else named)
    internal: dict[str, str] = {}
    routed = [name for name in named if name in clients or name not in entered | probed or _splits(zone, name)]
    for name in [*candidates, *(name for name in named if name not in candidates and name not in clients)]:
        above = next((parent for parent in routed if name.endswith(f".{parent}")), None)
        if name in entered and above:
            internal[name] = f"a step below {above}"
        elif name in probed and above and not _splits(zone, name):
            internal[name] = f"probed by a health check, below {above}"
        elif name in candidates:
            clients.append(name)
        else:
            internal[name] = "not asked for"
    unknown = [top for top in tops if not any(name.endswith(f".{top}") for name in named)]
    return NameRoles(tuple(dict.fromkeys([*clients, *unknown])), internal)


def _splits(zone: Zone, name: str) -> bool:
    """Whether the name tells askers apart by place: then it is somebody's front door."""
    return any(group.name == name and group.policy is Policy.GEOLOCATION for group in zone.groups)
