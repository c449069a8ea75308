"""Dashboards, alarms and whom they tell, of one region. Adds to the stack; every number is in `infra.observe`.

Costs: by AWS's price list about four dollars a month for each service and region (docs/adr/0019). Resources stand at the top of the
stack and are plain, since there are many: a typed construct for each would make a synthesis half as long again.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk

from infra.blueprint import names
from infra.config.model import Gateway, Region
from infra.observe import alarms_of, home_of_the_whole, over_all, region_board, resources
from infra.observe.dashboard import dumps

__all__ = ["add_observability"]

TOPIC = "AlarmTopic"


def add_observability(stack: cdk.Stack, *, gateway: Gateway, region: Region) -> None:
    """What watches the gateway in this region, and the dashboard over all regions where that lives here."""
    topic = _add_topic(stack, gateway, region)
    found = alarms_of(gateway, region)
    for alarm in found.metric:
        _add(stack, _alarm_id(alarm.key), "AWS::CloudWatch::Alarm", resources.alarm(gateway.name, alarm))
    for composite in found.composite:
        properties = resources.composite(gateway.name, composite, topic=topic)
        made = _add(stack, _alarm_id(composite.key), "AWS::CloudWatch::CompositeAlarm", properties)
        # PutCompositeAlarm refuses a rule that names an alarm which is not there.
        made.add_override("DependsOn", sorted({_alarm_id(key) for group in composite.groups for key in group}))
    _add_dashboards(stack, gateway, region)
    for service in gateway.services:
        if service.lambda_folder is not None:
            prefix = names.logical(service.name)
            properties = resources.cold_start_filter(gateway, service.name, {"Ref": f"{prefix}Logs"})
            _add(stack, f"{prefix}ColdStarts", "AWS::Logs::MetricFilter", properties)


def _add(stack: cdk.Stack, logical_id: str, kind: str, properties: dict[str, Any]) -> cdk.CfnResource:
    return cdk.CfnResource(stack, logical_id, type=kind, properties=properties)


def _alarm_id(key: str) -> str:
    return f"Alarm{names.logical(key)}"


def _add_topic(stack: cdk.Stack, gateway: Gateway, region: Region) -> Any:
    """The topic that gateway.yaml names for this region, or a new one with the address that it names."""
    if arn := gateway.notify.topics.get(region.name):
        return arn
    _add(stack, TOPIC, "AWS::SNS::Topic", {"TopicName": resources.topic_name(gateway.name)})
    topic = {"Ref": TOPIC}
    document = {"Version": "2012-10-17", "Statement": resources.topic_statements(topic, {"Ref": "AWS::AccountId"})}
    _add(stack, "AlarmTopicPolicy", "AWS::SNS::TopicPolicy", {"Topics": [topic], "PolicyDocument": document})
    if address := gateway.notify.addresses.get(region.name):
        told = {"TopicArn": topic, "Protocol": "email", "Endpoint": address}
        _add(stack, "AlarmSubscription", "AWS::SNS::Subscription", told)
    return topic


def _add_dashboards(stack: cdk.Stack, gateway: Gateway, region: Region) -> None:
    ends = tuple(resources.alarm_name(gateway.name, key) for key in ("page", "ticket"))
    arns = tuple(
        f"arn:${{AWS::Partition}}:cloudwatch:${{AWS::Region}}:${{AWS::AccountId}}:alarm:{name}" for name in ends
    )
    board = region_board(gateway, region)
    body = {"Fn::Sub": dumps(board, alarm_arns=arns)}
    _add(stack, "Dashboard", "AWS::CloudWatch::Dashboard", {"DashboardName": board.name, "DashboardBody": body})
    if home_of_the_whole(gateway) == region.name:
        whole = over_all(gateway)
        properties = {"DashboardName": whole.name, "DashboardBody": dumps(whole)}
        _add(stack, "DashboardOverAll", "AWS::CloudWatch::Dashboard", properties)
