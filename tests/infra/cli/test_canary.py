"""`gatewright canary`: the story of a release, and every refusal as exit 2."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from infra.cli.main import app
from infra.release.session import Session
from tests.infra.cli.conftest import EU, US, Shop
from tests.infra.release.fake_aws import Killed


def test_a_release_from_dark_to_promoted_in_one_region_only(dark: Shop) -> None:
    dark.run("canary", "start", "--region", US, "--percent", "10")
    assert dark.canary(US) == {"deploymentId": "d-two", "percentTraffic": 10.0}
    dark.run("canary", "step", "--region", US)  # the file's next step
    assert dark.canary(US)["percentTraffic"] == 50
    dark.run("canary", "promote")
    assert (dark.canary(US), dark.aws.region(US).stage["deploymentId"]) == (None, "d-two")
    assert dark.aws.region(EU).stage["deploymentId"] == "d-one"


def test_start_without_a_percentage_takes_the_first_step_of_the_file(dark: Shop) -> None:
    dark.run("canary", "start", "--region", US)
    assert dark.canary(US)["percentTraffic"] == 10


def test_a_step_beyond_the_last_names_what_is_next(dark: Shop) -> None:
    dark.run("canary", "start", "--region", US, "--percent", "50")
    assert "canary promote" in dark.run("canary", "step", "--region", US, code=2).stderr


def test_rollback_reaches_every_region_that_has_a_canary(dark: Shop) -> None:
    for region in (US, EU):
        dark.run("canary", "start", "--region", region)
    result = dark.json("canary", "rollback")
    assert [one["region"] for one in result["results"]] == [US, EU]
    assert (dark.canary(US), dark.canary(EU)) == (None, None)


def test_rollback_goes_on_when_one_region_fails(dark: Shop) -> None:
    for region in (US, EU):
        dark.run("canary", "start", "--region", region)
    dark.aws.region(US).items[("lock", "lock")] = {
        "pk": {"S": "lock"},
        "sk": {"S": "lock"},
        "owner": {"S": "bob@desk:1"},
        "expires": {"N": "99999999999"},
    }
    result = dark.run("canary", "rollback", code=2)
    assert "bob@desk:1" in result.stderr
    assert dark.canary(EU) is None


def test_start_needs_one_region(dark: Shop) -> None:
    assert "--region" in dark.run("canary", "start", "--percent", "10", code=2).stderr


@pytest.mark.parametrize("percent", ["0", "-1", "101", "nan", "ten"])
def test_a_percentage_outside_the_range_is_refused(dark: Shop, percent: str) -> None:
    result = dark.run("canary", "start", "--region", US, f"--percent={percent}", code=2)
    assert "above 0 and up to 100" in result.stderr
    assert result.stdout == ""
    assert dark.canary(US) is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(("canary", "promote"), "no canary", id="promote without canary"),
        pytest.param(("canary", "step", "--percent", "5"), "no canary", id="step without canary"),
        pytest.param(("canary", "rollback", "--region", EU), "no canary", id="rollback without canary"),
        pytest.param(("canary", "start", "--region", "mars-1"), "does not run in mars-1", id="unknown region"),
        pytest.param(("release", "rollback", "nine"), "does not exist", id="unknown release"),
        pytest.param(("release", "prune", "--keep", "-1"), "negative", id="negative keep"),
    ],
)
def test_refusals_are_exit_2_with_the_reason_on_stderr(dark: Shop, arguments: tuple[str, ...], says: str) -> None:
    result = dark.run(*arguments, code=2)
    assert says in result.stderr
    assert result.stdout == ""


def test_a_canary_of_the_same_release_is_refused(shop: Shop) -> None:
    shop.deploy("one")
    assert "two different releases" in shop.run("canary", "start", "--region", US, code=2).stderr


def test_a_region_without_a_gateway_says_deploy(shop: Shop) -> None:
    assert "gatewright deploy" in shop.run("canary", "start", "--region", US, code=2).stderr


def test_a_dry_run_prints_the_plan_that_would_run_and_changes_nothing(dark: Shop) -> None:
    before = len(dark.aws.calls)
    text = dark.run("canary", "start", "--region", US, "--percent", "10", "--dry-run").stdout
    assert "cloudformation update_stack" in text
    assert "CanaryPercent=10" in text
    document = dark.json("canary", "start", "--region", US, "--percent", "10", "--dry-run")
    assert [s["operation"] for s in document["results"][0]["steps"]][1] == "update_stack"
    assert len(dark.aws.calls) == before


def test_the_real_run_makes_the_calls_of_the_dry_run(dark: Shop) -> None:
    plan = dark.json("canary", "start", "--region", US, "--dry-run")["results"][0]
    done = dark.json("canary", "start", "--region", US)["results"][0]
    assert (
        [s["key"] for s in done["steps"]] == [s["key"] for s in plan["steps"]] == [o["key"] for o in done["outcomes"]]
    )


def test_a_killed_run_is_finished_by_the_same_command(dark: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    sessions: list[Session] = []
    make = dark.factory.session

    def session(*arguments: object) -> Session:
        sessions.append(make(*arguments))  # type: ignore[arg-type]
        return sessions[-1]

    monkeypatch.setattr(dark.factory, "session", session)
    dark.aws.kill_after = 3
    with pytest.raises(Killed):
        CliRunner().invoke(app, ["canary", "start", "--region", US], obj=dark.factory)
    dark.factory.operators.bury(sessions[-1])
    assert "half done" in dark.run("canary", "start", "--region", US, "--percent", "33", code=2).stderr
    dark.run("canary", "start", "--region", US)
    assert dark.canary(US)["percentTraffic"] == 10


def test_status_and_history_tell_the_story(dark: Shop) -> None:
    dark.run("canary", "start", "--region", US)
    us, eu = dark.json("canary", "status")["regions"]
    assert (us["canary"], us["percent"], us["agrees"]) == ("two (d-two)", 10, "yes")
    assert (eu["canary"], eu["dark"]) == ("", True)
    assert "two (d-two)" in dark.run("canary", "status").stdout
    decisions = dark.json("canary", "history", "--region", US)["decisions"]
    assert [d["operation"] for d in decisions] == ["start", "pin"]
    assert decisions[0]["evidence"]["after"]["stage"]["canary"]["percent"] == 10
    assert "start" in dark.run("canary", "history", "--limit", "1").stdout
