"""API keys, usage plans and throttles on the wire. Counts requests, so every test has a plan of its own."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from .facts import case, documented, fact, guide, recorded, reference, unsure
from .gateway import Answer, Cloud, replace

REQUIRED = recorded("common", "TestUsagePlans::test_api_key_required_for_methods")
PLANS = guide("api-gateway-api-usage-plans")
THROTTLE = guide("api-gateway-request-throttling")
TYPES = documented("https://repost.aws/knowledge-center/api-gateway-429-limit")
FORBIDDEN = {"message": "Forbidden"}
SLOW_RATE = 0.001  # a bucket that does not fill again during a test


class Keyed:
    """An API with GET /open, and GET /key and /other that need a key; plans and keys are made on demand."""

    def __init__(self, cloud: Cloud) -> None:
        self.control = cloud.control
        self.api = cloud.api("keyed")
        self.api.mock("GET", "/open", "ok")
        for path in ("/key", "/other"):
            self.api.mock("GET", path, "ok", apiKeyRequired=True)
        self.api.deploy()

    def plan(self, **settings: Any) -> str:
        made = self.control.create_usage_plan(
            name="keyed", apiStages=[{"apiId": self.api.id, "stage": "dev"}], **settings
        )
        return str(made["id"])

    def key(self, plan: str | None, *, enabled: bool = True) -> dict[str, Any]:
        made = self.control.create_api_key(name="keyed", enabled=enabled)
        if plan:
            self.control.create_usage_plan_key(usagePlanId=plan, keyId=made["id"], keyType="API_KEY")
        return dict(made)

    def get(self, key: dict[str, Any] | None, path: str = "/key") -> Answer:
        return self.api.get(path, {"x-api-key": key["value"]} if key else {})


@pytest.fixture(scope="module")
def keyed(cloud: Cloud) -> Keyed:
    return Keyed(cloud)


@pytest.fixture(scope="module")
def plan(keyed: Keyed) -> str:
    """A plan without limits."""
    return keyed.plan()


@fact("UPL-01", "A method that needs a key is 403 without one", REQUIRED)
def test_no_key(keyed: Keyed, plan: str) -> None:
    found = keyed.get(None)
    assert (found.status, found.json()) == (403, FORBIDDEN)
    assert found.header("x-amzn-ErrorType") == "ForbiddenException"


@fact("UPL-02", "A key of a plan of the stage opens the method", REQUIRED)
def test_key(keyed: Keyed, plan: str) -> None:
    assert keyed.get(keyed.key(plan)).status == 200


@fact("UPL-03", "A disabled key is 403", REQUIRED)
def test_disabled(keyed: Keyed, plan: str) -> None:
    key = keyed.key(plan)
    assert keyed.get(key).status == 200
    keyed.control.update_api_key(apiKey=key["id"], patchOperations=[replace("/enabled", "false")])
    assert keyed.get(key).status == 403


@fact("UPL-04", "A key that is in no plan is 403", PLANS)
def test_no_plan(keyed: Keyed, plan: str) -> None:
    assert keyed.get(keyed.key(None)).status == 403


@fact("UPL-05", "A key that nobody made is 403", PLANS)
def test_unknown_key(keyed: Keyed, plan: str) -> None:
    assert keyed.get({"value": "x" * 40}).status == 403


@fact("UPL-06", "A method that needs no key does not look at one", PLANS)
def test_open(keyed: Keyed, plan: str) -> None:
    assert keyed.get({"value": "x" * 40}, "/open").status == 200


@fact("UPL-07", "The header's name does not mind the case", guide("api-gateway-api-key-source"))
def test_header_case(keyed: Keyed, plan: str) -> None:
    assert keyed.api.get("/key", {"X-API-Key": keyed.key(plan)["value"]}).status == 200


@pytest.fixture
def own(cloud: Cloud) -> Keyed:
    """An API of the test's own: a stage is in one plan of a key only."""
    return Keyed(cloud)


@fact("UPL-08", "Requests over the burst of a plan are 429 Too Many Requests", TYPES)
def test_burst(own: Keyed) -> None:
    key = own.key(own.plan(throttle={"burstLimit": 3, "rateLimit": SLOW_RATE}))
    answers = [own.get(key) for _ in range(5)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].json() == {"message": "Too Many Requests"}
    assert answers[-1].header("x-amzn-ErrorType") == "TooManyRequestsException"


