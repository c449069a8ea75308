"""Dashboards and alarms in the template: every alarm hangs below one that notifies, in its own region, in the right order."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.stacks.conftest import Assembly, resources

REGIONS = ["us-east-1", "eu-west-1"]


def alarms(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: one
        for kind in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
        for name, one in resources(template, kind).items()
    }


def named_in(rule: str) -> list[str]:
    return re.findall(r'ALARM\("([^"]+)"\)', rule)


def test_only_page_and_ticket_notify(shop: Assembly) -> None:
    told = {
        one["Properties"]["AlarmName"]: one["Properties"]["AlarmActions"]
        for one in alarms(shop.template()).values()
        if one["Properties"].get("AlarmActions")
    }
    assert told == {name: [{"Ref": "AlarmTopic"}] for name in ("gatewright-shop-page", "gatewright-shop-ticket")}


def test_every_alarm_is_below_one_that_notifies(shop: Assembly) -> None:
    found = {one["Properties"]["AlarmName"]: one["Properties"] for one in alarms(shop.template()).values()}
    reached, ahead = set(), ["gatewright-shop-page", "gatewright-shop-ticket"]
    while ahead:
        name = ahead.pop()
        reached.add(name)
        ahead += [child for child in named_in(found[name].get("AlarmRule", "")) if child not in reached]
    assert reached == set(found)


def test_children_are_made_before_their_composite(shop: Assembly) -> None:
    found = alarms(shop.template())
    by_name = {one["Properties"]["AlarmName"]: logical for logical, one in found.items()}
    for one in found.values():
        children = {by_name[name] for name in named_in(one["Properties"].get("AlarmRule", ""))}
        assert set(one.get("DependsOn", ())) == children


def test_what_cloudwatch_accepts(shop: Assembly) -> None:
    for one in alarms(shop.template()).values():
        properties = one["Properties"]
        assert len(properties["AlarmDescription"]) <= 1024
        assert len(properties["AlarmName"]) <= 255
        assert len(properties.get("AlarmRule", "")) <= 10_240
        assert len(named_in(properties.get("AlarmRule", ""))) <= 100
        if metrics := properties.get("Metrics"):
            assert sum("MetricStat" in query for query in metrics) <= 10
            assert [query["ReturnData"] for query in metrics].count(True) == 1
            (period,) = {query["MetricStat"]["Period"] for query in metrics if "MetricStat" in query}
            assert period % 60 == 0
            length = period * properties["EvaluationPeriods"]
            assert length <= (604_800 if period >= 3600 else 86_400)


@pytest.mark.parametrize("region", REGIONS)
def test_a_region_watches_itself_alone(shop: Assembly, region: str) -> None:
    """Nothing of an EU region is evaluated or told anywhere else; the board over all regions shows aggregates of the stage."""
    template = shop.template(region)
    other = next(name for name in REGIONS if name != region)
    for one in alarms(template).values():
        assert other not in json.dumps(one)
    body = json.loads(template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    widgets = [widget["properties"] for widget in body["widgets"] if widget["type"] == "metric"]
    assert {widget["region"] for widget in widgets} == {region}
    assert other not in json.dumps(body)


def test_the_board_over_all_regions_lives_in_the_eu_and_shows_api_gateways_own_aggregates(shop: Assembly) -> None:
    assert "DashboardOverAll" not in shop.template("us-east-1")["Resources"]
    whole = shop.template("eu-west-1")["Resources"]["DashboardOverAll"]["Properties"]
    body = json.loads(whole["DashboardBody"])
    for widget in body["widgets"]:
        if widget["type"] != "metric":
            continue
        metrics = [metric for metric in widget["properties"]["metrics"] if isinstance(metric[0], str)]
        assert {metric[-1]["region"] for metric in metrics} == set(REGIONS)
        assert {metric[0] for metric in metrics} == {"AWS/ApiGateway"}


def test_widgets_do_not_overlap(shop: Assembly) -> None:
    body = json.loads(shop.template()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    cells = [
        (column, row)
        for widget in body["widgets"]
        for column in range(widget["x"], widget["x"] + widget["width"])
        for row in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(column for column, _ in cells) < 24


def test_the_topic_takes_alarms_of_this_account_only_and_by_tls(shop: Assembly) -> None:
    allow, deny = shop.template()["Resources"]["AlarmTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert allow["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allow["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_a_topic_of_ones_own_and_an_address(changed_shop: Callable[..., Assembly]) -> None:
    topic = "arn:aws:sns:us-east-1:111122223333:oncall"
    assembly = changed_shop(
        lambda document: document.update(
            objectives={"notify": {"us-east-1": topic, "eu-west-1": "oncall@shop.example"}}
        )
    )
    us, eu = assembly.template("us-east-1"), assembly.template("eu-west-1")
    assert us["Resources"]["AlarmPage"]["Properties"]["AlarmActions"] == [topic]
    assert not {name for name in us["Resources"] if name.startswith("AlarmTopic")}
    told = eu["Resources"]["AlarmSubscription"]["Properties"]
    assert (told["Protocol"], told["Endpoint"]) == ("email", "oncall@shop.example")


def test_an_objective_of_ones_own_moves_its_alarms_only(changed_shop: Callable[..., Assembly]) -> None:
    def change(document: dict[str, Any]) -> None:
        document["services"]["orders"]["objectives"] = {"availability": "99%", "latency": {"under": "3s"}}

    found = alarms(changed_shop(change).template())
    assert found["AlarmOrdersXavailabilityXfastXlong"]["Properties"]["Threshold"] == 14.4
    assert found["AlarmUsersXavailabilityXfastXlong"]["Properties"]["Threshold"] == 1.44
    slow = found["AlarmOrdersXlatencyXfastXshort"]["Properties"]["Metrics"][1]["MetricStat"]["Stat"]
    assert slow == "TC(3000:)"
