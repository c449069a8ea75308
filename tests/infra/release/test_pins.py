"""Plans for pinned testers: what is made, what is left alone, and that a second run finishes a first one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.errors import NothingToDo, Refused
from infra.release.pins import BOTH_MODES, DEFAULT_MODE, Domain, Header, Scene, parse_header, plan_pin, plan_unpin

HEADER = Header(name="X-Release", value="canary")
LIVE = {
    "stageName": "live",
    "deploymentId": "old",
    "tracingEnabled": True,
    "webAclArn": "arn:acl",
    "accessLogSettings": {"destinationArn": "arn:logs", "format": "$context.stage"},
    "methodSettings": {"*/*": {"throttlingRateLimit": 50.0, "throttlingBurstLimit": 100, "cachingEnabled": False}},
}
DOMAIN = Domain(name="api.shop.example", base_path="", mode=DEFAULT_MODE, rules=())
SCENE = Scene(
    gateway="shop",
    region="us-east-1",
    api_id="api1",
    live=LIVE,
    pinned=None,
    deployment="new",
    release="r2",
    domains=(DOMAIN,),
    plans={"p1": ("live",), "p2": ("other",)},
)


def rule(*, stage: str = "live-pinned", value: str = "canary", priority: int = 100) -> dict[str, Any]:
    return {
        "RoutingRuleId": f"r{priority}",
        "Priority": priority,
        "Conditions": [{"MatchHeaders": {"AnyOf": [{"Header": "x-release", "ValueGlob": value}]}}],
        "Actions": [{"InvokeApi": {"ApiId": "api1", "Stage": stage}}],
    }


PINNED = replace(
    SCENE,
    pinned={**LIVE, "stageName": "live-pinned", "deploymentId": "new"},
    domains=(replace(DOMAIN, mode=BOTH_MODES, rules=(rule(),)),),
    plans={"p1": ("live", "live-pinned")},
)


def calls(plan: Any) -> list[str]:
    return [step.operation for step in plan.steps]


def test_the_stage_is_guarded_before_anybody_is_led_to_it() -> None:
    plan = plan_pin(SCENE, HEADER)
    assert calls(plan) == [
        "create_stage",
        "update_stage",
        "update_stage",
        "associate_web_acl",
        "update_usage_plan",
        "update_domain_name",
        "create_routing_rule",
    ]
    made, throttles = plan.steps[0].parameters, plan.steps[1].parameters["patchOperations"]
    assert (made["stageName"], made["deploymentId"], made["tracingEnabled"]) == ("live-pinned", "new", True)
    log = plan.steps[2].parameters["patchOperations"]
    assert {one["path"].rpartition("/")[2]: one["value"] for one in log} == LIVE["accessLogSettings"]
    assert [(one["path"], one["value"]) for one in throttles] == [
        ("/*/*/throttling/rateLimit", "50"),
        ("/*/*/throttling/burstLimit", "100"),
    ]
    last = plan.steps[-1].parameters
    assert last["Conditions"] == [{"MatchHeaders": {"AnyOf": [{"Header": "X-Release", "ValueGlob": "canary"}]}}]
    assert last["Actions"] == [{"InvokeApi": {"ApiId": "api1", "Stage": "live-pinned", "StripBasePath": False}}]
    assert last["Priority"] == 100


def test_the_canarys_variables_go_along() -> None:
    live = {**LIVE, "variables": {"a": "1", "b": "2"}, "canarySettings": {"stageVariableOverrides": {"b": "3"}}}
    assert plan_pin(replace(SCENE, live=live), HEADER).steps[0].parameters["variables"] == {"a": "1", "b": "3"}


def test_what_is_done_is_not_done_again() -> None:
    with pytest.raises(NothingToDo, match="already"):
        plan_pin(PINNED, HEADER)
    assert calls(plan_pin(replace(PINNED, domains=(replace(DOMAIN, mode=BOTH_MODES),)), HEADER)) == [
        "create_routing_rule"
    ]


def test_a_new_release_moves_the_testers_on() -> None:
    plan = plan_pin(replace(PINNED, deployment="newer"), HEADER)
    assert calls(plan) == ["update_stage"]
    assert plan.steps[0].parameters["patchOperations"][0]["value"] == "newer"


def test_moved_testers_get_the_variables_of_the_new_release() -> None:
    live = {**LIVE, "variables": {"kept": "1", "changed": "new"}}
    pinned = {
        **LIVE,
        "stageName": "live-pinned",
        "deploymentId": "old",
        "variables": {"changed": "old", "gone": "1", "kept": "1"},
    }
    (step,) = plan_pin(replace(PINNED, live=live, pinned=pinned), HEADER).steps
    assert step.parameters["patchOperations"] == [
        {"op": "remove", "path": "/variables/gone"},
        {"op": "replace", "path": "/variables/changed", "value": "new"},
        {"op": "replace", "path": "/deploymentId", "value": "new"},
    ]


def test_two_mappings_of_one_domain_get_a_rule_and_a_priority_each() -> None:
    below = replace(DOMAIN, base_path="v1")
    plan = plan_pin(replace(SCENE, domains=(DOMAIN, below)), HEADER)
    made = [step.parameters for step in plan.steps if step.operation == "create_routing_rule"]
    assert [(one["Priority"], len(one["Conditions"])) for one in made] == [(100, 1), (110, 2)]

    half = replace(PINNED, domains=(PINNED.domains[0], replace(PINNED.domains[0], base_path="v1")))
    (left,) = plan_pin(half, HEADER).steps
    assert left.parameters["Priority"] == 110


def test_a_domain_with_two_mappings_is_switched_once_and_back_once() -> None:
    both = (DOMAIN, replace(DOMAIN, base_path="v1"))
    assert calls(plan_pin(replace(SCENE, domains=both), HEADER)).count("update_domain_name") == 1
    rules = (rule(), rule(priority=110))
    pinned = tuple(replace(one, mode=BOTH_MODES, rules=rules) for one in both)
    back = calls(plan_unpin(replace(PINNED, domains=pinned), None))
    assert (back.count("delete_routing_rule"), back.count("update_domain_name")) == (2, 1)


def test_what_the_live_stage_lost_the_pinned_one_loses() -> None:
    pinned = {**LIVE, "stageName": "live-pinned", "deploymentId": "new"}
    live = {"stageName": "live", "deploymentId": "old"}
    plans = {"p1": ("live-pinned",), "p2": ("live", "live-pinned")}
    plan = plan_pin(replace(PINNED, live=live, pinned=pinned, plans=plans), HEADER)
    assert [(step.key, step.operation) for step in plan.steps] == [
        ("throttle", "update_stage"),
        ("access-log", "update_stage"),
        ("firewall", "disassociate_web_acl"),
        ("usage-plan", "update_usage_plan"),
    ]
    assert plan.steps[0].parameters["patchOperations"] == [{"op": "remove", "path": "/*/*"}]
    assert plan.steps[1].parameters["patchOperations"] == [{"op": "remove", "path": "/accessLogSettings"}]
    removed = plan.steps[3].parameters
    assert (removed["usagePlanId"], removed["patchOperations"][0]["op"]) == ("p1", "remove")


def test_every_guard_that_pin_adds_is_removed_by_unpin() -> None:
    """What is not of the stage itself, and so does not go with it."""
    undone = {"associate_web_acl": "disassociate_web_acl", "create_routing_rule": "delete_routing_rule"}
    undone |= {"update_usage_plan": "update_usage_plan", "update_domain_name": "update_domain_name"}
    added = [undone[step.operation] for step in plan_pin(SCENE, HEADER).steps if step.operation in undone]
    removed = [step.operation for step in plan_unpin(PINNED, None).steps]
    assert sorted(added) == sorted(one for one in removed if one != "delete_stage")


def test_a_stage_that_somebody_deleted_leaves_no_plan_behind_and_the_mode_to_its_owner() -> None:
    left = replace(SCENE, domains=(replace(DOMAIN, mode=BOTH_MODES),), plans={"p1": ("live", "live-pinned")})
    assert calls(plan_unpin(left, None)) == ["update_usage_plan"]


def test_other_rules_keep_their_priorities() -> None:
    domain = replace(DOMAIN, mode=BOTH_MODES, rules=(rule(stage="beta", value="beta"), rule(value="x", priority=110)))
    assert plan_pin(replace(PINNED, domains=(domain,)), HEADER).steps[-1].parameters["Priority"] == 120


def test_a_mapping_below_a_path_is_matched_and_stripped() -> None:
    plan = plan_pin(replace(SCENE, domains=(replace(DOMAIN, base_path="shop"),)), HEADER)
    last = plan.steps[-1].parameters
    assert last["Conditions"][1] == {"MatchBasePaths": {"AnyOf": ["shop"]}}
    assert last["Actions"][0]["InvokeApi"]["StripBasePath"] is True


@pytest.mark.parametrize(
    ("scene", "why"),
    [
        pytest.param(replace(SCENE, deployment=""), "neither a canary nor a dark release", id="nothing to pin to"),
        pytest.param(replace(SCENE, domains=()), "no custom domain", id="no domain"),
        pytest.param(
            replace(SCENE, domains=(replace(DOMAIN, rules=(rule(stage="beta"),)),)), "elsewhere already", id="taken"
        ),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(scene: Scene, why: str) -> None:
    with pytest.raises(Refused, match=why):
        plan_pin(scene, HEADER)


def test_with_the_last_rule_all_goes_and_the_rule_goes_first() -> None:
    assert calls(plan_unpin(PINNED, None)) == [
        "delete_routing_rule",
        "update_domain_name",
        "update_usage_plan",
        "disassociate_web_acl",
        "delete_stage",
    ]


def test_one_of_two_headers_goes_alone() -> None:
    domain = replace(DOMAIN, mode=BOTH_MODES, rules=(rule(), rule(value="beta", priority=110)))
    plan = plan_unpin(replace(PINNED, domains=(domain,)), HEADER)
    assert [(step.operation, step.parameters["RoutingRuleId"]) for step in plan.steps] == [
        ("delete_routing_rule", "r100")
    ]
    with pytest.raises(NothingToDo, match="X-Release: other is not pinned"):
        plan_unpin(replace(PINNED, domains=(domain,)), Header(name="X-Release", value="other"))


def test_somebody_elses_rules_and_their_mode_stay() -> None:
    domain = replace(DOMAIN, mode=BOTH_MODES, rules=(rule(), rule(stage="beta", value="beta", priority=110)))
    assert "update_domain_name" not in calls(plan_unpin(replace(PINNED, domains=(domain,)), None))


def test_a_run_that_died_is_finished() -> None:
    """The rule is gone, the rest is not yet."""
    half = replace(PINNED, domains=(replace(DOMAIN, mode=DEFAULT_MODE),))
    assert calls(plan_unpin(half, None))[-1] == "delete_stage"
    with pytest.raises(NothingToDo):
        plan_unpin(SCENE, None)


@pytest.mark.parametrize(
    "text",
    [
        "X-Release",
        ": canary",
        "X-Release:",
        "X Release: a",
        "Authorization: x",
        "X-A: a*b",
        "X-A: **",
        "X-A: **a",
        "X?: a",
    ],
)
def test_a_header_that_api_gateway_takes_not_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="--header"):
        parse_header(text)


def test_a_header() -> None:
    assert parse_header(" X-Release :canary* ") == Header(name="X-Release", value="canary*")
