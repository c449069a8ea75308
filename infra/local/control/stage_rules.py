"""What a stage may hold: names, variables, canary settings, and their checks. Touches nothing.

Recorded unless said otherwise. The texts for variables are those that users of the service report; the text for a bad
percentage is unsure.
"""

from __future__ import annotations

import re
from typing import Any

from infra.local.control.call import present
from infra.local.control.errors import bad_request, conflict
from infra.local.control.store import RestApi, Shape

MAXIMUM_VARIABLES = 100
# lengths: the quota table of the developer guide (64 and 512)
_VARIABLE_NAME = re.compile(r"\w{1,64}", re.ASCII)
_VARIABLE_VALUE = re.compile(r"[A-Za-z0-9\-._~:/?#&=, ]{1,512}")
_STAGE_NAME = re.compile(r"[A-Za-z0-9_-]+")
UNKNOWN_DEPLOYMENT = "Deployment id does not exist"


def new_stage(now: float, *, name: str, deployment_id: str, **members: Any) -> Shape:
    """A stage as GetStage shows it, with the defaults that AWS shows."""
    return {
        "stageName": name,
        "deploymentId": deployment_id,
        "cacheClusterEnabled": False,
        "cacheClusterStatus": "NOT_AVAILABLE",
        "methodSettings": {},
        "tracingEnabled": False,
        "createdDate": now,
        "lastUpdatedDate": now,
        **present(**members),
    }


def check_name(name: str) -> None:
    if not _STAGE_NAME.fullmatch(name):
        raise bad_request("Stage name only allows a-zA-Z0-9-_")


def check_free(api: RestApi, name: str) -> None:
    if name in api.stages:
        raise conflict("Stage already exists")


def check_deployment(api: RestApi, deployment_id: str | None) -> None:
    if deployment_id not in api.deployments:
        raise bad_request(UNKNOWN_DEPLOYMENT)


def check_variables(variables: Shape) -> None:
    if len(variables) > MAXIMUM_VARIABLES:
        raise bad_request(f"Maximum number of stage variables is {MAXIMUM_VARIABLES}")  # unsure of the text
    for name, value in variables.items():
        check_variable(name, value)


def check_variable(name: str, value: str | None) -> None:
    if not _VARIABLE_NAME.fullmatch(name):
        raise bad_request(f"Invalid stage variable name: {name}.  Please use names with only word characters.")
    if not _VARIABLE_VALUE.fullmatch(value or ""):
        raise bad_request(
            f"Invalid stage variable value: {value or ''}.  Please use values with alphanumeric characters and the "
            "symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','."
        )


def check_log_format(text: str) -> None:
    """One line that has a request id (documented under "set up access logging"; the text of the second is unsure)."""
    if "\n" in text.rstrip("\n"):
        raise bad_request(
            "Access Log format must be single line, new line character is allowed only at end of the format"
        )
    if "$context.requestId" not in text and "$context.extendedRequestId" not in text:
        raise bad_request(
            "Access Log format must include at least one of: [$context.requestId, $context.extendedRequestId]"
        )


def check_percent(percent: float) -> None:
    if not 0.0 <= percent <= 100.0:
        raise bad_request("Percent traffic must be between 0.0 and 100.0")  # unsure of the text


def canary(api: RestApi, given: Shape, deployment_id: str) -> Shape:
    """Canary settings with their defaults: the given deployment, 0 %, no stage cache.

    Raises:
        AwsError: an unknown deployment, a percentage outside 0-100, a bad variable.
    """
    chosen = given.get("deploymentId") or deployment_id
    check_deployment(api, chosen)
    percent = float(given.get("percentTraffic") or 0.0)
    check_percent(percent)
    overrides = given.get("stageVariableOverrides")
    check_variables(overrides or {})
    return {
        "deploymentId": chosen,
        "percentTraffic": percent,
        "useStageCache": bool(given.get("useStageCache") or False),
        **present(stageVariableOverrides=dict(overrides) if overrides else None),
    }


def cache(enabled: bool | None, size: str | None) -> Shape:
    """The cache cluster's members; a cluster is there at once, on AWS it takes minutes."""
    if not enabled:
        return {"cacheClusterEnabled": False, "cacheClusterStatus": "NOT_AVAILABLE", **present(cacheClusterSize=size)}
    return {"cacheClusterEnabled": True, "cacheClusterStatus": "AVAILABLE", "cacheClusterSize": size or "0.5"}


def deployments_in_use(api: RestApi) -> dict[str, str]:
    """Deployment id -> name of a stage that serves it, as its own or as its canary."""
    used: dict[str, str] = {}
    for name, stage in api.stages.items():
        for deployment_id in (stage["deploymentId"], stage.get("canarySettings", {}).get("deploymentId")):
            if deployment_id:
                used[deployment_id] = name
    return used
