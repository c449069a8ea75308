"""A request for a custom domain -> the region that DNS would have sent its client to. Memory only.

Local only: the client's country is the header ``X-Viewer-Country`` (without it, or with one that Route 53 cannot place, the client is
unplaceable), and every answer says in ``X-Gatewright-Region`` and ``X-Gatewright-Route`` which region it came from and why. AWS
has none of these headers. A name without records in Route 53 goes to the first region that has the domain.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from infra.config.places import country_problem
from infra.local.addresses import Target
from infra.local.control.store import RegionState, Store
from infra.local.edge.health import out_of_order, place_of_endpoint
from infra.local.edge.regions import Regions
from infra.local.edge.zones import Hosted, Zones
from infra.local.ports import HttpResponse
from infra.residency.ask import Way, ask
from infra.residency.outage import Outage
from infra.residency.records import ADDRESS_TYPES, dns_name
from infra.residency.territory import UNPLACEABLE, Place, place_of
from infra.residency.zone import Zone

__all__ = ["Edge", "Routed", "off_answer", "viewer_place"]

REGION_HEADER, ROUTE_HEADER = "X-Gatewright-Region", "X-Gatewright-Route"


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """Where a request goes, or what it is answered with when it can go nowhere.

    Args:
        headers: for the client, beside the region's own.
    """

    target: Target | None = None
    response: HttpResponse | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Seen:
    """What was found for one zone in one state of the world."""

    state: tuple[object, ...]
    down: Outage
    ways: dict[tuple[str, str], tuple[Way, ...]] = field(default_factory=dict)


class Edge:
    """DNS and the front of every region.

    Args:
        choose: one of so many answers, where chance decides.
        mapped: (region's state, host, raw path) -> the stage that base path mappings give.
    """

    def __init__(
        self,
        store: Store,
        zones: Zones,
        regions: Regions,
        *,
        mapped: Callable[[RegionState, str, str], Target | None],
        choose: Callable[[int], int],
    ) -> None:
        self._store, self._zones, self._regions = store, zones, regions
        self._mapped, self._choose = mapped, choose
        self._seen: dict[str, _Seen] = {}

    def serves(self, host: str) -> bool:
        """Whether any region has this custom domain."""
        return any(host in state.domain_names for state in self._store.regions())

    async def route(self, host: str, raw_path: str, country: str) -> Routed:
        """Where a request for this host goes, from this country."""
        name = dns_name(host)
        hosted = await self._zones.holding(name)
        if hosted is None or (hosted.zone is not None and not hosted.zone.has(name)):
            return self._without_records(host, raw_path)
        if hosted.zone is None:
            return _nowhere(502, "", "the records of the zone cannot be read", hosted.problem)
        place = viewer_place(country)
        ways = self.ways(hosted, hosted.zone, name, _kind(hosted.zone, name), place)
        return self._along(ways[self._choose(len(ways))], place, host, raw_path)

    def ways(self, hosted: Hosted, zone: Zone, name: str, kind: str, place: Place) -> tuple[Way, ...]:
        """Every answer that is possible now."""
        domains = tuple((s.region, *s.domain_names) for s in self._store.regions() if s.domain_names)
        state = (self._zones.generation, self._regions.down, domains)
        seen = self._seen.get(hosted.zone_id)
        if seen is None or seen.state != state:
            seen = self._seen[hosted.zone_id] = _Seen(state, self.down(zone))
        key = (f"{name} {kind}", place.code)
        if key not in seen.ways:
            seen.ways[key] = ask(zone, name, kind, place, seen.down)
        return seen.ways[key]

    def down(self, zone: Zone) -> Outage:
        """What of a zone is down now."""
        return out_of_order(zone, self._store.regions(), self._regions.down)

    def _along(self, way: Way, place: Place, host: str, raw_path: str) -> Routed:
        region, why = way.answer.region, explained(way, place)
        if region is None:
            return _nowhere(502, "", why, f"Route 53 has no answer for {place.name}: the client finds no address.")
        if region in self._regions.down:
            said = (
                f"Route 53 answers {region} all the same, and {region} is switched off: the client connects to nobody."
            )
            return _nowhere(503, region, why, f"{said} Switch it on: gatewright region up {region}")
        state = place_of_endpoint(way.answer.where, self._store.regions())
        if state is None:
            said = f"Route 53 answers {way.answer.where}, which is no custom domain's endpoint on this machine."
            return _nowhere(502, region, why, said)
        target = self._mapped(state, host, raw_path)
        if target is None:  # as on AWS: a name that the region's front does not know
            return Routed(response=_json(403, {"message": "Forbidden"}), headers=_headers(region, why))
        return Routed(target=target, headers=_headers(region, why))

    def _without_records(self, host: str, raw_path: str) -> Routed:
        """A name that was never put into Route 53: the first region that has it, as if its address were typed in."""
        state = next(state for state in self._store.regions() if host in state.domain_names)
        why = f"Route 53 has no record of {host}: the first region with this custom domain"
        if state.region in self._regions.down:
            return off_answer(state.region, why)
        target = self._mapped(state, host, raw_path)
        if target is None:
            return Routed(response=_json(403, {"message": "Forbidden"}), headers=_headers(state.region, why))
        return Routed(target=target, headers=_headers(state.region, why))


def viewer_place(country: str) -> Place:
    """The place that the header names; what Route 53 cannot place is unplaceable."""
    code = country.strip().upper()
    return UNPLACEABLE if not code or country_problem(code) else place_of(code)


def explained(way: Way, place: Place) -> str:
    """The records that were taken, in one line."""
    steps = "; ".join(f"{taken.record} ({taken.why})" for taken in way.taken)
    return f"from {place.code}: {steps or 'no record applies'}"


def off_answer(region: str, why: str) -> Routed:
    """What a region that is switched off looks like."""
    said = f"{region} is switched off on this machine: on AWS the client connects to nobody."
    return _nowhere(503, region, why, f"{said} Switch it on: gatewright region up {region}")


def _kind(zone: Zone, name: str) -> str:
    """IPv4 first, as the laptop's own connection is; IPv6 for a name that has nothing else."""
    return next((kind for kind in ADDRESS_TYPES if zone.find(name, kind)), ADDRESS_TYPES[0])


def _nowhere(status: int, region: str, why: str, detail: str) -> Routed:
    document = {"type": "about:blank", "title": "No region answers", "status": status, "detail": detail}
    body = json.dumps(document).encode()
    response = HttpResponse(status=status, headers=[("Content-Type", "application/problem+json")], body=body)
    return Routed(response=response, headers=_headers(region or "none", why))


def _json(status: int, document: object) -> HttpResponse:
    headers = [("Content-Type", "application/json")]
    return HttpResponse(status=status, headers=headers, body=json.dumps(document).encode())


def _headers(region: str, why: str) -> tuple[tuple[str, str], ...]:
    return ((REGION_HEADER, region), (ROUTE_HEADER, _one_line(why)))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def with_headers(response: HttpResponse, more: Sequence[tuple[str, str]]) -> HttpResponse:
    return HttpResponse(status=response.status, headers=[*response.headers, *more], body=response.body)
