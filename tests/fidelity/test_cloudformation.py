"""A stack of a document, its deployments and its canary: values, updates, rollback, deletion."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError

from .facts import documented, fact, unsure
from .gateway import Cloud, copy, refused, remove, replace
from .stacks import DONE_SECONDS, Stack, page, template


@pytest.fixture(scope="module")
def stack(cloud: Cloud, unique: str) -> Stack:
    """The first release, on stage dev without a canary; no test changes it."""
    made = Stack(cloud, f"fidelity-{unique}")
    assert made.create(template()) == "CREATE_COMPLETE"
    return made


@pytest.fixture
def released(cloud: Cloud, unique: str, request: pytest.FixtureRequest) -> Stack:
    """A stack of the test's own with two deployments; the second is dark."""
    made = Stack(cloud, f"fidelity-{unique}-{request.node.name.replace('_', '-')}")
    assert made.create(template()) == "CREATE_COMPLETE"
    assert made.update(template("v2", deployments=("First", "Second"))) == "UPDATE_COMPLETE"
    return made


@fact("CFN-01", "Ref of a RestApi is its id", page("restapi"))
def test_ref_api(stack: Stack) -> None:
    assert stack.api.control.get_rest_api(restApiId=stack.outputs()["Api"])["name"] == "cfn"


@fact("CFN-02", "RootResourceId of a RestApi is the id of its root resource", page("restapi"))
def test_root(stack: Stack) -> None:
    assert stack.api.control.get_resource(restApiId=stack.api.id, resourceId=stack.outputs()["Root"])["path"] == "/"


@fact("CFN-03", "Ref of a Stage is its name", page("stage"))
def test_ref_stage(stack: Stack) -> None:
    assert stack.outputs()["Stage"] == "dev"


@fact("CFN-04", "Ref and DeploymentId of a Deployment are its id", page("deployment"))
def test_ref_deployment(stack: Stack) -> None:
    found = stack.outputs()
    assert found["First"] == found["FirstId"] == stack.api.get_stage("dev")["deploymentId"]


@fact("CFN-05", "A stack of a document serves it with the stage's variables", page("restapi"))
def test_serves(stack: Stack) -> None:
    assert stack.api.get("/ok").text == "v1 blue"


@fact("CFN-06", "Variables of a Stage are set", page("stage"))
def test_variables(stack: Stack) -> None:
    assert stack.api.get_stage("dev")["variables"] == {"color": "blue"}


@fact("CFN-07", "A CanarySetting of no value makes no canary", page("stage"))
def test_no_canary(stack: Stack) -> None:
    assert "canarySettings" not in stack.api.get_stage("dev")


@fact("CFN-10", "A changed document keeps the API's id and is not served before a deployment", page("restapi"))
def test_update_body(released: Stack) -> None:
    assert released.api.get("/ok").text == "v1 blue"


@fact("CFN-11", "A new Deployment that no stage names is dark", page("deployment"))
def test_dark(released: Stack) -> None:
    found = released.api.get_stage("dev")["deploymentId"]
    assert found == released.physical("First") != released.physical("Second")


@fact(
    "CFN-12",
    "A parameter alone starts the canary with the previous template",
    documented("https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html"),
)
def test_start_canary(released: Stack) -> None:
    assert released.update(Percent="100") == "UPDATE_COMPLETE"
    assert released.api.get_stage("dev")["canarySettings"] == {
        "deploymentId": released.physical("Second"),
        "percentTraffic": 100.0,
        "stageVariableOverrides": {"color": "red"},
        "useStageCache": False,
    }
    assert released.api.get("/ok").text == "v2 red"


@fact("CFN-13", "A changed percentage is changed in place", page("stage"))
def test_step_canary(released: Stack) -> None:
    released.update(Percent="10")
    assert released.update(Percent="20") == "UPDATE_COMPLETE"
    assert released.api.get_stage("dev")["canarySettings"]["percentTraffic"] == 20.0


@fact(
    "CFN-14",
    "A CanarySetting that leaves the template stays live on the stage",
    unsure("https://github.com/aws/aws-cdk/issues/33901"),
)
def test_canary_stays(released: Stack) -> None:
    released.update(Percent="10")
    assert released.update(template("v2", deployments=("First", "Second"), canary=False)) == "UPDATE_COMPLETE"
    assert "canarySettings" in released.api.get_stage("dev")


@fact(
    "CFN-15",
    "An update without a change is refused",
    documented("https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html"),
)
def test_no_updates(released: Stack) -> None:
    with refused("ValidationError", "No updates are to be performed."):
        released.update(Percent="0")


@fact(
    "CFN-16",
    "A change out of band stays when another resource is updated",
    documented("https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html"),
)
def test_out_of_band(released: Stack) -> None:
    api = released.api
    api.patch_stage(
        replace("/canarySettings/deploymentId", released.physical("Second")),
        replace("/canarySettings/percentTraffic", "30"),
        stage="dev",
    )
    assert released.update(template("v3", deployments=("First", "Second"))) == "UPDATE_COMPLETE"
    assert api.get_stage("dev")["canarySettings"]["percentTraffic"] == 30.0


@fact(
    "CFN-17",
    "A promotion by the API is not undone by an update of another resource",
    documented("https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html"),
)
def test_promotion_stays(released: Stack) -> None:
    api = released.api
    released.update(Percent="10")
    api.patch_stage(
        replace("/canarySettings/percentTraffic", "0.0"),
        copy("/canarySettings/stageVariableOverrides", "/variables"),
        copy("/canarySettings/deploymentId", "/deploymentId"),
        stage="dev",
    )
    api.patch_stage(remove("/canarySettings"), stage="dev")
    assert released.update(template("v3", deployments=("First", "Second"))) == "UPDATE_COMPLETE"
    assert api.get_stage("dev")["deploymentId"] == released.physical("Second")
    assert api.get("/ok").text == "v2 red"


@fact(
    "CFN-18",
    "A retained Deployment outlives its resource in the template",
    documented("https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html"),
)
def test_retain(released: Stack) -> None:
    second = released.physical("Second")
    assert released.update(template("v2")) == "UPDATE_COMPLETE"
    assert released.api.control.get_deployment(restApiId=released.api.id, deploymentId=second)["id"] == second


@fact(
    "CFN-19",
    "A failed update is rolled back and the canary is as before",
    documented("https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html"),
)
def test_rollback(released: Stack) -> None:
    released.update(Percent="10")
    broken = template("v2", deployments=("First", "Second"))
    broken["Parameters"]["Percent"]["Default"] = 50
    # The bad stage waits for the good one, so that there is something to roll back.
    broken["Resources"]["Bad"] = {
        "Type": "AWS::ApiGateway::Stage", "DependsOn": "Stage",
        "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "bad", "DeploymentId": "none"},
    }  # fmt: skip
    assert released.update(broken, Percent="50") == "UPDATE_ROLLBACK_COMPLETE"
    assert released.api.get_stage("dev")["canarySettings"]["percentTraffic"] == 10.0


@fact("CFN-20", "A deleted stack takes its API with it", page("restapi"))
def test_delete(released: Stack) -> None:
    api = released.api
    released.client.delete_stack(StackName=released.name)
    deadline = time.monotonic() + DONE_SECONDS
    while time.monotonic() < deadline:
        try:
            api.control.get_rest_api(restApiId=api.id)
        except ClientError:
            break
        time.sleep(0.03)
    with refused("NotFoundException"):
        api.control.get_rest_api(restApiId=api.id)
