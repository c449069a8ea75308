"""The safe shape of the zone, as data: Gateway -> hosts, health checks and record sets in Route 53's field names. Pure.

One source for the stacks, Terraform, the laptop and the tests. Why it is safe (docs/adr/0011-residency.md):

- The default answers from the EU, for an address that cannot be placed may be European; the other continents are sent
  out explicitly; every code of the territory is pinned by its country.
- Geolocation records have no health check and do not evaluate their target, so none of them ever hands over to a larger
  place. Failover happens below them, between regions of one side.
- A and AAAA are the same, record by record.

Unsure, to be tried on a live account: AWS says that the name of a record that stands for an API Gateway domain "must match a
custom domain name". ``eu.<domain>`` is such a name in every EU region; the geolocation records of ``<domain>`` reach it by an
alias, and the region must then find ``<domain>`` itself by the client's SNI.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from infra.config.model import Gateway
from infra.errors import ConfigError, Finding, Refused
from infra.residency.records import ADDRESS_TYPES
from infra.residency.territory import CONTINENTS, DEFAULT_KEY, Territory, territory_of

__all__ = ["HealthCheck", "Host", "Shape", "Target", "eu_host", "planned_target", "shape"]

# A group of geolocation records (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html).
RECORDS_PER_NAME_MAX = 100
# API Gateway answers it by itself on every custom domain, so it tells that the region's front is there, and nothing of the
# services behind: those have breakers and alarms.
PROBE_PATH = "/ping"
# The slow interval with AWS's default threshold: a region that fails is out after about a minute and a half.
PROBE_INTERVAL_SECONDS, PROBE_FAILURES = 30, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A custom domain name that must exist in a region, with a certificate."""

    name: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A region's endpoint of a custom domain; values may be CloudFormation or Terraform expressions."""

    dns_name: Any
    zone_id: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """A health check of one region: ``config`` is Route 53's HealthCheckConfig."""

    key: str
    region: str
    config: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Everything that DNS needs.

    Args:
        eu_host: the name that is answered from the EU for everybody; other regions send EU people there.
    """

    domain: str
    eu_host: str
    hosts: tuple[Host, ...]
    health_checks: tuple[HealthCheck, ...]
    records: tuple[dict[str, Any], ...]


def eu_host(domain: str) -> str:
    """The name that the EU answers for everybody, whatever their country."""
    return f"eu.{domain}"


def planned_target(host: str, region: str) -> Target:
    """A stand-in with the form of the real name, for proofs before anything is deployed."""
    digest = hashlib.sha256(f"{host} {region}".encode()).hexdigest()[:10]
    return Target(dns_name=f"d-{digest}.execute-api.{region}.amazonaws.com", zone_id=f"ZONE-{region}")


def shape(
    gateway: Gateway,
    *,
    territory: Territory | None = None,
    target: Callable[[str, str], Target] = planned_target,
    check_id: Callable[[str], Any] = str,
) -> Shape:
    """The zone of a gateway.

    Args:
        territory: whom to pin; what gateway.yaml says by default.
        target: (host, region) -> the endpoint there.
        check_id: a health check's key -> what stands in HealthCheckId.

    Raises:
        Refused: the gateway has no domain, or no region in the EU.
        ConfigError: more codes than one name can hold records.
    """
    if gateway.domain is None:
        raise Refused(f"gateway {gateway.name} has no domain: there is nothing to route. Set `domain` in gateway.yaml.")
    inside = [region.name for region in gateway.regions if gateway.keeps(region)]
    outside = [region.name for region in gateway.regions if not gateway.keeps(region)]
    if not inside:
        raise Refused(
            f"gateway {gateway.name} has no region of jurisdiction eu: nobody could answer the EU from the EU."
        )
    return _Builder(gateway.domain, target, check_id).build(inside, outside, territory or territory_of(gateway))


class _Builder:
    def __init__(self, domain: str, target: Callable[[str, str], Target], check_id: Callable[[str], Any]) -> None:
        self.domain = domain
        self.target = target
        self.check_id = check_id
        self.hosts: list[Host] = []
        self.checks: list[HealthCheck] = []
        self.records: list[dict[str, Any]] = []

    def build(self, inside: Sequence[str], outside: Sequence[str], territory: Territory) -> Shape:
        self.hosts += [Host(name=self.domain, region=region) for region in (*inside, *outside)]
        host = eu_host(self.domain)
        eu = self._side(host, inside, always=True)
        self._locations(eu, self._side(f"world.{self.domain}", outside, always=False) if outside else eu, territory)
        return Shape(
            domain=self.domain,
            eu_host=host,
            hosts=tuple(self.hosts),
            health_checks=tuple(self.checks),
            records=tuple(self.records),
        )

    def _side(self, host: str, regions: Sequence[str], *, always: bool) -> Target:
        """What the domain's records stand for on one side: the region, or the top of its failover chain.

        ``always``: the host has a name of its own also when there is nothing to fail over to.
        """
        if always or len(regions) > 1:
            self.hosts += [Host(name=host, region=region) for region in regions]
        if len(regions) == 1:
            if always:
                self._add({"Name": host}, self.target(host, regions[0]))
            return self.target(self.domain, regions[0])
        for region in regions:
            self._probe(region)
        self._chain(host, host, regions, level=1)
        return Target(dns_name=host, zone_id=None)

    def _probe(self, region: str) -> None:
        name = f"{region}.{self.domain}"
        self.hosts.append(Host(name=name, region=region))
        self._add({"Name": name}, self.target(name, region))
        config = {
            "Type": "HTTPS",
            "FullyQualifiedDomainName": name,
            "Port": 443,
            "ResourcePath": PROBE_PATH,
            "RequestInterval": PROBE_INTERVAL_SECONDS,
            "FailureThreshold": PROBE_FAILURES,
            "EnableSNI": True,
        }
        self.checks.append(HealthCheck(key=region, region=region, config=config))

    def _chain(self, name: str, host: str, regions: Sequence[str], level: int) -> None:
        """A failover pair; with more than two regions the secondary is the pair of the others."""
        first, *rest = regions
        self._add(self._member(name, "PRIMARY", first), self.target(host, first), evaluate=True)
        if len(rest) == 1:
            self._add(self._member(name, "SECONDARY", rest[0]), self.target(host, rest[0]), evaluate=True)
            return
        below = host.replace(".", f"-{level + 1}.", 1)
        secondary = {"Name": name, "SetIdentifier": "secondary-others", "Failover": "SECONDARY"}
        self._add(secondary, Target(dns_name=below, zone_id=None), evaluate=True)
        self._chain(below, host, rest, level + 1)

    def _member(self, name: str, role: str, region: str) -> dict[str, Any]:
        return {
            "Name": name,
            "SetIdentifier": f"{role.lower()}-{region}",
            "Failover": role,
            "HealthCheckId": self.check_id(region),
        }

    def _locations(self, eu: Target, world: Target, territory: Territory) -> None:
        rows = list(_rows(territory))
        if len(rows) > RECORDS_PER_NAME_MAX:
            raise ConfigError([_too_many(len(rows))])
        for set_id, location, stays in rows:
            record = {"Name": self.domain, "SetIdentifier": set_id, "GeoLocation": location}
            self._add(record, eu if stays else world)

    def _add(self, record: dict[str, Any], target: Target, *, evaluate: bool = False) -> None:
        for kind in ADDRESS_TYPES:
            # An alias to a record of the same zone carries that zone's id, which is known only where the zone is.
            alias = {"DNSName": target.dns_name, "EvaluateTargetHealth": evaluate}
            if target.zone_id is not None:
                alias["HostedZoneId"] = target.zone_id
            self.records.append({**record, "Type": kind, "AliasTarget": alias})


def _rows(territory: Territory) -> Iterator[tuple[str, dict[str, str], bool]]:
    """Set identifier, location, and whether the EU answers."""
    yield "default", {"CountryCode": DEFAULT_KEY}, True
    for continent in CONTINENTS:
        yield f"continent-{continent}", {"ContinentCode": continent}, continent == "EU"
    for code in territory.codes:
        yield f"country-{code}", {"CountryCode": code}, True


def _too_many(count: int) -> Finding:
    return Finding(
        file="gateway.yaml",
        line=0,
        column=0,
        path="residency",
        problem=f"{count} locations are pinned",
        advice=f"Route 53 takes {RECORDS_PER_NAME_MAX} records of one name and type: add fewer codes",
    )
