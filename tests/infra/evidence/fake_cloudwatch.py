"""A CloudWatch that knows every request, answers GetMetricData page by page, and can be late, throttled or incomplete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from infra.errors import CloudError
from infra.local.telemetry.trimmed import statistic


class Request(NamedTuple):
    at: float
    service: str = "checkout"
    arm: str = "false"
    status: int = 200
    ms: float | None = 20.0


def values(request: Request, objective_ms: float) -> dict[str, float]:
    found = {"requests": 1.0}
    if request.status >= 500:
        found["errors5xx"] = 1.0
    elif request.status >= 400:
        found["errors4xx"] = 1.0
    if request.ms is not None:
        found["latency"] = request.ms
        if request.ms > objective_ms:
            found["overSlo"] = 1.0
    return {f"{request.service}.{name}": value for name, value in found.items()}


@dataclass
class FakeCloudWatch:
    """`visible` says which requests have arrived yet."""

    requests: list[Request] = field(default_factory=list)
    objective_ms: float = 1000
    page: int = 7
    status: str = "Complete"
    error: CloudError | None = None
    visible: Callable[[Request], bool] = lambda _: True
    calls: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, service: str, operation: str, **request: Any) -> dict[str, Any]:
        assert (service, operation) == ("cloudwatch", "get_metric_data")
        self.calls.append(request)
        if self.error is not None:
            raise self.error
        queries = request["MetricDataQueries"]
        assert len(queries) <= 500
        first = int(request.get("NextToken", 0))
        results = [self._result(query, request) for query in queries[first : first + self.page]]
        more = {"NextToken": str(first + self.page)} if first + self.page < len(queries) else {}
        return {"MetricDataResults": results, **more}

    def _result(self, query: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
        stat = query["MetricStat"]
        metric, period = stat["Metric"], stat["Period"]
        (dimension,) = metric["Dimensions"]
        assert metric["Namespace"] == "Gatewright/shop"
        start, end = request["StartTime"].timestamp(), request["EndTime"].timestamp()
        periods: dict[int, list[float]] = {}
        for one in self.requests:
            value = values(one, self.objective_ms).get(metric["MetricName"])
            if value is not None and one.arm == dimension["Value"] and start <= one.at < end and self.visible(one):
                periods.setdefault(int(one.at // period) * period, []).append(value)
        series = {
            at: sum(found) if stat["Stat"] == "Sum" else statistic(stat["Stat"], [(v, 1.0) for v in found])
            for at, found in periods.items()
        }
        return {
            "Id": query["Id"],
            "Label": metric["MetricName"],
            "Timestamps": [datetime.fromtimestamp(at, UTC) for at in sorted(series, reverse=True)],
            "Values": [series[at] for at in sorted(series, reverse=True)],
            "StatusCode": self.status,
        }