@fact("UPL-09", "Requests over the quota of a plan are 429 Limit Exceeded", TYPES)
def test_quota(own: Keyed) -> None:
    key = own.key(own.plan(quota={"limit": 2, "period": "DAY"}))
    answers = [own.get(key) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[-1].json() == {"message": "Limit Exceeded"}
    assert answers[-1].header("x-amzn-ErrorType") == "LimitExceededException"


@fact("UPL-10", "Limits of a plan hold for each key alone", PLANS)
def test_per_key(own: Keyed) -> None:
    plan = own.plan(quota={"limit": 1, "period": "DAY"})
    keys = [own.key(plan), own.key(plan)]
    assert [own.get(key).status for key in keys] == [200, 200]
    assert [own.get(key).status for key in keys] == [429, 429]


@fact("UPL-11", "A method of a plan may have a throttle of its own, which leaves the others alone", PLANS)
def test_method_throttle(own: Keyed) -> None:
    stages = [
        {"apiId": own.api.id, "stage": "dev", "throttle": {"/key/GET": {"burstLimit": 1, "rateLimit": SLOW_RATE}}}
    ]
    made = own.control.create_usage_plan(name="methods", apiStages=stages)
    key = own.key(made["id"])
    assert [own.get(key).status for _ in range(2)] == [200, 429]
    assert own.get(key, "/other").status == 200


@fact("UPL-12", "GetUsage shows used and remaining requests of a day for each key", reference("API_GetUsage"))
def test_usage(own: Keyed) -> None:
    plan = own.plan(quota={"limit": 5, "period": "DAY"})
    key = own.key(plan)
    for _ in range(2):
        own.get(key)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    usage = own.control.get_usage(usagePlanId=plan, startDate=today, endDate=today)
    assert usage["items"] == {key["id"]: [[2, 3]]}
    assert (usage["usagePlanId"], usage["startDate"], usage["endDate"]) == (plan, today, today)


@fact(
    "UPL-13",
    "UpdateUsage grants a key more requests for the rest of the period",
    documented("https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateUsage.html"),
)
def test_update_usage(own: Keyed) -> None:
    plan = own.plan(quota={"limit": 1, "period": "DAY"})
    key = own.key(plan)
    assert [own.get(key).status for _ in range(2)] == [200, 429]
    own.control.update_usage(usagePlanId=plan, keyId=key["id"], patchOperations=[replace("/remaining", "10")])
    assert own.get(key).status == 200


@fact("UPL-14", "A plan that a key leaves no longer opens the method", PLANS)
def test_leave(own: Keyed) -> None:
    plan = own.plan()
    key = own.key(plan)
    assert own.get(key).status == 200
    own.control.delete_usage_plan_key(usagePlanId=plan, keyId=key["id"])
    assert own.get(key).status == 403


@fact("UPL-15", "A key of a plan for another stage is 403", PLANS)
def test_other_stage(own: Keyed) -> None:
    own.api.deploy("other")
    key = own.key(own.plan())
    assert own.api.get("/key", {"x-api-key": key["value"]}, stage="other").status == 403


STAGE_LIMITS = [
    case("UPL-16", "A throttle of */* limits the stage without any key", THROTTLE, "/*/*"),
    case("UPL-17", "A throttle of one method limits that method", THROTTLE, "/open/GET"),
]


@pytest.mark.parametrize("path", STAGE_LIMITS)
def test_stage_throttle(own: Keyed, path: str) -> None:
    own.api.patch_stage(
        replace(f"{path}/throttling/burstLimit", "2"), replace(f"{path}/throttling/rateLimit", str(SLOW_RATE))
    )
    answers = [own.get(None, "/open") for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 429, 429]
    assert answers[-1].json() == {"message": "Too Many Requests"}


@fact(
    "UPL-18", "A request without a key does not count against a plan", unsure("inferred: there is no key to count for")
)
def test_keyless_does_not_count(own: Keyed) -> None:
    key = own.key(own.plan(quota={"limit": 1, "period": "DAY"}))
    assert own.get(None).status == 403
    assert own.get(key).status == 200


@fact(
    "UPL-19",
    "The key's id, never its value, is in `$context.identity.apiKeyId`",
    guide("api-gateway-mapping-template-reference"),
)
def test_key_id(cloud: Cloud) -> None:
    api = cloud.api("key-id")
    api.mock("GET", "/", "$context.identity.apiKeyId", apiKeyRequired=True)
    api.deploy()
    plan = cloud.control.create_usage_plan(name="id", apiStages=[{"apiId": api.id, "stage": "dev"}])["id"]
    key = cloud.control.create_api_key(name="id", enabled=True)
    cloud.control.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
    assert api.get("/", {"x-api-key": key["value"]}).text == key["id"]
