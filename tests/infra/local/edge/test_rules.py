"""Which rule takes a request: priority, headers, paths, modes."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.addresses import Target
from infra.local.control.store import RegionState
from infra.local.edge.rules import first_ruled, ruled
from infra.local.ports import HttpRequest

HOST = "api.example.com"
MAPPED = Target("api", "live", "/orders/1", custom_domain=True)


def rule(priority: int, stage: str, *, headers: dict[str, str], path: str = "", strip: bool = False) -> dict[str, Any]:
    conditions: list[dict[str, Any]] = [
        {"MatchHeaders": {"AnyOf": [{"Header": name, "ValueGlob": value}]}} for name, value in headers.items()
    ]
    conditions += [{"MatchBasePaths": {"AnyOf": [path]}}] if path else []
    action = {"ApiId": "api", "Stage": stage, "StripBasePath": strip}
    return {"Priority": priority, "Conditions": conditions, "Actions": [{"InvokeApi": action}]}


def region(*rules: dict[str, Any], mode: str = "ROUTING_RULE_THEN_BASE_PATH_MAPPING") -> RegionState:
    state = RegionState(account="1", region="us-east-1")
    state.domain_names[HOST] = {"routingMode": mode}
    state.routing_rules[HOST] = {str(number): one for number, one in enumerate(rules)}
    return state


def asked(*headers: tuple[str, str], path: str = "/orders/1") -> HttpRequest:
    return HttpRequest(method="GET", path=path, headers=list(headers))


@pytest.mark.parametrize(
    ("glob", "value", "matches"),
    [
        ("canary", "canary", True),
        ("canary", "Canary", False),
        ("canary", "canary2", False),
        ("a*", "alpha", True),
        ("a*", "beta", False),
        ("*a", "beta", True),
        ("*a", "users", False),
        ("*a*", "backup", True),
        ("*a*", "users", False),
        ("*", "anything", True),
        ("*json", "application/json,text/xml", False),
    ],
    ids="{}".format,
)
def test_values_match_literally_but_for_a_wildcard_at_an_end(glob: str, value: str, matches: bool) -> None:
    found = ruled(region(rule(1, "pinned", headers={"X-Release": glob})), HOST, asked(("x-release", value)), MAPPED)
    assert (found.stage == "pinned") is matches


def test_the_lowest_priority_decides_and_all_conditions_must_match() -> None:
    state = region(
        rule(50, "second", headers={"Pet": "Dog-*", "Accept": "image/webp"}, path="orders"),
        rule(10, "first", headers={"Hello": "World"}),
        rule(100, "rest", headers={}),
    )
    both = (("Pet", "Dog-Bella"), ("Accept", "image/webp"))
    assert ruled(state, HOST, asked(("Hello", "World"), *both), MAPPED).stage == "first"
    assert ruled(state, HOST, asked(*both), MAPPED).stage == "second"
    assert ruled(state, HOST, asked(*both, path="/ordersX"), MAPPED).stage == "rest"
    assert ruled(state, HOST, asked(both[0]), MAPPED).stage == "rest"


@pytest.mark.parametrize(("strip", "path"), [(True, "/1"), (False, "/orders/1")], ids=["stripped", "kept"])
def test_the_base_path(strip: bool, path: str) -> None:
    state = region(rule(1, "pinned", headers={}, path="orders", strip=strip))
    assert ruled(state, HOST, asked(), MAPPED) == Target("api", "pinned", path, custom_domain=True)
    assert ruled(state, HOST, asked(path="/orders"), MAPPED).path == ("/" if strip else "/orders")


def test_modes() -> None:
    one = rule(1, "pinned", headers={"X-Release": "canary"})
    asks = asked(("X-Release", "canary"))
    assert ruled(region(one, mode="BASE_PATH_MAPPING_ONLY"), HOST, asks, MAPPED) is MAPPED
    assert ruled(region(one), HOST, asked(), MAPPED) is MAPPED
    assert ruled(region(one, mode="ROUTING_RULE_ONLY"), HOST, asked(), MAPPED).stage == ""
    assert ruled(region(one, mode="ROUTING_RULE_ONLY"), HOST, asks, MAPPED).stage == "pinned"


def test_a_domain_of_rules_alone_is_served() -> None:
    assert first_ruled(region(rule(1, "pinned", headers={})), HOST, "/x") == Target("api", "", "/x", custom_domain=True)
    assert first_ruled(region(), HOST, "/x") is None
