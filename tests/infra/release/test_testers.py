"""Who is pinned to what: from the rules, the stage and the history."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from infra.release.situation import Canary, Deployment, Situation, Stack, Stage
from infra.release.testers import PinnedHeader, pinned_headers, pinned_in
from tests.infra.release.test_pins import DOMAIN, HEADER, PINNED, SCENE, rule

MADE = datetime(2026, 1, 2, tzinfo=UTC)
SITUATION = Situation(
    gateway="shop",
    region="us-east-1",
    stack=Stack(name="shop"),
    stage=Stage(name="live", deployment_id="old", canary=Canary(deployment_id="new", percent=10)),
    other_stages=(Stage(name="live-pinned", deployment_id="new"),),
    deployments=(Deployment(id="new", description="release r2", created=MADE),),
    newest="new",
)


def decision(header: str, started: str, operation: str = "pin testers") -> dict[str, str]:
    return {"operation": operation, "header": header, "started": started}


def only(s: Situation = SITUATION, *history: dict[str, str]) -> PinnedHeader:
    assert PINNED.pinned is not None
    (found,) = pinned_in(replace(PINNED, pinned={**PINNED.pinned, "createdDate": MADE}), s, history)
    return found


def test_nobody_is_pinned_where_there_is_no_stage() -> None:
    assert pinned_in(SCENE, SITUATION, [decision(str(HEADER), "x")]) == ()


def test_since_is_the_latest_pin_of_the_header_and_of_no_other() -> None:
    history = (
        decision("X-Release: beta", "5"),
        decision("X-Release: canary", "4", "unpin testers"),
        decision("X-Release: canary", "3"),
        decision("X-Release: canary", "1"),
    )
    assert only(SITUATION, *history).since == "3"


def test_without_a_history_it_is_the_stages_date() -> None:
    assert only().since == MADE.isoformat()


@pytest.mark.parametrize(
    ("serving", "canary", "newest", "serves", "says"),
    [
        pytest.param("old", "new", "new", "canary", "the canary", id="the canary"),
        pytest.param("old", None, "new", "dark", "nobody else", id="dark"),
        pytest.param("new", None, "new", "stage", "everybody has", id="promoted"),
        pytest.param("new", "new", "new", "stage", "everybody has", id="promoted in the console"),
        pytest.param("old", None, "newer", "left", "neither the canary", id="an older release"),
        pytest.param("old", "newer", "newer", "left", "neither the canary", id="beside another canary"),
    ],
)
def test_what_they_are_answered_by(serving: str, canary: str | None, newest: str, serves: str, says: str) -> None:
    there = Canary(deployment_id=canary, percent=0) if canary else None
    found = only(replace(SITUATION, stage=Stage(name="live", deployment_id=serving, canary=there), newest=newest))
    assert found.serves == serves
    assert says in found.line("us-east-1")
    assert ("gatewright canary unpin --region us-east-1" in found.line("us-east-1")) is (serves in ("stage", "left"))


def test_a_header_on_two_domains_is_counted_twice_and_a_domain_with_two_mappings_once() -> None:
    domain = PINNED.domains[0]
    scene = replace(PINNED, domains=(domain, replace(domain, base_path="v1"), replace(domain, name="eu.shop.example")))
    assert pinned_headers(scene) == {"x-release: canary": (DOMAIN.name, "eu.shop.example")}
    (found,) = pinned_in(scene, SITUATION, ())
    assert ", 2 domains: " in found.line("us-east-1")


def test_rules_of_others_pin_nobody() -> None:
    scene = replace(PINNED, domains=(replace(DOMAIN, rules=(rule(stage="beta", value="beta"),)),))
    (found,) = pinned_in(scene, SITUATION, ())
    assert (found.header, found.domains) == ("", ())
    assert "half done" in found.line("us-east-1")
