"""Deployments, stages and the canary: what UpdateStage and CreateDeployment accept, answer and refuse."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .facts import case, documented, fact, guide, recorded, unsure
from .gateway import Api, Cloud, add, copy, refused, remove, replace, shown

CRUD = "TestStageCrudCanary::"
NUMBERS = itertools.count(1)
OVERRIDES = "/canarySettings/stageVariableOverrides"
DEPLOYMENT, PERCENT = "/canarySettings/deploymentId", "/canarySettings/percentTraffic"
PROMOTION = (replace(PERCENT, "0.0"), copy(DEPLOYMENT, "/deploymentId"), copy(OVERRIDES, "/variables"))
STAGE_PATHS = (
    "[/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, "
    "/accessLogSettings/destinationArn, /accessLogSettings/format, /{resourcePath}/{httpMethod}/metrics/enabled, "
    "/{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, "
    "/{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit"
    "/{resourcePath}/{httpMethod}/caching/ttlInSeconds, /{resourcePath}/{httpMethod}/caching/enabled, "
    "/{resourcePath}/{httpMethod}/caching/dataEncrypted, "
    "/{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, "
    "/{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, "
    "/*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit /*/*/throttling/rateLimit "
    "/*/*/caching/ttlInSeconds, /*/*/caching/enabled, /*/*/caching/dataEncrypted, "
    "/*/*/caching/requireAuthorizationForCacheControl, /*/*/caching/unauthorizedCacheControlHeaderStrategy, "
    "/variables/{variable_name}, /tracingEnabled]"
)
TEMPLATE = (
    '{"message": "%s", "variable": "$stageVariables.testVar", "new": "$stageVariables.noStageVar", '
    '"kept": "$stageVariables.defaultVar", "isCanary": "$context.isCanaryRequest"}'
)


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    """One API, whose stages the tests make for themselves."""
    made = cloud.api("canary")
    made.mock("GET", "/", TEMPLATE % "first")
    return made


@pytest.fixture
def first(api: Api) -> str:
    return api.snapshot()


@pytest.fixture
def second(api: Api) -> str:
    return api.snapshot()


@pytest.fixture
def stage(api: Api, first: str) -> Iterator[str]:
    """A stage of the test's own, on the first deployment, without a canary."""
    name = f"s{next(NUMBERS)}"
    api.control.create_stage(restApiId=api.id, stageName=name, deploymentId=first, variables={"testVar": "default"})
    api.stage = name
    yield name
    with suppress(ClientError):
        api.control.delete_stage(restApiId=api.id, stageName=name)


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


# what a request sees


@pytest.fixture(scope="module")
def released(cloud: Cloud) -> Api:
    """A stage on the first definition, with a canary at 0 percent on the second."""
    made = cloud.api("canary-traffic")
    place = made.mock("GET", "/", TEMPLATE % "first")
    made.deploy("dev", variables={"testVar": "default", "defaultVar": "default"})
    made.control.update_integration_response(
        **place,
        statusCode="200",
        patchOperations=[replace("/responseTemplates/application~1json", TEMPLATE % "second")],
    )
    made.deploy(
        "dev",
        canarySettings={"percentTraffic": 0, "stageVariableOverrides": {"testVar": "canary", "noStageVar": "canary"}},
    )
    return made


def _at(api: Api, percent: float, count: int = 1) -> list[dict[str, Any]]:
    api.patch_stage(replace(PERCENT, str(percent)))
    return [api.get("/").json() for _ in range(count)]


TRAFFIC = recorded("canary", "TestCanaryDeployments::test_invoking_canary_deployment")


