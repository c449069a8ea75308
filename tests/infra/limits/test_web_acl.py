"""What a limit per address becomes, against WAF's own model of its API."""

from __future__ import annotations

import json
import re
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from infra.config.model import ForwardedAddress, Gateway, Limits, ManagedRules, PerIp
from infra.limits import logging_configuration, web_acl

LIMIT = PerIp(requests=100)
BEHIND_A_CDN = ForwardedAddress(header="X-Forwarded-For")


def made(limit: PerIp = LIMIT) -> dict[str, Any]:
    acl = web_acl(Gateway(name="shop", regions=(), services=(), limits=Limits(per_ip=limit)))
    assert acl is not None
    return acl


def rates(limit: PerIp) -> list[dict[str, Any]]:
    statements = [rule["Statement"].get("RateBasedStatement") for rule in made(limit)["Rules"]]
    return [statement for statement in statements if statement]


def test_without_a_limit_there_is_no_web_acl() -> None:
    assert web_acl(Gateway(name="shop", regions=(), services=())) is None


def test_a_hundred_in_a_minute_by_the_address_that_connects() -> None:
    assert rates(LIMIT) == [{"Limit": 100, "EvaluationWindowSec": 60, "AggregateKeyType": "IP"}]


@pytest.mark.parametrize("window", [60, 120, 300, 600])
def test_one_more_is_answered_429_with_the_window_to_wait(window: Any) -> None:
    acl = made(PerIp(requests=100, window_seconds=window))
    answer = acl["Rules"][0]["Action"]["Block"]["CustomResponse"]
    assert answer["ResponseCode"] == 429
    assert answer["ResponseHeaders"] == [{"Name": "Retry-After", "Value": str(window)}]
    body = acl["CustomResponseBodies"][answer["CustomResponseBodyKey"]]
    assert body["ContentType"] == "APPLICATION_JSON"
    problem = json.loads(body["Content"])
    assert set(problem) == {"type", "title", "status", "detail"}
    assert problem["status"] == 429
    assert f"{window} seconds" in problem["detail"]


def test_behind_a_cdn_the_first_address_of_the_header_counts() -> None:
    by_header, direct = rates(PerIp(requests=100, forwarded=BEHIND_A_CDN))
    assert by_header["AggregateKeyType"] == "FORWARDED_IP"
    assert by_header["ForwardedIPConfig"] == {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "MATCH"}
    assert (direct["AggregateKeyType"], direct["Limit"]) == ("IP", 100)
    missing = direct["ScopeDownStatement"]["NotStatement"]["Statement"]["SizeConstraintStatement"]
    assert missing["FieldToMatch"] == {"SingleHeader": {"Name": "x-forwarded-for"}}


@pytest.mark.parametrize("fallback", ["match", "no_match"])
def test_what_happens_to_a_header_without_an_address_is_told(fallback: Any) -> None:
    by_header, _ = rates(PerIp(requests=100, forwarded=ForwardedAddress(header="X", fallback=fallback)))
    assert by_header["ForwardedIPConfig"]["FallbackBehavior"] == fallback.upper()


@pytest.mark.parametrize(
    ("modes", "groups"),
    [
        pytest.param({}, {"KnownBadInputs": "None", "Common": "Count"}, id="default"),
        pytest.param({"known_bad_inputs": "count", "common": "block"}, {"KnownBadInputs": "Count", "Common": "None"}, id="other"),
        pytest.param({"known_bad_inputs": "off"}, {"Common": "Count"}, id="one off"),
        pytest.param({"known_bad_inputs": "off", "common": "off"}, {}, id="both off"),
    ],
)  # fmt: skip
def test_managed_rules_block_count_or_are_off(modes: Any, groups: dict[str, str]) -> None:
    rules = made(PerIp(requests=100, managed_rules=ManagedRules(**modes)))["Rules"]
    managed = {rule["Name"]: rule for rule in rules if "OverrideAction" in rule}
    assert {name: next(iter(rule["OverrideAction"])) for name, rule in managed.items()} == groups
    for name, rule in managed.items():
        assert rule["Statement"]["ManagedRuleGroupStatement"]["Name"] == f"AWSManagedRules{name}RuleSet"


def test_the_size_of_a_body_only_ever_counts() -> None:
    rules = made(PerIp(requests=100, managed_rules=ManagedRules(common="block")))["Rules"]
    (common,) = (rule for rule in rules if rule["Name"] == "Common")
    overrides = common["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
    assert overrides == [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]


def test_priorities_and_names_are_unique_and_the_limit_comes_first() -> None:
    rules = made(PerIp(requests=100, forwarded=BEHIND_A_CDN))["Rules"]
    assert [rule["Priority"] for rule in rules] == list(range(4))
    assert len({rule["Name"] for rule in rules}) == 4
    assert rules[0]["Name"] == "PerAddress"


def test_every_rule_is_measured_and_sampled() -> None:
    acl = made()
    for visibility in [acl["VisibilityConfig"], *(rule["VisibilityConfig"] for rule in acl["Rules"])]:
        assert visibility["CloudWatchMetricsEnabled"] is visibility["SampledRequestsEnabled"] is True
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,128}", visibility["MetricName"])


def test_credentials_and_the_query_are_written_nowhere() -> None:
    redacted = logging_configuration()["RedactedFields"]
    assert {field["SingleHeader"]["Name"] for field in redacted if "SingleHeader" in field} == {
        "authorization",
        "cookie",
        "x-api-key",
    }
    assert {"QueryString": {}} in redacted
    protected = [entry["Field"] for entry in made()["DataProtectionConfig"]["DataProtections"]]
    assert {"FieldType": "QUERY_STRING"} in protected
    assert {"FieldType": "SINGLE_HEADER", "FieldKeys": ["authorization", "cookie", "x-api-key"]} in protected


def test_requests_that_matched_nothing_are_not_written() -> None:
    condition = logging_configuration()["LoggingFilter"]
    assert condition["DefaultBehavior"] == "DROP"
    (kept,) = condition["Filters"]
    assert {"ActionCondition": {"Action": "ALLOW"}} not in kept["Conditions"]


@pytest.mark.parametrize(
    "limit", [LIMIT, PerIp(requests=2_000_000_000, window_seconds=600, forwarded=BEHIND_A_CDN)], ids=["plain", "whole"]
)
def test_waf_itself_takes_it(limit: PerIp) -> None:
    """The SDK's model of WAFv2: names, types and required members."""
    model = botocore.session.get_session().get_service_model("wafv2")
    acl = {**made(limit), "Name": "n"}
    report = ParamValidator().validate(acl, model.operation_model("CreateWebACL").input_shape)
    assert report.generate_report() == ""
    configuration = {"ResourceArn": "arn:" * 5, "LogDestinationConfigs": ["arn:" * 5], **logging_configuration()}
    put = model.operation_model("PutLoggingConfiguration").input_shape
    report = ParamValidator().validate({"LoggingConfiguration": configuration}, put)
    assert report.generate_report() == ""
