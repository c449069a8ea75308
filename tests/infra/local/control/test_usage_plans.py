"""Usage plans, their keys and their usage, as recorded from real AWS (TestUsagePlans, TestApigatewayApiKeysCrud)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from infra.local.control import usage


@pytest.fixture
def stage(client: Any, mock_api: dict[str, Any]) -> dict[str, str]:
    client.create_deployment(restApiId=mock_api["restApiId"], stageName="dev")
    return {"apiId": mock_api["restApiId"], "stage": "dev"}


def test_shapes(client: Any, stage: dict[str, str]) -> None:
    made = client.create_usage_plan(
        name="plan",
        apiStages=[stage],
        throttle={"rateLimit": 2, "burstLimit": 20},
        quota={"limit": 10, "period": "DAY"},
        tags={"k": "v"},
    )
    assert {key: made[key] for key in made if key not in ("id", "ResponseMetadata")} == {
        "name": "plan",
        "apiStages": [stage],
        "throttle": {"burstLimit": 20, "rateLimit": 2.0},
        "quota": {"limit": 10, "offset": 0, "period": "DAY"},
        "tags": {"k": "v"},
    }
    bare = client.create_usage_plan(name="bare")
    assert bare["apiStages"] == []
    assert client.get_usage_plan(usagePlanId=bare["id"])["tags"] == {}
    assert [plan["name"] for plan in client.get_usage_plans()["items"]] == ["bare", "plan"]
    assert "tags" not in client.get_usage_plans()["items"][1]


def test_limits_are_made_by_their_first_value(client: Any) -> None:
    plan = client.create_usage_plan(name="plan")["id"]
    operations = [
        {"op": "replace", "path": path, "value": value}
        for path, value in (
            ("/throttle/burstLimit", "100"),
            ("/throttle/rateLimit", "200"),
            ("/quota/period", "MONTH"),
            ("/quota/limit", "5000"),
        )
    ]
    after = client.update_usage_plan(usagePlanId=plan, patchOperations=operations)
    assert after["throttle"] == {"burstLimit": 100, "rateLimit": 200.0}
    assert after["quota"] == {"limit": 5000, "offset": 0, "period": "MONTH"}
    gone = [{"op": "remove", "path": "/throttle"}, {"op": "remove", "path": "/quota"}]
    assert not {"throttle", "quota"} & client.update_usage_plan(usagePlanId=plan, patchOperations=gone).keys()


STAGES = {
    "no value": (None, "BadRequestException", "Invalid API Stage specified"),
    "no colon": ("fakevalue", "BadRequestException", "Invalid API Stage specified"),
    "unknown stage": (
        "{api}:fake",
        "NotFoundException",
        "Invalid API Stage {{api: {api}, stage: fake}} specified for usageplan {plan}",
    ),
    "unknown api": (
        "{api}b:dev",
        "NotFoundException",
        "Invalid API Stage {{api: {api}b, stage: dev}} specified for usageplan {plan}",
    ),
}


@pytest.mark.parametrize(("value", "code", "message"), STAGES.values(), ids=STAGES.keys())
def test_stages_are_checked(
    client: Any, stage: dict[str, str], refused: Callable[..., None], value: str | None, code: str, message: str
) -> None:
    plan = client.create_usage_plan(name="plan", apiStages=[stage])["id"]
    names = {"api": stage["apiId"], "plan": plan}
    operation = {"op": "remove", "path": "/apiStages"}
    if value is not None:
        operation["value"] = value.format(**names)
    refused(code, message.format(**names), client.update_usage_plan, usagePlanId=plan, patchOperations=[operation])


def test_throttles_of_single_methods(client: Any, stage: dict[str, str]) -> None:
    plan = client.create_usage_plan(name="plan", apiStages=[stage])["id"]
    path = f"/apiStages/{stage['apiId']}:dev/throttle/~1items/GET/rateLimit"
    operations = [{"op": "replace", "path": path, "value": "5"}]
    after = client.update_usage_plan(usagePlanId=plan, patchOperations=operations)
    assert after["apiStages"][0]["throttle"] == {"/items/GET": {"burstLimit": 0, "rateLimit": 5.0}}


def test_unknown_things(client: Any, refused: Callable[..., None]) -> None:
    message = "Invalid Usage Plan ID specified"
    refused("NotFoundException", message, client.update_usage_plan, usagePlanId="no", patchOperations=[])
    assert client.get_usage_plan_keys(usagePlanId="no")["items"] == []
    missing = [{"apiId": "no", "stage": "dev"}]
    refused("NotFoundException", "API Stage not found: no:dev", client.create_usage_plan, name="p", apiStages=missing)


def test_keys_of_a_plan(client: Any, refused: Callable[..., None]) -> None:
    plan = client.create_usage_plan(name="plan")["id"]
    keys = [client.create_api_key(name=f"test-{number}") for number in (1, 2)]
    for key in keys:
        made = client.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
        assert (made["value"], made["type"]) == (key["value"], "API_KEY")
    assert [item["name"] for item in client.get_usage_plan_keys(usagePlanId=plan)["items"]] == ["test-2", "test-1"]
    assert len(client.get_usage_plan_keys(usagePlanId=plan, nameQuery="test-1")["items"]) == 1
    client.delete_usage_plan_key(usagePlanId=plan, keyId=keys[0]["id"])
    client.delete_api_key(apiKey=keys[1]["id"])
    assert client.get_usage_plan_keys(usagePlanId=plan)["items"] == []


def test_one_plan_per_key_and_stage(client: Any, stage: dict[str, str], refused: Callable[..., None]) -> None:
    key = client.create_api_key(name="k")["id"]
    first, second = (client.create_usage_plan(name=name, apiStages=[stage])["id"] for name in "ab")
    client.create_usage_plan_key(usagePlanId=first, keyId=key, keyType="API_KEY")
    refused(
        "ConflictException",
        f"Usage Plan {second} cannot be added because API Key {key} cannot reference multiple Usage Plans with the same "
        f"API Stage: {stage['apiId']}:dev",
        client.create_usage_plan_key,
        usagePlanId=second,
        keyId=key,
        keyType="API_KEY",
    )


def test_one_plan_per_key_and_stage_when_a_stage_is_added(client: Any, stage: dict[str, str]) -> None:
    key = client.create_api_key(name="k")["id"]
    first = client.create_usage_plan(name="a", apiStages=[stage])["id"]
    second = client.create_usage_plan(name="b")["id"]
    for plan in (first, second):
        client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    operation = {"op": "add", "path": "/apiStages", "value": f"{stage['apiId']}:dev"}
    with pytest.raises(client.exceptions.ConflictException):
        client.update_usage_plan(usagePlanId=second, patchOperations=[operation])
    assert client.get_usage_plan(usagePlanId=second)["apiStages"] == []


def test_usage_is_daily_pairs(world: Any, client: Any) -> None:
    plan = client.create_usage_plan(name="plan", quota={"limit": 10, "period": "WEEK"})["id"]
    key = client.create_api_key(name="k")["id"]
    client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    state = world.store.region("111111111111", "us-east-1")
    state.usage[plan, key] = {"2023-11-13": 3, "2023-11-14": 4}  # the fake clock stands in the week of 2023-11-12
    got = client.get_usage(usagePlanId=plan, startDate="2023-11-12", endDate="2023-11-14")
    assert got["items"] == {key: [[0, 10], [3, 7], [4, 3]]}
    operation = {"op": "replace", "path": "/remaining", "value": "8"}
    after = client.update_usage(usagePlanId=plan, keyId=key, patchOperations=[operation])
    assert after["items"][key][0][1] == 8


PERIODS = {
    "day": ("DAY", "2024-02-29", "2024-02-29", "2024-02-29"),
    "week, sunday": ("WEEK", "2024-03-03", "2024-03-03", "2024-03-09"),
    "week, saturday": ("WEEK", "2024-03-02", "2024-02-25", "2024-03-02"),
    "month": ("MONTH", "2024-02-29", "2024-02-01", "2024-02-29"),
    "december": ("MONTH", "2024-12-31", "2024-12-01", "2024-12-31"),
}


@pytest.mark.parametrize(("period", "day", "first", "last"), PERIODS.values(), ids=PERIODS.keys())
def test_quota_periods(period: str, day: str, first: str, last: str) -> None:
    found = usage.quota_period({"quota": {"period": period}}, dt.date.fromisoformat(day))
    assert found == (dt.date.fromisoformat(first), dt.date.fromisoformat(last))
