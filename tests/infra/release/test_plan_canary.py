"""The exact calls of each canary command, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from infra.errors import NothingToDo, Refused
from infra.release.plan import Plan
from infra.release.plan_canary import plan_promote, plan_rollback, plan_start, plan_step
from infra.release.situation import Situation
from tests.infra.release.situations import REQUEST, absent, calls, intent, running, situation


def previous(percent: str) -> dict[str, str]:
    return {"BaselineDeployment": "(previous)", "CanaryPercent": percent, "BootstrapVersion": "(previous)"}


REMOVE = ["remove /canarySettings"]


def test_start_is_one_stack_update() -> None:
    plan = plan_start(situation(), "10", request=REQUEST)
    assert calls(plan) == [
        ("write_intent", None),
        ("update_stack", previous("10")),
        (
            "guard update_stage",
            ["replace /canarySettings/deploymentId d-two", "replace /canarySettings/percentTraffic 10"],
        ),
        ("finish", None),
    ]
    update = plan.steps[1].parameters
    assert update["UsePreviousTemplate"] is True
    assert {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"} <= set(update["Capabilities"])


@pytest.mark.parametrize("baseline", [None, "two"], ids=["not pinned", "pinned to another"])
def test_start_pins_what_the_stage_serves(baseline: str | None) -> None:
    plan = plan_start(situation(baseline=baseline), 0.5, request=REQUEST)
    assert calls(plan)[1] == ("update_stack", {**previous("0.5"), "BaselineDeployment": "d-one"})
    assert "pinned" in plan.notes[0]


def test_start_of_what_is_already_so_does_nothing() -> None:
    assert plan_start(running(10), 10, request=REQUEST).empty


def test_step_changes_only_the_percentage() -> None:
    plan = plan_step(running(), 50, request=REQUEST)
    assert calls(plan)[1] == ("update_stack", previous("50"))


def test_step_to_the_percentage_that_is_there_does_nothing() -> None:
    assert plan_step(running(50), 50, request=REQUEST).empty


def test_promote_is_the_documented_patch_then_remove_then_parameters() -> None:
    plan = plan_promote(running(), request=REQUEST)
    assert calls(plan) == [
        ("write_intent", None),
        (
            "update_stage",
            [
                "replace /canarySettings/percentTraffic 0.0",
                "copy /canarySettings/stageVariableOverrides /variables",
                "copy /canarySettings/deploymentId /deploymentId",
            ],
        ),
        ("update_stage", REMOVE),
        ("update_stack", {**previous("0"), "BaselineDeployment": "d-two"}),
        ("guard update_stage", REMOVE),
        ("finish", None),
    ]


def test_promote_adopts_a_promotion_made_by_hand() -> None:
    by_hand = situation(serving="two", canary=("two", 0), percent=10)
    plan = plan_promote(by_hand, request=REQUEST)
    assert plan.steps[1].done.holds(by_hand)  # the copy is skipped
    assert calls(plan)[3] == ("update_stack", {**previous("0"), "BaselineDeployment": "d-two"})


def test_rollback_removes_the_canary_before_anything_else() -> None:
    plan = plan_rollback(running(), request=REQUEST)
    assert calls(plan) == [
        ("update_stage", REMOVE),
        ("write_intent", None),
        ("update_stack", previous("0")),
        ("guard update_stage", REMOVE),
        ("guard update_stage", ["replace /deploymentId d-one"]),
        ("finish", None),
    ]


def test_rollback_does_not_wait_for_a_running_update_before_its_first_call() -> None:
    plan = plan_rollback(running(status="UPDATE_IN_PROGRESS"), request=REQUEST)
    assert [name for name, _ in calls(plan)][:5] == [
        "update_stage",
        "write_intent",
        "describe_stacks",
        "guard update_stage",
        "update_stack",
    ]
    # The parameters that are shown during an update may not be those that stay.
    assert calls(plan)[4][1] == {**previous("0"), "BaselineDeployment": "d-one"}


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_FAILED", "UPDATE_IN_PROGRESS"])
def test_rollback_is_planned_whatever_the_stack_does(status: str) -> None:
    assert calls(plan_rollback(running(status=status), request=REQUEST))[0] == ("update_stage", REMOVE)


def test_rollback_undoes_a_half_done_promotion_that_moved_the_stage() -> None:
    half = situation(serving="two", canary=("two", 0), percent=10, intent=intent("promote"))
    plan = plan_rollback(half, request=REQUEST)
    assert calls(plan)[:4] == [
        ("update_stage", REMOVE),
        ("write_intent", None),
        ("update_stage", ["replace /deploymentId d-one"]),
        ("update_stack", previous("0")),
    ]
    assert plan.steps[1].parameters["replaces"] == "i1"
    assert "promote" in plan.notes[0]


def test_rollback_syncs_a_stack_that_still_asks_for_a_canary() -> None:
    assert not plan_rollback(situation(percent=10), request=REQUEST).empty


@pytest.mark.parametrize(
    ("plan_of", "where"),
    [
        pytest.param(lambda s: plan_start(s, 10, request=REQUEST), situation(), id="start"),
        pytest.param(lambda s: plan_step(s, 20, request=REQUEST), running(), id="step"),
        pytest.param(lambda s: plan_promote(s, request=REQUEST), running(), id="promote"),
    ],
)
def test_the_intent_is_first_and_the_history_last(plan_of: Callable[[Situation], Plan], where: Situation) -> None:
    plan = plan_of(where)
    assert (plan.steps[0].operation, plan.steps[-1].operation) == ("write_intent", "finish")
    assert plan.intent is not None
    assert plan.intent.owner == REQUEST.owner


REFUSALS = [
    pytest.param(lambda: plan_start(running(), 20, request=REQUEST), "running already", id="start beside a canary"),
    pytest.param(
        lambda: plan_start(situation(newest="one"), 10, request=REQUEST), "two different releases", id="nothing dark"
    ),
    pytest.param(
        lambda: plan_start(situation(newest="gone"), 10, request=REQUEST), "does not exist", id="release is gone"
    ),
    pytest.param(lambda: plan_start(absent(), 10, request=REQUEST), "gatewright deploy", id="start without gateway"),
    pytest.param(lambda: plan_step(situation(), 10, request=REQUEST), "canary start", id="step without canary"),
    pytest.param(
        lambda: plan_step(situation(canary=("two", 10), newest="three", percent=10), 20, request=REQUEST),
        "would swap",
        id="step onto another release",
    ),
    pytest.param(lambda: plan_promote(situation(), request=REQUEST), "no canary", id="promote without canary"),
    pytest.param(
        lambda: plan_promote(situation(canary=("one", 10)), request=REQUEST),
        "both serve",
        id="promote a canary of the same release",
    ),
    pytest.param(lambda: plan_rollback(situation(), request=REQUEST), "release rollback", id="rollback without canary"),
    pytest.param(lambda: plan_rollback(absent(), request=REQUEST), "no gateway", id="rollback without gateway"),
]


@pytest.mark.parametrize(("plan_of", "says"), REFUSALS)
def test_refusals_say_why_and_the_way_out(plan_of: Callable[[], Plan], says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        plan_of()
    assert refused.value.exit_code == 2
    assert "gatewright" in str(refused.value)


def test_a_missing_canary_is_told_apart_so_that_other_regions_go_on() -> None:
    with pytest.raises(NothingToDo):
        plan_promote(situation(), request=REQUEST)


@pytest.mark.parametrize(
    "status", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"]
)
@pytest.mark.parametrize(
    "plan_of",
    [
        pytest.param(lambda status: plan_start(situation(status=status), 10, request=REQUEST), id="start"),
        pytest.param(lambda status: plan_step(running(status=status), 20, request=REQUEST), id="step"),
        pytest.param(lambda status: plan_promote(running(status=status), request=REQUEST), id="promote"),
    ],
)
def test_a_stack_that_takes_no_update_is_refused(plan_of: Callable[[str], Plan], status: str) -> None:
    with pytest.raises(Refused, match=status):
        plan_of(status)


@pytest.mark.parametrize("pending", ["start", "step", "promote", "release-rollback", "pin"])
def test_another_command_is_refused_while_one_is_half_done(pending: str) -> None:
    where = running(intent=intent(pending, percent=10))
    others: dict[str, Callable[[], Plan]] = {
        "start": lambda: plan_start(where, 20, request=REQUEST),
        "step": lambda: plan_step(where, 20, request=REQUEST),
        "promote": lambda: plan_promote(where, request=REQUEST),
    }
    for operation, plan_of in others.items():
        if operation == pending == "promote":
            continue
        with pytest.raises(Refused, match=r"half done.*canary rollback"):
            plan_of()
    assert plan_rollback(where, request=REQUEST).intent is not None


def test_a_half_done_rollback_is_resumed_with_its_own_target() -> None:
    where = situation(serving="two", percent=10, intent=intent("rollback", target="one", baseline="two"))
    plan = plan_rollback(where, request=REQUEST)
    assert plan.intent is not None
    assert (plan.intent.id, plan.intent.target) == ("i1", "d-one")
    assert ("update_stage", ["replace /deploymentId d-one"]) in calls(plan)
