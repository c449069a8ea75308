"""A run killed after any single call and run again finishes: stage, stack parameters and ledger agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from infra.release import commands, pinning
from infra.release.pins import Header, plan_pin
from infra.release.session import Command
from tests.infra.release.fake_aws import FakeAws, Killed, Operators, Region
from tests.infra.release.fake_domains import Domains

REGION = "us-east-1"


@dataclass(frozen=True)
class Case:
    """A command from a prepared state; what must be served after it."""

    prepare: tuple[Callable[[], Command], ...]
    command: Callable[[], Command]
    serves: str
    canary: float | None


CASES = {
    "start": Case((), lambda: commands.start(10), "d-one", 10),
    "step": Case((lambda: commands.start(10),), lambda: commands.step(50), "d-one", 50),
    "promote": Case((lambda: commands.start(10),), commands.promote, "d-two", None),
    "rollback": Case((lambda: commands.start(10),), commands.rollback, "d-one", None),
    "release-rollback": Case(
        (lambda: commands.start(10), commands.promote), lambda: commands.release_rollback("one"), "d-one", None
    ),
}
KILLS = range(1, 12)  # the longest command changes fewer things than this


def ready(aws: FakeAws, case: Case) -> Operators:
    operators = Operators(aws)
    aws.deploy(REGION, "one")
    operators.session().apply(commands.pin())
    aws.deploy(REGION, "two")
    for prepare in case.prepare:
        operators.session().apply(prepare())
    aws.calls.clear()
    return operators


def truth(region: Region) -> tuple[str, float | None]:
    canary = region.stage.get("canarySettings")
    return region.stage["deploymentId"], canary["percentTraffic"] if canary else None


def assert_agreement(operators: Operators, case: Case) -> None:
    region = operators.aws.region(REGION)
    assert truth(region) == (case.serves, case.canary)
    assert region.parameters == {"BaselineDeployment": case.serves, "CanaryPercent": f"{case.canary or 0:g}"}
    situation = operators.session().observe()
    assert situation.agrees
    assert situation.intent is None
    assert situation.lock is None


def kill(operators: Operators, command: Command, after: int) -> bool:
    """Run a command that dies after its n-th change; whether it died with the lock in its hand.

    Giving the lock back is the last change: who dies after that has finished.
    """
    operators.aws.kill_after = after
    session = operators.session()
    try:
        session.apply(command)
    except Killed:
        operators.bury(session)
        return ("lock", "lock") in operators.aws.region(REGION).items
    operators.aws.revive()
    return False


@pytest.mark.parametrize("resends", [False, True], ids=["sends-changes", "resends-all"])
@pytest.mark.parametrize("polls", [0, 3], ids=["fast-stack", "slow-stack"])
@pytest.mark.parametrize("name", CASES)
def test_run_again_after_a_kill_finishes(name: str, polls: int, resends: bool) -> None:
    case = CASES[name]
    died = 0
    for after in KILLS:
        aws = FakeAws(polls=polls, resends=resends)
        operators = ready(aws, case)
        if not kill(operators, case.command(), after):
            break
        died += 1
        if kill(operators, case.command(), 2):  # and once more, early in the second run
            operators.session().apply(case.command())
        assert_agreement(operators, case)
        history = operators.session().ledger.history()
        assert [h["operation"] for h in history].count(name) == 1
    else:
        pytest.fail("the command never ran through: KILLS is too short")
    assert died >= 5  # lock, intent, at least one AWS call, history, intent cleared


def pinned(case: Case) -> Operators:
    operators = ready(FakeAws(), case)
    header = Header(name="X-Release", value="canary")
    pinning.apply(operators.session(), lambda scene: plan_pin(scene, header), header=header)
    operators.aws.calls.clear()
    return operators


@pytest.mark.parametrize("name", ["promote", "rollback"])
def test_testers_are_taken_back_wherever_the_first_run_was_killed(name: str) -> None:
    case = CASES[name]
    for after in range(1, 30):
        operators = pinned(case)
        if not kill(operators, case.command(), after):
            break
        operators.session().apply(case.command())
        assert_agreement(operators, case)
        region = operators.aws.region(REGION)
        assert region.other_stages == []
        assert region.domains == Domains()
        history = operators.session().ledger.history()
        assert [h["operation"] for h in history].count(name) == 1
    else:
        pytest.fail("the command never ran through")
    assert after > 10


def test_testers_delay_no_rollback() -> None:
    """Whatever they cost comes after the traffic has left and the stack has followed."""
    operators = pinned(CASES["rollback"])
    operators.session().apply(commands.rollback())
    beyond_ledger = [operation for service, operation, _ in operators.aws.calls if service != "dynamodb"]
    assert beyond_ledger == [
        "update_stage",
        "update_stack",
        "delete_routing_rule",
        "update_domain_name",
        "update_usage_plan",
        "delete_stage",
    ]


@pytest.mark.parametrize("half", ["start", "step", "promote", "release-rollback"])
def test_rollback_takes_over_what_was_half_done(half: str) -> None:
    case = CASES[half]
    before = {"start": "d-one", "step": "d-one", "promote": "d-one", "release-rollback": "d-two"}[half]
    for after in KILLS:
        operators = ready(FakeAws(polls=3), case)
        if not kill(operators, case.command(), after):
            break
        pending = ("intent", "intent") in operators.aws.region(REGION).items
        if not pending and half in ("start", "release-rollback"):
            continue  # killed before the intent or after the end: nothing for rollback to take over
        served = truth(operators.aws.region(REGION))[0]
        if not pending and half == "promote" and served == "d-two":
            continue  # the promotion was complete
        operators.session().apply(commands.rollback())
        assert_agreement(operators, Case((), commands.rollback, before, None))


def test_traffic_leaves_the_canary_with_the_first_call_of_rollback(dark: Operators) -> None:
    dark.session().apply(commands.start(10))
    dark.aws.calls.clear()
    dark.session().apply(commands.rollback())
    beyond_ledger = [(service, operation) for service, operation, _ in dark.aws.calls if service != "dynamodb"]
    assert beyond_ledger == [("apigateway", "update_stage"), ("cloudformation", "update_stack")]
    first = next(parameters for service, _, parameters in dark.aws.calls if service == "apigateway")
    assert first["patchOperations"] == [{"op": "remove", "path": "/canarySettings"}]


def test_rollback_while_a_start_still_updates_the_stack_leaves_no_canary(dark: Operators) -> None:
    dark.aws.polls = 5
    assert kill(dark, commands.start(10), 3)  # lock, intent, update_stack: the update goes on without us
    assert dark.aws.region(REGION).status == "UPDATE_IN_PROGRESS"
    dark.session().apply(commands.rollback())
    assert_agreement(dark, Case((), commands.rollback, "d-one", None))
