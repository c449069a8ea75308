"""Facts are read from AWS: windows, pages, and what cannot be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.config.model import Gateway, Jurisdiction, Region, Service
from infra.errors import AccessDenied, CloudError, NotFound, Unreachable
from infra.incident.asked import asked
from infra.incident.facts import Span
from infra.incident.reader import NoTraces, Reader, read_metrics, spans
from infra.release.situation import Canary, Deployment, Situation, Stack, Stage
from tests.infra.incident.cases import NOW

US = "us-east-1"
ORDERS = Service(name="orders", path="/api/orders", lambda_folder="lambdas/orders")
SHOP = Gateway(name="shop", regions=(Region(name=US, jurisdiction=Jurisdiction.US),), services=(ORDERS,))


@dataclass
class CloudWatch:
    """Answers GetMetricData by `<metric> <statistic>`, in pages of ten results."""

    values: dict[str, dict[int, float]]
    fails: dict[str, Exception] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    page: int = 1000
    now: float = NOW + 30.0
    region: str = US

    def clock(self) -> float:
        return self.now

    def call(self, service: str, operation: str, **parameters: Any) -> Any:
        if operation in self.fails:
            raise self.fails[operation]
        if operation == "describe_alarms":
            assert parameters["AlarmTypes"] == ["CompositeAlarm", "MetricAlarm"], (
                "without it, CloudWatch tells no composite ones"
            )
            found = {"MetricAlarms": [{"AlarmName": "gatewright-shop-orders-latency"}]}
            return {**found, "CompositeAlarms": [{"AlarmName": "gatewright-shop-page"}]}
        self.requests.append(parameters)
        first = int(parameters.get("NextToken", 0))
        part = parameters["MetricDataQueries"][first : first + self.page]
        more = first + self.page < len(parameters["MetricDataQueries"])
        return {
            "MetricDataResults": [self._result(query) for query in part],
            **({"NextToken": str(first + self.page)} if more else {}),
        }

    def _result(self, query: dict[str, Any]) -> dict[str, Any]:
        stat = query["MetricStat"]
        points = (
            self.values.get(f"{stat['Metric']['MetricName']} {stat['Stat']}", {})
            if not stat["Metric"].get("Dimensions")
            else {}
        )
        return {
            "Id": query["Id"],
            "Timestamps": [datetime.fromtimestamp(at, UTC) for at in points],
            "Values": list(points.values()),
        }


@dataclass
class Session:
    """As much of a session as the reader uses."""

    aws: CloudWatch
    situation: Situation | Exception
    entries: tuple[dict[str, Any], ...] = ()
    region: str = US

    def observe(self) -> Situation:
        if isinstance(self.situation, Exception):
            raise self.situation
        return self.situation

    def history(self, *, limit: int) -> tuple[dict[str, Any], ...]:
        return self.entries


def deployment(name: str, back: int) -> Deployment:
    return Deployment(id=name, description=f"release {name}hash", created=datetime.fromtimestamp(NOW - back, UTC))


RELEASED = Situation(
    gateway="shop",
    region=US,
    stack=Stack(name="s", status="UPDATE_COMPLETE"),
    stage=Stage(name="live", deployment_id="a", canary=Canary(deployment_id="b", percent=10.0)),
    deployments=(deployment("a", 9000), deployment("b", 300)),
)


def reader(aws: CloudWatch, situation: Situation | Exception = RELEASED, *entries: dict[str, Any]) -> Reader:
    return Reader(gateway=SHOP, session=Session(aws, situation, entries), traces=NoTraces())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("minutes", "period", "length"),
    [(1, 60, 60), (30, 60, 1800), (180, 60, 10_800), (181, 300, 11_100), (1440, 300, 86_400)],
)
def test_windows_are_whole_periods_and_hold_the_one_under_way(minutes, period, length):
    window, before, found = spans(NOW + 30.5, minutes)
    assert (found, window.end - window.start, before.end - before.start) == (period, length, length)
    assert before.end == window.start
    assert window.end - period <= NOW + 30.5 < window.end


def test_pages_are_put_together():
    aws = CloudWatch({"orders.latency SampleCount": {NOW: 7.0}, "orders.errors5xx Sum": {NOW: 2.0}}, page=10)
    found = read_metrics(aws.call, asked(SHOP, ORDERS, US), NOW, NOW + 60, 60)
    assert (found["requests"], found["failed"]) == ({NOW: 7.0}, {NOW: 2.0})
    assert len(aws.requests) > 1


def test_pages_without_an_end_are_a_failure():
    class Endless(CloudWatch):
        def call(self, service: str, operation: str, **parameters: Any) -> Any:
            return {"MetricDataResults": [], "NextToken": "again"}

    with pytest.raises(CloudError, match="too many pages"):
        read_metrics(Endless({}).call, asked(SHOP, ORDERS, US), NOW, NOW + 60, 60)


def test_everything_at_once():
    entry = {
        "operation": "start",
        "target": "b",
        "percent": 10.0,
        "owner": "ada@host",
        "started": "2027-01-15T07:58:00+00:00",
    }
    pinned = {
        "operation": "pin",
        "target": "a",
        "percent": 0.0,
        "owner": "ada@host",
        "started": "2027-01-15T07:00:00+00:00",
    }
    seen = reader(CloudWatch({"orders.latency SampleCount": {NOW: 7.0}}), RELEASED, entry, pinned).facts(
        ORDERS, minutes=30
    )
    assert seen.numbers.total("requests", seen.numbers.window) == 7
    assert (seen.backend, seen.is_function, seen.failed_percent, seen.late_percent) == (
        "gatewright-shop-orders",
        True,
        0.1,
        1.0,
    )
    assert seen.canary is not None
    assert (seen.canary.release, seen.canary.percent) == ("bhash (b)", 10)
    assert [(one.what, one.live) for one in seen.changes] == [
        ("start bhash (b) at 10 %", True), ("release bhash was published", False), ("pin ahash (a)", False),
        ("release ahash was published", False),
    ]  # fmt: skip
    assert seen.alarms == ("gatewright-shop-page", "gatewright-shop-orders-latency")
    assert (seen.traces, seen.gaps, seen.problem) == (None, (), "")


def test_an_endpoint_that_does_not_answer_is_asked_once():
    aws = CloudWatch({}, fails={"get_metric_data": Unreachable("nobody")})
    seen = reader(aws, RuntimeError("must not be asked")).facts(ORDERS, minutes=30)  # type: ignore[arg-type]
    assert seen.problem == "nobody"


def test_a_part_that_is_denied_is_a_gap_and_hides_nothing_else():
    aws = CloudWatch(
        {"orders.latency SampleCount": {NOW: 7.0}}, fails={"describe_alarms": AccessDenied("no permission")}
    )
    seen = reader(aws, NotFound("no stack")).facts(ORDERS, minutes=30)
    assert seen.gaps == ("stack and stage: no stack", "alarms: no permission")
    assert seen.numbers.total("requests", Span(NOW, NOW + 60)) == 7


def test_a_backend_behind_an_address_is_named_by_its_host():
    other = Service(name="legacy", path="/legacy", url="https://legacy.example/base")
    gateway = SHOP.model_copy(update={"services": (other,)})
    seen = Reader(gateway=gateway, session=Session(CloudWatch({}), RELEASED), traces=NoTraces())  # type: ignore[arg-type]
    assert (seen.facts(other, minutes=5).backend, seen.facts(other, minutes=5).is_function) == ("legacy.example", False)
    assert SPAN_LABELS.isdisjoint({one.label for one in asked(gateway, other, US)})


SPAN_LABELS = {"function.ms", "breaker.ms", "authorizer.ms"}
