"""What of a zone is down on this laptop: what Route 53's checkers would find, without waiting for them. Pure.

A check fails when its region is switched off, or when what it probes is no custom domain there. On AWS that takes the interval times
the threshold, about a minute and a half; here it is at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from infra.local.control.store import RegionState
from infra.residency.outage import Outage, check_regions, outage
from infra.residency.zone import Zone

__all__ = ["out_of_order", "place_of_endpoint"]


def out_of_order(zone: Zone, states: Iterable[RegionState], off: Collection[str]) -> Outage:
    """The outage of a zone now."""
    served: dict[str, set[str]] = {}
    for state in states:
        names = served.setdefault(state.region, set())
        for name, domain in state.domain_names.items():
            names |= {name, domain.get("regionalDomainName", "")}
    missing = {
        check
        for check, region in check_regions(zone).items()
        if region and (probed := zone.checks[check].probes if check in zone.checks else "")
        if probed not in served.get(region, set())
    }
    return outage(zone, off, missing)


def place_of_endpoint(where: str, states: Iterable[RegionState]) -> RegionState | None:
    """The region whose custom domain has this endpoint."""
    for state in states:
        if any(domain.get("regionalDomainName") == where for domain in state.domain_names.values()):
            return state
    return None
