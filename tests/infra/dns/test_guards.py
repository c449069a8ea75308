"""The rules of a region's firewall: each way to lose the guard is a difference."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from infra.dns.guards import compare_guard
from infra.limits.web_acl import web_acl
from infra.residency.territory import UNPLACEABLE, place_of
from tests.infra.residency.zones import EU, US, gateway

GATEWAY = gateway(US, EU)
AMERICA, EUROPE = GATEWAY.regions
PLACES = (UNPLACEABLE, *(place_of(code) for code in ("DE", "RE", "US", "BR")))
Acl = dict[str, Any]


def deployed() -> Acl:
    """As boto3 shows it: search strings are bytes."""
    made = copy.deepcopy(web_acl(GATEWAY, AMERICA))
    assert made is not None
    match = made["Rules"][0]["Statement"]["AndStatement"]["Statements"][1]["NotStatement"]["Statement"]
    match["ByteMatchStatement"]["SearchString"] = match["ByteMatchStatement"]["SearchString"].encode()
    geo(made)["CountryCodes"].reverse()
    return made


def geo(acl: Acl) -> Any:
    return acl["Rules"][0]["Statement"]["AndStatement"]["Statements"][0]["GeoMatchStatement"]


def found(acl: Acl | None, region: Any = AMERICA) -> set[tuple[str, str, str, bool]]:
    return {(d.country, d.wanted, d.got, d.leak) for d in compare_guard(GATEWAY, region, acl, PLACES).differences}


def test_the_planned_guard_agrees() -> None:
    report = compare_guard(GATEWAY, AMERICA, deployed(), PLACES)
    assert (report.differences, report.asked) == ((), 4)


def test_a_region_of_the_eu_needs_none_and_must_not_refuse() -> None:
    assert found(None, EUROPE) == set()
    assert {(row[0], row[1]) for row in found(deployed(), EUROPE)} == {("DE", "let through"), ("RE", "let through")}


def test_no_firewall_lets_everybody_through() -> None:
    hope = "421 to eu.api.shop.example"
    assert found(None) == {("DE", hope, "let through", True), ("RE", hope, "let through", True)}


def test_countries_that_nobody_asked_for_are_compared_when_the_whole_is() -> None:
    acl = deployed()
    geo(acl)["CountryCodes"].remove("FR")
    geo(acl)["CountryCodes"].append("JP")
    assert found(acl) == set()
    whole = compare_guard(GATEWAY, AMERICA, acl, PLACES, whole=True)
    assert {(row.country, row.leak) for row in whole.differences} == {("FR", True), ("JP", False)}


def lose_re(acl: Acl) -> None:
    geo(acl)["CountryCodes"].remove("RE")


def count_only(acl: Acl) -> None:
    acl["Rules"][0]["Action"] = {"Count": {}}


def plain_block(acl: Acl) -> None:
    acl["Rules"][0]["Action"] = {"Block": {}}


def other_host(acl: Acl) -> None:
    acl["CustomResponseBodies"]["misdirected"]["Content"] = '{"host": "api.shop.example"}'


def catch_us(acl: Acl) -> None:
    geo(acl)["CountryCodes"].append("US")


def allowed_before(acl: Acl) -> None:
    acl["Rules"].append({"Name": "friends", "Priority": -1, "Action": {"Allow": {}}, "Statement": {"X": {}}})


def narrower(acl: Acl) -> None:
    acl["Rules"][0]["Statement"]["AndStatement"]["Statements"].append({"LabelMatchStatement": {"Key": "x"}})


def negated(acl: Acl) -> None:
    parts = acl["Rules"][0]["Statement"]["AndStatement"]["Statements"]
    parts[0] = {"NotStatement": {"Statement": parts[0]}}


@pytest.mark.parametrize(
    ("mutation", "country", "got"),
    [
        (lose_re, "RE", "let through"),
        (count_only, "DE", "let through"),
        (plain_block, "DE", "403"),
        (other_host, "DE", "421 to api.shop.example"),
        (catch_us, "US", "421 to eu.api.shop.example"),
        (allowed_before, "every country", "rule friends allows requests before it"),
        (narrower, "every country", "a rule with other conditions"),
        (negated, "DE", "let through"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_each_way_to_lose_it_is_named(mutation: Callable[[Acl], None], country: str, got: str) -> None:
    acl = deployed()
    mutation(acl)
    assert (country, got) in {(row[0], row[2]) for row in found(acl)}
