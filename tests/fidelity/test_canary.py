"""The canary of a stage: what UpdateStage and CreateDeployment accept, answer and refuse."""

from __future__ import annotations

from typing import Any

import pytest

from .canaries import DEPLOYMENT, OVERRIDES, PERCENT, PROMOTION, canary_api
from .facts import case, documented, fact, guide, recorded, unsure
from .gateway import Api, Cloud, add, copy, refused, remove, replace, shown
from .refusals import STAGE_PATHS


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    return canary_api(cloud)


CRUD = "TestStageCrudCanary::"


@pytest.fixture
def canary(api: Api, stage: str, second: str) -> str:
    """The stage has a canary: half of the traffic, on the second deployment, with one override."""
    api.patch_stage(replace(DEPLOYMENT, second), replace(PERCENT, "50.0"), replace(f"{OVERRIDES}/testVar", "canary"))
    return second


@fact(
    "CAN-01",
    "CreateStage takes canary settings and shows them with useStageCache false",
    recorded("canary", CRUD + "test_create_update_stages"),
)
def test_create_stage_with_canary(api: Api, first: str, second: str) -> None:
    made = api.control.create_stage(
        restApiId=api.id,
        stageName="born",
        deploymentId=first,
        description="dev stage",
        variables={"testVar": "default"},
        canarySettings={"deploymentId": second, "percentTraffic": 50, "stageVariableOverrides": {"testVar": "canary"}},
    )
    assert shown(made) == {
        "cacheClusterEnabled": False,
        "cacheClusterStatus": "NOT_AVAILABLE",
        "canarySettings": {
            "deploymentId": second,
            "percentTraffic": 50.0,
            "stageVariableOverrides": {"testVar": "canary"},
            "useStageCache": False,
        },
        "deploymentId": first,
        "description": "dev stage",
        "methodSettings": {},
        "stageName": "born",
        "tracingEnabled": False,
        "variables": {"testVar": "default"},
    }


@fact(
    "CAN-02",
    "GetStage shows the canary exactly as the change did",
    recorded("canary", CRUD + "test_create_update_stages"),
)
def test_get_stage_shows_canary(api: Api, canary: str) -> None:
    changed = api.patch_stage(replace(PERCENT, "25.0"))
    assert shown(api.get_stage()) == shown(changed)
    assert changed["canarySettings"]["percentTraffic"] == 25.0


@fact("CAN-03", "One override is replaced by its own path", recorded("canary", CRUD + "test_create_update_stages"))
def test_replace_override(api: Api, canary: str) -> None:
    changed = api.patch_stage(replace(f"{OVERRIDES}/testVar", "updated"))
    assert changed["canarySettings"]["stageVariableOverrides"] == {"testVar": "updated"}
    assert changed["variables"] == {"testVar": "default"}


@fact(
    "CAN-04",
    "Removing /canarySettings ends the canary and leaves the stage as it was",
    recorded("canary", CRUD + "test_create_update_stages"),
)
def test_remove_canary(api: Api, stage: str, first: str, canary: str) -> None:
    changed = api.patch_stage(remove("/canarySettings"))
    assert "canarySettings" not in changed
    assert (changed["deploymentId"], changed["variables"]) == (first, {"testVar": "default"})
    assert "canarySettings" not in api.get_stage()


@fact(
    "CAN-05",
    "CreateDeployment with canary settings lands in the canary and leaves the stage's deployment",
    recorded("canary", CRUD + "test_create_canary_deployment_with_stage"),
)
def test_canary_deployment(api: Api, stage: str, first: str) -> None:
    made = api.deploy(canarySettings={"percentTraffic": 50, "stageVariableOverrides": {"testVar": "canary"}})
    found = api.get_stage()
    assert found["deploymentId"] == first
    assert found["canarySettings"] == {
        "deploymentId": made,
        "percentTraffic": 50.0,
        "stageVariableOverrides": {"testVar": "canary"},
        "useStageCache": False,
    }


