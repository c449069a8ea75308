"""Reading a region, and which release was there before."""

from __future__ import annotations

import pytest

from infra.release import commands
from infra.release.observe import previous_baseline
from tests.infra.release.fake_aws import FakeAws, Operators


def test_a_region_without_a_stack_is_absent_and_needs_no_table(operators: Operators) -> None:
    s = operators.session().observe()
    assert (s.stack.status, s.stage, s.serving) == (None, None, "")
    assert operators.session().history() == ()


def test_everything_is_read(dark: Operators) -> None:
    dark.session().apply(commands.start(12.5))
    s = dark.session().observe(with_history=True)
    assert (s.serving, s.newest, s.stack.baseline, s.stack.percent) == ("d-one", "d-two", "d-one", 12.5)
    assert s.canary is not None
    assert (s.canary.deployment_id, s.canary.percent) == ("d-two", 12.5)
    assert [d.release for d in s.deployments] == ["one", "two"]
    assert s.manifests["d-two"] == ("arn:aws:lambda:us-east-1:111122223333:function:shop-users:2",)


def test_other_stages_are_told_apart(dark: Operators) -> None:
    dark.aws.region("us-east-1").other_stages.append({"stageName": "staging", "deploymentId": "d-two"})
    s = dark.session().observe()
    assert s.stage is not None
    assert s.stage.name == "live"
    assert [stage.deployment_id for stage in s.other_stages] == ["d-two"]


def test_more_releases_than_a_page(aws: FakeAws, operators: Operators) -> None:
    for i in range(7):
        aws.deploy("us-east-1", f"r{i}")
    assert len(operators.session().observe().deployments) == 7


def entry(operation: str, target: str, baseline: str) -> dict[str, str]:
    return {"operation": operation, "target": target, "baseline": baseline}


@pytest.mark.parametrize(
    ("history", "serving", "previous"),
    [
        pytest.param([], "b", "", id="no history"),
        pytest.param([entry("promote", "b", "a")], "b", "a", id="after a promotion"),
        pytest.param([entry("rollback", "b", "b"), entry("promote", "b", "a")], "b", "a", id="a canary since"),
        pytest.param(
            [entry("release-rollback", "a", "b"), entry("promote", "b", "a")], "a", "", id="went back to the first"
        ),
        pytest.param(
            [entry("release-rollback", "b", "c"), entry("promote", "c", "b"), entry("promote", "b", "a")],
            "b",
            "a",
            id="went back to one in the middle",
        ),
    ],
)
def test_the_release_before(history: list[dict[str, str]], serving: str, previous: str) -> None:
    assert previous_baseline(history, serving) == previous
