"""The zones that the embedded Route 53 holds, read through its API in process: the same zones as from templates.

Read once until something changes. Answers are parsed by botocore with Route 53's own model, so the field names are AWS's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

from infra.errors import ConfigError
from infra.local.ports import Cloud
from infra.residency.records import dns_name
from infra.residency.zone import Zone, parents
from infra.residency.zonefile import read_zone

__all__ = ["Hosted", "Zones", "parsed"]

_VERSION = "/2013-04-01"


class Hosted:
    """One public hosted zone; ``problem`` says why its records cannot be read, and then there is no zone."""

    def __init__(self, zone_id: str, name: str, zone: Zone | None, problem: str = "") -> None:
        self.zone_id, self.name, self.zone, self.problem = zone_id, name, zone, problem


class Zones:
    """The zones by name, as they are now."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._known: dict[str, Hosted] | None = None
        self.generation = 0

    def changed(self) -> None:
        """Something of Route 53 was made, changed or deleted. Of any thread."""
        self.generation += 1
        self._known = None

    async def holding(self, name: str) -> Hosted | None:
        """The zone whose name is nearest above the name."""
        known = await self.all()
        return next((known[owner] for owner in (name, *parents(name)) if owner in known), None)

    async def by_id(self, zone_id: str) -> Hosted | None:
        return next((zone for zone in (await self.all()).values() if zone.zone_id == zone_id), None)

    async def all(self) -> dict[str, Hosted]:
        """Every public zone by its name."""
        known = self._known
        if known is None:
            generation = self.generation
            known = await self._read()
            if generation == self.generation:
                self._known = known
        return known

    async def _read(self) -> dict[str, Hosted]:
        zones = await self._pages("ListHostedZones", "/hostedzone", "HostedZones", {"NextMarker": "marker"})
        checks = await self._pages("ListHealthChecks", "/healthcheck", "HealthChecks", {"NextMarker": "marker"})
        plain_checks = json.loads(json.dumps(checks, default=str))
        found = {}
        for zone in zones:
            if zone.get("Config", {}).get("PrivateZone"):
                continue
            zone_id, name = zone["Id"].rpartition("/")[2], dns_name(zone["Name"])
            rows = await self._pages(
                "ListResourceRecordSets",
                f"/hostedzone/{zone_id}/rrset",
                "ResourceRecordSets",
                {"NextRecordName": "name", "NextRecordType": "type", "NextRecordIdentifier": "identifier"},
            )
            found[name] = _hosted(zone_id, name, rows, plain_checks)
        return found

    async def _pages(
        self, operation: str, path: str, member: str, following: Mapping[str, str]
    ) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        query: dict[str, str] = {}
        while True:
            answer = await self._cloud.call(
                "route53", "us-east-1", method="GET", path=_VERSION + path, query=urlencode(query)
            )
            page = parsed(operation, answer.status, answer.body)
            rows += page.get(member, [])
            if not page.get("IsTruncated"):
                return rows
            query = {name: str(page[key]) for key, name in following.items() if page.get(key)}


def _hosted(zone_id: str, name: str, rows: list[dict[str, Any]], checks: list[dict[str, Any]]) -> Hosted:
    plain = [{key: value for key, value in row.items() if value not in ("", [], None)} for row in rows]
    try:
        text = json.dumps({"name": name, "records": plain, "health_checks": checks})
        return Hosted(zone_id, name, read_zone(text, f"hosted zone {zone_id}")[1])
    except ConfigError as error:
        return Hosted(zone_id, name, None, str(error))


def parsed(operation: str, status: int, body: bytes) -> dict[str, Any]:
    """An answer of Route 53 in the field names of its API."""
    parser, model = _route53()
    found: dict[str, Any] = parser.parse(
        {"status_code": status, "headers": {}, "body": body}, model.operation_model(operation).output_shape
    )
    return found


@cache
def _route53() -> tuple[Any, Any]:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel
    from botocore.parsers import create_parser

    return create_parser("rest-xml"), ServiceModel(Loader().load_service_model("route53", "service-2"), "route53")
