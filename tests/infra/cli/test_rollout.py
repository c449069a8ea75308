"""`gatewright canary run|progress|abort`: exit codes, what is said before, while and after, and how it is left and taken up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.cli.factory import Factory
from infra.cli.main import app
from infra.cli.rollout_view import plot, screen
from infra.config.model import Gateway
from infra.release.awsclient import AwsClient
from infra.release.session import Session
from tests.infra.rollout.world import EU, QUICK, US, Behaviour, World, gateway, stored, throttled


class Desk(Factory):
    """Each command is a process of its own; while it sleeps, time and traffic go on."""

    def __init__(self, world: World) -> None:
        self.world, self.release, self.on_sleep = world, QUICK, lambda: None
        self.is_embedded = False

    def gateway(self, file: Path) -> Gateway:
        return gateway(self.release)

    def session(self, gateway: str, region: str, progress: Any) -> Session:
        session = self.world.operators.session(region)
        session.progress = progress
        session.aws = AwsClient(
            region=region, factory=self.world.aws.client, sleep=self._sleep, clock=self.world.aws.clock
        )
        return session

    def embedded(self) -> bool:
        return self.is_embedded

    def _sleep(self, seconds: float) -> None:
        if seconds < 60:
            self.world.aws.sleep(seconds)
            return
        self.world.minutes()
        self.on_sleep()


def run(desk: Desk, *arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["canary", *arguments], obj=desk)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def test_a_healthy_release_ends_with_zero_and_a_report(tmp_path: Path) -> None:
    world, page = World(), tmp_path / "report.html"
    result = run(Desk(world), "run", "--report", str(page))
    assert (world.serving(US), world.serving(EU)) == ("d-two", "d-two")
    first, *_ = result.stdout.splitlines()
    assert "release two in place of one" in first
    assert "safe after" in result.stdout.lower()
    assert "promoted in every region" in result.stdout.splitlines()[-1].replace("promoted: ", "")
    assert page.read_text().startswith("<!doctype html>")


def test_a_harmful_release_ends_with_three_and_json_lines_say_so(tmp_path: Path) -> None:
    world = World(behaviour=Behaviour(fails=0.1))
    result = run(Desk(world), "run", "--report", str(tmp_path / "r.html"), "--output", "json", code=3)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert {line["type"] for line in lines[:-1]} == {"tick"}
    assert (lines[-1]["type"], lines[-1]["outcome"]) == ("end", "rolled back")
    assert lines[-2]["regions"][US]["look"]["verdict"] == "rollback"
    assert world.canary(US) is None


def test_no_traffic_ends_with_four(tmp_path: Path) -> None:
    world = World(traffic={US: False, EU: True})
    result = run(Desk(world), "run", "--report", str(tmp_path / "r.html"), code=4)
    assert "no traffic in the hour before" in result.stdout
    assert "no canary traffic" in result.stdout


def test_a_dry_run_shows_the_way_and_changes_nothing() -> None:
    world = World()
    document = json.loads(run(Desk(world), "run", "--dry-run", "--output", "json").stdout)
    assert document["strategy"]["waves"] == [[US], [EU]]
    assert {row["metric"] for row in document["foresight"]} >= {"5xx", "4xx", "latency"}
    assert world.canary(US) is None
    told = run(Desk(world), "run", "--dry-run").stdout
    assert "wave 1: us-east-1: 10 %, 50 %, 10 min each, then all; 5 min pause" in told
    assert "wave 2: eu-west-1: 10 %, 50 %, 5 min each" in told


def test_only_one_region_when_asked(tmp_path: Path) -> None:
    world = World()
    run(Desk(world), "run", "--region", EU, "--report", str(tmp_path / "r.html"))
    assert (world.serving(US), world.serving(EU)) == ("d-one", "d-two")


def test_ctrl_c_leaves_the_canary_and_the_same_command_goes_on(tmp_path: Path) -> None:
    world = World()
    desk = Desk(world)
    looks = iter(range(8))

    def interrupt() -> None:
        if next(looks, None) is None:
            raise KeyboardInterrupt

    desk.on_sleep = interrupt
    result = run(desk, "run", "--report", str(tmp_path / "r.html"), code=130)
    assert "us-east-1 at 10 %" in result.stderr
    assert "canary run" in result.stderr
    assert "canary abort" in result.stderr
    assert world.canary(US)["percentTraffic"] == 10
    before = stored(world)
    world.operators.dead.update(range(1, world.operators.next_pid + 1))
    desk.on_sleep = lambda: None
    resumed = run(desk, "run", "--report", str(tmp_path / "r.html"))
    assert "goes on" in resumed.stderr
    assert stored(world).id == before.id
    assert world.serving(EU) == "d-two"


def test_a_second_run_beside_a_living_one_is_refused() -> None:
    world = World()
    world.driver().tick()
    found = stored(world)
    from infra.rollout.store import Store

    found.driver = "bob@desk:7"
    Store(ledger=world.operators.session(US).ledger, clock=world.aws.clock).save(found)
    result = run(Desk(world), "run", code=2)
    assert "bob@desk:7" in result.stderr


def test_abort_takes_everything_back(tmp_path: Path) -> None:
    world = World()
    driver = world.driver()
    while driver.rollout.regions[EU].phase.value != "baking":
        driver.tick()
        world.minutes()
    file = tmp_path / "gateway.yaml"
    dry = run(Desk(world), "abort", "--dry-run", "--gateway-file", str(file))
    assert "us-east-1, eu-west-1" in dry.stdout
    assert "testers" not in dry.stdout
    world.pin(EU)
    dry = run(Desk(world), "abort", "--dry-run", "--gateway-file", str(file))
    assert "would take pinned testers back: eu-west-1" in dry.stdout
    run(Desk(world), "abort", "--reason", "a partner called", "--gateway-file", str(file))
    assert (world.serving(US), world.serving(EU), world.canary(EU)) == ("d-one", "d-one", None)
    assert world.pinned(EU) == []
    assert stored(world).reason == "a partner called"
    assert "no rollout runs" in run(Desk(world), "abort", code=2).stderr


def test_progress_shows_what_runs_and_what_ended(tmp_path: Path) -> None:
    world = World()
    assert "no rollout yet" in run(Desk(world), "progress", code=2).stderr
    driver = world.driver()
    for _ in range(8):
        driver.tick()
        world.minutes()
    told = run(Desk(world), "progress", "--report", str(tmp_path / "now.html")).stdout
    assert "us-east-1  wave 1 of 2  baking at 10 % (step 1 of 2)" in told
    assert "5xx" in told
    assert (tmp_path / "now.html").exists()
    assert json.loads(run(Desk(world), "progress", "--output", "json").stdout)["outcome"] == "running"


def test_nothing_to_release_is_refused() -> None:
    world = World()
    world.aws.region(US).newest = "d-one"
    assert "nothing to release" in run(Desk(world), "run", code=2).stderr


def test_a_service_that_is_not_there_is_refused() -> None:
    assert "no payments" in run(Desk(World()), "run", "--service", "payments", code=2).stderr


def test_aws_cannot_hurry() -> None:
    assert "--minute-seconds" in run(Desk(World()), "run", "--minute-seconds", "2", code=2).stderr


def test_cloudwatch_without_an_answer_is_told_before_anything_begins() -> None:
    world = World()
    world.error = throttled()
    assert "Throttling" in run(Desk(world), "run", code=1).stderr
    assert world.canary(US) is None


@pytest.mark.parametrize(
    ("values", "bars"), [([1.0], "▃ 1 of 100"), ([0.01, 100.0, 1e9], "▁██ 1e+09 of 100"), ([], " - of 100")]
)
def test_the_plot_is_logarithmic_and_stays_in_its_rows(values: list[float], bars: str) -> None:
    assert plot(values, 100.0) == bars


def test_the_screen_shows_every_region() -> None:
    world = World()
    driver = world.driver()
    driver.tick()
    text = "\n".join(line for line, _ in screen(driver.rollout, {}))
    assert "eu-west-1  wave 2 of 2  waiting" in text
