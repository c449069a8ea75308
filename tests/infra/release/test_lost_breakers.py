"""A deploy does not take the breaker away that the live release calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.errors import Refused
from infra.release.cdk import Cdk
from infra.release.deploy import deploy
from infra.release.lost_breakers import require_breakers
from infra.release.situation import Situation, Stack, Stage
from tests.infra.release.fake_aws import FakeAws, Operators
from tests.infra.release.fake_cdk import FakeCdk

ARN = "arn:aws:lambda:us-east-1:123456789012:function:"
CALLED = (f"{ARN}gatewright-shop-orders:3", f"{ARN}gatewright-shop-orders_cb:2")


def template(*functions: str) -> dict[str, Any]:
    made = {name: {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": name}} for name in functions}
    return {"Resources": {**made, "Table": {"Type": "AWS::DynamoDB::Table"}}}


def situation(manifests: dict[str, tuple[str, ...]]) -> Situation:
    return Situation(
        gateway="shop",
        region="us-east-1",
        stack=Stack(name="Gatewright-shop-us-east-1"),
        stage=Stage(name="live", deployment_id="d-one"),
        manifests=manifests,
    )


def test_a_breaker_that_the_live_release_calls_is_kept() -> None:
    with pytest.raises(Refused, match=r"the breaker of orders.*`breaker: off`"):
        require_breakers(situation({"d-one": CALLED}), template("gatewright-shop-orders"))


@pytest.mark.parametrize(
    ("manifests", "functions"),
    [
        pytest.param({"d-one": CALLED}, ("gatewright-shop-orders", "gatewright-shop-orders_cb"), id="still there"),
        pytest.param({"d-old": CALLED}, ("gatewright-shop-orders",), id="of a release that is not live"),
        pytest.param({"d-one": CALLED[:1]}, ("gatewright-shop-orders",), id="no breaker before"),
        pytest.param({"d-one": CALLED[:1]}, (), id="a service is its owner's"),
        pytest.param({}, (), id="nothing known"),
    ],
)
def test_everything_else_is_deployed(manifests: dict[str, tuple[str, ...]], functions: tuple[str, ...]) -> None:
    require_breakers(situation(manifests), template(*functions))


def test_deploy_looks_at_what_was_synthesized_before_it_touches_a_region(
    aws: FakeAws, operators: Operators, tmp_path: Path
) -> None:
    fake = FakeCdk(aws)
    cdk = Cdk(runner=fake, assembly=tmp_path)
    session = operators.session()
    deploy([session], cdk)
    session.ledger.forget_release("d-one")
    session.ledger.record_release("d-one", CALLED)
    (tmp_path / f"{session.observe().stack.name}.template.json").write_text(json.dumps(template()), encoding="utf-8")
    fake.ran.clear()
    with pytest.raises(Refused, match="the breaker of orders"):
        deploy([session], cdk)
    assert [run[0] for run in fake.ran] == ["synth"]
