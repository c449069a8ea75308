"""Zones to prove: the safe shape, the usual leaking one, and what people do to the first by mistake."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from infra.config.model import Gateway, Jurisdiction, Region
from infra.config.regions import known_regions
from infra.residency.proof import Proof, allowed_regions, prove
from infra.residency.shape import Shape, shape
from infra.residency.territory import Territory
from infra.residency.zone import Zone
from infra.residency.zonefile import read_zone

NAME = "api.shop.example"
EU, EU2, US = "eu-west-1", "eu-central-1", "us-east-1"
Row = dict[str, Any]


def gateway(*regions: str, domain: str | None = NAME) -> Gateway:
    return Gateway(
        name="shop",
        domain=domain,
        services=(),
        regions=tuple(
            Region(name=name, jurisdiction=Jurisdiction(known_regions()[name]["jurisdiction"])) for name in regions
        ),
    )


def safe(*regions: str) -> Shape:
    return shape(gateway(*(regions or (US, EU, EU2))))


def endpoint(region: str) -> str:
    return f"d-{region.replace('-', '')}.execute-api.{region}.amazonaws.com"


def alias(region_or_name: str, *, evaluate: bool = False) -> Row:
    known = region_or_name in known_regions()
    return {
        "DNSName": endpoint(region_or_name) if known else region_or_name,
        "HostedZoneId": "Z1",
        "EvaluateTargetHealth": evaluate,
    }


def row(name: str = NAME, kind: str = "A", *, to: str = EU, evaluate: bool = False, **fields: Any) -> Row:
    found = {"Name": name, "Type": kind, "AliasTarget": alias(to, evaluate=evaluate), **fields}
    if fields:
        found.setdefault("SetIdentifier", json.dumps(fields, sort_keys=True)[:120])
    return found


def both(rows: Iterable[Row]) -> list[Row]:
    """A and AAAA alike."""
    return [{**one, "Type": kind} for one in rows for kind in ("A", "AAAA")]


def naive() -> list[Row]:
    """What most guides show: continent EU, and the rest of the world by default; both checked."""
    return both(
        [
            row(to=EU, GeoLocation={"ContinentCode": "EU"}, HealthCheckId="check-eu", SetIdentifier="eu"),
            row(to=US, GeoLocation={"CountryCode": "*"}, HealthCheckId="check-us", SetIdentifier="default"),
        ]
    )


def zone(rows: Iterable[Row], **more: Any) -> Zone:
    return read_zone(json.dumps({"name": NAME, "records": list(rows), **more}), "zone.json")[1]


def proof(rows: Iterable[Row], *names: str, territory: Territory | None = None, **more: Any) -> Proof:
    return prove(
        zone(rows, **more), territory=territory or Territory(), allowed=allowed_regions(), names=names or (NAME,)
    )


def changed(rows: Iterable[Row], which: Callable[[Row], bool], change: Callable[[Row], Row | None]) -> list[Row]:
    """The rows with some of them changed, or left out; at least one must be."""
    given = list(rows)
    hit = [one for one in given if which(one)]
    assert hit, "the mutation changes nothing"
    new = [change(json.loads(json.dumps(one))) if which(one) else one for one in given]
    return [one for one in new if one is not None]


def located(**location: str) -> Callable[[Row], bool]:
    return lambda one: one.get("GeoLocation") == location
