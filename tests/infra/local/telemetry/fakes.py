"""A cloud that remembers what was put into Logs and CloudWatch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.local.ports import CloudCallError, HttpResponse, RequestRecord

GROUP_ARN = "arn:aws:logs:us-east-1:123456789012:log-group:/shop/access"


def record(**changes: Any) -> RequestRecord:
    given: dict[str, Any] = {
        "account": "123456789012",
        "region": "us-east-1",
        "api_id": "a1",
        "api_name": "shop",
        "stage": "live",
        "method": "GET",
        "resource_path": "/api/users/{id}",
        "status": 200,
        "latency_ms": 12.4,
        "integration_latency_ms": 9.0,
        "is_canary": False,
        "stage_has_canary": False,
        "detailed_metrics": False,
        "access_log_group_arn": None,
        "access_log_format": None,
    }
    return RequestRecord(**(given | changes))


@dataclass
class FakeCloud:
    groups: dict[tuple[str, str], dict[str, list[str]]] = field(default_factory=dict)
    filters: list[dict[str, Any]] = field(default_factory=list)
    data: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)

    async def call(self, service: str, region: str, **_: Any) -> HttpResponse:
        raise AssertionError("telemetry uses JSON calls only")

    async def json(self, service: str, region: str, target: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        action = target.rpartition(".")[2]
        self.actions.append(action)
        if action == "PutMetricData":
            self.data.extend((parameters["Namespace"], datum) for datum in parameters["MetricData"])
            return {}
        if action == "DescribeMetricFilters":
            start = int(parameters.get("nextToken", 0))
            more = {"nextToken": str(start + 50)} if len(self.filters) > start + 50 else {}
            return {"metricFilters": self.filters[start : start + 50], **more}
        streams = self.groups.get((region, parameters["logGroupName"]))
        if action == "CreateLogGroup":
            if streams is not None:
                raise CloudCallError("ResourceAlreadyExistsException", "exists")
            self.groups[region, parameters["logGroupName"]] = {}
            return {}
        if streams is None:
            raise CloudCallError("ResourceNotFoundException", "no group")
        if action == "CreateLogStream":
            streams[parameters["logStreamName"]] = []
        elif parameters["logStreamName"] not in streams:
            raise CloudCallError("ResourceNotFoundException", "no stream")
        else:
            streams[parameters["logStreamName"]] += [event["message"] for event in parameters["logEvents"]]
        return {}

    def lines(self, group: str, region: str = "us-east-1") -> list[str]:
        return [line for lines in self.groups.get((region, group), {}).values() for line in lines]

    def samples(self, name: str, **dimensions: str) -> dict[float, float]:
        """Value -> count of all data of a metric with exactly these dimensions."""
        found: dict[float, float] = {}
        for _, datum in self.data:
            given = {one["Name"]: one["Value"] for one in datum["Dimensions"]}
            if datum["MetricName"] == name and given == dimensions:
                for value, count in zip(datum["Values"], datum["Counts"], strict=True):
                    found[value] = found.get(value, 0) + count
        return found
