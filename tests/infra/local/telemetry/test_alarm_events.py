"""Events of alarms are as CloudWatch documents them, for plain alarms, expressions and composite ones."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.local.telemetry.alarm_events import entry

ARN = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:slow"


def told(**record: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    alarm = {"AlarmName": "slow", "AlarmArn": ARN, **record}
    found = entry(alarm, before="OK", now="ALARM", reason="too slow", at=1_570_035_880.985)
    return found, json.loads(found["Detail"])


def test_the_envelope_and_the_states() -> None:
    found, detail = told(Namespace="N", MetricName="M", Period=60)
    assert (found["Source"], found["DetailType"]) == ("aws.cloudwatch", "CloudWatch Alarm State Change")
    assert found["Resources"] == [ARN]
    assert detail["alarmName"] == "slow"
    assert detail["previousState"] == {"value": "OK"}
    assert detail["state"] == {
        "value": "ALARM",
        "reason": "too slow",
        "timestamp": "2019-10-02T17:04:40.985+0000",
    }


@pytest.mark.parametrize(
    ("record", "configuration"),
    [
        pytest.param(
            {"Namespace": "N", "MetricName": "M", "Period": 60, "Statistic": "Sum", "Dimensions": [{"Name": "a", "Value": "b"}]},
            {"metrics": [{"id": "m1", "returnData": True, "metricStat": {"metric": {"namespace": "N", "name": "M", "dimensions": {"a": "b"}}, "period": 60, "stat": "Sum"}}]},
            id="a metric",
        ),
        pytest.param(
            {"Metrics": [{"Id": "e1", "Expression": "m1 / 2"}, {"Id": "m1", "ReturnData": False, "MetricStat": {"Metric": {"Namespace": "N", "MetricName": "M"}, "Period": 300, "Stat": "p99"}}]},
            {"metrics": [{"id": "e1", "returnData": True, "expression": "m1 / 2"}, {"id": "m1", "returnData": False, "metricStat": {"metric": {"namespace": "N", "name": "M", "dimensions": {}}, "period": 300, "stat": "p99"}}]},
            id="an expression",
        ),
        pytest.param({"AlarmRule": "ALARM(a)", "AlarmDescription": "d"}, {"description": "d", "alarmRule": "ALARM(a)"}, id="composite"),
    ],
)  # fmt: skip
def test_what_is_watched(record: dict[str, Any], configuration: dict[str, Any]) -> None:
    assert told(**record)[1]["configuration"] == configuration
