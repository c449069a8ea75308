"""CloudWatch over HTTP: metric math, statistics by exact dimensions, alarms over expressions, one message for several alarms."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.embedded

Client = Any
MINUTE = 60


@pytest.fixture(scope="module")
def client(embedded: str) -> Callable[[str], Client]:
    def made(service: str) -> Client:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=embedded, region_name="eu-west-1", **keys)

    return made


@pytest.fixture(scope="module")
def watch(client: Callable[[str], Client]) -> Client:
    return client("cloudwatch")


@pytest.fixture
def namespace(unique: str, request: pytest.FixtureRequest) -> str:
    return f"Math/{unique}/{request.node.name}"


NOW = int(time.time()) // MINUTE * MINUTE


def put(watch: Client, namespace: str, name: str, values: dict[int, list[float]], **dimensions: str) -> None:
    """Minutes ago -> values."""
    given = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    data = [
        {"MetricName": name, "Dimensions": given, "Timestamp": NOW - ago * MINUTE, "Values": found}
        for ago, found in values.items()
    ]
    watch.put_metric_data(Namespace=namespace, MetricData=data)


def metric(
    key: str, namespace: str, name: str, stat: str = "Sum", period: int = 60, **dimensions: str
) -> dict[str, Any]:
    given = [{"Name": k, "Value": v} for k, v in dimensions.items()]
    named = {"Namespace": namespace, "MetricName": name, "Dimensions": given}
    return {"Id": key, "MetricStat": {"Metric": named, "Period": period, "Stat": stat}, "ReturnData": False}


def ask(watch: Client, *queries: dict[str, Any], **more: Any) -> dict[str, list[float]]:
    answer = watch.get_metric_data(
        MetricDataQueries=list(queries),
        StartTime=datetime.fromtimestamp(NOW - 10 * MINUTE, UTC),
        EndTime=datetime.fromtimestamp(NOW + MINUTE, UTC),
        **more,
    )
    assert all(one["StatusCode"] == "Complete" for one in answer["MetricDataResults"])
    return {one["Id"]: one["Values"] for one in answer["MetricDataResults"]}


def test_an_expression_over_metrics(watch: Client, namespace: str) -> None:
    put(watch, namespace, "requests", {2: [10.0, 10.0], 1: [50.0]})
    put(watch, namespace, "errors", {1: [5.0]})
    found = ask(
        watch,
        metric("r", namespace, "requests"),
        metric("b", namespace, "errors"),
        {"Id": "share", "Expression": "100 * FILL(b, 0) / r"},
        ScanBy="TimestampAscending",
    )
    assert found == {"share": [0.0, 10.0]}


def test_the_newest_comes_first(watch: Client, namespace: str) -> None:
    put(watch, namespace, "m", {3: [1.0], 2: [2.0], 1: [3.0]})
    assert ask(watch, {**metric("m", namespace, "m"), "ReturnData": True}) == {"m": [3.0, 2.0, 1.0]}


def test_a_metric_without_dimensions_is_none_of_those_with_some(watch: Client, namespace: str) -> None:
    put(watch, namespace, "latency", {1: [100.0, 200.0]})
    put(watch, namespace, "latency", {1: [900.0]}, canary="true")
    whole, arm = (
        metric("whole", namespace, "latency", "p100"),
        metric("arm", namespace, "latency", "p100", canary="true"),
    )
    assert ask(watch, whole | {"ReturnData": True}, arm | {"ReturnData": True}) == {"whole": [200.0], "arm": [900.0]}


@pytest.mark.parametrize(
    ("stat", "value"),
    [("SampleCount", 100.0), ("Sum", 5050.0), ("Average", 50.5), ("p50", 50.5), ("p99", 99.01), ("TC(90:)", 10.0),
     ("PR(:25)", 25.0)],
)  # fmt: skip
def test_statistics(watch: Client, namespace: str, stat: str, value: float) -> None:
    put(watch, namespace, "m", {1: [float(n) for n in range(1, 101)]})
    (found,) = ask(watch, metric("m", namespace, "m", stat) | {"ReturnData": True})["m"]
    assert found == pytest.approx(value)


def test_get_metric_statistics_keeps_them_apart_too(watch: Client, namespace: str) -> None:
    put(watch, namespace, "latency", {1: [100.0, 200.0]})
    put(watch, namespace, "latency", {1: [900.0]}, canary="true")
    found = watch.get_metric_statistics(
        Namespace=namespace,
        MetricName="latency",
        StartTime=datetime.fromtimestamp(NOW - 10 * MINUTE, UTC),
        EndTime=datetime.fromtimestamp(NOW + MINUTE, UTC),
        Period=60,
        Statistics=["Sum", "SampleCount"],
    )
    ((point),) = found["Datapoints"]
    assert (point["Sum"], point["SampleCount"]) == (300.0, 2.0)


@pytest.mark.parametrize("expression", ["r +", "nothing * 2", "NOSUCH(r)"])
def test_a_bad_expression_is_refused(watch: Client, namespace: str, expression: str) -> None:
    with pytest.raises(ClientError, match="ValidationError"):
        ask(watch, metric("r", namespace, "r"), {"Id": "e", "Expression": expression})


# alarms


def rate(namespace: str, period: int) -> list[dict[str, Any]]:
    return [
        metric("r", namespace, "requests", period=period),
        metric("b", namespace, "errors", period=period),
        {"Id": "share", "Expression": "IF(FILL(b, 0) >= 5, 100 * FILL(b, 0) / r, 0)", "ReturnData": True},
    ]


def state(watch: Client, name: str) -> str:
    found = watch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    (one,) = [*found["MetricAlarms"], *found["CompositeAlarms"]]
    return str(one["StateValue"])


def becomes(watch: Client, name: str, wanted: str) -> bool:
    """Alarms are evaluated every few seconds."""
    return any(state(watch, name) == wanted or time.sleep(0.05) for _ in range(300))


@pytest.fixture
def alarm(watch: Client, namespace: str, unique: str) -> Iterator[Callable[..., str]]:
    made: list[str] = []

    def put_alarm(key: str, period: int = 300, **more: Any) -> str:
        name = f"{key}-{unique}"
        watch.put_metric_alarm(
            AlarmName=name,
            Metrics=rate(namespace, period),
            Threshold=1.44,
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            TreatMissingData="notBreaching",
            **more,
        )
        made.append(name)
        return name

    yield put_alarm
    for name in reversed(made):
        watch.delete_alarms(AlarmNames=[name])


def test_an_alarm_keeps_its_expressions(watch: Client, alarm: Callable[..., str]) -> None:
    name = alarm("kept")
    (found,) = watch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert [one["Id"] for one in found["Metrics"]] == ["r", "b", "share"]
    assert "MetricName" not in found
    assert found["StateValue"] == "OK"


def test_an_alarm_over_an_expression_fires_and_ends(watch: Client, namespace: str, alarm: Callable[..., str]) -> None:
    short = alarm("short", period=300)
    put(watch, namespace, "requests", {20: [1000.0], 0: [10.0]})
    put(watch, namespace, "errors", {20: [100.0]})
    # The hour has 10 % bad requests, the last five minutes none: the long window fires and the short one does not.
    name = alarm("long", period=3600)
    assert state(watch, name) == "ALARM"
    assert state(watch, short) == "OK"
    put(watch, namespace, "errors", {0: [6.0]})
    assert becomes(watch, short, "ALARM")


def test_few_bad_requests_wake_nobody(watch: Client, namespace: str, alarm: Callable[..., str]) -> None:
    put(watch, namespace, "requests", {0: [8.0]})
    put(watch, namespace, "errors", {0: [4.0]})
    assert state(watch, alarm("few")) == "OK"


def test_one_message_for_one_incident(
    watch: Client, client: Callable[[str], Client], namespace: str, unique: str, alarm: Callable[..., str]
) -> None:
    topics, queues = client("sns"), client("sqs")
    topic = topics.create_topic(Name=f"oncall-{unique}")["TopicArn"]
    url = queues.create_queue(QueueName=f"oncall-{unique}")["QueueUrl"]
    queue = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    first, second = alarm("orders"), alarm("checkout")
    page = f"page-{unique}"
    watch.put_composite_alarm(
        AlarmName=page, AlarmRule=f'ALARM("{first}") OR ALARM("{second}")', AlarmActions=[topic], OKActions=[topic]
    )
    try:
        put(watch, namespace, "requests", {0: [100.0]})
        put(watch, namespace, "errors", {0: [50.0]})
        assert becomes(watch, first, "ALARM")
        assert becomes(watch, second, "ALARM")
        assert state(watch, page) == "ALARM"
        messages = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        told = [json.loads(json.loads(one["Body"])["Message"]) for one in messages]
        assert [(one["AlarmName"], one["NewStateValue"]) for one in told if one["NewStateValue"] == "ALARM"] == [
            (page, "ALARM")
        ]
    finally:
        watch.delete_alarms(AlarmNames=[page])


@pytest.mark.parametrize(
    "metrics",
    [
        [{"Id": "e", "Expression": "1 +"}],
        [{"Id": "e", "Expression": "m * 2"}, {"Id": "f", "Expression": "m * 3"}],
    ],
    ids=["not an expression", "two watched"],
)
def test_a_bad_alarm_is_refused(watch: Client, metrics: list[dict[str, Any]]) -> None:
    with pytest.raises(ClientError, match="ValidationError"):
        watch.put_metric_alarm(
            AlarmName="bad",
            Metrics=[metric("m", "n", "m"), *metrics],
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
        )
