"""Lock, look, plan, run: in that order, and what a session knows of the run before it."""

from __future__ import annotations

import pytest

from infra.errors import CloudError, Locked, NothingToDo, Refused, Unreachable
from infra.release import commands
from infra.release.ledger import Ledger
from infra.release.plan import Plan, Request
from infra.release.session import Command
from infra.release.situation import Situation
from tests.infra.release.fake_aws import Killed, Operators

REGION = "us-east-1"


def test_the_plan_is_made_under_the_lock(dark: Operators) -> None:
    held: list[bool] = []

    def planner(s: Situation, request: Request) -> Plan:
        held.append(s.lock is not None and s.lock.owner == request.owner)
        return Plan(operation="look", region=REGION, summary="nothing")

    assert dark.session().apply(Command(operation="look", planner=planner)).outcomes == ()
    assert held == [True]
    assert dark.session().observe().lock is None


def test_a_second_operator_changes_nothing(dark: Operators) -> None:
    first = dark.session(host="desk")
    first.ledger.acquire()
    dark.aws.calls.clear()
    with pytest.raises(Locked, match="desk"):
        dark.session().apply(commands.start(10))
    assert dark.aws.calls == []


def test_without_a_gateway_the_refusal_says_so_and_not_that_a_table_is_missing(operators: Operators) -> None:
    with pytest.raises(NothingToDo, match="gatewright deploy"):
        operators.session().apply(commands.promote())


def test_a_rerun_waits_for_the_update_that_the_dead_run_began(dark: Operators) -> None:
    dark.aws.polls, dark.aws.kill_after = 4, 3
    session = dark.session()
    with pytest.raises(Killed):
        session.apply(commands.start(10))
    dark.bury(session)
    assert dark.aws.region(REGION).status == "UPDATE_IN_PROGRESS"
    done = dark.session().apply(commands.start(10))
    assert {o.key: o.result for o in done.outcomes}["set-parameters"] == "not needed"
    assert any("the earlier run" in message for message in dark.messages)


def test_rollback_takes_traffic_off_even_when_the_ledger_does_not_answer(
    dark: Operators, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_: Ledger) -> str:
        raise Unreachable("dynamodb put_item in us-east-1: no answer.")

    dark.session().apply(commands.start(10))
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "acquire", silent)
        with pytest.raises(CloudError, match=r"all traffic is off the canary.*no answer.*again"):
            dark.session().apply(commands.rollback())
        assert "canarySettings" not in dark.aws.region(REGION).stage
        with pytest.raises(Unreachable):  # nothing left to take off: the plain error
            dark.session().apply(commands.rollback())
        with pytest.raises(Unreachable):  # and no other command goes on without its lock
            dark.session().apply(commands.start(20))
    dark.session().apply(commands.rollback())
    assert dark.session().observe().agrees


def killed_with_the_lock_in_hand(dark: Operators) -> None:
    """A promotion that did everything but give the lock back."""
    dark.session().apply(commands.start(10))
    dark.aws.calls.clear()
    plain = Operators(dark.aws)
    plain.next_pid, plain.dead = 500, dark.dead
    session = plain.session()
    dark.aws.kill_after = 7  # lock, intent, three calls, history, intent cleared
    with pytest.raises(Killed):
        session.apply(commands.promote())
    dark.bury(session)
    assert ("intent", "intent") not in dark.aws.region(REGION).items


def test_a_rerun_of_what_a_dead_run_finished_is_done_not_refused(dark: Operators) -> None:
    killed_with_the_lock_in_hand(dark)
    done = dark.session().apply(commands.promote())
    assert done.plan.empty
    assert "finished it before it died" in done.plan.summary
    with pytest.raises(NothingToDo):  # only once: the next one finds a free lock
        dark.session().apply(commands.promote())


def test_another_command_than_the_dead_run_s_is_judged_on_its_own(dark: Operators) -> None:
    killed_with_the_lock_in_hand(dark)
    with pytest.raises(Refused, match="no canary"):
        dark.session().apply(commands.step(50))


def test_the_newest_release_is_adopted_by_any_command_that_changes_something(dark: Operators) -> None:
    assert "d-two" not in dark.session().ledger.manifests()
    dark.session().apply(commands.start(10))
    assert "d-two" in dark.session().ledger.manifests()
