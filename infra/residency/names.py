"""Which of a zone's names clients are given, and which are only steps or probes. Pure.

A name below a client's name, to which that one hands over or at which a health check looks, is internal: nobody is told to
use it. It is reported, so that a reader sees what was not proved. Every other name with addresses must hold by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from infra.residency.records import ADDRESS_TYPES, Policy, dns_name
from infra.residency.zone import Zone, parents, targets

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
    clients = dict.fromkeys(name for name in asked if zone.has(name))
    tops = {name for name in asked if name not in clients}
    probed = {check.probes for check in zone.checks.values() if check.probes}
    entered = {target for group in zone.groups for target in targets(group)}
    # A name that tells askers apart by place is somebody's front door, whoever probes it.
    doors = {group.name for group in zone.groups if group.policy is Policy.GEOLOCATION}
    steps = entered | probed
    routed = {name for name in named if name in clients or name in doors or name not in steps}
    internal: dict[str, str] = {}
    unheard = set(tops)
    for name in named:
        if name in clients:
            continue
        above = next((parent for parent in parents(name) if parent in routed), None)
        under = tops & set(parents(name))
        unheard -= under
        if name in entered and above:
            internal[name] = f"a step below {above}"
        elif name in probed and above and name not in doors:
            internal[name] = f"probed by a health check, below {above}"
        elif under or not asked:
            clients[name] = None
        else:
            internal[name] = "not asked for"
    return NameRoles((*clients, *sorted(unheard)), internal)