@pytest.mark.parametrize(
    ("percent", "pick", "expected"),
    [
        case("CAN-40", "At 0 percent every request gets the stage's deployment", TRAFFIC, 0, "message", "first"),
        case("CAN-41", "At 100 percent every request gets the canary's deployment", TRAFFIC, 100, "message", "second"),
        case(
            "CAN-42",
            "`$context.isCanaryRequest` is the text false for the others in a mapping template",
            TRAFFIC,
            0,
            "isCanary",
            "false",
        ),
        case(
            "CAN-43",
            "`$context.isCanaryRequest` is the text true for the canary in a mapping template",
            TRAFFIC,
            100,
            "isCanary",
            "true",
        ),
        case("CAN-44", "A canary request sees the override of a stage variable", TRAFFIC, 100, "variable", "canary"),
        case("CAN-45", "A canary request sees a variable that only the override has", TRAFFIC, 100, "new", "canary"),
        case(
            "CAN-46",
            "A canary request keeps the stage's variables that are not overridden",
            TRAFFIC,
            100,
            "kept",
            "default",
        ),
        case("CAN-47", "Other requests see the stage's own variable", TRAFFIC, 0, "variable", "default"),
        case("CAN-48", "A variable that only the override has is empty for other requests", TRAFFIC, 0, "new", ""),
    ],
)
def test_canary_traffic(released: Api, percent: float, pick: str, expected: str) -> None:
    assert {answer[pick] for answer in _at(released, percent, 20)} == {expected}


@fact("CAN-49", "The canary is chosen at random per request, near its percentage", guide("canary-release"))
def test_split(released: Api) -> None:
    messages = [answer["message"] for answer in _at(released, 50, 200)]
    assert 60 <= messages.count("second") <= 140
    changes = sum(a != b for a, b in itertools.pairwise(messages))
    assert changes >= 40, "the choice must not stick to a client"


@fact(
    "CAN-50",
    "After the canary is removed the next request gets the stage's deployment",
    guide("delete-canary-deployment"),
)
def test_rollback_is_seen(cloud: Cloud) -> None:
    api = cloud.api("canary-rollback")
    place = api.mock("GET", "/", "first")
    api.deploy()
    api.control.update_integration_response(
        **place, statusCode="200", patchOperations=[replace("/responseTemplates/application~1json", "second")]
    )
    api.deploy(canarySettings={"percentTraffic": 100})
    assert api.get("/").text == "second"
    api.patch_stage(remove("/canarySettings"))
    assert {api.get("/").text for _ in range(10)} == {"first"}


@fact(
    "CAN-51",
    "A promoted definition is what the stage serves, and the live API has no part in it",
    guide("promote-canary-deployment"),
)
def test_promotion_is_seen(cloud: Cloud) -> None:
    api = cloud.api("canary-promotion")
    place = api.mock("GET", "/", "first")
    api.deploy()

    def template(text: str) -> None:
        api.control.update_integration_response(
            **place, statusCode="200", patchOperations=[replace("/responseTemplates/application~1json", text)]
        )

    template("second")
    api.deploy(canarySettings={"percentTraffic": 10})
    template("live")
    api.patch_stage(*PROMOTION)
    api.patch_stage(remove("/canarySettings"))
    assert {api.get("/").text for _ in range(10)} == {"second"}


# deployments and stages without a canary

STAGES = recorded("common", "TestStages::test_create_update_stages")
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
    with refused("BadRequestException", "The REST API doesn't contain any methods"):
        api.deploy()


@fact("DEP-10", "A method without an integration cannot be deployed", guide("how-to-deploy-api"))
def test_no_integration(cloud: Cloud) -> None:
    api = cloud.api("half")
    api.method("GET", "/", None)
    with refused("BadRequestException", "No integration defined for method"):
        api.deploy()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        case(
            "STG-01",
            "The documentation version of a stage is not changed by a wrong path",
            STAGES,
            "/documentation_version",
            f"Invalid method setting path: /documentation_version. Must be one of: {STAGE_PATHS}",
        ),
        case(
            "STG-02",
            "Tags are not changed by UpdateStage",
            STAGES,
            "/tags/tag1",
            f"Invalid method setting path: /tags/tag1. Must be one of: {STAGE_PATHS}",
        ),
    ],
)
def test_stage_paths(api: Api, stage: str, path: str, message: str) -> None:
    with refused("BadRequestException", message):
        api.patch_stage(replace(path, "x"))


METHOD_SETTINGS = {
    "cacheDataEncrypted": False,
    "cacheTtlInSeconds": 300,
    "cachingEnabled": False,
    "dataTraceEnabled": False,
    "metricsEnabled": False,
    "requireAuthorizationForCacheControl": True,
    "throttlingBurstLimit": 5000,
    "throttlingRateLimit": 10000.0,
    "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
}


@fact(
    "STG-03",
    "The first method setting for */* brings the defaults of all others",
    recorded("common", "TestStages::test_update_stage_remove_wildcard"),
)
def test_wildcard_defaults(api: Api, stage: str) -> None:
    changed = api.patch_stage(replace("/*/*/caching/enabled", "true"))
    assert changed["methodSettings"] == {"*/*": METHOD_SETTINGS | {"cachingEnabled": True}}


