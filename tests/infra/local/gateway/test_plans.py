from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from infra.local.gateway.plans import period_start
from tests.infra.local.gateway.fakes import API_ID, STAGE, World, header, mock

KEY = (("x-api-key", "v" * 20),)


def world_with(**plan: Any) -> World:
    world = World()
    world.method("/", integration=mock(), apiKeyRequired=True)
    world.method("/free", integration=mock())
    world.region.api_keys["k1"] = {"id": "k1", "value": "v" * 20, "enabled": True}
    world.region.usage_plans["p1"] = {"id": "p1", "apiStages": [{"apiId": API_ID, "stage": STAGE}], **plan}
    world.region.usage_plan_keys["p1"] = ["k1"]
    return world


async def test_a_key_of_a_plan_passes_and_is_counted() -> None:
    world = world_with()
    assert [(await world.call(headers=KEY)).status for _ in range(2)] == [200, 200]
    assert world.region.usage == {("p1", "k1"): {"2026-11-24": 2}}


async def refused(world: World, headers: Any = KEY) -> None:
    response = await world.call(headers=headers)
    assert (response.status, response.body) == (403, b'{"message":"Forbidden"}')
    assert header(response, "x-amzn-ErrorType") == "ForbiddenException"


@pytest.mark.parametrize(
    "headers", [(), (("x-api-key", "wrong"),), (("x-api-key", ""),)], ids=["none", "wrong", "empty"]
)
async def test_no_valid_key(headers: Any) -> None:
    """test_api_key_required_for_methods."""
    await refused(world_with(), headers)


async def test_a_method_without_the_requirement_needs_no_key() -> None:
    assert (await world_with().call("/free")).status == 200


@pytest.mark.parametrize("change", ["disable", "unlink", "other stage", "delete plan", "delete key"])
async def test_a_change_is_seen_by_the_next_request(change: str) -> None:
    """test_api_key_required_for_methods: a disabled key is refused; the others likewise."""
    world = world_with()
    assert (await world.call(headers=KEY)).status == 200
    region = world.region
    changes = {
        "disable": lambda: region.api_keys["k1"].update(enabled=False),
        "unlink": lambda: region.usage_plan_keys.update(p1=[]),
        "other stage": lambda: region.usage_plans["p1"].update(apiStages=[]),
        "delete plan": lambda: region.usage_plans.pop("p1"),
        "delete key": lambda: region.api_keys.pop("k1"),
    }
    changes[change]()
    await refused(world)


async def test_quota() -> None:
    world = world_with(quota={"limit": 2, "period": "DAY", "offset": 0})
    responses = [await world.call(headers=KEY) for _ in range(3)]
    assert [r.status for r in responses] == [200, 200, 429]
    assert responses[2].body == b'{"message":"Limit Exceeded"}'
    assert header(responses[2], "x-amzn-ErrorType") == "LimitExceededException"
    world.clock.now += 86_400
    assert (await world.call(headers=KEY)).status == 200


async def test_the_offset_shortens_the_first_period() -> None:
    world = world_with(quota={"limit": 3, "period": "DAY", "offset": 2})
    assert [(await world.call(headers=KEY)).status for _ in range(2)] == [200, 429]


async def test_a_quota_granted_later_counts() -> None:
    """UpdateUsage lowers what was used."""
    world = world_with(quota={"limit": 1, "period": "MONTH"})
    assert [(await world.call(headers=KEY)).status for _ in range(2)] == [200, 429]
    world.region.usage["p1", "k1"]["2026-11-24"] = -5
    assert (await world.call(headers=KEY)).status == 200


@pytest.mark.parametrize(
    ("plan", "statuses"),
    [
        pytest.param({"throttle": {"rateLimit": 1.0, "burstLimit": 2}}, [200, 200, 429], id="plan"),
        pytest.param(
            {
                "apiStages": [
                    {"apiId": API_ID, "stage": STAGE, "throttle": {"//GET": {"rateLimit": 1.0, "burstLimit": 1}}}
                ]
            },
            [200, 429, 429],
            id="method in plan",
        ),
    ],
)
async def test_throttle(plan: dict[str, Any], statuses: list[int]) -> None:
    world = world_with(**plan)
    responses = [await world.call(headers=KEY) for _ in statuses]
    assert [r.status for r in responses] == statuses
    assert responses[-1].body == b'{"message":"Too Many Requests"}'
    world.clock.now += 1
    assert (await world.call(headers=KEY)).status == 200


async def test_the_key_shows_in_the_event() -> None:
    world = world_with()
    world.method("/fn", apiKeyRequired=True)
    await world.call("/fn", headers=KEY)
    identity = world.event["requestContext"]["identity"]
    assert (identity["apiKey"], identity["apiKeyId"]) == ("v" * 20, "k1")


@pytest.mark.parametrize(
    ("period", "first"),
    [("DAY", dt.date(2026, 11, 24)), ("WEEK", dt.date(2026, 11, 22)), ("MONTH", dt.date(2026, 11, 1))],
)
def test_period_start(period: str, first: dt.date) -> None:
    assert period_start(period, dt.date(2026, 11, 24)) == first
    assert period_start(period, first) == first
