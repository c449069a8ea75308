"""Alarms, whom they tell, dashboards and cold starts in Terraform's words. Adds to a root; every number is in `infra.observe`."""

from __future__ import annotations

from typing import Any

from infra.blueprint import names
from infra.config.model import Gateway, Region
from infra.observe import alarms_of, home_of_the_whole, over_all, region_board, resources
from infra.observe.dashboard import dumps
from infra.terraform.root import Root
from infra.terraform.syntax import json_text, literal
from infra.terraform.words import blocks, snake

__all__ = ["add_observability"]


def add_observability(root: Root, gateway: Gateway, region: Region) -> None:
    """What watches the gateway in this region, and the dashboard over all regions where that lives here."""
    topic = _add_topic(root, gateway, region)
    found = alarms_of(gateway, region)
    for alarm in found.metric:
        _add_alarm(root, _alarm_id(alarm.key), resources.alarm(gateway.name, alarm))
    for composite in found.composite:
        properties = resources.composite(gateway.name, composite, topic=topic)
        # PutCompositeAlarm refuses a rule that names an alarm which is not there.
        needed = sorted({_alarm_id(key) for group in composite.groups for key in group})
        body = {**_top(properties), **_GONE_LAST}
        root.add("aws_cloudwatch_composite_alarm", _alarm_id(composite.key), body, after=needed)
    _add_dashboards(root, gateway, region)
    for service in gateway.services:
        if service.lambda_folder is not None:
            _add_cold_starts(root, gateway, names.logical(service.name), service.name)


def _alarm_id(key: str) -> str:
    return f"Alarm{names.logical(key)}"


def _top(properties: dict[str, Any]) -> dict[str, Any]:
    """Only the outermost names: what is below is a value."""
    return {_NAMES.get(key) or snake(key): value for key, value in properties.items()}


_NAMES = {"OKActions": "ok_actions"}
# CloudWatch deletes no alarm that a composite one still names. Without this Terraform deletes the alarms of a service that is gone
# first, is refused, and never comes to the composite alarm that no longer names them.
_GONE_LAST = {"lifecycle": {"create_before_destroy": True}}


def _add_alarm(root: Root, logical_id: str, properties: dict[str, Any]) -> None:
    """Metrics are math over queries; a query's dimensions are a map here and pairs in the API."""
    rest = {key: value for key, value in properties.items() if key != "Metrics"}
    queries = [_query(query) for query in properties["Metrics"]]
    root.add("aws_cloudwatch_metric_alarm", logical_id, {**_top(rest), "metric_query": queries, **_GONE_LAST})


def _query(query: dict[str, Any]) -> dict[str, Any]:
    said = {key: value for key, value in query.items() if key != "MetricStat"}
    if (stat := query.get("MetricStat")) is None:
        return dict(blocks(said))
    metric = stat["Metric"]
    inner = {
        "namespace": metric.get("Namespace"),
        "metric_name": metric["MetricName"],
        "dimensions": {one["Name"]: one["Value"] for one in metric.get("Dimensions", ())} or None,
        **{snake(key): value for key, value in stat.items() if key != "Metric"},
    }
    return {**blocks(said), "metric": {key: value for key, value in inner.items() if value is not None}}


def _add_topic(root: Root, gateway: Gateway, region: Region) -> Any:
    """The topic that gateway.yaml names for this region, or a new one with the address that it names."""
    if arn := gateway.notify.topics.get(region.name):
        return arn
    root.add("aws_sns_topic", "AlarmTopic", {"name": resources.topic_name(gateway.name)})
    topic = {"Ref": "AlarmTopic"}
    statements = resources.topic_statements(topic, {"Ref": "AWS::AccountId"})
    document = root.say({"Version": "2012-10-17", "Statement": statements})
    root.add("aws_sns_topic_policy", "AlarmTopicPolicy", {"arn": topic, "policy": json_text(document)})
    if address := gateway.notify.addresses.get(region.name):
        told = {"topic_arn": topic, "protocol": "email", "endpoint": address}
        root.add("aws_sns_topic_subscription", "AlarmSubscription", told)
    return topic


def _add_dashboards(root: Root, gateway: Gateway, region: Region) -> None:
    arns = tuple(
        "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:"
        + resources.alarm_name(gateway.name, key)
        for key in ("page", "ticket")
    )
    board = region_board(gateway, region)
    body = {"dashboard_name": board.name, "dashboard_body": {"Fn::Sub": dumps(board, alarm_arns=arns)}}
    root.add("aws_cloudwatch_dashboard", "Dashboard", body)
    if home_of_the_whole(gateway) == region.name:
        whole = over_all(gateway)
        body = {"dashboard_name": whole.name, "dashboard_body": literal(dumps(whole))}
        root.add("aws_cloudwatch_dashboard", "DashboardOverAll", body)


def _add_cold_starts(root: Root, gateway: Gateway, prefix: str, service: str) -> None:
    properties = resources.cold_start_filter(gateway, service, {"Ref": f"{prefix}Logs"})
    (metric,) = properties["MetricTransformations"]
    root.add(
        "aws_cloudwatch_log_metric_filter",
        f"{prefix}ColdStarts",
        {
            "log_group_name": properties["LogGroupName"],
            "name": properties["FilterName"],
            "pattern": properties["FilterPattern"],
            "metric_transformation": {
                "namespace": metric["MetricNamespace"],
                "name": metric["MetricName"],
                "value": metric["MetricValue"],
                "unit": metric["Unit"],
            },
        },
    )
