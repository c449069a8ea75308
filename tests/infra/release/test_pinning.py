"""Pinned testers on the embedded engine: boto3 makes them, HTTP sends the header, and unpin leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.release.awsclient import AwsClient
from infra.release.pinning import carry_out, look
from infra.release.pins import Header, plan_pin, plan_unpin
from infra.release.session import Session
from infra.release.situation import Deployment, Situation, Stack, Stage
from tests.infra.local.edge.engine import Engine, deploy, running
from tests.infra.residency.zones import EU, US

pytestmark = pytest.mark.embedded
HOST, HEADER = "api.pins.example", Header(name="X-Release", value="canary")


@dataclass
class World:
    engine: Engine
    api: str
    dark: str

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
        return cast("Session", SimpleNamespace(gateway="shop", region=US, aws=aws, observe=lambda: situation))

    def answer(self, **headers: str) -> Any:
        return self.engine.request("GET", "/x", Host=HOST, X_Viewer_Country="US", **headers).body


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
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
        yield World(engine, api, dark)


def test_testers_see_the_dark_release_and_nobody_else_does(world: World) -> None:
    told: list[str] = []
    plan = plan_pin(look(world.session()), HEADER)
    assert "release r2" in plan.summary
    carry_out(world.session(), plan, told.append)
    assert told[-1].endswith("X-Release: canary goes to the pinned stage")
    assert world.answer(X_Release="canary") == "dark"
    assert world.answer(x_release="Canary") == world.answer() == US
    carry_out(world.session(), plan_unpin(look(world.session()), None), told.append)
    assert world.answer(X_Release="canary") == US
    control = world.engine.client("apigateway")
    assert [one["stageName"] for one in control.get_stages(restApiId=world.api)["item"]] == ["live"]
    assert control.get_domain_name(domainName=HOST)["routingMode"] == "BASE_PATH_MAPPING_ONLY"
    assert control.get_usage_plans()["items"][0]["apiStages"] == [{"apiId": world.api, "stage": "live"}]