@fact(
    "STG-04",
    "Removing /*/* without a setting is refused",
    recorded("common", "TestStages::test_update_stage_remove_wildcard"),
)
def test_remove_missing_wildcard(api: Api, stage: str) -> None:
    message = "Cannot remove method setting */* because there is no method setting for this method "
    with refused("BadRequestException", message):
        api.patch_stage(remove("/*/*"))


@fact(
    "STG-05",
    "Removing /*/* clears its method settings",
    recorded("common", "TestStages::test_update_stage_remove_wildcard"),
)
def test_remove_wildcard(api: Api, stage: str) -> None:
    api.patch_stage(replace("/*/*/caching/enabled", "true"))
    assert api.patch_stage(remove("/*/*"))["methodSettings"] == {}


@fact("STG-06", "A setting of one method takes what */* has for the rest", STAGES)
def test_method_inherits(api: Api, stage: str) -> None:
    changed = api.patch_stage(
        replace("/*/*/throttling/burstLimit", "123"),
        replace("/*/*/caching/enabled", "true"),
        replace("/test/GET/throttling/burstLimit", "124"),
    )
    shared = METHOD_SETTINGS | {"cachingEnabled": True}
    assert changed["methodSettings"] == {
        "*/*": shared | {"throttlingBurstLimit": 123},
        "test/GET": shared | {"throttlingBurstLimit": 124},
    }


@fact("STG-07", "A later change of */* does not change what one method has", STAGES)
def test_wildcard_does_not_override(api: Api, stage: str) -> None:
    api.patch_stage(replace("/*/*/throttling/burstLimit", "123"), replace("/test/GET/throttling/burstLimit", "124"))
    settings = api.patch_stage(replace("/*/*/throttling/burstLimit", "100"))["methodSettings"]
    assert settings["*/*"]["throttlingBurstLimit"] == 100
    assert settings["test/GET"]["throttlingBurstLimit"] == 124


@fact("STG-08", "Description, variables and tracing are replaced together", STAGES)
def test_stage_fields(api: Api, stage: str) -> None:
    changed = api.patch_stage(
        replace("/description", "stage new"), replace("/variables/var1", "test"), replace("/tracingEnabled", "true")
    )
    assert (changed["description"], changed["tracingEnabled"]) == ("stage new", True)
    assert changed["variables"] == {"testVar": "default", "var1": "test"}


FILTER = recorded("api", "TestApiGatewayStage::test_get_stages_filters_by_deployment_id")


@fact("STG-09", "GetStages filters by deployment", FILTER)
def test_stages_by_deployment(api: Api, stage: str, first: str) -> None:
    found = api.control.get_stages(restApiId=api.id, deploymentId=first)["item"]
    assert [item["stageName"] for item in found] == [stage]


@fact(
    "STG-10",
    "CreateStage shows the documentation version it was given",
    recorded("common", "TestStages::test_update_stage_remove_wildcard"),
)
def test_documentation_version(api: Api, first: str) -> None:
    api.control.create_documentation_part(restApiId=api.id, location={"type": "API"}, properties='{"foo": "bar"}')
    api.control.create_documentation_version(restApiId=api.id, documentationVersion="v123")
    made = api.control.create_stage(
        restApiId=api.id, stageName="documented", deploymentId=first, documentationVersion="v123"
    )
    assert made["documentationVersion"] == "v123"


