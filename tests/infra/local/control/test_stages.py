"""Stages and their method settings as recorded from real AWS (TestStages, TestApiGatewayStage)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

DEFAULTS = {
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


@pytest.fixture
def key(client: Any, mock_api: dict[str, Any]) -> dict[str, str]:
    found = {"restApiId": mock_api["restApiId"], "stageName": "s1"}
    client.create_stage(**found, deploymentId=client.create_deployment(restApiId=found["restApiId"])["id"])
    return found


def patched(client: Any, key: dict[str, str], *operations: tuple[str, ...]) -> Any:
    listed = [dict(zip(("op", "path", "value"), operation, strict=False)) for operation in operations]
    return client.update_stage(**key, patchOperations=listed)


def test_a_new_stage(client: Any, key: dict[str, str]) -> None:
    stage = client.get_stage(**key)
    assert {
        name: stage[name] for name in stage if name not in ("ResponseMetadata", "createdDate", "lastUpdatedDate")
    } == {
        "stageName": "s1",
        "deploymentId": stage["deploymentId"],
        "cacheClusterEnabled": False,
        "cacheClusterStatus": "NOT_AVAILABLE",
        "methodSettings": {},
        "tracingEnabled": False,
    }


def test_settings_start_from_the_wildcard_and_then_stand_alone(client: Any, key: dict[str, str]) -> None:
    after = patched(
        client,
        key,
        ("replace", "/*/*/throttling/burstLimit", "123"),
        ("replace", "/*/*/caching/enabled", "true"),
        ("replace", "/test/GET/throttling/burstLimit", "124"),
    )
    wildcard = {**DEFAULTS, "throttlingBurstLimit": 123, "cachingEnabled": True}
    assert after["methodSettings"] == {"*/*": wildcard, "test/GET": {**wildcard, "throttlingBurstLimit": 124}}
    later = patched(client, key, ("replace", "/*/*/throttling/burstLimit", "100"))
    assert later["methodSettings"]["test/GET"]["throttlingBurstLimit"] == 124


def test_removing_the_wildcard(client: Any, key: dict[str, str], refused: Callable[..., None]) -> None:
    message = "Cannot remove method setting */* because there is no method setting for this method "
    refused("BadRequestException", message, lambda: patched(client, key, ("remove", "/*/*")))
    patched(client, key, ("replace", "/*/*/metrics/enabled", "true"))
    assert patched(client, key, ("remove", "/*/*"))["methodSettings"] == {}


@pytest.mark.parametrize("path", ["/documentation_version", "/tags/tag1", "/canarySettings", "/canarySettings/badPath"])
def test_unknown_paths_are_method_settings(
    client: Any, key: dict[str, str], refused: Callable[..., None], path: str
) -> None:
    with pytest.raises(client.exceptions.BadRequestException) as error:
        patched(client, key, ("replace", path, "x"))
    message = error.value.response["Error"]["Message"]
    assert message.startswith(f"Invalid method setting path: {path}. Must be one of: [/deploymentId, /description, ")
    assert message.endswith("/variables/{variable_name}, /tracingEnabled]")
    assert "/throttling/burstLimit /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, " in message


VALUES = {
    "level": ("/*/*/logging/loglevel", "LOUD"),
    "burst": ("/*/*/throttling/burstLimit", "many"),
    "rate": ("/*/*/throttling/rateLimit", "nan"),
    "ttl": ("/*/*/caching/ttlInSeconds", "3601"),
    "variable": ("/variables/a", "$LATEST"),
    "variable name": ("/variables/a-b", "x"),
    "long variable name": (f"/variables/{'a' * 65}", "x"),
    "long variable": ("/variables/a", "x" * 513),
    "log format without a request id": ("/accessLogSettings/format", "$context.status"),
    "log format of two lines": ("/accessLogSettings/format", "$context.requestId\n$context.status"),
    "percent": ("/canarySettings/percentTraffic", "inf"),
    "deployment": ("/deploymentId", "nope"),
}


@pytest.mark.parametrize(("path", "value"), VALUES.values(), ids=VALUES.keys())
def test_bad_values_change_nothing(client: Any, key: dict[str, str], path: str, value: str) -> None:
    with pytest.raises(client.exceptions.BadRequestException):
        patched(client, key, ("replace", "/description", "changed"), ("replace", path, value))
    assert "description" not in client.get_stage(**key)


def test_variables(client: Any, key: dict[str, str], refused: Callable[..., None]) -> None:
    after = patched(client, key, ("replace", "/variables/a", "1"), ("replace", "/variables/b", "2"))
    assert after["variables"] == {"a": "1", "b": "2"}
    assert patched(client, key, ("remove", "/variables/a"))["variables"] == {"b": "2"}
    assert "variables" not in patched(client, key, ("remove", "/variables/b"))
    refused(
        "BadRequestException",
        "Invalid stage variable value: .  Please use values with alphanumeric characters and the symbols ' ', -', '.', "
        "'_', ':', '/', '?', '&', '=', and ','.",
        lambda: patched(client, key, ("replace", "/variables/a", "")),
    )


def test_a_hundred_variables_are_the_limit(client: Any, key: dict[str, str]) -> None:
    full = [("replace", f"/variables/v{number}", "x") for number in range(100)]
    assert len(patched(client, key, *full)["variables"]) == 100
    with pytest.raises(client.exceptions.BadRequestException):
        patched(client, key, ("replace", "/variables/one_more", "x"))


def test_access_log(client: Any, key: dict[str, str], refused: Callable[..., None]) -> None:
    arn = "arn:aws:logs:us-east-1:111111111111:log-group:g"
    after = patched(client, key, ("add", "/accessLogSettings/destinationArn", arn))
    assert after["accessLogSettings"] == {"destinationArn": arn}
    refused(
        "BadRequestException",
        "Cannot remove method setting accessLogSettings/destinationArn because there is no method setting for this method ",
        lambda: patched(client, key, ("remove", "/accessLogSettings/destinationArn")),
    )
    assert "accessLogSettings" not in patched(client, key, ("remove", "/accessLogSettings"))


def test_the_first_canary_path_makes_the_canary(client: Any, key: dict[str, str]) -> None:
    stage = client.get_stage(**key)
    made = patched(client, key, ("replace", "/canarySettings/percentTraffic", "50"))["canarySettings"]
    assert made == {"deploymentId": stage["deploymentId"], "percentTraffic": 50.0, "useStageCache": False}
    other = client.create_deployment(restApiId=key["restApiId"])["id"]
    patched(client, key, ("remove", "/canarySettings"))
    again = patched(client, key, ("replace", "/canarySettings/deploymentId", other))["canarySettings"]
    assert again == {"deploymentId": other, "percentTraffic": 0.0, "useStageCache": False}


def test_one_override_can_go(client: Any, key: dict[str, str]) -> None:
    base = "/canarySettings/stageVariableOverrides"
    patched(client, key, ("replace", f"{base}/a", "1"), ("replace", f"{base}/b", "2"))
    assert patched(client, key, ("remove", f"{base}/a"))["canarySettings"]["stageVariableOverrides"] == {"b": "2"}


def test_a_live_canary_keeps_other_deployments_off_the_stage(client: Any, key: dict[str, str]) -> None:
    canary, other = (client.create_deployment(restApiId=key["restApiId"])["id"] for _ in range(2))
    patched(client, key, ("replace", "/canarySettings/deploymentId", canary))
    with pytest.raises(client.exceptions.BadRequestException):
        patched(client, key, ("replace", "/deploymentId", other))
    assert (
        patched(client, key, ("remove", "/canarySettings"), ("replace", "/deploymentId", other))["deploymentId"]
        == other
    )


def test_create_is_refused(client: Any, key: dict[str, str], refused: Callable[..., None]) -> None:
    known = client.get_stage(**key)["deploymentId"]
    refused("ConflictException", "Stage already exists", client.create_stage, **key, deploymentId=known)
    other = {**key, "stageName": "s2"}
    unknown = "Deployment id does not exist"
    refused("BadRequestException", unknown, client.create_stage, **other, deploymentId="no")
    refused(
        "BadRequestException",
        unknown,
        client.create_stage,
        **other,
        deploymentId=known,
        canarySettings={"deploymentId": "no"},
    )
    refused(
        "BadRequestException",
        "Stage name only allows a-zA-Z0-9-_",
        client.create_stage,
        **{**key, "stageName": "a b"},
        deploymentId=known,
    )


def test_stages_of_one_deployment(client: Any, key: dict[str, str]) -> None:
    second = client.create_deployment(restApiId=key["restApiId"], stageName="s2")["id"]
    found = client.get_stages(restApiId=key["restApiId"], deploymentId=second)["item"]
    assert [stage["stageName"] for stage in found] == ["s2"]
    assert len(client.get_stages(restApiId=key["restApiId"])["item"]) == 2


def test_flushing_authorizers_raises_the_epoch(world: Any, client: Any, key: dict[str, str]) -> None:
    for _ in range(2):
        assert client.flush_stage_authorizers_cache(**key)["ResponseMetadata"]["HTTPStatusCode"] == 202
    state = world.store.region("111111111111", "us-east-1")
    assert state.authorizer_epoch == {(key["restApiId"], "s1"): 2}
    client.flush_stage_cache(**key)
