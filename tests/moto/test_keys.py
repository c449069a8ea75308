"""The keys' AWS seam on moto, through boto3's own validation: keys, plans, the secret.

moto does not page these lists, does not filter them by boto3's ``nameQuery`` and has no GetUsage; those are tested on
our own fake and on the embedded AWS.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from moto import mock_aws

from infra.config.model import Gateway, Jurisdiction, Plan, RateLimit, Region, Service
from infra.keys.cloud import KeyCloud
from infra.keys.plan_create import plan_create
from infra.keys.plan_revoke import plan_revoke
from infra.keys.steps import Ask
from infra.keys.view import View
from infra.release.awsclient import AwsClient, boto_client
from infra.release.plan import Plan as Steps

REGION, STACK = "us-east-1", "Gatewright-shop-us-east-1"
GATEWAY = Gateway(
    name="shop",
    regions=(Region(name=REGION, jurisdiction=Jurisdiction.US),),
    services=(Service(name="users", path="/api/users", url="https://users.example"),),
    plans=(Plan(name="gold", throttle=RateLimit(rate_per_second=5, burst=10)),),
)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyCloud]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        aws = AwsClient(region=REGION, factory=boto_client, sleep=lambda _: None, clock=lambda: 0.0)
        gateway = aws.client("apigateway")
        api = gateway.create_rest_api(name="shop")["id"]
        root = gateway.get_resources(restApiId=api)["items"][0]["id"]
        gateway.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
        gateway.put_integration(restApiId=api, resourceId=root, httpMethod="GET", type="MOCK")
        gateway.create_deployment(restApiId=api, stageName="live")
        gateway.create_usage_plan(name="gold", apiStages=[{"apiId": api, "stage": "live"}])
        gateway.create_usage_plan(name="gold")  # another gateway's
        template = {
            "Resources": {
                "P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "p", "Type": "String", "Value": "x"}}
            },
            "Outputs": {"RestApiId": {"Value": api}, "StageName": {"Value": "live"}},
        }
        aws.client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(template))
        yield KeyCloud(aws=aws, gateway="shop")


def view(cloud: KeyCloud) -> View:
    seen = cloud.look()
    return View(gateway=GATEWAY, regions=(seen,), secret=seen.secret)


def run(cloud: KeyCloud, plans: tuple[Steps, ...]) -> list[bool]:
    ids = {str(key.name): key.id for key in cloud.look().keys}
    return [cloud.do(step, ids) for plan in plans for step in plan.steps]


def test_a_key_is_made_found_again_and_ended(cloud: KeyCloud, ask: Ask) -> None:
    create = plan_create(view(cloud), ask, plan="gold", customer="acme", scope=None)
    assert run(cloud, create) == [True, True, True]
    (key,) = cloud.look().keys
    assert (str(key.name), key.enabled, key.attached) == ("shop/gold/acme/v1", True, True)
    assert plan_create(view(cloud), ask, plan="gold", customer="acme", scope=None) == ()
    secret = cloud.secret()
    assert secret is not None
    assert secret.versions == {"v1": b"k" * 32}
    revoke = plan_revoke(view(cloud), holder=("gold", "acme"), version="", regions=(REGION,))
    assert run(cloud, revoke) == [True, True, True]
    assert cloud.look().keys == ()


def test_creating_twice_finds_the_first(cloud: KeyCloud, ask: Ask) -> None:
    create = plan_create(view(cloud), ask, plan="gold", customer="acme", scope=None)
    run(cloud, create)
    ids: dict[str, str] = {}
    assert cloud.do(create[0].steps[1], ids) is False
    assert ids == {"shop/gold/acme/v1": cloud.look().keys[0].id}


@pytest.fixture
def ask() -> Ask:
    from datetime import UTC, datetime

    return Ask(now=datetime(2026, 1, 1, tzinfo=UTC), fresh=b"k" * 32)
