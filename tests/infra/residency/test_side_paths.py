"""Every rule has something good and something bad in front of it."""

from __future__ import annotations

from typing import Any

import pytest

from infra.residency.proof import allowed_regions
from infra.residency.side_paths import RULES, SidePath, side_paths
from infra.residency.template import read_templates
from tests.infra.residency.templates import of, shop, texts
from tests.infra.residency.zones import EU, EU2, US

Made = tuple[str, dict[str, Any]]


def found(kind: str, properties: Any, *, region: str = EU) -> tuple[SidePath, ...]:
    given = texts({region: {"Resources": {"Thing": {"Type": kind, "Properties": properties}}}})
    return side_paths(read_templates(given).scopes, allowed_regions())


def arn(service: str, region: str) -> str:
    return f"arn:aws:{service}:{region}:111111111111:thing/x"


def sub_arn(service: str, region: str) -> dict[str, str]:
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:{service}:{region}:${{AWS::AccountId}}:thing/x"}


def centralization(sources: Any, destination: Any) -> Made:
    rule = {"Source": {"Regions": sources, "Scope": "x"}, "Destination": {"Region": destination}}
    return "AWS::ObservabilityAdmin::OrganizationCentralizationRule", {"RuleName": "x", "Rule": rule}


def integration(region: str) -> Made:
    uri = f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn('lambda', region)}/invocations"
    body = {"paths": {"/x": {"get": {"x-amazon-apigateway-integration": {"type": "aws_proxy", "uri": uri}}}}}
    return "AWS::ApiGateway::RestApi", {"Body": body}


def events_endpoint(region: str) -> Made:
    return "AWS::Events::Endpoint", {"RoutingConfig": {"FailoverConfig": {"Secondary": {"Route": region}}}}


def replicas(*regions: Any) -> Made:
    return "AWS::DynamoDB::GlobalTable", {"Replicas": [{"Region": region} for region in regions]}


LEAKS: dict[str, Made] = {
    "arn-elsewhere log subscription": ("AWS::Logs::SubscriptionFilter", {"DestinationArn": arn("kinesis", US)}),
    "arn-elsewhere firewall logs": ("AWS::WAFv2::LoggingConfiguration", {"LogDestinationConfigs": [sub_arn("logs", US)]}),
    "arn-elsewhere access logs": ("AWS::ApiGateway::Stage", {"AccessLogSetting": {"DestinationArn": arn("logs", US)}}),
    "arn-elsewhere stream": ("AWS::DynamoDB::Table", {"KinesisStreamSpecification": {"StreamArn": arn("kinesis", US)}}),
    "arn-elsewhere integration": integration(US),
    "arn-elsewhere in one branch": ("AWS::Events::Rule", {"Targets": {"Fn::If": ["X", [{"Arn": arn("events", US)}], []]}}),
    "logs-centralized-elsewhere": centralization([EU, US], US),
    "logs-centralized-elsewhere from anywhere": centralization({"Ref": "P"}, US),
    "logs-centralized-elsewhere to anywhere": centralization([EU], {"Ref": "P"}),
    "replica-elsewhere global table": replicas(EU, US),
    "replica-elsewhere to anywhere": replicas(EU, {"Ref": "P"}),
    "replica-elsewhere custom": ("Custom::DynamoDBReplica", {"Region": US}),
    "replica-elsewhere secret": ("AWS::SecretsManager::Secret", {"ReplicaRegions": [{"Region": US}]}),
    "replica-elsewhere events": events_endpoint(US),
    "replica-elsewhere bucket": (
        "AWS::S3::Bucket",
        {"ReplicationConfiguration": {"Rules": [{"Destination": {"Bucket": "arn:aws:s3:::far-away"}}]}},
    ),
    "export-elsewhere secret": (
        "Custom::CrossRegionExportWriter",
        {"WriterProps": {"region": US, "exports": {"/x": "{{resolve:secretsmanager:x}}"}}},
    ),
}  # fmt: skip

FINE: dict[str, Made] = {
    "log subscription": ("AWS::Logs::SubscriptionFilter", {"DestinationArn": arn("kinesis", EU2)}),
    "integration": integration(EU),
    "iam names other regions": ("AWS::IAM::Role", {"Policies": [{"PolicyDocument": {"Resource": arn("sqs", US)}}]}),
    "a policy names other regions": ("AWS::SQS::QueuePolicy", {"PolicyDocument": {"Resource": arn("sqs", US)}}),
    "global arns": ("AWS::Lambda::Function", {"Role": "arn:aws:iam::111111111111:role/x"}),
    "own region": ("AWS::Events::Rule", {"Targets": [{"Arn": {"Fn::Sub": "arn:aws:sqs:${AWS::Region}:1:x"}}]}),
    "centralization": centralization([EU, US], EU2),
    "centralization of the us": centralization([US], US),
    "global table": replicas(EU, EU2),
    "global table of the us": replicas(US, "us-west-2"),
    "secret": ("AWS::SecretsManager::Secret", {"ReplicaRegions": [{"Region": EU2}]}),
    "events": events_endpoint(EU2),
    "table": ("AWS::DynamoDB::Table", {"TableName": "x"}),
    "nothing": ("AWS::Logs::LogGroup", None),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_way_out_is_found_and_says_where_it_goes(name: str) -> None:
    given = of({"Thing": {"Type": LEAKS[name][0], "Properties": LEAKS[name][1]}}, Parameters={"P": {"Type": "String"}})
    paths = side_paths(read_templates(given).scopes, allowed_regions())
    assert paths
    assert {path.rule for path in paths} == {name.split()[0]}
    assert all(path.leaks for path in paths)
    assert {path.goes_to for path in paths} <= {US, ""}
    assert "Thing" in str(paths[0])


@pytest.mark.parametrize("name", FINE)
def test_what_stays_is_not_blamed(name: str) -> None:
    assert found(*FINE[name]) == ()


def test_a_subscriber_outside_receives_a_topic_of_the_eu() -> None:
    subscription = ("AWS::SNS::Subscription", {"Region": EU, "TopicArn": arn("sns", EU)})
    (path,) = found(*subscription, region=US)
    assert (path.rule, path.region, path.goes_to) == ("subscription-elsewhere", EU, US)
    assert found(*subscription, region=EU2) == ()


def test_a_bucket_that_the_templates_make_in_the_eu_is_fine() -> None:
    replication = {"Rules": [{"Destination": {"Bucket": "arn:aws:s3:::copy"}}]}
    templates = {
        EU: {"Resources": {"A": {"Type": "AWS::S3::Bucket", "Properties": {"ReplicationConfiguration": replication}}}},
        EU2: {"Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "copy"}}}},
    }
    assert side_paths(read_templates(texts(templates)).scopes, allowed_regions()) == ()


def test_names_that_are_exported_are_a_note() -> None:
    paths = side_paths(read_templates(texts(shop())).scopes, allowed_regions())
    assert {(path.rule, path.leaks) for path in paths} == {("export-elsewhere", False)}


def test_a_template_of_an_unknown_region_counts_as_one_of_the_eu() -> None:
    assert found("AWS::Logs::SubscriptionFilter", {"DestinationArn": arn("kinesis", US)}, region="")


def test_rules_are_told_apart_and_have_a_source() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.title and rule.why and rule.source_url.startswith("https://") for rule in RULES)
    assert {rule.id for rule in RULES} == {name.split()[0] for name in LEAKS} | {"subscription-elsewhere"}
