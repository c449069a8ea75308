"""Rules, web ACLs and a stage behind one. Talks to the endpoint under test."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .facts import Source, documented
from .gateway import Answer, Api, Cloud

WAF = "https://docs.aws.amazon.com/waf/latest/{page}.html"


def waf_guide(page: str) -> Source:
    return documented(WAF.format(page=f"developerguide/{page}"))


def waf_reference(page: str) -> Source:
    return documented(WAF.format(page=f"APIReference/{page}"))


NONE = [{"Priority": 0, "Type": "NONE"}]
INVALID = "WAFInvalidParameterException"
NONEXISTENT = "WAFNonexistentItemException"


def visible(name: str) -> dict[str, Any]:
    return {"CloudWatchMetricsEnabled": True, "MetricName": name, "SampledRequestsEnabled": True}


def rule(
    name: str, statement: dict[str, Any], action: dict[str, Any] | None = None, priority: int = 0
) -> dict[str, Any]:
    return {
        "Name": name,
        "Priority": priority,
        "Statement": statement,
        "Action": action or {"Block": {}},
        "VisibilityConfig": visible(name),
    }


def having(
    field: dict[str, Any], text: str, position: str = "CONTAINS", transformation: str = "NONE"
) -> dict[str, Any]:
    return {
        "ByteMatchStatement": {
            "SearchString": text.encode(),
            "FieldToMatch": field,
            "PositionalConstraint": position,
            "TextTransformations": [{"Priority": 0, "Type": transformation}],
        }
    }


def rate(**settings: Any) -> dict[str, Any]:
    return {"RateBasedStatement": {"Limit": 10, "EvaluationWindowSec": 60, "AggregateKeyType": "IP", **settings}}


def answering(status: int, **settings: Any) -> dict[str, Any]:
    return {"Block": {"CustomResponse": {"ResponseCode": status, **settings}}}


EVERYTHING = having({"UriPath": {}}, "/")
COUNT: dict[str, Any] = {"Count": {}}
BODIES = {
    "json": {"ContentType": "APPLICATION_JSON", "Content": '{"a":1}'},
    "html": {"ContentType": "TEXT_HTML", "Content": "<p>"},
    "plain": {"ContentType": "TEXT_PLAIN", "Content": "a"},
}


@dataclass
class Guarded:
    """A stage with a MOCK method and a web ACL that is made anew for each test."""

    cloud: Cloud
    api: Api
    unique: str

    @property
    def waf(self) -> Any:
        return self.cloud.client("wafv2")

    @property
    def stage_arn(self) -> str:
        return f"arn:aws:apigateway:us-east-1::/restapis/{self.api.id}/stages/dev"

    def make(self, *rules: Any, default: str = "Allow", **settings: Any) -> dict[str, Any]:
        name = f"fidelity-{self.unique}"
        made = self.waf.create_web_acl(
            Name=name, Scope="REGIONAL", DefaultAction={default: {}}, Rules=list(rules), VisibilityConfig=visible(name), **settings
        )  # fmt: skip
        return dict(made["Summary"])

    def remove(self, summary: dict[str, Any]) -> None:
        named = {"Name": summary["Name"], "Scope": "REGIONAL", "Id": summary["Id"]}
        self.waf.delete_web_acl(**named, LockToken=self.waf.get_web_acl(**named)["LockToken"])

    @contextmanager
    def acl(self, *rules: Any, **settings: Any) -> Iterator[dict[str, Any]]:
        summary = self.make(*rules, **settings)
        try:
            self.waf.associate_web_acl(WebACLArn=summary["ARN"], ResourceArn=self.stage_arn)
            yield summary
        finally:
            self.waf.disassociate_web_acl(ResourceArn=self.stage_arn)
            self.remove(summary)

    def sampled(self, summary: dict[str, Any], metric: str) -> Any:
        """The sampled requests of the rule with this metric, once there are any."""
        now = time.time()
        return wait_for(
            lambda: self.waf.get_sampled_requests(
                WebAclArn=summary["ARN"], RuleMetricName=metric, Scope="REGIONAL", MaxItems=5,
                TimeWindow={"StartTime": now - 600, "EndTime": now + 600},
            )["SampledRequests"]
        )  # fmt: skip

    def until_limited(self, headers: dict[str, str], most: int = 200) -> Answer:
        """The first answer that is not 200; AWS takes its time, so this is patient."""
        for _ in range(most):
            answer = self.api.get("/x", headers)
            if answer.status != 200:
                return answer
        return answer


def guarded_stage(cloud: Cloud, unique: str) -> Guarded:
    api = cloud.api(f"guarded-{unique}")
    api.mock("GET", "/x", "passed")
    api.mock("GET", "/locked", apiKeyRequired=True)
    api.mock("GET", "/inserted", '$input.params("x-amzn-waf-seen")')
    api.deploy()
    return Guarded(cloud, api, unique)


def wait_for(ask: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 20
    while not (found := ask()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found
