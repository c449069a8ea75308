"""The exact calls of pin, release rollback and prune, and what is never deleted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import Refused
from infra.release.plan_release import plan_deploy_pin, plan_prune, plan_release_rollback, releases_in_use
from infra.release.situation import Canary, Stage
from tests.infra.release.situations import REQUEST, calls, intent, running, situation

FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:shop-users"


def test_the_first_deploy_is_pinned() -> None:
    plan = plan_deploy_pin(situation(baseline=None, newest="one"), request=REQUEST)
    assert calls(plan)[1] == (
        "update_stack",
        {"BaselineDeployment": "d-one", "CanaryPercent": "0", "BootstrapVersion": "(previous)"},
    )


def test_a_pinned_baseline_needs_no_pin() -> None:
    assert plan_deploy_pin(situation(), request=REQUEST).empty


@pytest.mark.parametrize(
    "where", [situation(baseline="two"), situation(percent=10)], ids=["another baseline", "a percentage left over"]
)
def test_a_stack_that_disagrees_with_the_stage_is_pinned_anew(where: object) -> None:
    assert not plan_deploy_pin(where, request=REQUEST).empty  # type: ignore[arg-type]


def test_release_rollback_moves_the_pointer_first() -> None:
    plan = plan_release_rollback(situation(serving="two", baseline="two"), "one", request=REQUEST)
    assert calls(plan) == [
        ("write_intent", None),
        ("update_stage", ["replace /deploymentId d-one"]),
        (
            "update_stack",
            {"BaselineDeployment": "d-one", "CanaryPercent": "0", "BootstrapVersion": "(previous)"},
        ),
        ("guard update_stage", ["remove /canarySettings"]),
        ("guard update_stage", ["replace /deploymentId d-one"]),
        ("finish", None),
    ]


def test_release_rollback_without_a_name_goes_to_the_release_before() -> None:
    where = situation(serving="two", baseline="two", previous_baseline="d-one")
    plan = plan_release_rollback(where, "", request=REQUEST)
    assert plan.intent is not None
    assert plan.intent.target == "d-one"


def test_release_rollback_to_what_is_served_does_nothing() -> None:
    assert plan_release_rollback(situation(), "d-one", request=REQUEST).empty


@pytest.mark.parametrize(
    ("where", "release", "says"),
    [
        pytest.param(situation(), "nine", "does not exist", id="no such release"),
        pytest.param(situation(), "", "no earlier release", id="no release before"),
        pytest.param(running(), "two", "canary is running", id="a canary is running"),
        pytest.param(situation(releases=("one", "two", "two")), "two", "more than one", id="an ambiguous name"),
        pytest.param(situation(intent=intent("start", percent=5)), "two", "half done", id="a start is half done"),
    ],
)
def test_release_rollback_refuses(where: object, release: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        plan_release_rollback(where, release, request=REQUEST)  # type: ignore[arg-type]


RELEASES = tuple("abcdefgh")
USES = st.fixed_dictionaries(
    {
        "serving": st.sampled_from(RELEASES),
        "newest": st.sampled_from(RELEASES),
        "baseline": st.none() | st.sampled_from(RELEASES),
        "canary": st.none() | st.tuples(st.sampled_from(RELEASES), st.just(10.0)),
        "previous_baseline": st.sampled_from(("", *(f"d-{r}" for r in RELEASES))),
    }
)


@given(uses=USES, other=st.sampled_from(RELEASES), keep=st.integers(0, 9))
def test_prune_never_touches_a_release_in_use(uses: dict[str, object], other: str, keep: int) -> None:
    staging = Stage(name="staging", deployment_id=f"d-{other}", canary=Canary(deployment_id="d-c", percent=1))
    where = situation(releases=RELEASES, other_stages=(staging,), **uses)  # type: ignore[arg-type]
    plan = plan_prune(where, keep, request=REQUEST)
    deleted = {s.parameters["deploymentId"] for s in plan.steps if s.operation == "delete_deployment"}
    assert deleted.isdisjoint(releases_in_use(where))
    assert deleted.isdisjoint({f"d-{other}", "d-c", where.serving, where.newest})
    assert deleted.isdisjoint([d.id for d in where.deployments[max(0, len(RELEASES) - keep) :]])
    old = [d.id for d in where.deployments[: max(0, len(RELEASES) - keep)]]
    assert deleted == set(old) - releases_in_use(where).keys()


def manifests(*known: str) -> dict[str, tuple[str, ...]]:
    return {f"d-{name}": (f"{FUNCTION}:{number}",) for number, name in enumerate(RELEASES[:4], 1) if name in known}


PUBLISHED = tuple(f"{FUNCTION}:{number}" for number in range(1, 6))


def test_prune_deletes_the_versions_that_no_kept_release_calls() -> None:
    where = situation(
        serving="c", baseline="c", newest="d", releases=RELEASES[:4], manifests=manifests(*"abcd"), published=PUBLISHED
    )
    plan = plan_prune(where, 2, request=REQUEST)
    versions = [s.parameters["Qualifier"] for s in plan.steps if s.operation == "delete_function"]
    assert versions == ["1", "2", "5"]
    assert [s.parameters["deployment_id"] for s in plan.steps if s.operation == "forget_release"] == ["d-b", "d-a"]
    assert (plan.steps[0].operation, plan.steps[-1].operation) == ("record", "record")


def test_prune_leaves_versions_alone_when_a_kept_release_is_unknown() -> None:
    where = situation(
        serving="c", baseline="c", newest="d", releases=RELEASES[:4], manifests=manifests(*"abd"), published=PUBLISHED
    )
    plan = plan_prune(where, 2, request=REQUEST)
    assert not [s for s in plan.steps if s.operation == "delete_function"]
    assert "left alone" in plan.notes[0]
    assert "d-c" in plan.notes[0]


@pytest.mark.parametrize(
    ("where", "keep", "says"),
    [
        pytest.param(situation(), -1, "negative", id="negative keep"),
        pytest.param(situation(status="UPDATE_IN_PROGRESS"), 1, "IN_PROGRESS", id="a busy stack"),
        pytest.param(situation(intent=intent("promote")), 1, "half done", id="a promotion is half done"),
    ],
)
def test_prune_refuses(where: object, keep: int, says: str) -> None:
    with pytest.raises(Refused, match=says):
        plan_prune(where, keep, request=REQUEST)  # type: ignore[arg-type]
