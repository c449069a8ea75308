"""`gatewright canary pin|unpin`, and what the other canary commands do with testers."""

from __future__ import annotations

from typing import Any

import pytest

from infra.release.session import Session
from tests.infra.cli.conftest import EU, US, Shop
from tests.infra.release.fake_domains import DOMAIN

PIN = ("canary", "pin", "--header", "X-Release: canary", "--region", US)


@pytest.fixture
def pinned(dark: Shop) -> Shop:
    """A canary in one region, and testers on it."""
    dark.run("canary", "start", "--region", US, "--percent", "10")
    dark.run(*PIN)
    return dark


def stages(shop: Shop) -> list[str]:
    return [one["stageName"] for one in shop.aws.region(US).other_stages]


def decisions(shop: Shop) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shop.json("canary", "history", "--region", US)["decisions"]
    return found


def test_status_shows_who_is_pinned_since_when_and_to_what(pinned: Shop) -> None:
    (found,) = pinned.json("canary", "status", "--region", US)["regions"][0]["testers"]
    assert (found["header"], found["domains"], found["serves"]) == ("X-Release: canary", [DOMAIN], "canary")
    assert (found["release"], found["deployment"]) == ("two", "d-two")
    assert found["since"] == decisions(pinned)[0]["started"]
    text = pinned.run("canary", "status").stdout
    assert f"{US}: testers: X-Release: canary, since {found['since']}, 1 domain: release two, the canary" in text
    assert f"{EU}: testers" not in text
    assert pinned.json("canary", "status")["regions"][1]["testers"] == []


def test_two_headers_are_two_lines(pinned: Shop) -> None:
    pinned.run("canary", "pin", "--header", "X-Team: shop*", "--region", US)
    text = pinned.run("canary", "status").stdout
    assert text.count("testers: ") == 2
    assert "X-Team: shop*" in text


def test_testers_of_a_release_that_was_left_are_said_with_the_way_back(pinned: Shop) -> None:
    pinned.aws.region(US).other_stages[0]["deploymentId"] = "d-zero"
    line = pinned.run("canary", "status").stdout.splitlines()[-1]
    assert (
        "d-zero, neither the canary nor the newest: pin again, or `gatewright canary unpin --region us-east-1`" in line
    )


def test_a_dark_release_is_said_to_be_dark(dark: Shop) -> None:
    dark.run(*PIN)
    assert "release two, which is dark: nobody else gets it" in dark.run("canary", "status").stdout


def test_a_canary_that_is_not_what_testers_are_on_is_said_when_it_starts(dark: Shop) -> None:
    dark.run(*PIN)
    dark.deploy("three", US)
    assert "neither the canary nor the newest" in dark.run("canary", "status").stdout
    said = dark.run("canary", "start", "--region", US).stdout
    assert "testers are pinned to two (d-two), which is another release: `gatewright canary pin" in said
    dark.run(*PIN)
    assert "note: testers" not in dark.run("canary", "step", "--region", US).stdout
    assert "release three, the canary" in dark.run("canary", "status").stdout


def test_a_half_done_pin_is_said(pinned: Shop) -> None:
    pinned.aws.region(US).domains.rules[DOMAIN].clear()
    assert "half done" in pinned.run("canary", "status").stdout


def test_what_cannot_be_read_does_not_hide_the_canary(pinned: Shop) -> None:
    pinned.aws.region(US).domains.denied.add("get_domain_names")
    (region,) = pinned.json("canary", "status", "--region", US)["regions"]
    assert (region["percent"], region["testers"]) == (10, None)
    assert "who is not known" in pinned.run("canary", "status").stdout


@pytest.mark.parametrize("verb", ["promote", "rollback"])
def test_what_ends_a_canary_takes_its_testers_back_as_the_last_thing(pinned: Shop, verb: str) -> None:
    pinned.aws.calls.clear()
    plan = pinned.json("canary", verb, "--region", US, "--dry-run")["results"][0]
    assert [step["key"] for step in plan["steps"]][-2:] == ["unpin-testers", "record-history"]
    assert "testers unpin  live-pinned" in pinned.run("canary", verb, "--region", US, "--dry-run").stdout
    assert stages(pinned) == ["live-pinned"]

    done = pinned.json("canary", verb, "--region", US)["results"][0]
    assert (done["outcomes"][-2]["key"], done["outcomes"][-2]["result"]) == ("unpin-testers", "done")
    assert stages(pinned) == []
    assert pinned.aws.region(US).domains.rules[DOMAIN] == []
    assert pinned.aws.region(US).domains.modes[DOMAIN] == "BASE_PATH_MAPPING_ONLY"
    assert pinned.aws.region(US).domains.plan_stages == ["live"]
    calls = [operation for _, operation, _ in pinned.aws.calls]
    assert calls.index("update_stage") < calls.index("update_stack") < calls.index("delete_routing_rule")
    assert [one["operation"] for one in decisions(pinned)][:2] == ["unpin testers", verb]
    assert pinned.json("canary", "status")["regions"][0]["testers"] == []