@fact(
    "CAN-06",
    "A second canary deployment replaces the settings of the first",
    recorded("canary", CRUD + "test_create_canary_deployment"),
)
def test_canary_deployment_replaces(api: Api, canary: str) -> None:
    made = api.deploy(canarySettings={"percentTraffic": 40, "stageVariableOverrides": {"other": "x"}})
    settings = api.get_stage()["canarySettings"]
    assert (settings["deploymentId"], settings["percentTraffic"]) == (made, 40.0)
    assert settings["stageVariableOverrides"] == {"other": "x"}


@fact(
    "CAN-07",
    "A stage may be born with a canary on its own deployment",
    recorded("canary", CRUD + "test_create_canary_deployment"),
)
def test_canary_of_itself(api: Api, first: str) -> None:
    made = api.control.create_stage(
        restApiId=api.id,
        stageName="itself",
        deploymentId=first,
        canarySettings={"deploymentId": first, "percentTraffic": 40},
    )
    assert made["canarySettings"]["deploymentId"] == made["deploymentId"] == first


@fact(
    "CAN-08",
    "CreateStage with an unknown canary deployment is refused",
    recorded("canary", CRUD + "test_create_canary_deployment"),
)
def test_create_stage_unknown_canary_deployment(api: Api, first: str) -> None:
    with refused("BadRequestException", "Deployment id does not exist"):
        api.control.create_stage(
            restApiId=api.id, stageName="bad", deploymentId=first, canarySettings={"deploymentId": "deploy"}
        )


@fact(
    "CAN-09",
    "The first replace of the canary's deployment makes a canary at 0 percent without overrides",
    recorded("canary", CRUD + "test_create_canary_deployment_by_stage_update"),
)
def test_first_replace_of_deployment(api: Api, stage: str, second: str) -> None:
    changed = api.patch_stage(replace(DEPLOYMENT, second))
    assert changed["canarySettings"] == {"deploymentId": second, "percentTraffic": 0.0, "useStageCache": False}


@fact(
    "CAN-10",
    "The first replace of the percentage makes a canary of the stage's own deployment",
    recorded("canary", CRUD + "test_create_canary_deployment_by_stage_update"),
)
def test_first_replace_of_percent(api: Api, stage: str, first: str) -> None:
    changed = api.patch_stage(replace(PERCENT, "50"))
    assert changed["canarySettings"] == {"deploymentId": first, "percentTraffic": 50.0, "useStageCache": False}
    assert api.get_stage()["canarySettings"] == changed["canarySettings"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        case(
            "CAN-11",
            "A canary deployment without a stage name is refused",
            recorded("canary", CRUD + "test_create_canary_deployment_validation"),
            {},
            "Invalid deployment content specified.Non null and non empty stageName must be provided for canary "
            "deployment. Provided value is null",
        ),
        case(
            "CAN-12",
            "A canary deployment with an empty stage name is refused",
            recorded("canary", CRUD + "test_create_canary_deployment_validation"),
            {"stageName": ""},
            "Invalid deployment content specified.Non null and non empty stageName must be provided for canary "
            "deployment. Provided value is ",
        ),
        case(
            "CAN-13",
            "A canary deployment to a stage that does not exist is refused",
            recorded("canary", CRUD + "test_create_canary_deployment_validation"),
            {"stageName": "non-existing"},
            "Invalid deployment content specified.Stage non-existing must already be created before making a canary "
            "release deployment",
        ),
    ],
)
def test_canary_deployment_validation(api: Api, settings: dict[str, Any], message: str) -> None:
    with refused("BadRequestException", message):
        api.snapshot(canarySettings={"percentTraffic": 50, "stageVariableOverrides": {"testVar": "canary"}}, **settings)


