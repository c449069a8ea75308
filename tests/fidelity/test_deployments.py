"""Deployments without a canary: what makes, moves and deletes them, and what they freeze."""

from __future__ import annotations

import pytest

from .canaries import canary_api
from .facts import fact, guide, recorded
from .gateway import Api, Cloud, refused, replace, shown


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    return canary_api(cloud)


DELETES = recorded("common", "TestDeployments::test_create_update_deployments")


@fact(
    "DEP-01",
    "CreateDeployment answers id and date only",
    recorded("common", "TestDeployments::test_create_delete_deployments[False]"),
)
def test_create_deployment(api: Api) -> None:
    made = api.control.create_deployment(restApiId=api.id)
    assert shown(made, "id") == {}
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    found = api.control.get_deployment(restApiId=api.id, deploymentId=made["id"])
    assert shown(found) == {"id": made["id"]}


@fact(
    "DEP-02",
    "CreateDeployment with a new stage name makes the stage",
    recorded("common", "TestDeployments::test_create_delete_deployments[False]"),
)
def test_deployment_makes_stage(cloud: Cloud) -> None:
    api = cloud.api("stages")
    api.mock("GET", "/")
    made = api.deploy("s1")
    stages = api.control.get_stages(restApiId=api.id)["item"]
    assert [shown(stage) for stage in stages] == [
        {
            "cacheClusterEnabled": False,
            "cacheClusterStatus": "NOT_AVAILABLE",
            "deploymentId": made,
            "methodSettings": {},
            "stageName": "s1",
            "tracingEnabled": False,
        }
    ]


@fact("DEP-03", "A deployment that a stage uses cannot be deleted", DELETES)
def test_delete_used_deployment(api: Api, stage: str, first: str) -> None:
    with refused("BadRequestException", "Active stages pointing to this deployment must be moved or deleted"):
        api.control.delete_deployment(restApiId=api.id, deploymentId=first)


@fact("DEP-04", "A second deployment to a stage moves the stage to it", DELETES)
def test_second_deployment(api: Api, stage: str) -> None:
    made = api.deploy()
    assert api.get_stage()["deploymentId"] == made


@fact("DEP-05", "A deployment that no stage uses is deleted with status 202", DELETES)
def test_delete_deployment(api: Api, second: str) -> None:
    gone = api.control.delete_deployment(restApiId=api.id, deploymentId=second)
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 202
    with refused("NotFoundException"):
        api.control.get_deployment(restApiId=api.id, deploymentId=second)


@fact(
    "DEP-06",
    "UpdateDeployment changes the description",
    recorded("basic", "TestAPIGateway::test_update_rest_api_deployment"),
)
def test_update_deployment(api: Api, first: str) -> None:
    changed = api.control.update_deployment(
        restApiId=api.id, deploymentId=first, patchOperations=[replace("/description", "new-description")]
    )
    assert shown(changed) == {"id": first, "description": "new-description"}


@fact("DEP-07", "A change of the API is not served before it is deployed", guide("how-to-deploy-api"))
def test_deployment_is_a_snapshot(cloud: Cloud) -> None:
    api = cloud.api("snapshots")
    api.mock("GET", "/a", "a")
    api.deploy()
    api.mock("GET", "/b", "b")
    assert api.get("/b").status == 403
    api.deploy()
    assert api.get("/b").text == "b"


@fact("DEP-08", "A stage can be moved back to an older deployment", guide("how-to-deploy-api"))
def test_move_back(cloud: Cloud) -> None:
    api = cloud.api("moves")
    place = api.mock("GET", "/", "old")
    old = api.deploy()
    api.control.update_integration_response(
        **place, statusCode="200", patchOperations=[replace("/responseTemplates/application~1json", "new")]
    )
    api.deploy()
    assert api.get("/").text == "new"
    assert api.patch_stage(replace("/deploymentId", old))["deploymentId"] == old
    assert api.get("/").text == "old"


@fact("DEP-09", "An API without a method cannot be deployed", guide("how-to-deploy-api"))
def test_no_method(cloud: Cloud) -> None:
    api = cloud.api("empty")
    with refused("BadRequestException"):
        api.deploy()


@fact("DEP-10", "A method without an integration cannot be deployed", guide("how-to-deploy-api"))
def test_no_integration(cloud: Cloud) -> None:
    api = cloud.api("half")
    api.method("GET", "/", None)
    with refused("BadRequestException"):
        api.deploy()