@pytest.mark.parametrize("verb", ["promote", "rollback"])
@pytest.mark.parametrize("denied", ["get_domain_names", "delete_routing_rule", "delete_stage"])
def test_testers_that_cannot_be_taken_back_are_a_warning_with_the_command(pinned: Shop, verb: str, denied: str) -> None:
    pinned.aws.region(US).domains.denied.add(denied)
    result = pinned.run("canary", verb, "--region", US)
    assert "warning: shop in us-east-1: testers are still pinned to two (d-two)" in result.stderr
    assert "gatewright canary unpin --region us-east-1" in result.stderr
    assert pinned.canary(US) is None
    assert pinned.aws.region(US).items.get(("intent", "intent")) is None  # the command itself is done
    assert next(one for one in decisions(pinned) if one["operation"] == verb)["outcome"] == "done"
    assert "testers" in pinned.run("canary", "status").stdout

    pinned.aws.region(US).domains.denied.clear()
    pinned.run("canary", "unpin")
    assert stages(pinned) == []


def test_the_warning_is_in_the_document_too(pinned: Shop) -> None:
    pinned.aws.region(US).domains.denied.add("delete_stage")
    (warning,) = pinned.json("canary", "rollback", "--region", US)["results"][0]["warnings"]
    assert "gatewright canary unpin" in warning


def test_without_testers_nothing_is_looked_for(dark: Shop) -> None:
    dark.aws.region(US).domains.denied |= {"get_domain_names", "get_usage_plans"}
    dark.run("canary", "start", "--region", US)
    assert "testers" not in dark.run("canary", "status").stdout
    assert "unpin" not in dark.run("canary", "rollback", "--region", US).stdout


def test_a_rollback_that_died_while_it_took_testers_back_is_finished(
    pinned: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from infra.cli.main import app
    from tests.infra.release.fake_aws import FakeAws, Killed

    sessions: list[Session] = []
    make = pinned.factory.session

    def session(*arguments: object) -> Session:
        sessions.append(make(*arguments))  # type: ignore[arg-type]
        return sessions[-1]

    monkeypatch.setattr(pinned.factory, "session", session)

    def die(aws: FakeAws, _: str, operation: str) -> None:
        if operation == "delete_routing_rule":
            aws.kill_after = 1

    pinned.aws.on_call = die
    with pytest.raises(Killed):
        CliRunner().invoke(app, ["canary", "rollback", "--region", US], obj=pinned.factory, catch_exceptions=False)
    pinned.aws.on_call = None
    pinned.factory.operators.bury(sessions[-1])
    assert stages(pinned) == ["live-pinned"]
    pinned.run("canary", "rollback", "--region", US)
    assert stages(pinned) == []


def test_a_pin_takes_the_lock_and_gives_it_back(dark: Shop) -> None:
    lock = {"pk": {"S": "lock"}, "sk": {"S": "lock"}, "owner": {"S": "bob@desk:1"}, "expires": {"N": "99999999999"}}
    items = dark.aws.region(US).items
    items[("lock", "lock")] = lock
    assert "bob@desk:1" in dark.run(*PIN, code=2).stderr
    assert stages(dark) == []
    dark.run(*PIN, "--dry-run")  # looks only
    del items[("lock", "lock")]
    dark.run(*PIN)
    assert ("lock", "lock") not in items


def test_the_history_says_who_pinned_what_and_when(pinned: Shop) -> None:
    pinned.run("canary", "unpin", "--header", "X-Release: canary", "--region", US)
    unpin, pin = decisions(pinned)[:2]
    assert (pin["operation"], pin["header"], pin["target"], pin["outcome"]) == (
        "pin testers",
        "X-Release: canary",
        "d-two",
        "done",
    )
    assert pin["owner"].startswith("ann@laptop")
    assert (unpin["operation"], unpin["header"]) == ("unpin testers", "X-Release: canary")
    text = pinned.run("canary", "history", "--region", US).stdout
    assert "HEADER" in text
    assert text.count("X-Release: canary") == 2


def test_a_history_without_pins_has_no_column_for_them(dark: Shop) -> None:
    assert "HEADER" not in dark.run("canary", "history", "--region", US).stdout


def test_a_pin_that_died_is_in_the_history_as_begun(dark: Shop) -> None:
    dark.aws.region(US).domains.denied.add("create_routing_rule")
    assert "go on from there" in dark.run(*PIN, code=1).stderr
    assert decisions(dark)[0]["outcome"] == "begun"
    dark.aws.region(US).domains.denied.clear()
    dark.run(*PIN)
    assert decisions(dark)[0]["outcome"] == "done"


def test_where_nothing_is_deployed_one_is_told_to_deploy(shop: Shop) -> None:
    assert "gatewright deploy" in shop.run(*PIN, code=2).stderr
