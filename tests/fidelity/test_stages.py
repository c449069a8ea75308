"""Stages without a canary: settings, access log settings, refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .canaries import canary_api
from .facts import case, documented, fact, recorded
from .gateway import Api, Cloud, add, refused, remove, replace
from .refusals import STAGE_PATHS


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    return canary_api(cloud)


STAGES = recorded("common", "TestStages::test_create_update_stages")


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
    with refused("NotFoundException"):
        call(api)


@fact(
    "STG-33",
    "A stage name that is taken is a conflict",
    documented("https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html"),
)
def test_stage_exists(api: Api, stage: str, first: str) -> None:
    with refused("ConflictException"):
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
