"""The firewall of a region: there when it is asked for, after the stage, and with a log that keeps no secrets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.stacks.conftest import Assembly, Template, only, resources

TYPES = ("AWS::WAFv2::WebACL", "AWS::WAFv2::WebACLAssociation", "AWS::WAFv2::LoggingConfiguration")


@pytest.fixture
def limited(shop: Assembly) -> Template:
    return shop.template("eu-west-1")


@pytest.fixture
def open_to_all(changed_shop: Callable[..., Assembly]) -> Template:
    def change(document: dict[str, Any]) -> None:
        del document["limits"]["per_ip"]

    return changed_shop(change).template("eu-west-1")


def test_without_a_limit_there_is_no_firewall(open_to_all: Template) -> None:
    assert not any(resources(open_to_all, kind) for kind in TYPES)


def test_the_web_acl_is_regional_and_limits_addresses(limited: Template) -> None:
    acl = only(limited, "AWS::WAFv2::WebACL")["Properties"]
    assert acl["Scope"] == "REGIONAL"
    assert acl["DefaultAction"] == {"Allow": {}}
    first = acl["Rules"][0]
    assert first["Statement"] == {
        "RateBasedStatement": {"Limit": 100, "EvaluationWindowSec": 60, "AggregateKeyType": "IP"}
    }
    assert first["Action"]["Block"]["CustomResponse"]["ResponseCode"] == 429
    assert "Name" not in acl, "a name would stand in the way of a replacement"


def test_the_association_waits_for_the_stage(limited: Template) -> None:
    association = only(limited, "AWS::WAFv2::WebACLAssociation")
    assert "Stage" in association["DependsOn"]
    assert association["Properties"]["WebACLArn"] == {"Fn::GetAtt": ["WebAcl", "Arn"]}
    assert association["Properties"]["ResourceArn"] == {
        "Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${RestApi}/stages/${Stage}"
    }


def test_the_log_ends_and_has_the_name_that_waf_asks_for(limited: Template) -> None:
    group = limited["Resources"]["FirewallLogs"]
    assert group["Properties"]["LogGroupName"].startswith("aws-waf-logs-")
    assert group["Properties"]["RetentionInDays"] == 30
    assert group["DeletionPolicy"] == "Delete"
    logging = only(limited, "AWS::WAFv2::LoggingConfiguration")["Properties"]
    assert logging["ResourceArn"] == {"Fn::GetAtt": ["WebAcl", "Arn"]}
    (destination,) = logging["LogDestinationConfigs"]
    assert destination["Fn::Sub"].endswith(":log-group:${FirewallLogs}")
    assert {"SingleHeader": {"Name": "authorization"}} in logging["RedactedFields"]


def test_a_limit_changes_no_other_resource(open_to_all: Template, limited: Template) -> None:
    plain = open_to_all["Resources"]
    assert set(limited["Resources"]) - set(plain) == {"WebAcl", "WebAclAssociation", "FirewallLogs", "FirewallLogging"}
    assert limited["Resources"]["Stage"] == plain["Stage"]
