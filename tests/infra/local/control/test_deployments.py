"""Deployments: immutable snapshots, and the rules around stages (TestDeployments, TestStageCrudCanary)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

INVALID = "Invalid deployment content specified."


def test_a_snapshot_does_not_follow_the_api(world: Any, client: Any, mock_api: dict[str, Any]) -> None:
    api = mock_api["restApiId"]
    first = client.create_deployment(restApiId=api)["id"]
    client.update_integration(
        **mock_api["get"],
        patchOperations=[{"op": "replace", "path": "/requestTemplates/application~1json", "value": "changed"}],
    )
    client.update_rest_api(
        restApiId=api, patchOperations=[{"op": "replace", "path": "/apiKeySource", "value": "AUTHORIZER"}]
    )
    second = client.create_deployment(restApiId=api)["id"]
    made = world.store.find_api(api).deployments

    def template(deployment: str) -> str:
        root = made[deployment].definition.resources[mock_api["root"]]
        return str(root["resourceMethods"]["GET"]["methodIntegration"]["requestTemplates"]["application/json"])

    assert (template(first), template(second)) == ('{"statusCode": 200}', "changed")
    assert [made[one].definition.settings["apiKeySource"] for one in (first, second)] == ["HEADER", "AUTHORIZER"]


def test_there_must_be_methods_with_integrations(client: Any, refused: Callable[..., None]) -> None:
    made = client.create_rest_api(name="empty")
    api = made["id"]
    refused("BadRequestException", "The REST API doesn't contain any methods", client.create_deployment, restApiId=api)
    client.put_method(restApiId=api, resourceId=made["rootResourceId"], httpMethod="GET", authorizationType="NONE")
    refused("BadRequestException", "No integration defined for method", client.create_deployment, restApiId=api)
    assert client.get_deployments(restApiId=api)["items"] == []


CANARY: dict[str, tuple[dict[str, Any], str]] = {
    "no stage": (
        {},
        f"{INVALID}Non null and non empty stageName must be provided for canary deployment. Provided value is null",
    ),
    "empty stage": (
        {"stageName": ""},
        f"{INVALID}Non null and non empty stageName must be provided for canary deployment. Provided value is ",
    ),
    "unknown stage": (
        {"stageName": "non-existing"},
        f"{INVALID}Stage non-existing must already be created before making a canary release deployment",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), CANARY.values(), ids=CANARY.keys())
def test_a_canary_needs_a_stage(
    client: Any, mock_api: dict[str, Any], refused: Callable[..., None], arguments: dict[str, Any], message: str
) -> None:
    given = {"restApiId": mock_api["restApiId"], "canarySettings": {"percentTraffic": 50}, **arguments}
    refused("BadRequestException", message, client.create_deployment, **given)


def test_a_canary_blocks_ordinary_deployments_to_its_stage(
    client: Any, mock_api: dict[str, Any], refused: Callable[..., None]
) -> None:
    api = mock_api["restApiId"]
    client.create_deployment(restApiId=api, stageName="dev")
    client.create_deployment(restApiId=api, stageName="dev", canarySettings={"percentTraffic": 50})
    refused(
        "BadRequestException",
        f"{INVALID}Non canary deployment not supported on stage dev because Canary is enabled. Provide CanarySettings in "
        "deploymentInput.",
        client.create_deployment,
        restApiId=api,
        stageName="dev",
    )
    assert client.create_deployment(restApiId=api)["ResponseMetadata"]["HTTPStatusCode"] == 201
    client.update_stage(restApiId=api, stageName="dev", patchOperations=[{"op": "remove", "path": "/canarySettings"}])
    moved = client.create_deployment(restApiId=api, stageName="dev")["id"]
    assert client.get_stage(restApiId=api, stageName="dev")["deploymentId"] == moved


def test_a_new_canary_deployment_replaces_the_settings_of_the_last(client: Any, mock_api: dict[str, Any]) -> None:
    api = mock_api["restApiId"]
    first = client.create_deployment(restApiId=api, stageName="dev")["id"]
    for percent, value in ((40, "canary1"), (50, "canary2")):
        last = client.create_deployment(
            restApiId=api,
            stageName="dev",
            canarySettings={"percentTraffic": percent, "stageVariableOverrides": {"testVar": value}},
        )["id"]
    stage = client.get_stage(restApiId=api, stageName="dev")
    assert stage["deploymentId"] == first
    assert stage["canarySettings"] == {
        "deploymentId": last,
        "percentTraffic": 50.0,
        "stageVariableOverrides": {"testVar": "canary2"},
        "useStageCache": False,
    }


@pytest.mark.parametrize("arm", ["stage", "canary"])
def test_what_is_served_cannot_be_deleted(
    client: Any, mock_api: dict[str, Any], refused: Callable[..., None], arm: str
) -> None:
    api = mock_api["restApiId"]
    served = {"stage": client.create_deployment(restApiId=api, stageName="dev")["id"]}
    served["canary"] = client.create_deployment(restApiId=api, stageName="dev", canarySettings={"percentTraffic": 1})[
        "id"
    ]
    key = {"restApiId": api, "deploymentId": served[arm]}
    message = "Active stages pointing to this deployment must be moved or deleted"
    refused("BadRequestException", message, client.delete_deployment, **key)
    client.delete_stage(restApiId=api, stageName="dev")
    assert client.delete_deployment(**key)["ResponseMetadata"]["HTTPStatusCode"] == 202
    refused("NotFoundException", "Invalid Deployment identifier specified", client.get_deployment, **key)


def test_a_summary_only_when_asked(client: Any, mock_api: dict[str, Any]) -> None:
    key = {"restApiId": mock_api["restApiId"]}
    key["deploymentId"] = client.create_deployment(**key, description="one")["id"]
    assert "apiSummary" not in client.get_deployment(**key)
    summary = client.get_deployment(**key, embed=["apisummary"])["apiSummary"]
    assert summary == {"/": {"GET": {"authorizationType": "NONE", "apiKeyRequired": False}}}
    operation = {"op": "replace", "path": "/description", "value": "two"}
    assert client.update_deployment(**key, patchOperations=[operation])["description"] == "two"
