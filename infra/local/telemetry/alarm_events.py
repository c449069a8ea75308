"""What EventBridge is told when an alarm changes its state. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html#CloudWatch-event-formats-alarms
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

__all__ = ["DETAIL_TYPE", "SOURCE", "entry"]

SOURCE = "aws.cloudwatch"
DETAIL_TYPE = "CloudWatch Alarm State Change"


def entry(record: Mapping[str, Any], *, before: str, now: str, reason: str, at: float) -> dict[str, Any]:
    """An entry of PutEvents.

    Args:
        record: the alarm, a composite one too; what it says of its state is from before the change, or from after it.
        before, now: OK, ALARM or INSUFFICIENT_DATA.
        at: epoch seconds.
    """
    moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")
    detail = {
        "alarmName": record.get("AlarmName", ""),
        "configuration": _configuration(record),
        "previousState": {"value": before},
        "state": {"value": now, "reason": reason, "timestamp": moment},
    }
    return {
        "Source": SOURCE,
        "DetailType": DETAIL_TYPE,
        "Detail": json.dumps(detail),
        "Resources": [record.get("AlarmArn", "")],
    }


def _configuration(record: Mapping[str, Any]) -> dict[str, Any]:
    described = {"description": record["AlarmDescription"]} if record.get("AlarmDescription") else {}
    if record.get("AlarmRule"):
        return {**described, "alarmRule": record["AlarmRule"]}
    if record.get("Metrics"):
        return {**described, "metrics": [_query(one) for one in record["Metrics"]]}
    metric = {
        "namespace": record.get("Namespace", ""),
        "name": record.get("MetricName", ""),
        "dimensions": _dimensions(record.get("Dimensions")),
    }
    stat = record.get("ExtendedStatistic") or record.get("Statistic") or "Average"
    watched = {"metric": metric, "period": record.get("Period"), "stat": stat}
    return {**described, "metrics": [{"id": "m1", "metricStat": watched, "returnData": True}]}


def _query(one: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": one.get("Id"), "returnData": one.get("ReturnData", True) is not False}
    if one.get("Expression"):
        return {**shown, "expression": one["Expression"]}
    stat = one.get("MetricStat") or {}
    metric = stat.get("Metric") or {}
    named = {"namespace": metric.get("Namespace", ""), "name": metric.get("MetricName", "")}
    watched = {**named, "dimensions": _dimensions(metric.get("Dimensions"))}
    return {**shown, "metricStat": {"metric": watched, "period": stat.get("Period"), "stat": stat.get("Stat")}}


def _dimensions(given: object) -> dict[str, str]:
    """By name; ministack keeps a list of pairs."""
    if isinstance(given, Mapping):
        return {str(name): str(value) for name, value in given.items()}
    pairs = given if isinstance(given, list | tuple) else ()
    return {str(one["Name"]): str(one["Value"]) for one in pairs}
