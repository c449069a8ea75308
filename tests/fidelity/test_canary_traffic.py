"""What a request sees of a canary: which deployment, which variables, how often."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from .canaries import PERCENT, PROMOTION, TEMPLATE
from .facts import case, fact, guide, recorded
from .gateway import Api, Cloud, remove, replace


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
