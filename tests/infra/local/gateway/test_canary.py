from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.gateway.canary import Choice, choose
from tests.infra.local.gateway.fakes import World, mock

STAGE: dict[str, Any] = {"deploymentId": "base", "variables": {"testVar": "default", "defaultVar": "default"}}


def with_canary(percent: float, **more: Any) -> dict[str, Any]:
    return {**STAGE, "canarySettings": {"deploymentId": "new", "percentTraffic": percent, **more}}


def test_no_canary() -> None:
    assert choose(STAGE, lambda: 0.0) == Choice("base", STAGE["variables"], None)


def test_overrides_are_merged() -> None:
    """test_invoking_canary_deployment: overridden, added and untouched variables."""
    stage = with_canary(100.0, stageVariableOverrides={"testVar": "canary", "noStageVar": "canary"})
    expected = {"testVar": "canary", "defaultVar": "default", "noStageVar": "canary"}
    assert choose(stage, lambda: 0.999999) == Choice("new", expected, True)


def test_a_miss_keeps_the_stage_variables() -> None:
    stage = with_canary(10.0, stageVariableOverrides={"testVar": "canary"})
    assert choose(stage, lambda: 0.1) == Choice("base", STAGE["variables"], False)


def test_settings_without_deployment_mean_the_stages_own() -> None:
    assert choose({**STAGE, "canarySettings": {"percentTraffic": 100.0}}, lambda: 0.5).deployment_id == "base"


@given(st.floats(0, 100), st.floats(0, 1, exclude_max=True))
def test_the_share_is_the_percentage(percent: float, drawn: float) -> None:
    assert choose(with_canary(percent), lambda: drawn).is_canary == (drawn * 100 < percent)


@pytest.mark.parametrize(
    ("percent", "expected"),
    [pytest.param(100.0, b"canary true", id="all"), pytest.param(0.0, b"base false", id="none")],
)
async def test_a_request_sees_its_side(percent: float, expected: bytes) -> None:
    """test_invoking_canary_deployment: isCanaryRequest is text, also in templates."""
    world = World()
    for name in ("base", "canary"):
        template = {"application/json": f"{name} $context.isCanaryRequest"}
        world.method("/", integration=mock(responseTemplates=template))
        deployment = world.deploy()
    world.stage["deploymentId"] = "dep0"
    world.stage["canarySettings"] = {"deploymentId": deployment, "percentTraffic": percent}
    assert (await world.call()).body == expected
    record = world.telemetry.records[-1]
    assert (record.is_canary, record.stage_has_canary) == (percent == 100.0, True)


async def test_without_a_canary_the_variable_is_unset() -> None:
    world = World()
    world.method("/", integration=mock(responseTemplates={"application/json": "[$!context.isCanaryRequest]"}))
    assert (await world.call()).body == b"[]"
    assert world.telemetry.records[-1].stage_has_canary is False
