"""Chooses the deployment of one request. Pure; the random number is passed in.

The split is per request, nothing is sticky: https://docs.aws.amazon.com/apigateway/latest/developerguide/canary-release.html
``isCanaryRequest`` exists only while the stage has a canary (recorded). ``useStageCache`` has no effect: there is no cache.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Choice", "choose"]


@dataclass(frozen=True, slots=True)
class Choice:
    """``is_canary`` is None when the stage has no canary. ``variables`` is None when there are none."""

    deployment_id: str | None
    variables: Mapping[str, str] | None
    is_canary: bool | None


def choose(stage: Mapping[str, Any], random: Callable[[], float]) -> Choice:
    """The deployment and the stage variables for the next request; `random` gives a float in [0, 1)."""
    settings = stage.get("canarySettings")
    variables = stage.get("variables") or None
    if not settings:
        return Choice(stage.get("deploymentId"), variables, None)
    percent = float(settings.get("percentTraffic") or 0.0)
    if random() * 100.0 >= percent:
        return Choice(stage.get("deploymentId"), variables, False)
    overrides = settings.get("stageVariableOverrides")
    if overrides:
        variables = {**(variables or {}), **overrides}
    return Choice(settings.get("deploymentId") or stage.get("deploymentId"), variables, True)
