"""Pinned testers on the embedded engine: boto3 makes them, HTTP sends the header, and unpin leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.errors import NothingToDo
from infra.release.awsclient import AwsClient
from infra.release.pinning import apply, unpin_locked
from infra.release.pins import Header, Scene, plan_pin, plan_unpin
from infra.release.plan import Plan
from infra.release.session import Session
from infra.release.situation import PIN, UNPIN, Deployment, Situation, Stack, Stage
from tests.infra.local.edge.engine import Engine, deploy, running
from tests.infra.residency.zones import EU, US

pytestmark = pytest.mark.embedded
HOST, HEADER = "api.pins.example", Header(name="X-Release", value="canary")


@dataclass
class Kept:
    """A ledger that only remembers."""

    owner: str = "ann@laptop:1"
    held: bool = False
    decisions: list[dict[str, Any]] = field(default_factory=list)

    def acquire(self) -> None:
        self.held = True

    def renew(self) -> None:
        assert self.held

    def release(self) -> None:
        self.held = False

    def record(self, decision: dict[str, Any], *, evidence: Any = None) -> None:
        assert self.held
        self.decisions.append({**decision, "evidence": evidence})


@dataclass
class World:
    engine: Engine
    api: str
    dark: str
    ledger: Kept = field(default_factory=Kept)
    told: list[str] = field(default_factory=list)

    def session(self) -> Session:
        control = self.engine.client("apigateway")
        serving = control.get_stage(restApiId=self.api, stageName="live")["deploymentId"]
        situation = Situation(
            gateway="shop",
            region=US,
            stack=Stack(name="shop"),
            api_id=self.api,
            stage=Stage(name="live", deployment_id=serving),
            deployments=(Deployment(id=self.dark, description="release r2", created=datetime.now(UTC)),),
            newest=self.dark,
        )
        aws = AwsClient(region=US, factory=self.engine.client, sleep=lambda _: None, clock=lambda: 0.0)
        made = {"gateway": "shop", "region": US, "aws": aws, "ledger": self.ledger, "progress": self.told.append}
        return cast("Session", SimpleNamespace(**made, new_id=lambda: "id", observe=lambda: situation))

    def apply(self, planner: Callable[[Scene], Plan], header: Header | None = None) -> Plan:
        return apply(self.session(), planner, header=header)

    def everything(self) -> dict[str, Any]:
        """What API Gateway has, but for dates."""
        control, rules = self.engine.client("apigateway"), self.engine.client("apigatewayv2")
        stages = control.get_stages(restApiId=self.api)["item"]
        domains = control.get_domain_names()["items"]
        return {
            "stages": [{k: v for k, v in one.items() if k != "lastUpdatedDate"} for one in stages],
            "domains": [{"routingMode": "BASE_PATH_MAPPING_ONLY", **one} for one in domains],
            "rules": [rules.list_routing_rules(DomainName=one["domainName"])["RoutingRules"] for one in domains],
            "plans": [one["apiStages"] for one in control.get_usage_plans()["items"]],
        }

    def answer(self, **headers: str) -> Any:
        return self.engine.request("GET", "/x", Host=HOST, X_Viewer_Country="US", **headers).body


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("pins")) as engine:
        api = deploy(engine, HOST, US, EU)[US]
        control = engine.client("apigateway")
        root = control.get_resources(restApiId=api)["items"]
        resource = next(one["id"] for one in root if one["path"] == "/x")
        method = {"restApiId": api, "resourceId": resource, "httpMethod": "GET"}
        body = {"application/json": '"dark"'}
        control.put_integration_response(**method, statusCode="200", responseTemplates=body)
        dark = control.create_deployment(restApiId=api)["id"]
        control.create_usage_plan(name="basic", apiStages=[{"apiId": api, "stage": "live"}])
        group = f"arn:aws:logs:{US}:000000000000:log-group:/shop/access"
        settings = {
            "/accessLogSettings/destinationArn": group,
            "/accessLogSettings/format": "$context.stage $context.requestId",
        }
        settings |= {"/*/*/throttling/rateLimit": "50", "/*/*/throttling/burstLimit": "100"}
        patch = [{"op": "replace", "path": path, "value": value} for path, value in settings.items()]
        control.update_stage(restApiId=api, stageName="live", patchOperations=patch)
        yield World(engine, api, dark)


@pytest.fixture
def world(gateway: World) -> Iterator[World]:
    """Nobody is pinned, and the ledger is empty."""
    made = World(gateway.engine, gateway.api, gateway.dark)
    yield made
    with suppress(NothingToDo):
        made.apply(lambda scene: plan_unpin(scene, None))


def test_testers_see_the_dark_release_and_nobody_else_does(world: World) -> None:
    before = world.everything()
    plan = world.apply(lambda scene: plan_pin(scene, HEADER), HEADER)
    assert "release r2" in plan.summary
    assert world.told[-1].endswith("X-Release: canary goes to the pinned stage")
    assert world.answer(X_Release="canary") == "dark"
    assert world.answer(x_release="Canary") == world.answer() == US
    live, pinned = world.everything()["stages"]
    for guard in ("accessLogSettings", "methodSettings"):
        assert pinned[guard] == live[guard]
    world.apply(lambda scene: plan_unpin(scene, None))
    assert world.answer(X_Release="canary") == US
    assert world.everything() == before
    control = world.engine.client("apigateway")
    assert control.get_domain_name(domainName=HOST)["routingMode"] == "BASE_PATH_MAPPING_ONLY"


def test_who_pinned_what_and_when_is_kept_before_and_after_and_the_lock_is_given_back(world: World) -> None:
    world.apply(lambda scene: plan_pin(scene, HEADER), HEADER)
    begun, done = world.ledger.decisions
    assert (begun["outcome"], done["outcome"]) == ("begun", "done")
    same = ("id", "started", "operation", "owner", "header", "target")
    assert [begun[key] for key in same] == [done[key] for key in same]
    assert [done[key] for key in same[2:]] == [PIN, "ann@laptop:1", "X-Release: canary", world.dark]
    assert done["evidence"]["steps"][-1] == "routing-rule"
    world.ledger.acquire()
    unpin_locked(world.session(), world.session().observe())
    last = world.ledger.decisions[-1]
    assert (last["operation"], last["header"], last["target"]) == (UNPIN, "X-Release: canary", world.dark)
    assert world.ledger.held  # it is the caller's to give back


def test_what_is_refused_leaves_no_decision_and_no_lock(world: World) -> None:
    with pytest.raises(NothingToDo):
        world.apply(lambda scene: plan_unpin(scene, None))
    assert (world.ledger.decisions, world.ledger.held) == ([], False)
