"""Routing rules over HTTP as boto3 sends them: their life, and what AWS documents that it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.persistence import dumps, loads
from tests.infra.local.control.conftest import World

DOMAIN = "api.example.com"
RULES = f"/v2/domainnames/{DOMAIN}/routingrules"


@pytest.fixture
def api(client: Any, mock_api: dict[str, Any]) -> str:
    client.create_domain_name(domainName=DOMAIN, routingMode="ROUTING_RULE_THEN_BASE_PATH_MAPPING")
    client.create_deployment(restApiId=mock_api["restApiId"], stageName="dev")
    return str(mock_api["restApiId"])


def rule(api: str, *, header: str = "X-Release", value: str = "canary", **changes: Any) -> dict[str, Any]:
    condition = {"matchHeaders": {"anyOf": [{"header": header, "valueGlob": value}]}}
    action = {"invokeApi": {"apiId": api, "stage": "dev"}}
    return {"priority": 100, "conditions": [condition], "actions": [action], **changes}


def test_life_of_a_rule(world: World, api: str) -> None:
    status, made = world.json("POST", RULES, rule(api))
    assert status == 201
    assert made["actions"] == [{"invokeApi": {"apiId": api, "stage": "dev", "stripBasePath": False}}]
    assert made["routingRuleArn"].endswith(f":/domainnames/{DOMAIN}/routingrules/{made['routingRuleId']}")
    one = f"{RULES}/{made['routingRuleId']}"
    assert world.json("GET", one) == (200, made)
    assert world.json("PUT", one, rule(api, value="next"))[1]["conditions"][0]["matchHeaders"]["anyOf"][0] == {
        "header": "X-Release",
        "valueGlob": "next",
    }
    assert world.json("DELETE", one)[0] == 204
    assert world.json("GET", one)[0] == 404
    assert world.json("GET", RULES) == (200, {"routingRules": []})


def test_they_are_listed_by_priority_in_pages(world: World, api: str) -> None:
    for priority in (30, 10, 20):
        assert world.json("POST", RULES, rule(api, priority=priority))[0] == 201
    first = world.json("GET", RULES, query="maxResults=2")[1]
    second = world.json("GET", RULES, query=f"maxResults=2&nextToken={first['nextToken']}")[1]
    assert [one["priority"] for one in first["routingRules"] + second["routingRules"]] == [10, 20, 30]
    assert "nextToken" not in second


TWO = [{"matchHeaders": {"anyOf": [{"header": f"x-{n}", "valueGlob": "1"}]}} for n in range(2)]
PATH = {"matchBasePaths": {"anyOf": ["orders"]}}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({"conditions": []}, 201, id="catch-all"),
        pytest.param({"conditions": [*TWO, PATH]}, 201, id="two headers and a path"),
        pytest.param({"conditions": [*TWO, TWO[0]]}, 400, id="three headers"),
        pytest.param({"conditions": [PATH, PATH]}, 400, id="two paths"),
        pytest.param({"conditions": [{"matchBasePaths": {"anyOf": ["a?b"]}}]}, 400, id="a sign in the path"),
        pytest.param({"actions": []}, 400, id="no action"),
        pytest.param({"priority": 0}, 400, id="priority 0"),
        pytest.param({"priority": 1_000_001}, 400, id="priority too high"),
        pytest.param({"value": "pre*"}, 201, id="prefix"),
        pytest.param({"value": "*in*"}, 201, id="infix"),
        pytest.param({"value": "a*b"}, 400, id="wildcard inside"),
        pytest.param({"value": "two words"}, 400, id="space"),
        pytest.param({"value": "v" * 128}, 400, id="long value"),
        pytest.param({"value": f"*{'v' * 38}*"}, 400, id="long infix"),
        pytest.param({"header": "X-*"}, 400, id="wildcard name"),
        pytest.param({"header": "n" * 40}, 400, id="long name"),
        pytest.param({"header": "Authorization"}, 400, id="closed name"),
        pytest.param({"header": "X-Amz-Date"}, 400, id="closed prefix"),
    ],
)
def test_what_is_allowed(world: World, api: str, changes: dict[str, Any], status: int) -> None:
    assert world.json("POST", RULES, rule(api, **changes))[0] == status


def test_priorities_stages_and_domains_are_checked(world: World, api: str) -> None:
    assert world.json("POST", RULES, rule(api))[0] == 201
    assert world.json("POST", RULES, rule(api))[0] == 409
    assert world.json("POST", RULES, rule("nothere", priority=5))[0] == 400
    assert world.json("POST", RULES.replace("api.", "other."), rule(api))[0] == 404
    assert world.json("PUT", f"{RULES}/none", rule(api))[0] == 404


def test_a_stage_that_a_rule_invokes_stays(world: World, client: Any, api: str) -> None:
    made = world.json("POST", RULES, rule(api))[1]
    assert world.send("DELETE", f"/restapis/{api}/stages/dev").status == 400
    world.send("DELETE", f"{RULES}/{made['routingRuleId']}")
    assert world.send("DELETE", f"/restapis/{api}/stages/dev").status == 202


def test_they_are_kept_over_a_restart_and_go_with_their_domain(world: World, client: Any, api: str) -> None:
    world.json("POST", RULES, rule(api))
    again = loads(dumps(world.store)).regions()[0].routing_rules
    assert again == world.store.regions()[0].routing_rules
    client.delete_domain_name(domainName=DOMAIN)
    assert world.store.regions()[0].routing_rules == {}