VALIDATION = recorded("canary", CRUD + "test_update_stage_canary_deployment_validation")


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        case(
            "CAN-14",
            "Removing the whole map of overrides is refused with the text about method settings",
            VALIDATION,
            remove(OVERRIDES),
            "Cannot remove method setting canarySettings/stageVariableOverrides because there is no method setting for this method ",
        ),
        case(
            "CAN-15",
            "Removing an unknown canary path is refused with the text about method settings",
            VALIDATION,
            remove("/canarySettings/badPath"),
            "Cannot remove method setting canarySettings/badPath because there is no method setting for this method ",
        ),
        case(
            "CAN-16",
            "Replacing /canarySettings as a whole is refused and the allowed paths are listed",
            VALIDATION,
            replace("/canarySettings", "test"),
            f"Invalid method setting path: /canarySettings. Must be one of: {STAGE_PATHS}",
        ),
        case(
            "CAN-17",
            "Replacing an unknown canary path is refused and the allowed paths are listed",
            VALIDATION,
            replace("/canarySettings/badPath", "badPath"),
            f"Invalid method setting path: /canarySettings/badPath. Must be one of: {STAGE_PATHS}",
        ),
    ],
)
def test_refused_on_a_canary(api: Api, canary: str, operation: dict[str, str], message: str) -> None:
    before = api.get_stage()
    with refused("BadRequestException", message):
        api.patch_stage(operation)
    assert shown(api.get_stage()) == shown(before)


@fact("CAN-18", "Add on the canary's deployment is refused", VALIDATION)
def test_add_is_refused(api: Api, stage: str, second: str) -> None:
    with refused("BadRequestException", "Invalid add operation with path: /canarySettings/deploymentId"):
        api.patch_stage(add(DEPLOYMENT, second))


@fact("CAN-19", "A canary on an unknown deployment is refused", VALIDATION)
def test_unknown_deployment(api: Api, stage: str) -> None:
    with refused("BadRequestException", "Deployment id does not exist"):
        api.patch_stage(replace(DEPLOYMENT, "deploy"))
    assert "canarySettings" not in api.get_stage()


COPIES = recorded("canary", CRUD + "test_update_stage_with_copy_ops")


@fact("CAN-20", "Copy from the stage to the canary is refused and the valid pairs are listed", COPIES)
def test_copy_backwards(api: Api, stage: str) -> None:
    message = (
        "Invalid copy operation with path: /canarySettings/stageVariableOverrides and from /variables. Valid copy:path are "
        "[/deploymentId, /variables] and valid copy:from are [/canarySettings/deploymentId, /canarySettings/stageVariableOverrides]"
    )
    with refused("BadRequestException", message):
        api.patch_stage(copy("/variables", OVERRIDES), copy("/deploymentId", DEPLOYMENT))


@fact("CAN-21", "Promotion without a canary is refused", COPIES)
def test_promotion_without_canary(api: Api, stage: str) -> None:
    with refused("BadRequestException", "Promotion not available. Canary does not exist."):
        api.patch_stage(copy(OVERRIDES, "/variables"), copy(DEPLOYMENT, "/deploymentId"))


@fact(
    "CAN-22",
    "A replace and the copies in one patch work together: the replace makes the canary that is promoted",
    COPIES,
)
def test_promotion_of_an_implicit_canary(api: Api, stage: str, first: str) -> None:
    changed = api.patch_stage(*PROMOTION)
    assert changed["canarySettings"] == {"deploymentId": first, "percentTraffic": 0.0, "useStageCache": False}
    assert (changed["deploymentId"], changed["variables"]) == (first, {"testVar": "default"})


@fact("CAN-23", "Promotion moves the stage to the canary's deployment", COPIES)
def test_promotion_moves_deployment(api: Api, canary: str) -> None:
    assert api.patch_stage(*PROMOTION)["deploymentId"] == canary


@fact("CAN-24", "Promotion merges the overrides into the variables and keeps those of the stage alone", COPIES)
def test_promotion_merges(api: Api, canary: str) -> None:
    api.patch_stage(replace("/variables/testVar2", "test2"))
    assert api.patch_stage(*PROMOTION)["variables"] == {"testVar": "canary", "testVar2": "test2"}


