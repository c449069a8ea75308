"""Deploys: the first goes live and is pinned, later ones are dark, and nothing happens under a canary."""

from __future__ import annotations

import pytest

from infra.errors import CommandFailed, GatewrightError, Locked, Refused
from infra.release import commands
from infra.release.awsclient import AwsClient
from infra.release.deploy import bootstrap, deploy, plan_deploy
from tests.infra.release.fake_aws import FakeAws, Killed, Operators
from tests.infra.release.fake_cdk import FakeCdk

US, EU = "us-east-1", "eu-west-1"


@pytest.fixture
def cdk(aws: FakeAws) -> FakeCdk:
    return FakeCdk(aws)


def test_the_first_deploy_goes_live_in_every_region_and_is_pinned(operators: Operators, cdk: FakeCdk) -> None:
    us, eu = deploy([operators.session(US), operators.session(EU)], cdk.cdk())
    for one in (us, eu):
        assert (one.first, one.pinned, one.dark, one.serving, one.newest) == (True, True, False, "d-one", "d-one")
    assert operators.aws.region(EU).parameters["BaselineDeployment"] == "d-one"
    assert [run[0] for run in cdk.ran] == ["synth", "deploy", "deploy"]
    assert [run[1] for run in cdk.ran[1:]] == ["Gatewright-shop-us-east-1", "Gatewright-shop-eu-west-1"]


def test_the_next_deploy_is_dark(operators: Operators, cdk: FakeCdk) -> None:
    deploy([operators.session()], cdk.cdk())
    cdk.release = "two"
    (done,) = deploy([operators.session()], cdk.cdk())
    assert (done.first, done.pinned, done.published, done.dark) == (False, False, True, True)
    assert (done.serving, done.newest_name) == ("d-one", "two")
    assert operators.session().ledger.manifests().keys() == {"d-one", "d-two"}
    (again,) = deploy([operators.session()], cdk.cdk())
    assert (again.published, again.dark) == (False, True)


def test_a_canary_in_any_region_stops_the_deploy_in_all(operators: Operators, cdk: FakeCdk) -> None:
    deploy([operators.session(US), operators.session(EU)], cdk.cdk())
    cdk.release = "two"
    deploy([operators.session(EU)], cdk.cdk())
    operators.session(EU).apply(commands.start(10))
    cdk.ran.clear()
    with pytest.raises(Refused, match=r"canary promote.*canary rollback"):
        deploy([operators.session(US), operators.session(EU)], cdk.cdk())
    assert cdk.ran == []


def test_a_rollback_that_died_before_it_was_written_down_is_finished_first(dark: Operators, cdk: FakeCdk) -> None:
    dark.session().apply(commands.start(10))
    dying = dark.session()
    dark.aws.kill_after = 2  # the lock, and the call that removes the canary
    with pytest.raises(Killed):
        dying.apply(commands.rollback())
    dark.bury(dying)
    dark.aws.revive()
    assert "canarySettings" not in dark.aws.region(US).stage

    for attempt in (lambda: deploy([dark.session()], cdk.cdk()), lambda: dark.session().apply(commands.step(50))):
        with pytest.raises(Refused, match=r"gatewright canary rollback --region us-east-1"):
            attempt()
    dark.session().apply(commands.rollback())
    assert dark.session().observe().agrees
    deploy([dark.session()], cdk.cdk())


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "CREATE_IN_PROGRESS"])
def test_a_busy_stack_stops_the_deploy(dark: Operators, cdk: FakeCdk, status: str) -> None:
    dark.aws.region(US).status = status
    with pytest.raises(Refused, match=status):
        deploy([dark.session()], cdk.cdk())


def test_a_half_done_command_stops_the_deploy(dark: Operators, cdk: FakeCdk) -> None:
    dark.aws.kill_after = 2
    session = dark.session()
    with pytest.raises(Killed):
        session.apply(commands.start(10))
    dark.bury(session)
    with pytest.raises(Refused, match="half done"):
        deploy([dark.session()], cdk.cdk())


def test_another_operator_is_kept_out_while_cdk_runs(dark: Operators, cdk: FakeCdk) -> None:
    refused: list[GatewrightError] = []

    def meanwhile() -> None:
        with pytest.raises(Locked) as raised:
            dark.session(host="desk").apply(commands.start(10))
        refused.append(raised.value)

    cdk.before, cdk.release = meanwhile, "three"
    deploy([dark.session()], cdk.cdk())
    assert refused
    assert dark.session().observe().lock is None


def test_a_failure_leaves_the_lock_free_and_the_regions_before_it_deployed(operators: Operators, cdk: FakeCdk) -> None:
    deploy([operators.session(US), operators.session(EU)], cdk.cdk())
    cdk.release, cdk.fail_in = "two", EU
    with pytest.raises(CommandFailed, match=EU):
        deploy([operators.session(US), operators.session(EU)], cdk.cdk())
    assert operators.session(US).observe().newest == "d-two"
    assert operators.session(EU).observe().lock is None


def test_a_run_killed_between_deploy_and_pin_does_not_let_the_next_release_go_live(
    operators: Operators, cdk: FakeCdk
) -> None:
    operators.aws.deploy(US, "one")  # deployed, and died before the pin
    cdk.release = "two"
    (done,) = deploy([operators.session()], cdk.cdk())
    assert (done.serving, done.newest, done.pinned, done.dark) == ("d-one", "d-two", True, True)


def test_the_plan_is_the_command_that_runs(operators: Operators, cdk: FakeCdk) -> None:
    plan = plan_deploy(operators.session().observe(), cdk.cdk())
    deploy([operators.session()], cdk.cdk())
    assert tuple(plan.steps[0].parameters["arguments"]) == cdk.ran[1]
    assert "pinned" in plan.notes[0]


def test_bootstrap_only_where_it_is_needed(cdk: FakeCdk) -> None:
    class Accounts:
        def __init__(self, there: bool) -> None:
            self.there = there

        def get_caller_identity(self) -> dict[str, str]:
            return {"Account": "111122223333"}

        def describe_stacks(self, StackName: str) -> dict[str, object]:  # noqa: N803
            return {"Stacks": [{"StackStatus": "CREATE_COMPLETE" if self.there else "DELETE_COMPLETE"}]}

    def client(region: str, there: bool) -> AwsClient:
        return AwsClient(region=region, factory=lambda *_: Accounts(there), sleep=lambda _: None, clock=lambda: 0)

    bootstrap([client(US, True), client(EU, False)], cdk.cdk(), lambda _: None)
    assert [run[:2] for run in cdk.ran] == [("bootstrap", f"aws://111122223333/{EU}")]
