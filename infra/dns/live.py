"""The records that Route 53 holds now, with the state of every health check -> the same zone as from templates.

Reads Route 53: one call for each label of the name until its zone is found, one for each 300 records, two for each health check.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.errors import NothingToDo, Refused
from infra.release.awsclient import AwsClient
from infra.residency.records import dns_name
from infra.residency.zone import Zone, parents
from infra.residency.zonefile import read_zone

__all__ = ["LiveZone", "is_healthy", "live_zone"]

# Route 53 calls an endpoint healthy when more than this share of its checkers do:
# https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
HEALTHY_OVER_PERCENT = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveZone:
    """A hosted zone as it is deployed.

    Args:
        name: the name that was asked for.
        failing: the health checks that fail now.
    """

    zone_id: str
    name: str
    zone: Zone
    failing: frozenset[str]


def live_zone(aws: AwsClient, name: str, *, endpoints: Mapping[str, str] | None = None) -> LiveZone:
    """The public hosted zone that answers for the name.

    Raises:
        NothingToDo: this account has none.
        Refused: it has several that could be meant.
        ConfigError: it holds records that cannot be read.
        CloudError: Route 53 does not answer.
    """
    wanted = dns_name(name)
    zone_id = _find(aws, wanted)
    rows = [_plain(row) for row in _records(aws, zone_id)]
    checks = list(_checks(aws, {str(row["HealthCheckId"]) for row in rows if row.get("HealthCheckId")}))
    text = json.dumps({"name": wanted, "records": rows, "health_checks": checks})
    _, zone = read_zone(text, f"hosted zone {zone_id}", endpoints=endpoints)
    failing = frozenset(check["Id"] for check in checks if not _reported_healthy(aws, check))
    return LiveZone(zone_id=zone_id, name=wanted, zone=zone, failing=failing)


def is_healthy(observations: Iterable[Mapping[str, Any]]) -> bool:
    """Whether enough of Route 53's checkers report success; no report yet counts as healthy."""
    texts = [str(one.get("StatusReport", {}).get("Status", "")) for one in observations]
    good = sum(text.startswith("Success") for text in texts)
    return not texts or good * 100 > HEALTHY_OVER_PERCENT * len(texts)


def _find(aws: AwsClient, name: str) -> str:
    for candidate in (name, *parents(name)):
        page = aws.call("route53", "list_hosted_zones_by_name", DNSName=candidate)
        found = [
            str(zone["Id"]).rpartition("/")[2]
            for zone in page["HostedZones"]
            if dns_name(zone["Name"]) == candidate and not zone.get("Config", {}).get("PrivateZone")
        ]
        if len(found) > 1:
            raise Refused(
                f"Route 53: {candidate} has {len(found)} public zones ({', '.join(found)}): remove all but one."
            )
        if found:
            return found[0]
    raise NothingToDo(
        f"Route 53: no public hosted zone of this account holds {name}. Deploy the DNS first: `gatewright deploy`."
    )


def _records(aws: AwsClient, zone_id: str) -> Iterator[dict[str, Any]]:
    request: dict[str, Any] = {"HostedZoneId": zone_id}
    while True:
        page = aws.call("route53", "list_resource_record_sets", **request)
        yield from page["ResourceRecordSets"]
        if not page.get("IsTruncated"):
            return
        request = {"HostedZoneId": zone_id, "StartRecordName": page["NextRecordName"]}
        request |= {"StartRecordType": page["NextRecordType"]}
        if page.get("NextRecordIdentifier"):
            request["StartRecordIdentifier"] = page["NextRecordIdentifier"]


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Empty members are how some servers write absent ones."""
    return {key: value for key, value in row.items() if value not in ("", [], None)}


def _checks(aws: AwsClient, ids: set[str]) -> Iterator[dict[str, Any]]:
    """The health checks of the records, and those that they are computed of."""
    waiting, seen = sorted(ids), set[str]()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        check = aws.call("route53", "get_health_check", HealthCheckId=one)["HealthCheck"]
        config = check["HealthCheckConfig"]
        waiting += config.get("ChildHealthChecks") or []
        yield {"Id": one, "HealthCheckConfig": json.loads(json.dumps(config, default=str))}


def _reported_healthy(aws: AwsClient, check: Mapping[str, Any]) -> bool:
    if check["HealthCheckConfig"].get("Type") == "CALCULATED":  # its children say
        return True
    answer = aws.call("route53", "get_health_check_status", HealthCheckId=check["Id"])
    return is_healthy(answer.get("HealthCheckObservations", ()))
