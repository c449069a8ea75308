"""What the executor makes of calls that fail, stacks that do not follow, and a lock that is lost."""

from __future__ import annotations

import pytest

from infra.errors import CloudError, Locked, Refused
from infra.release import commands
from tests.infra.release.fake_aws import FakeAws, Operators

REGION = "us-east-1"


def test_a_failed_update_says_why_and_is_resumed(dark: Operators) -> None:
    dark.aws.region(REGION).fail_next_update = True
    with pytest.raises(CloudError, match=r"UPDATE_ROLLBACK_COMPLETE.*Stage: told to fail.*resumes"):
        dark.session().apply(commands.start(10))
    done = dark.session().apply(commands.start(10))
    assert done.plan.intent is not None
    assert dark.aws.region(REGION).stage["canarySettings"]["percentTraffic"] == 10
    assert dark.session().observe().lock is None


def test_the_lock_is_given_back_after_a_failure(dark: Operators) -> None:
    dark.aws.region(REGION).fail_next_update = True
    with pytest.raises(CloudError):
        dark.session().apply(commands.start(10))
    assert dark.session(host="elsewhere").observe().lock is None


def test_a_start_whose_stack_already_asks_for_it_sets_the_canary_directly(dark: Operators) -> None:
    dark.session().apply(commands.start(10))
    dark.aws.region(REGION).stage.pop("canarySettings")  # removed by hand, the stack still says 10
    done = dark.session().apply(commands.start(10))
    assert dark.aws.region(REGION).stage["canarySettings"] == {"deploymentId": "d-two", "percentTraffic": 10.0}
    results = {o.key: o.result for o in done.outcomes}
    assert results["set-parameters"] == "not needed"
    assert results["set-canary"] == "done"


def test_in_the_ordinary_case_no_guard_is_needed(dark: Operators) -> None:
    for command in (commands.start(10), commands.step(50), commands.promote()):
        done = dark.session().apply(command)
        guards = {step.key for step in done.plan.steps if step.guard}
        assert {o.key for o in done.outcomes if o.result == "not needed"} == guards


def test_rollback_takes_traffic_off_even_when_the_stack_is_broken(dark: Operators) -> None:
    dark.session().apply(commands.start(10))
    region = dark.aws.region(REGION)
    region.status = "UPDATE_ROLLBACK_FAILED"
    with pytest.raises(Refused, match="continue-update-rollback"):
        dark.session().apply(commands.rollback())
    assert "canarySettings" not in region.stage
    region.status = "UPDATE_ROLLBACK_COMPLETE"
    dark.session().apply(commands.rollback())
    assert dark.session().observe().agrees


def test_a_lost_lock_stops_the_run_before_its_next_call(dark: Operators) -> None:
    def steal(aws: FakeAws, service: str, operation: str) -> None:
        if operation == "put_item" and ("intent", "intent") in aws.region(REGION).items:
            aws.region(REGION).items[("lock", "lock")]["owner"] = {"S": "bob@desk:1"}
            aws.now += 60

    dark.aws.on_call = steal
    with pytest.raises(Locked, match="taken over"):
        dark.session().apply(commands.start(10))
    assert "canarySettings" not in dark.aws.region(REGION).stage
    assert dark.aws.region(REGION).items[("lock", "lock")]["owner"] == {"S": "bob@desk:1"}


def test_something_else_that_moves_the_stage_meanwhile_is_noticed(dark: Operators) -> None:
    def meddle(aws: FakeAws, service: str, operation: str) -> None:
        if operation == "update_stack":
            aws.on_call = None
            aws.deploy("eu-west-1", "x")
            aws.region(REGION).stage["deploymentId"] = "d-two"

    dark.aws.on_call = meddle
    with pytest.raises(CloudError, match=r"the stage serves d-two.*BaselineDeployment d-one"):
        dark.session().apply(commands.start(10))
    assert dark.session().observe().intent is not None


def test_an_unconfirmed_plan_changes_nothing(dark: Operators) -> None:
    with pytest.raises(Refused, match="not confirmed"):
        dark.session().apply(commands.start(10), confirm=lambda _: False)
    assert dark.session().observe().intent is None


def test_a_dry_run_takes_no_lock_and_makes_no_change(dark: Operators) -> None:
    plan = dark.session().plan(commands.start(10))
    assert not plan.empty
    assert dark.aws.calls == []


def test_the_history_keeps_the_evidence(dark: Operators) -> None:
    dark.session().apply(commands.start(10))
    (entry, *_) = dark.session().history()
    assert entry["operation"] == "start"
    assert entry["percent"] == 10
    assert entry["finished_by"] == entry["owner"]
    assert entry["evidence"]["before"]["stage"]["canary"] is None
    assert entry["evidence"]["after"]["stage"]["canary"]["deployment_id"] == "d-two"
    assert entry["evidence"]["after"]["stack"]["percent"] == 10


def test_prune_deletes_releases_and_versions_and_can_be_repeated(dark: Operators) -> None:
    region = dark.aws.region(REGION)
    for release in ("three", "four"):
        dark.aws.deploy(REGION, release)
        session = dark.session()
        session.adopt()
    function = next(iter(region.versions))
    dark.session().ledger.record_release("d-two", [f"{function}:2"])
    dark.session().apply(commands.prune(1))
    assert set(region.deployments) == {"d-one", "d-four"}
    assert region.versions[function] == ["1", "4"]
    assert dark.session().apply(commands.prune(1)).plan.empty
    assert set(dark.session().ledger.manifests()) == {"d-one", "d-four"}
    assert dark.session().history()[0]["outcome"] == "done"
