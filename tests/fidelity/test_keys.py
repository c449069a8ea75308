"""API keys and usage plans in the control plane."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .apis import things_api
from .facts import case, documented, fact, recorded, reference
from .gateway import Api, Cloud, refused, remove, replace, shown


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    return things_api(cloud)


KEYS = "TestApigatewayApiKeysCrud::"


NAMES = recorded("extended", KEYS + "test_create_api_key_with_invalid_name")

VALUES = recorded("extended", KEYS + "test_create_api_key_with_invalid_value")

LIST = recorded("extended", KEYS + "test_get_api_keys")

PLAN = recorded("common", "TestUsagePlans::test_usage_plan_crud")


@fact("KEY-01", "A key is disabled unless asked, and shown with its value when made", LIST)
def test_create_key(cloud: Cloud, unique: str) -> None:
    made = cloud.control.create_api_key(name=f"made-{unique}")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(made, "id", "value") == {"enabled": False, "name": f"made-{unique}", "stageKeys": []}
    assert 20 <= len(made["value"]) <= 128


@fact("KEY-02", "Keys are listed without their values", LIST)
def test_list_hides_values(cloud: Cloud, unique: str) -> None:
    cloud.control.create_api_key(name=f"hidden-{unique}")
    items = cloud.control.get_api_keys(nameQuery=f"hidden-{unique}")["items"]
    assert [set(shown(item)) for item in items] == [{"enabled", "id", "name", "stageKeys"}]


@fact("KEY-03", "Keys are listed with their values when asked", reference("API_GetApiKeys"))
def test_list_values(cloud: Cloud, unique: str) -> None:
    made = cloud.control.create_api_key(name=f"open-{unique}")
    items = cloud.control.get_api_keys(nameQuery=f"open-{unique}", includeValues=True)["items"]
    assert [item["value"] for item in items] == [made["value"]]


@pytest.mark.parametrize(
    ("cut", "found"),
    [
        case("KEY-04", "The name query finds a prefix", LIST, lambda name: name[:8], True),
        case("KEY-05", "The name query minds the case", LIST, lambda name: name[:8].upper(), False),
        case("KEY-06", "The name query does not find the end of a name", LIST, lambda name: name[2:], False),
        case("KEY-07", "The name query does not find the middle of a name", LIST, lambda name: name[2:8], False),
    ],
)
def test_name_query(
    cloud: Cloud, unique: str, request: pytest.FixtureRequest, cut: Callable[[str], str], found: bool
) -> None:
    name = f"q{unique}-{request.node.callspec.id.lower()}"
    cloud.control.create_api_key(name=name)
    names = [item.get("name") for item in cloud.control.get_api_keys(nameQuery=cut(name), limit=500)["items"]]
    assert (name in names) is found


@fact("KEY-08", "Keys are listed in pages with a position", LIST)
def test_key_pages(cloud: Cloud, unique: str) -> None:
    names = {f"page{unique}-{number}" for number in range(2)}
    for name in names:
        cloud.control.create_api_key(name=name)
    first = cloud.control.get_api_keys(nameQuery=f"page{unique}", limit=1)
    second = cloud.control.get_api_keys(nameQuery=f"page{unique}", limit=1, position=first["position"])
    assert {item["name"] for item in first["items"] + second["items"]} == names
    assert "position" not in second


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        case(
            "KEY-10",
            "A key name over 1024 characters is refused",
            NAMES,
            {"name": "a" * 1025},
            "Invalid API Key name, can be at most 1024 characters.",
        ),
        case(
            "KEY-11",
            "A key value under 20 characters is refused",
            VALUES,
            {"value": "short"},
            "API Key value should be at least 20 characters",
        ),
        case(
            "KEY-12",
            "A key value over 128 characters is refused",
            VALUES,
            {"value": "a" * 129},
            "API Key value exceeds maximum size of 128 characters",
        ),
        case(
            "KEY-13",
            "A key description over 125000 characters is refused",
            recorded("extended", KEYS + "test_update_api_key_invalid_description_length"),
            {"description": "a" * 125001},
            "Invalid API Key description specified.",
        ),
    ],
)
def test_key_refused(cloud: Cloud, settings: dict[str, str], message: str) -> None:
    with refused("BadRequestException", message):
        cloud.control.create_api_key(**settings)


@pytest.mark.parametrize(
    "settings",
    [
        case("KEY-14", "A key without a name shows none", NAMES, {}),
        case("KEY-15", "A key with an empty name shows none", NAMES, {"name": ""}),
        case("KEY-16", "A key with an empty value gets a value", VALUES, {"value": ""}),
    ],
)
def test_nameless_key(cloud: Cloud, settings: dict[str, str]) -> None:
    made = cloud.control.create_api_key(**settings)
    assert "name" not in made
    assert len(made["value"]) >= 20


@fact(
    "KEY-17",
    "A text that is no boolean disables a key",
    recorded("extended", KEYS + "test_update_api_key_invalid_enabled_type"),
)
def test_key_not_boolean(cloud: Cloud) -> None:
    made = cloud.control.create_api_key(enabled=True)
    changed = cloud.control.update_api_key(apiKey=made["id"], patchOperations=[replace("/enabled", "not-a-boolean")])
    assert shown(changed, "id") == {"enabled": False, "stageKeys": [], "tags": {}}


@fact(
    "KEY-18",
    "The id of a key cannot be replaced and the allowed paths are listed",
    recorded("extended", KEYS + "test_update_api_key_immutable_field"),
)
def test_key_id(cloud: Cloud) -> None:
    made = cloud.control.create_api_key()
    message = "Invalid patch path  '/id' specified for op 'replace'. Must be one of: [/description, /enabled, /name, /customerId]"
    with refused("BadRequestException", message):
        cloud.control.update_api_key(apiKey=made["id"], patchOperations=[replace("/id", "new-id")])


@fact(
    "KEY-19",
    "A key value is unique in the region",
    documented("https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html"),
)
def test_same_value(cloud: Cloud, unique: str) -> None:
    cloud.control.create_api_key(value=f"value-{unique}-0123456789")
    with refused("ConflictException"):
        cloud.control.create_api_key(value=f"value-{unique}-0123456789")


@fact(
    "KEY-20",
    "The same key value may be in another region",
    documented("https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html"),
)
def test_same_value_elsewhere(cloud: Cloud, europe: Cloud, unique: str) -> None:
    made = [place.control.create_api_key(value=f"both-{unique}-0123456789") for place in (cloud, europe)]
    assert made[0]["value"] == made[1]["value"]


@pytest.fixture(scope="module")
def planned(cloud: Cloud) -> tuple[Api, str]:
    """An API on stage dev and the id of a plan for it; no test changes either."""
    api = cloud.api("planned")
    api.mock("GET", "/")
    api.deploy()
    plan = cloud.control.create_usage_plan(name="planned", apiStages=[{"apiId": api.id, "stage": "dev"}])
    return api, plan["id"]


@fact(
    "PLN-01",
    "A plan shows its stages, limits and tags",
    recorded("common", "TestUsagePlans::test_api_key_required_for_methods"),
)
def test_create_plan(planned: tuple[Api, str]) -> None:
    api, _ = planned
    settings = {
        "description": "Test",
        "quota": {"limit": 10, "offset": 0, "period": "DAY"},
        "throttle": {"burstLimit": 1, "rateLimit": 2.0},
        "tags": {"tag_key": "tag_value"},
    }
    api.deploy("other")
    made = api.control.create_usage_plan(name="full", apiStages=[{"apiId": api.id, "stage": "other"}], **settings)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(made, "id") == settings | {"name": "full", "apiStages": [{"apiId": api.id, "stage": "other"}]}


@fact("PLN-02", "A burst over the rate is taken", recorded("extended", KEYS + "test_create_usage_plan_with_throttle"))
def test_burst_over_rate(cloud: Cloud) -> None:
    made = cloud.control.create_usage_plan(name="burst", throttle={"rateLimit": 10, "burstLimit": 20})
    assert shown(made, "id") == {"apiStages": [], "name": "burst", "throttle": {"burstLimit": 20, "rateLimit": 10.0}}


@fact("PLN-03", "Limits are made by single replaces", PLAN)
def test_patch_plan(cloud: Cloud) -> None:
    made = cloud.control.create_usage_plan(name="patched")
    changed = cloud.control.update_usage_plan(
        usagePlanId=made["id"],
        patchOperations=[
            replace("/throttle/burstLimit", "100"),
            replace("/throttle/rateLimit", "200"),
            replace("/quota/period", "MONTH"),
            replace("/quota/limit", "5000"),
        ],
    )
    assert changed["throttle"] == {"burstLimit": 100, "rateLimit": 200.0}
    assert changed["quota"] == {"limit": 5000, "offset": 0, "period": "MONTH"}


def _patch_plan(operation: dict[str, str]) -> Callable[[Api, str], Any]:
    return lambda api, plan: api.control.update_usage_plan(usagePlanId=plan, patchOperations=[operation])


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        case(
            "PLN-10",
            "An unknown plan is not found",
            PLAN,
            lambda api, plan: api.control.update_usage_plan(
                usagePlanId="none1", patchOperations=[replace("/throttle/burstLimit", "1")]
            ),
            "NotFoundException",
            "Invalid Usage Plan ID specified",
        ),
        case(
            "PLN-11",
            "Removing stages without naming one is refused",
            PLAN,
            _patch_plan(remove("/apiStages")),
            "BadRequestException",
            "Invalid API Stage specified",
        ),
        case(
            "PLN-12",
            "Removing a stage that is written wrongly is refused",
            PLAN,
            _patch_plan(remove("/apiStages") | {"value": "fakevalue"}),
            "BadRequestException",
            "Invalid API Stage specified",
        ),
        case(
            "PLN-13",
            "Removing the stage of an unknown API is not found, and both are named",
            PLAN,
            lambda api, plan: _patch_plan(remove("/apiStages") | {"value": f"{api.id}b:dev"})(api, plan),
            "NotFoundException",
            "Invalid API Stage {api: <api>b, stage: dev} specified for usageplan <plan>",
        ),
        case(
            "PLN-14",
            "Removing an unknown stage is not found, and both are named",
            PLAN,
            lambda api, plan: _patch_plan(remove("/apiStages") | {"value": f"{api.id}:fakestagename"})(api, plan),
            "NotFoundException",
            "Invalid API Stage {api: <api>, stage: fakestagename} specified for usageplan <plan>",
        ),
    ],
)
def test_plan_refused(planned: tuple[Api, str], call: Callable[[Api, str], Any], code: str, message: str) -> None:
    api, plan = planned
    with refused(code, message.replace("<api>", api.id).replace("<plan>", plan)):
        call(api, plan)


@fact(
    "PLN-15",
    "A plan's keys show type and value, the newest first",
    recorded("extended", KEYS + "test_get_usage_plan_api_keys"),
)
def test_plan_keys(cloud: Cloud, unique: str) -> None:
    plan = cloud.control.create_usage_plan(name="keys")["id"]
    keys = [cloud.control.create_api_key(name=f"plan-{unique}-{number}") for number in range(2)]
    for key in keys:
        made = cloud.control.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
        assert shown(made) == {"id": key["id"], "name": key["name"], "type": "API_KEY", "value": key["value"]}
    items = cloud.control.get_usage_plan_keys(usagePlanId=plan)["items"]
    assert {item["id"] for item in items} == {key["id"] for key in keys}
    assert all(item["type"] == "API_KEY" and item["value"] for item in items)


@fact("PLN-16", "A deleted key leaves its plans", recorded("extended", KEYS + "test_get_usage_plan_api_keys"))
def test_deleted_key_leaves(cloud: Cloud) -> None:
    plan = cloud.control.create_usage_plan(name="leaving")["id"]
    key = cloud.control.create_api_key(name="leaving")["id"]
    cloud.control.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    cloud.control.delete_api_key(apiKey=key)
    assert cloud.control.get_usage_plan_keys(usagePlanId=plan)["items"] == []


@fact(
    "PLN-17",
    "The keys of an unknown plan are an empty list",
    recorded("extended", KEYS + "test_get_usage_plan_api_keys"),
)
def test_keys_of_unknown_plan(cloud: Cloud) -> None:
    assert cloud.control.get_usage_plan_keys(usagePlanId="bad-id")["items"] == []
