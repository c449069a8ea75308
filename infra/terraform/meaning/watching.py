"""Alarms and whom they tell, in CloudFormation's words. Pure."""

from __future__ import annotations

from infra.terraform.meaning.firewall import camel
from infra.terraform.meaning.made import Body, Made, from_json, many_blocks, one_block, renamed

__all__ = ["alarm", "composite", "topic_policy"]

_ALARM_NAMES = {"ok_actions": "OKActions"}


def alarm(label: str, body: Body) -> Made:
    rest = dict(body)
    queries = [_query(one) for one in many_blocks(rest.pop("metric_query", []))]
    properties = {_ALARM_NAMES.get(key) or camel(key): value for key, value in rest.items()}
    return Made(kind="AWS::CloudWatch::Alarm", label=label, properties=properties | {"Metrics": queries})


def _query(body: Body) -> Body:
    rest = dict(body)
    metric = one_block(rest.pop("metric", None))
    said = {camel(key): value for key, value in rest.items()}
    if metric is not None:
        inner = dict(metric)
        dimensions = [{"Name": key, "Value": value} for key, value in inner.pop("dimensions", {}).items()]
        of_metric = {"namespace": "Namespace", "metric_name": "MetricName"}
        named = {of_metric[key]: inner.pop(key) for key in list(inner) if key in of_metric}
        if dimensions:
            named["Dimensions"] = dimensions
        said["MetricStat"] = {"Metric": named} | {camel(key): value for key, value in inner.items()}
    return said


def composite(label: str, body: Body) -> Made:
    properties = {_ALARM_NAMES.get(key) or camel(key): value for key, value in body.items()}
    return Made(kind="AWS::CloudWatch::CompositeAlarm", label=label, properties=properties)


def topic_policy(label: str, body: Body) -> Made:
    rest = dict(body)
    properties = {"Topics": [rest.pop("arn", None)], "PolicyDocument": from_json(rest.pop("policy", None))}
    return Made(kind="AWS::SNS::TopicPolicy", label=label, properties=properties | renamed(rest, {}))
