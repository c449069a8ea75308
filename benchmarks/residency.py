"""The residency proof of zones with two and more regions: how long, and how it grows with the health states."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Sequence
from typing import Any

from infra.config.model import Gateway, Jurisdiction, Region
from infra.config.regions import known_regions
from infra.residency.proof import Proof, allowed_regions, prove
from infra.residency.shape import shape
from infra.residency.territory import Territory
from infra.residency.zonefile import read_zone

NAME = "api.shop.example"
EU = ("eu-west-1", "eu-central-1", "eu-west-3", "eu-north-1", "eu-south-1", "eu-south-2")
WORLD = ("us-east-1", "us-east-2", "us-west-2", "ap-south-1", "sa-east-1", "ca-central-1")


def measure(*, runs: int = 15) -> list[dict[str, Any]]:
    """Medians in milliseconds; reading includes all checks of the zone file, nothing is kept between runs."""
    rows = [_timed("naive, 2 regions, 2 checks", _naive(), runs)]
    for each in (1, 2, 4, 6):
        regions = (*WORLD[:each], *EU[:each])
        rows.append(_timed(f"safe shape, {len(regions)} regions", list(shape(_gateway(regions)).records), runs))
    rows.append(_timed("latency pools, 8 regions, 8 checks", _pools(8), runs))
    return rows


def _timed(what: str, records: list[dict[str, Any]], runs: int) -> dict[str, Any]:
    text = json.dumps({"name": NAME, "records": records})
    read_ms, prove_ms = [], []
    for _ in range(runs):
        start = time.perf_counter()
        name, zone = read_zone(text, "zone.json")
        middle = time.perf_counter()
        proof = prove(zone, territory=Territory(), allowed=allowed_regions(), names=[name])
        read_ms.append((middle - start) * 1e3)
        prove_ms.append((time.perf_counter() - middle) * 1e3)
    return {"what": what, **_facts(proof), "read_ms": _median(read_ms), "prove_ms": _median(prove_ms)}


def _facts(proof: Proof) -> dict[str, Any]:
    (name,) = proof.names
    states = 1 << len(name.checks)
    return {"places": name.places, "states": states, "questions": name.questions, "proved": proof.proved}


def _gateway(regions: Sequence[str]) -> Gateway:
    return Gateway(
        name="shop",
        domain=NAME,
        services=(),
        regions=tuple(
            Region(name=region, jurisdiction=Jurisdiction(known_regions()[region]["jurisdiction"]))
            for region in regions
        ),
    )


def _naive() -> list[dict[str, Any]]:
    rows = [("eu-west-1", {"ContinentCode": "EU"}), ("us-east-1", {"CountryCode": "*"})]
    return [
        _record(kind, region, GeoLocation=location, HealthCheckId=region)
        for kind in ("A", "AAAA")
        for region, location in rows
    ]


def _pools(count: int) -> list[dict[str, Any]]:
    regions = (*EU, *WORLD)[:count]
    return [_record(kind, region, Region=region, HealthCheckId=region) for kind in ("A", "AAAA") for region in regions]


def _record(kind: str, region: str, **fields: Any) -> dict[str, Any]:
    target = {"DNSName": f"d-1.execute-api.{region}.amazonaws.com", "EvaluateTargetHealth": False}
    return {"Name": NAME, "Type": kind, "SetIdentifier": region, "AliasTarget": target, **fields}


def _median(values: list[float]) -> float:
    return round(statistics.median(values), 2)
