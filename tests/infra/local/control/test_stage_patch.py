"""Laws of a stage's patch: all or nothing, a canary within bounds, promotion merges."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from infra.local.control import stage_patch, stage_rules
from infra.local.control.errors import AwsError
from infra.local.control.patch import PatchOperation
from infra.local.control.store import Definition, Deployment, RestApi

API = RestApi(
    id="api",
    account="1",
    region="r",
    root_resource_id="root",
    attributes={},
    live=Definition(),
    deployments={key: Deployment(key, None, 0.0, Definition()) for key in ("d1", "d2", "d3")},
)
VALUES = st.sampled_from(["d1", "d2", "d3", "d9", "0", "50", "100.0", "101", "-1", "true", "", "nan", "x y", None])
NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.one_of(
    st.sampled_from(
        [
            "/deploymentId",
            "/canarySettings",
            "/canarySettings/deploymentId",
            "/canarySettings/percentTraffic",
            "/canarySettings/useStageCache",
            "/canarySettings/stageVariableOverrides",
            "/description",
            "/accessLogSettings/format",
            "/*/*/throttling/rateLimit",
            "/a/b/GET/metrics/enabled",
            "/*/*",
            "/tracingEnabled",
            "nonsense",
            "",
        ]
    ),
    NAMES.map(lambda name: f"/variables/{name}"),
    NAMES.map(lambda name: f"/canarySettings/stageVariableOverrides/{name}"),
)
SOURCES = st.sampled_from(
    ["/canarySettings/deploymentId", "/canarySettings/stageVariableOverrides", "/variables", None]
)
OPERATIONS = st.lists(
    st.builds(
        PatchOperation,
        op=st.sampled_from(["replace", "replace", "replace", "remove", "add", "copy"]),
        path=PATHS,
        value=VALUES,
        source=SOURCES,
    ),
    max_size=8,
)


def stage() -> dict[str, Any]:
    return stage_rules.new_stage(0.0, name="dev", deployment_id="d1", variables={"a": "1", "b": "2"})


def attempt(before: dict[str, Any], operations: list[PatchOperation]) -> dict[str, Any] | AwsError:
    try:
        return stage_patch.apply(API, before, operations)
    except AwsError as error:
        return error


@given(OPERATIONS)
def test_whatever_is_accepted_is_a_stage_that_could_serve(operations: list[PatchOperation]) -> None:
    before = stage()
    kept = copy.deepcopy(before)
    after = attempt(before, operations)
    if isinstance(after, AwsError):
        assert (after.status, after.code) == (400, "BadRequestException")
    else:
        assert after["deploymentId"] in API.deployments
        live = after.get("canarySettings")
        if live is not None:
            assert live["deploymentId"] in API.deployments
            assert 0.0 <= live["percentTraffic"] <= 100.0
        assert all(after.get("variables", {"a": "1"}).values())
    assert before == kept


@given(
    st.dictionaries(NAMES, st.sampled_from(["1", "2", "3"])),
    st.dictionaries(NAMES, st.sampled_from(["7", "8", "9"]), min_size=1),
)
def test_promotion_is_a_union_in_which_the_canary_wins(variables: dict[str, str], overrides: dict[str, str]) -> None:
    live = stage_rules.canary(API, {"deploymentId": "d2", "stageVariableOverrides": overrides}, "d1")
    before = stage_rules.new_stage(
        0.0, name="dev", deployment_id="d1", variables=variables or None, canarySettings=live
    )
    promote = [
        PatchOperation("replace", "/canarySettings/percentTraffic", "0.0"),
        PatchOperation("copy", "/deploymentId", source="/canarySettings/deploymentId"),
        PatchOperation("copy", "/variables", source="/canarySettings/stageVariableOverrides"),
    ]
    after = stage_patch.apply(API, before, promote)
    assert after["variables"] == variables | overrides
    assert after["deploymentId"] == "d2"
    assert after["canarySettings"] == live
    assert stage_patch.apply(API, after, promote) == after


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_percentage_is_taken_exactly_when_it_is_one(percent: float) -> None:
    operation = PatchOperation("replace", "/canarySettings/percentTraffic", repr(percent))
    after = attempt(stage(), [operation])
    assert isinstance(after, AwsError) == (not 0.0 <= percent <= 100.0)
    assert isinstance(after, AwsError) or after["canarySettings"]["percentTraffic"] == percent