LOGS = recorded("api", "TestApiGatewayStage::test_stage_access_log_settings")
LOGS_WRONG = recorded("api", "TestApiGatewayStage::test_stage_access_log_settings_validation")
LOG_PATHS = (
    "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]"
)
NO_SETTING = "Cannot remove method setting {} because there is no method setting for this method "


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        case(
            "STG-20",
            "Adding an unknown access log path is refused",
            LOGS_WRONG,
            add("/accessLogSettings/randomValue", "x"),
            LOG_PATHS,
        ),
        case(
            "STG-21",
            "Replacing an unknown access log path is refused",
            LOGS_WRONG,
            replace("/accessLogSettings/randomValue", "x"),
            LOG_PATHS,
        ),
        case(
            "STG-22",
            "Removing an unknown access log path is refused with the text about method settings",
            LOGS_WRONG,
            remove("/accessLogSettings/randomValue"),
            NO_SETTING.format("accessLogSettings/randomValue"),
        ),
        case(
            "STG-23",
            "A wildcard under access log settings is refused by add",
            LOGS_WRONG,
            add("/accessLogSettings/*", "x"),
            LOG_PATHS,
        ),
        case(
            "STG-24",
            "A wildcard under access log settings is refused by remove",
            LOGS_WRONG,
            remove("/accessLogSettings/*"),
            NO_SETTING.format("accessLogSettings/*"),
        ),
        case(
            "STG-25",
            "Replacing access log settings as a whole is refused",
            LOGS_WRONG,
            replace("/accessLogSettings", "x"),
            LOG_PATHS,
        ),
        case(
            "STG-26",
            "An empty access log destination is refused",
            LOGS_WRONG,
            replace("/accessLogSettings/destinationArn", ""),
            "Access Log value must not be empty",
        ),
        case(
            "STG-27",
            "An empty access log format is refused",
            LOGS_WRONG,
            replace("/accessLogSettings/format", ""),
            "Access Log value must not be empty",
        ),
        case(
            "STG-28",
            "The access log destination alone cannot be removed",
            LOGS_WRONG,
            remove("/accessLogSettings/destinationArn"),
            NO_SETTING.format("accessLogSettings/destinationArn"),
        ),
    ],
)
def test_access_log_paths(api: Api, stage: str, operation: dict[str, str], message: str) -> None:
    with refused("BadRequestException", message):
        api.patch_stage(operation)


@fact("STG-29", "Access log settings are added one by one and removed together", LOGS)
def test_access_log_settings(api: Api, stage: str) -> None:
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:stage-log"
    api.cloud.client("logs").create_log_group(logGroupName="stage-log")
    assert api.patch_stage(add("/accessLogSettings/destinationArn", arn))["accessLogSettings"] == {
        "destinationArn": arn
    }
    line = "$context.requestId $context.identity.sourceIp"
    changed = api.patch_stage(add("/accessLogSettings/format", line))
    assert changed["accessLogSettings"] == {"destinationArn": arn, "format": line}
    assert "accessLogSettings" not in api.patch_stage(remove("/accessLogSettings"))


UNKNOWN_STAGE = documented("https://docs.aws.amazon.com/apigateway/latest/api/API_GetStage.html")


@pytest.mark.parametrize(
    "call",
    [
        case("STG-30", "GetStage of an unknown stage is not found", UNKNOWN_STAGE, lambda api: api.get_stage("none")),
        case(
            "STG-31",
            "UpdateStage of an unknown stage is not found",
            UNKNOWN_STAGE,
            lambda api: api.patch_stage(replace("/description", "x"), stage="none"),
        ),
        case(
            "STG-32",
            "DeleteStage of an unknown stage is not found",
            UNKNOWN_STAGE,
            lambda api: api.control.delete_stage(restApiId=api.id, stageName="none"),
        ),
    ],
)
def test_unknown_stage(api: Api, call: Callable[[Api], Any]) -> None:
    with refused("NotFoundException", "Invalid stage identifier specified"):
        call(api)


@fact(
    "STG-33",
    "A stage name that is taken is a conflict",
    documented("https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html"),
)
def test_stage_exists(api: Api, stage: str, first: str) -> None:
    with refused("ConflictException", "Stage already exists"):
        api.control.create_stage(restApiId=api.id, stageName=stage, deploymentId=first)


@fact(
    "STG-34",
    "DeleteStage answers 202 and the stage is gone",
    documented("https://docs.aws.amazon.com/apigateway/latest/api/API_DeleteStage.html"),
)
def test_delete_stage(api: Api, stage: str) -> None:
    gone = api.control.delete_stage(restApiId=api.id, stageName=stage)
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 202
    with refused("NotFoundException"):
        api.get_stage()


@fact(
    "STG-35",
    "A removed stage variable is gone while the others stay",
    documented("https://docs.aws.amazon.com/apigateway/latest/api/API_PatchOperation.html"),
)
def test_remove_variable(api: Api, stage: str) -> None:
    api.patch_stage(replace("/variables/other", "1"))
    assert api.patch_stage(remove("/variables/testVar"))["variables"] == {"other": "1"}
