"""The domain's stacks go around the regions: the zone first, the records last, and neither without reason."""

from __future__ import annotations

import pytest

from infra.config.model import Dns, Gateway
from infra.release.deploy import deploy
from infra.release.domain import domain_stacks, plans
from tests.infra.cli.conftest import GATEWAY
from tests.infra.release.fake_aws import FakeAws, Operators
from tests.infra.release.fake_cdk import FakeCdk

US, EU = "us-east-1", "eu-west-1"
ROUTED = GATEWAY.model_copy(update={"domain": "api.shop.example"})
HOSTED = ROUTED.model_copy(update={"dns": Dns(zone="Z0123456789")})
ZONE, RECORDS = "Gatewright-shop-zone", "Gatewright-shop-dns"


@pytest.mark.parametrize(
    ("gateway", "regions", "zone", "records"),
    [
        pytest.param(ROUTED, (US, EU), ZONE, RECORDS, id="a zone of its own"),
        pytest.param(HOSTED, (US, EU), "", RECORDS, id="a zone that is there"),
        pytest.param(ROUTED, (US,), ZONE, "", id="some regions only"),
        pytest.param(GATEWAY, (US, EU), "", "", id="no domain"),
        pytest.param(ROUTED.model_copy(update={"dns": Dns(zone="none")}), (US, EU), "", "", id="no DNS of ours"),
    ],
)
def test_which_stacks(gateway: Gateway, regions: tuple[str, ...], zone: str, records: str) -> None:
    found = domain_stacks(gateway, regions)
    assert (found.zone, found.records) == (zone, records)
    assert found.region == (EU if zone or records else "")
    assert found.skipped == (bool(zone) and not records)


def test_the_order_of_a_deploy(operators: Operators, aws: FakeAws) -> None:
    cdk = FakeCdk(aws)
    deploy([operators.session(US), operators.session(EU)], cdk.cdk(), domain_stacks(ROUTED, [US, EU]))
    stacks = [run[1] for run in cdk.ran if run[0] == "deploy"]
    assert stacks == [ZONE, "Gatewright-shop-us-east-1", "Gatewright-shop-eu-west-1", RECORDS]


def test_a_plan_says_what_runs(aws: FakeAws) -> None:
    before, after = plans(domain_stacks(ROUTED, [US, EU]), FakeCdk(aws).cdk())
    assert [plan.steps[0].parameters["stack"] for plan in (*before, *after)] == [ZONE, RECORDS]
    assert {plan.region for plan in (*before, *after)} == {EU}
