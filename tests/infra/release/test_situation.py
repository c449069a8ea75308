"""Stack statuses, release names, and when stage and stack agree."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from infra.release.situation import Condition, Deployment, Situation
from tests.infra.release.situations import absent, running, situation


@pytest.mark.parametrize(
    ("status", "condition"),
    [
        (None, Condition.ABSENT),
        ("DELETE_COMPLETE", Condition.ABSENT),
        ("REVIEW_IN_PROGRESS", Condition.ABSENT),
        ("CREATE_COMPLETE", Condition.READY),
        ("UPDATE_COMPLETE", Condition.READY),
        ("UPDATE_ROLLBACK_COMPLETE", Condition.READY),
        ("IMPORT_COMPLETE", Condition.READY),
        ("CREATE_IN_PROGRESS", Condition.BUSY),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Condition.BUSY),
        ("UPDATE_ROLLBACK_IN_PROGRESS", Condition.BUSY),
        ("ROLLBACK_COMPLETE", Condition.BROKEN),
        ("UPDATE_ROLLBACK_FAILED", Condition.BROKEN),
        ("DELETE_FAILED", Condition.BROKEN),
        ("SOMETHING_NEW", Condition.BROKEN),
    ],
)
def test_a_status_says_what_can_be_done(status: str | None, condition: Condition) -> None:
    assert Condition.of(status) is condition


@pytest.mark.parametrize(
    ("description", "release"), [("release 3f2a91bc of shop", "3f2a91bc"), ("", "id1"), ("by hand", "id1")]
)
def test_the_description_names_the_release(description: str, release: str) -> None:
    assert Deployment(id="id1", description=description, created=datetime.now(UTC)).release == release


@pytest.mark.parametrize(
    ("where", "agrees"),
    [
        pytest.param(situation(), True, id="pinned, dark"),
        pytest.param(situation(baseline=None, serving="two"), True, id="first deploy"),
        pytest.param(situation(baseline=None), False, id="not pinned, stage elsewhere"),
        pytest.param(situation(serving="two"), False, id="stage moved by hand"),
        pytest.param(running(), True, id="canary"),
        pytest.param(running(33.3), True, id="canary with a fraction"),
        pytest.param(situation(percent=10), False, id="canary removed by hand"),
        pytest.param(situation(canary=("two", 10)), False, id="canary left on the stage"),
        pytest.param(situation(canary=("two", 10), percent=20), False, id="another percentage"),
        pytest.param(situation(canary=("one", 10), percent=10), False, id="canary of another release"),
        pytest.param(absent(), False, id="nothing there"),
    ],
)
def test_when_stage_and_stack_agree(where: Situation, agrees: bool) -> None:
    assert where.agrees is agrees


def test_a_percentage_that_came_back_as_a_float_agrees() -> None:
    assert situation(canary=("two", 33.29999), percent=33.3).agrees
