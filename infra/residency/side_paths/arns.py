"""Rule: a resource in the EU names one in another region: log subscriptions, streams, targets, integrations. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from infra.config.regions import known_regions
from infra.residency.side_paths.model import Resource, Rule, SidePath, soft

__all__ = ["RULE"]

_ARN = re.compile(r"arn:(?:aws[a-z-]*):([a-z0-9-]+):([a-z]{2}(?:-[a-z]+)+-\d)[:/]")
# What a role may do is not what a resource sends; alarms and certificates carry no client's data.
_SILENT = ("AWS::IAM::", "AWS::CDK::Metadata", "AWS::CertificateManager::", "AWS::CloudWatch::Alarm")
_CARRIES = {
    "AWS::Logs::SubscriptionFilter": "log events",
    "AWS::Logs::DeliveryDestination": "log deliveries",
    "AWS::WAFv2::LoggingConfiguration": "firewall logs with client addresses",
    "AWS::ApiGateway::Stage": "access logs",
    "AWS::ApiGateway::RestApi": "requests (an integration)",
    "AWS::ApiGateway::Method": "requests (an integration)",
    "AWS::DynamoDB::Table": "a stream of its items",
    "AWS::Events::Rule": "events",
    "AWS::CloudWatch::MetricStream": "metrics",
    "AWS::Backup::BackupPlan": "copies of backups",
    "AWS::KinesisFirehose::DeliveryStream": "its records",
}


def _find(resource: Resource, allowed: Collection[str]) -> Iterator[SidePath]:
    if not resource.may_be_inside(allowed) or resource.type.startswith(_SILENT):
        return
    what = _CARRIES.get(resource.type, "whatever it holds")
    regions = {
        (region, service)
        for text in _texts(soft(resource.scope, resource.properties))
        for service, region in _ARN.findall(text)
        if service != "iam" and region in known_regions() and region not in allowed
    }
    for region, service in sorted(regions):
        advice = f"Name a {service} resource of a region in the EU"
        yield resource.path(RULE.id, region, f"sends {what} to {service}", advice)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            if not str(key).endswith("PolicyDocument"):
                yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


RULE = Rule(
    id="arn-elsewhere",
    title="A resource in the EU names a resource outside it",
    why="Subscriptions, deliveries, streams, targets and integrations carry data to the ARN that they name.",
    source_url="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html",
    find=_find,
)
