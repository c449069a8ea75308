"""The paths, the promotion and the API that the tests of stages and of canaries share. Talks to the endpoint under test."""

from __future__ import annotations

from .gateway import Api, Cloud, copy, replace

OVERRIDES = "/canarySettings/stageVariableOverrides"
DEPLOYMENT, PERCENT = "/canarySettings/deploymentId", "/canarySettings/percentTraffic"
PROMOTION = (replace(PERCENT, "0.0"), copy(DEPLOYMENT, "/deploymentId"), copy(OVERRIDES, "/variables"))

TEMPLATE = (
    '{"message": "%s", "variable": "$stageVariables.testVar", "new": "$stageVariables.noStageVar", '
    '"kept": "$stageVariables.defaultVar", "isCanary": "$context.isCanaryRequest"}'
)


def canary_api(cloud: Cloud) -> Api:
    """One API, whose stages the tests make for themselves."""
    made = cloud.api("canary")
    made.mock("GET", "/", TEMPLATE % "first")
    return made
