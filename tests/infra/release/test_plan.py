"""Checks hold and fail where they should; a plan is JSON."""

from __future__ import annotations

import json

import pytest

from infra.release.plan import AnyTime, Check, HasCanary, IntentIs, NoCanary, StackHas, StackIdle, StageServes
from infra.release.plan_canary import plan_start
from infra.release.situation import Situation
from tests.infra.release.situations import REQUEST, intent, running, situation

BUSY = "UPDATE_IN_PROGRESS"


@pytest.mark.parametrize(
    ("check", "holds_in", "fails_in"),
    [
        pytest.param(NoCanary(), situation(), running(), id="no canary"),
        pytest.param(HasCanary("d-two", 10), running(), running(20), id="canary percent"),
        pytest.param(HasCanary("d-two", 10), running(), situation(canary=("one", 10)), id="canary release"),
        pytest.param(StageServes("d-one"), situation(), situation(serving="two"), id="stage"),
        pytest.param(StackHas("d-one", 0), situation(), situation(percent=1), id="percent"),
        pytest.param(StackHas("d-one", 0), situation(), situation(status=BUSY), id="not while it is busy"),
        pytest.param(StackIdle(), situation(), situation(status=BUSY), id="idle"),
        pytest.param(IntentIs("i1"), situation(intent=intent("start")), situation(), id="intent"),
    ],
)
def test_checks(check: Check, holds_in: Situation, fails_in: Situation) -> None:
    assert check.holds(holds_in)
    assert not check.holds(fails_in)
    assert not AnyTime().holds(holds_in)


def test_a_plan_is_json() -> None:
    document = json.loads(json.dumps(plan_start(situation(), 10, request=REQUEST).as_json()))
    assert [step["operation"] for step in document["steps"]] == [
        "write_intent",
        "update_stack",
        "update_stage",
        "finish",
    ]
    assert document["intent"]["target"] == "d-two"
