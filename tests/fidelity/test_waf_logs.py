"""What AWS WAF leaves behind: logs, access logs, metrics, and the web ACL that a stack makes."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from .facts import case, documented, fact, guide, unsure
from .gateway import ACCOUNT, Cloud, add, refused, replace
from .waf import (
    EVERYTHING,
    INVALID,
    NONEXISTENT,
    Guarded,
    answering,
    guarded_stage,
    having,
    rule,
    visible,
    waf_guide,
    waf_reference,
    wait_for,
)


@pytest.fixture(scope="module")
def guarded(cloud: Cloud, unique: str) -> Guarded:
    return guarded_stage(cloud, unique)


def destination(name: str) -> list[str]:
    return [f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{name}"]


@fact("WAF-48", "A log group must be named aws-waf-logs-", waf_guide("logging-cw-logs"))
def test_log_group_name(guarded: Guarded) -> None:
    with guarded.acl() as summary, refused(INVALID):
        guarded.waf.put_logging_configuration(
            LoggingConfiguration={"ResourceArn": summary["ARN"], "LogDestinationConfigs": destination("mine")}
        )


@fact("WAF-49", "Without a logging configuration there is none to get", waf_reference("API_GetLoggingConfiguration"))
def test_no_logging(guarded: Guarded) -> None:
    with guarded.acl() as summary, refused(NONEXISTENT):
        guarded.waf.get_logging_configuration(ResourceArn=summary["ARN"])


@pytest.fixture(scope="module")
def line(guarded: Guarded) -> dict[str, Any]:
    """The log line of one blocked request, of two: the other was allowed and is filtered out."""
    group, logs = f"aws-waf-logs-{guarded.unique}", guarded.cloud.client("logs")
    logs.create_log_group(logGroupName=group)
    condition = {
        "Behavior": "KEEP",
        "Requirement": "MEETS_ANY",
        "Conditions": [{"ActionCondition": {"Action": "BLOCK"}}],
    }
    with guarded.acl(rule("r", having({"SingleHeader": {"Name": "x-a"}}, "1"), answering(429))) as summary:
        guarded.waf.put_logging_configuration(
            LoggingConfiguration={
                "ResourceArn": summary["ARN"],
                "LogDestinationConfigs": destination(group),
                "RedactedFields": [{"SingleHeader": {"Name": "authorization"}}, {"QueryString": {}}],
                "LoggingFilter": {"DefaultBehavior": "DROP", "Filters": [condition]},
            }
        )
        guarded.api.get("/x")
        guarded.api.get("/x?q=secret", {"X-A": "1", "Authorization": "secret"})
        events = wait_for(lambda: logs.filter_log_events(logGroupName=group)["events"])
    assert len(events) == 1
    return dict(json.loads(events[0]["message"]))


FIELDS = waf_guide("logging-fields")
LINES = [
    case("WAF-50", "A log line names the rule that ended it", FIELDS, "terminatingRuleId", "r"),
    case("WAF-51", "A log line says what was done", FIELDS, "action", "BLOCK"),
    case("WAF-52", "A log line of a REST API says APIGW", FIELDS, "httpSourceName", "APIGW"),
    case("WAF-53", "A log line has the status that was sent", FIELDS, "responseCodeSent", 429),
    case("WAF-54", "A log line has a format version", FIELDS, "formatVersion", 1),
]


@pytest.mark.parametrize(("name", "value"), LINES)
def test_log_line(line: dict[str, Any], name: str, value: Any) -> None:
    assert line[name] == value


@fact("WAF-55", "A log line names account, API and stage as its source", waf_guide("logging-examples"))
def test_log_source(guarded: Guarded, line: dict[str, Any]) -> None:
    assert line["httpSourceId"] == f"{ACCOUNT}:{guarded.api.id}:dev"


@fact("WAF-56", "Redacted fields are not in the log", waf_reference("API_LoggingConfiguration"))
def test_redacted(line: dict[str, Any]) -> None:
    assert "secret" not in json.dumps(line)
    assert line["httpRequest"]["args"] == "REDACTED"


LOGGED = guide("api-gateway-variables-for-access-logging")
SEEN = [
    case("WAF-57", "The access log says WAF_BLOCK for a blocked request", LOGGED, "/x?bad", "waf", "WAF_BLOCK"),
    case("WAF-58", "The access log says WAF_ALLOW for an allowed request", LOGGED, "/x", "waf", "WAF_ALLOW"),
    case("WAF-59", "The access log has the status that WAF sent", LOGGED, "/x?bad", "status", "429"),
    case("WAF-60", "The access log names WAF_FILTERED for a block",
         unsure("the gateway response type of a block; not written for custom responses"), "/x?bad", "type", "WAF_FILTERED"),
]  # fmt: skip


@pytest.fixture(scope="module")
def access(guarded: Guarded) -> dict[str, dict[str, str]]:
    """Access log lines of GET /x and of GET /x?bad, which is blocked, by what was asked."""
    group, logs = f"fidelity-waf-access-{guarded.unique}", guarded.cloud.client("logs")
    logs.create_log_group(logGroupName=group)
    format_ = {
        "id": "$context.requestId", "waf": "$context.wafResponseCode", "status": "$context.status",
        "type": "$context.error.responseType",
    }  # fmt: skip
    guarded.api.patch_stage(
        add("/accessLogSettings/destinationArn", destination(group)[0]),
        replace("/accessLogSettings/format", json.dumps(format_)),
    )
    with guarded.acl(rule("r", having({"QueryString": {}}, "bad"), answering(429))):
        ids = {path: guarded.api.get(path).header("x-amzn-RequestId") for path in ("/x", "/x?bad")}

        def ask() -> dict[str, dict[str, str]] | None:
            events = [json.loads(event["message"]) for event in logs.filter_log_events(logGroupName=group)["events"]]
            found = {path: entry for path, wanted in ids.items() for entry in events if entry["id"] == wanted}
            return found if len(found) == 2 else None

        found: dict[str, dict[str, str]] = wait_for(ask)
    return found


@pytest.mark.parametrize(("path", "name", "value"), SEEN)
def test_access_log(access: dict[str, dict[str, str]], path: str, name: str, value: str) -> None:
    assert access[path][name] == value


@fact("WAF-61", "Blocked requests are counted by web ACL, rule and region", waf_guide("waf-metrics"))
def test_metrics(cloud: Cloud, unique: str) -> None:
    api = cloud.api(f"measured-{unique}")
    api.mock("GET", "/x")
    api.deploy()
    measured = Guarded(cloud, api, f"{unique}-measured")
    with measured.acl(rule("blocking", EVERYTHING)) as summary:
        api.get("/x")
    names = {"WebACL": summary["Name"], "Rule": "blocking", "Region": "us-east-1"}

    def ask() -> float:
        found = cloud.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/WAFV2", MetricName="BlockedRequests", Period=60, Statistics=["Sum"],
            Dimensions=[{"Name": name, "Value": value} for name, value in names.items()],
            StartTime=time.time() - 600, EndTime=time.time() + 600,
        )  # fmt: skip
        return float(sum(point["Sum"] for point in found["Datapoints"]))

    assert wait_for(ask) == 1


@fact("WAF-62", "A stack associates a web ACL with a stage",
      documented("https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-wafv2-webaclassociation.html"))  # fmt: skip
def test_stack(guarded: Guarded) -> None:
    name = f"fidelity-waf-{guarded.unique}"
    search = {**having({"UriPath": {}}, "/")["ByteMatchStatement"], "SearchString": "/dev"}
    resources = {
        "Acl": {
            "Type": "AWS::WAFv2::WebACL",
            "Properties": {
                "Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": visible("stack"),
                "Rules": [rule("r", {"ByteMatchStatement": search})],
            },
        },
        "Association": {
            "Type": "AWS::WAFv2::WebACLAssociation",
            "Properties": {"WebACLArn": {"Fn::GetAtt": ["Acl", "Arn"]}, "ResourceArn": guarded.stage_arn},
        },
    }  # fmt: skip
    stacks = guarded.cloud.client("cloudformation")
    stacks.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    wait_for(lambda: stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE")
    assert guarded.api.get("/x").status == 403
    stacks.delete_stack(StackName=name)
    wait_for(lambda: guarded.api.get("/x").status == 200)
    assert guarded.api.get("/x").status == 200
