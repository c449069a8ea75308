"""`--zone FILE`: one JSON object in Route 53's API field names -> a zone. Reads text that it is given; pure.

{"name": "api.shop.example",             the name that clients use (or the zone's own name)
 "records": [ResourceRecordSet, ...],    as ListResourceRecordSets gives them
 "health_checks": [HealthCheck, ...],    optional, as ListHealthChecks gives them
 "endpoints": {"192.0.2.1": "eu-west-1"}}  optional: regions of what does not name its own
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from infra.config.regions import known_regions, nearest
from infra.errors import ConfigError, Finding
from infra.residency.endpoints import ANYWHERE, address, region_in_name
from infra.residency.health import Check, read_check
from infra.residency.records import Record, dns_name, read_record
from infra.residency.zone import Zone, check_zone

__all__ = ["endpoint_map", "read_zone"]

KNOWN = ("name", "records", "health_checks", "endpoints")


def read_zone(text: str, file: str, *, endpoints: Mapping[str, str] | None = None) -> tuple[str, Zone]:
    """The name to prove, and the zone; ``endpoints`` are added to the file's own.

    Raises:
        ConfigError: with every finding.
    """
    found: list[Finding] = []

    def wrong(path: str, problem: str, advice: str) -> None:
        found.append(Finding(file=file, line=0, column=0, path=path, problem=problem, advice=advice))

    data = _load(text, file)
    for key in data.keys() - set(KNOWN):
        wrong(str(key)[:80], "is no part of a zone file", f"It has {', '.join(KNOWN)}")
    name = data.get("name")
    if not isinstance(name, str) or not dns_name(name):
        wrong("name", "is missing", "Give the name that clients use, for example api.shop.example")
    records = _records(data.get("records"), wrong)
    checks = _checks(data.get("health_checks", []), wrong)
    own = endpoint_map(data.get("endpoints", {}), wrong)
    known = own | endpoint_map(dict(endpoints or {}), wrong, "--endpoint")
    if found:
        raise ConfigError(found)
    zone = Zone(records=tuple(records), checks=checks, endpoints=known)
    check_zone(zone, file)
    return dns_name(str(name)), zone


def _load(text: str, file: str) -> Mapping[str, Any]:
    try:
        data = json.loads(text)
        problem = "" if isinstance(data, dict) else f"is a JSON {type(data).__name__}, not an object"
        line, column = 1, 1
    except json.JSONDecodeError as error:
        problem, line, column = f"is no JSON: {error.msg}", error.lineno, error.colno
    except RecursionError:
        problem, line, column = "is nested too deeply", 1, 1
    if problem:
        advice = "Give an object with name and records (docs/adr/0011-residency.md)"
        raise ConfigError([Finding(file=file, line=line, column=column, path="$", problem=problem, advice=advice)])
    return dict(data)


def _records(rows: Any, wrong: Any) -> list[Record]:
    if not isinstance(rows, list) or not rows:
        wrong("records", "is missing or empty", "Give the ResourceRecordSets of the zone")
        return []
    found = []
    for number, row in enumerate(rows):
        origin = f"records[{number}]"
        if not isinstance(row, dict):
            wrong(origin, f"is {type(row).__name__}, not an object", "Give a ResourceRecordSet")
            continue

        def inner(path: str, problem: str, advice: str, origin: str = origin) -> None:
            wrong(f"{origin}.{path}" if path else origin, problem, advice)

        record = read_record(row, origin, inner)
        found += [record] if record else []
    return found


def _checks(rows: Any, wrong: Any) -> dict[str, Check]:
    found: dict[str, Check] = {}
    for number, row in enumerate(rows if isinstance(rows, list) else []):
        config = row.get("HealthCheckConfig") if isinstance(row, dict) else None
        if not isinstance(config, dict) or not isinstance(row.get("Id"), str):
            wrong(f"health_checks[{number}]", "has no Id and HealthCheckConfig", "Give what ListHealthChecks gives")
            continue
        found[row["Id"]] = read_check(config)
    if not isinstance(rows, list):
        wrong("health_checks", "is not a list", "Give what ListHealthChecks gives")
    return found


def endpoint_map(data: Any, wrong: Any, path: str = "endpoints") -> dict[str, str]:
    """Name or address -> region; a region that contradicts AWS's own name is wrong."""
    if not isinstance(data, dict):
        wrong(path, "is not an object", "Give names or addresses with their regions")
        return {}
    found: dict[str, str] = {}
    for name, region in data.items():
        key = address(name) or dns_name(name)
        own = region_in_name(key)
        if region not in known_regions() and region != ANYWHERE:
            advice = nearest(str(region), list(known_regions())) or f"Give a region, or {ANYWHERE!r}"
            wrong(f"{path}.{name}", f"{region!r} is not an AWS region", advice.strip())
        elif own and own != region:
            wrong(f"{path}.{name}", f"is in {own} by its name, not in {region}", "Remove the line")
        else:
            found[key] = region
    return found