@fact("CAN-25", "After promotion the canary is still there with its overrides, at the percentage the patch set", COPIES)
def test_canary_survives_promotion(api: Api, canary: str) -> None:
    assert api.patch_stage(*PROMOTION)["canarySettings"] == {
        "deploymentId": canary,
        "percentTraffic": 0.0,
        "stageVariableOverrides": {"testVar": "canary"},
        "useStageCache": False,
    }


BLOCKED = unsure("https://github.com/serverless/serverless/issues/11518")


@fact("CAN-26", "A deployment to a stage with a canary, without canary settings, is refused", BLOCKED)
def test_plain_deployment_on_canary(api: Api, canary: str) -> None:
    with refused("BadRequestException"):
        api.deploy()


@fact(
    "CAN-27",
    "After promotion a plain deployment is refused until the canary is removed",
    guide("promote-canary-deployment"),
)
def test_plain_deployment_after_promotion(api: Api, stage: str, canary: str) -> None:
    api.patch_stage(*PROMOTION)
    with refused("BadRequestException"):
        api.deploy()
    api.patch_stage(remove("/canarySettings"))
    assert api.get_stage()["deploymentId"] == canary
    made = api.deploy()
    assert api.get_stage()["deploymentId"] == made


@fact(
    "CAN-28",
    "A deployment without a stage name attaches to nothing, canary or not",
    recorded("canary", CRUD + "test_create_update_stages"),
)
def test_snapshot_attaches_to_nothing(api: Api, canary: str) -> None:
    before = api.get_stage()
    api.snapshot()
    assert shown(api.get_stage()) == shown(before)


@pytest.mark.parametrize(
    "percent",
    [
        case("CAN-29", "A percentage over 100 is refused", guide("create-canary-deployment"), "150"),
        case("CAN-30", "A negative percentage is refused", guide("create-canary-deployment"), "-1"),
        case("CAN-31", "A percentage that is no number is refused", guide("create-canary-deployment"), "half"),
    ],
)
def test_bad_percent(api: Api, stage: str, percent: str) -> None:
    with refused("BadRequestException"):
        api.patch_stage(replace(PERCENT, percent))
    assert "canarySettings" not in api.get_stage()


@fact("CAN-32", "The canary may use the stage's cache by a replace of useStageCache", guide("create-canary-deployment"))
def test_use_stage_cache(api: Api, canary: str) -> None:
    assert api.patch_stage(replace("/canarySettings/useStageCache", "true"))["canarySettings"]["useStageCache"] is True


@fact(
    "CAN-33",
    "A deployment that a canary uses cannot be deleted",
    documented("https://docs.aws.amazon.com/apigateway/latest/api/API_DeleteDeployment.html"),
)
def test_delete_canary_deployment(api: Api, canary: str) -> None:
    with refused("BadRequestException", "Active stages pointing to this deployment must be moved or deleted"):
        api.control.delete_deployment(restApiId=api.id, deploymentId=canary)


@fact(
    "CAN-34",
    "A fractional percentage is kept",
    documented("https://docs.aws.amazon.com/apigateway/latest/api/API_CanarySettings.html"),
)
def test_fractional_percent(api: Api, canary: str) -> None:
    assert api.patch_stage(replace(PERCENT, "0.5"))["canarySettings"]["percentTraffic"] == 0.5


@fact(
    "CAN-35",
    "A refused patch changes nothing, not even by its valid operations",
    unsure("inferred: UpdateStage is one call"),
)
def test_patch_is_atomic(api: Api, canary: str) -> None:
    before = api.get_stage()
    with refused("BadRequestException"):
        api.patch_stage(replace("/description", "changed"), replace("/canarySettings/badPath", "x"))
    assert shown(api.get_stage()) == shown(before)
