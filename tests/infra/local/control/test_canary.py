"""Stages and canaries as real AWS was recorded to treat them (localstack/localstack, test_apigateway_canary)."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def api(mock_api: dict[str, Any]) -> str:
    return str(mock_api["restApiId"])


def test_promotion_merges_variables_and_leaves_the_canary(client: Any, api: str) -> None:
    first = client.create_deployment(restApiId=api, stageName="dev", variables={"a": "1", "b": "2"})["id"]
    second = client.create_deployment(
        restApiId=api, stageName="dev", canarySettings={"percentTraffic": 50, "stageVariableOverrides": {"a": "9"}}
    )["id"]
    before = client.get_stage(restApiId=api, stageName="dev")
    assert (before["deploymentId"], before["canarySettings"]["deploymentId"]) == (first, second)
    after = client.update_stage(
        restApiId=api,
        stageName="dev",
        patchOperations=[
            {"op": "replace", "value": "0.0", "path": "/canarySettings/percentTraffic"},
            {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
            {"op": "copy", "from": "/canarySettings/stageVariableOverrides", "path": "/variables"},
        ],
    )
    assert after["deploymentId"] == second
    assert after["variables"] == {"a": "9", "b": "2"}
    assert after["canarySettings"] == {
        "deploymentId": second,
        "percentTraffic": 0.0,
        "stageVariableOverrides": {"a": "9"},
        "useStageCache": False,
    }


REFUSED = {
    "add is not for canaries": (
        {"op": "add", "path": "/canarySettings/deploymentId", "value": "x"},
        "Invalid add operation with path: /canarySettings/deploymentId",
    ),
    "unknown deployment": (
        {"op": "replace", "path": "/canarySettings/deploymentId", "value": "deploy"},
        "Deployment id does not exist",
    ),
    "copy only promotes": (
        {"op": "copy", "path": "/canarySettings/deploymentId", "from": "/deploymentId"},
        "Invalid copy operation with path: /canarySettings/deploymentId and from /deploymentId. Valid copy:path are "
        "[/deploymentId, /variables] and valid copy:from are [/canarySettings/deploymentId, "
        "/canarySettings/stageVariableOverrides]",
    ),
    "nothing to promote": (
        {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
        "Promotion not available. Canary does not exist.",
    ),
    "overrides cannot go as a whole": (
        {"op": "remove", "path": "/canarySettings/stageVariableOverrides"},
        "Cannot remove method setting canarySettings/stageVariableOverrides because there is no method setting for "
        "this method ",
    ),
    "too much": (
        {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "100.1"},
        "Percent traffic must be between 0.0 and 100.0",
    ),
    "log format must not be empty": (
        {"op": "replace", "path": "/accessLogSettings/format", "value": ""},
        "Access Log value must not be empty",
    ),
    "log path": (
        {"op": "add", "path": "/accessLogSettings/other", "value": "x"},
        "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, "
        "/accessLogSettings/format]",
    ),
}


@pytest.mark.parametrize(("operation", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refused_patch_changes_nothing(client: Any, api: str, operation: dict[str, str], message: str) -> None:
    client.create_deployment(restApiId=api, stageName="dev")
    before = client.get_stage(restApiId=api, stageName="dev")
    good = {"op": "replace", "path": "/variables/a", "value": "1"}
    with pytest.raises(ClientError) as error:
        client.update_stage(restApiId=api, stageName="dev", patchOperations=[good, operation])
    assert error.value.response["Error"] == {"Code": "BadRequestException", "Message": message}
    after = client.get_stage(restApiId=api, stageName="dev")
    assert {**after, "ResponseMetadata": None} == {**before, "ResponseMetadata": None}
