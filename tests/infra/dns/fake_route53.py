"""Route 53 as boto3 shows it: zones, records in pages, health checks with what the checkers report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from infra.release.awsclient import AwsClient

Row = dict[str, Any]


@dataclass
class FakeRoute53:
    """Args: zones: id -> (name, private); statuses: health check -> what its checkers say."""

    zones: dict[str, tuple[str, bool]]
    records: list[Row]
    checks: dict[str, Row] = field(default_factory=dict)
    statuses: dict[str, list[str]] = field(default_factory=dict)
    page: int = 7

    def list_hosted_zones_by_name(self, DNSName: str) -> Row:  # noqa: N803
        found = [
            {"Id": f"/hostedzone/{i}", "Name": n, "Config": {"PrivateZone": p}} for i, (n, p) in self.zones.items()
        ]
        return {"HostedZones": sorted(found, key=lambda zone: zone["Name"].rstrip(".") != DNSName)}

    def list_resource_record_sets(self, HostedZoneId: str, **start: str) -> Row:  # noqa: N803
        keys = [(row["Name"], row["Type"], row.get("SetIdentifier", "")) for row in self.records]
        wanted = (start.get("StartRecordName"), start.get("StartRecordType"), start.get("StartRecordIdentifier", ""))
        at = keys.index(wanted) if start else 0  # type: ignore[arg-type]
        rows, rest = self.records[at : at + self.page], self.records[at + self.page :]
        if not rest:
            return {"ResourceRecordSets": rows, "IsTruncated": False}
        following = {"NextRecordName": rest[0]["Name"], "NextRecordType": rest[0]["Type"]}
        if "SetIdentifier" in rest[0]:
            following["NextRecordIdentifier"] = rest[0]["SetIdentifier"]
        return {"ResourceRecordSets": rows, "IsTruncated": True, **following}

    def get_health_check(self, HealthCheckId: str) -> Row:  # noqa: N803
        return {"HealthCheck": {"Id": HealthCheckId, "HealthCheckConfig": self.checks[HealthCheckId]}}

    def get_health_check_status(self, HealthCheckId: str) -> Row:  # noqa: N803
        reports = self.statuses.get(HealthCheckId, ["Success: HTTP Status Code 200, OK"])
        return {"HealthCheckObservations": [{"StatusReport": {"Status": text}} for text in reports]}


def aws(route53: Any, **others: Any) -> AwsClient:
    clients = {"route53": route53, **others}
    return AwsClient(
        region="us-east-1", factory=lambda service, _: clients[service], sleep=lambda _: None, clock=lambda: 0
    )
