"""Alarms, the topic and the filters of cold starts in the property shapes of CloudFormation. Pure.

CloudFormation's are the CloudWatch API's names; Terraform renders the same values under its own.
"""

from __future__ import annotations

from typing import Any

from infra.config.model import Gateway
from infra.observe.alarms import Alarm, Composite
from infra.observe.metrics import queries
from infra.signals import namespace

__all__ = [
    "COLD_STARTS",
    "alarm",
    "alarm_name",
    "alarm_rule",
    "cold_start_filter",
    "composite",
    "topic_name",
    "topic_statements",
]

COLD_STARTS = "coldStarts"
# Lambda writes this into a REPORT line only when the function had to start first.
# https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
_INIT = '"Init Duration"'


def alarm_name(gateway: str, key: str) -> str:
    """Unique in the region."""
    return f"gatewright-{gateway}-{key}"


def topic_name(gateway: str) -> str:
    return f"gatewright-{gateway}-alarms"


def alarm(gateway: str, one: Alarm) -> dict[str, Any]:
    """Properties of ``AWS::CloudWatch::Alarm``. It notifies nobody: the composites do.

    No data is no fault: a service without requests breaks no promise. A region that gets none at all is seen by the health
    checks of DNS, not here.
    """
    return {
        "AlarmName": alarm_name(gateway, one.key),
        "AlarmDescription": one.text,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold" if one.at_least else "GreaterThanThreshold",
        "Threshold": one.threshold,
        "EvaluationPeriods": one.of,
        "DatapointsToAlarm": one.of,
        "TreatMissingData": "notBreaching",
        "Metrics": queries(one.lines, period_seconds=one.period_seconds, returned=one.value),
    }


def alarm_rule(gateway: str, groups: tuple[tuple[str, ...], ...]) -> str:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html"""
    inner = [" AND ".join(f'ALARM("{alarm_name(gateway, key)}")' for key in group) for group in groups]
    return " OR ".join(f"({text})" if " AND " in text else text for text in inner)


def composite(gateway: str, one: Composite, *, topic: Any) -> dict[str, Any]:
    """Properties of ``AWS::CloudWatch::CompositeAlarm``; both ends of an incident are told.

    Args:
        topic: ARN, or an expression of the template for it.
    """
    told = {"AlarmActions": [topic], "OKActions": [topic]} if one.notifies else {}
    return {
        "AlarmName": alarm_name(gateway, one.key),
        "AlarmDescription": one.text,
        "AlarmRule": alarm_rule(gateway, one.groups),
        **told,
    }


def topic_statements(topic: Any, account: Any) -> list[dict[str, Any]]:
    """Alarms of this account may publish, and nobody without TLS."""
    return [
        {
            "Sid": "Alarms",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic,
            "Condition": {"StringEquals": {"aws:SourceAccount": account}},
        },
        {
            "Sid": "OnlyTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sns:Publish",
            "Resource": topic,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ]


def cold_start_filter(gateway: Gateway, service: str, log_group: Any) -> dict[str, Any]:
    """Properties of ``AWS::Logs::MetricFilter``: counts the calls of a service that waited for its function to start."""
    return {
        "LogGroupName": log_group,
        "FilterName": f"{service}.{COLD_STARTS}",
        "FilterPattern": _INIT,
        "MetricTransformations": [
            {
                "MetricNamespace": namespace(gateway.name),
                "MetricName": f"{service}.{COLD_STARTS}",
                "MetricValue": "1",
                "Unit": "Count",
            }
        ],
    }
