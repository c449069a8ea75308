"""A protected service in a region's template: who calls whom, with which rights, and what a release has of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tests.stacks.conftest import Assembly, Template, copy_shop, resources, synthesize
from tests.stacks.test_snapshots import normalised

Change = Callable[..., Assembly]


def protect(document: dict[str, Any]) -> None:
    document["services"]["orders"]["breaker"] = {"max_concurrent_calls": 50}
    document["services"]["legacy"] = {
        "path": "/legacy",
        "url": "https://legacy.example/base",
        "methods": ["GET"],
        "timeout": "3s",
        "breaker": {"max_concurrent_calls": 20},
    }


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    home = tmp_path_factory.mktemp("protected")
    path = copy_shop(home)
    document = yaml.safe_load(path.read_text())
    protect(document)
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return synthesize(path, home / "out")


@pytest.fixture
def template(protected: Assembly) -> Template:
    return protected.template()


def version_of(template: Template, prefix: str) -> str:
    (found,) = [name for name in resources(template, "AWS::Lambda::Version") if name.startswith(f"{prefix}Version")]
    return found


def integrations(template: Template, path: str) -> list[dict[str, Any]]:
    item = template["Resources"]["RestApi"]["Properties"]["Body"]["paths"][path]
    return [operation["x-amazon-apigateway-integration"] for operation in item.values()]


def statements(template: Template, role: str) -> dict[str, dict[str, Any]]:
    policies = template["Resources"][role]["Properties"]["Policies"]
    return {policy["PolicyName"]: policy["PolicyDocument"]["Statement"][0] for policy in policies}


def test_the_gateway_calls_the_breaker_and_the_breaker_the_exact_version(template: Template) -> None:
    breaker, orders = version_of(template, "OrdersBreaker"), version_of(template, "Orders")
    for integration in integrations(template, "/api/orders") + integrations(template, "/api/orders/{orderId}"):
        assert f"functions/${{{breaker}}}/invocations" in integration["uri"]["Fn::Sub"]
        assert integration["credentials"] == {"Fn::GetAtt": ["BreakerCallRole", "Arn"]}
    variables = template["Resources"]["OrdersBreakerFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["GATEWRIGHT_BREAKER_TARGET"] == {"Ref": orders}
    assert template["Resources"][breaker]["Properties"] == {"FunctionName": {"Ref": "OrdersBreakerFunction"}}


def test_an_address_is_called_by_the_breaker_too(template: Template) -> None:
    breaker = version_of(template, "LegacyBreaker")
    for integration in integrations(template, "/legacy") + integrations(template, "/legacy/{proxy+}"):
        assert (integration["type"], integration["timeoutInMillis"]) == ("aws_proxy", 3000)
        assert f"${{{breaker}}}" in integration["uri"]["Fn::Sub"]
    variables = template["Resources"]["LegacyBreakerFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["GATEWRIGHT_BREAKER_TARGET"] == "https://legacy.example/base"
    assert variables["GATEWRIGHT_BREAKER_PREFIX"] == "/legacy"


def test_the_breaker_answers_before_the_gateway_gives_up(template: Template) -> None:
    for name, integration_ms in (("OrdersBreakerFunction", 5000), ("LegacyBreakerFunction", 3000)):
        properties = template["Resources"][name]["Properties"]
        call_ms = int(properties["Environment"]["Variables"]["GATEWRIGHT_BREAKER_TIMEOUT_MS"])
        assert call_ms + 150 <= properties["Timeout"] * 1000 < integration_ms


def test_the_bulkhead(template: Template) -> None:
    reserved = {
        name: function["Properties"].get("ReservedConcurrentExecutions")
        for name, function in resources(template, "AWS::Lambda::Function").items()
    }
    assert {name: number for name, number in reserved.items() if number} == {
        "OrdersFunction": 50,
        "LegacyBreakerFunction": 20,
    }


def test_what_the_breaker_may_do(template: Template) -> None:
    allowed = statements(template, "OrdersBreakerRole")
    assert set(allowed) == {"logs", "traces", "state", "service"}
    assert allowed["state"]["Resource"] == {"Fn::GetAtt": ["Breakers", "Arn"]}
    assert allowed["state"]["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["orders"]}}
    # Any version of exactly orders: an older release's breaker has this role too, and calls that release's orders.
    assert allowed["service"]["Resource"]["Fn::Sub"].endswith(":function:gatewright-shop-orders:*")
    assert "service" not in statements(template, "LegacyBreakerRole"), "an address needs no permission"


def test_api_gateway_may_invoke_exactly_the_breakers_and_still_the_services(template: Template) -> None:
    invoke = statements(template, "BreakerCallRole")["invoke"]
    assert [arn["Fn::Sub"].rpartition(":function:")[2] for arn in invoke["Resource"]] == [
        "gatewright-shop-orders_cb:*",
        "gatewright-shop-legacy_cb:*",
    ]
    still = json.dumps(statements(template, "IntegrationRole")["invoke"])
    assert "gatewright-shop-orders:*" in still, "an older release without a breaker calls orders itself"


def test_the_table(template: Template) -> None:
    table = template["Resources"]["Breakers"]
    properties = table["Properties"]
    assert properties["TableName"] == "gatewright-shop-breakers"
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert {key["AttributeName"]: key["KeyType"] for key in properties["KeySchema"]} == {"pk": "HASH", "sk": "RANGE"}
    assert table["DeletionPolicy"] == "Delete", "a breaker that is taken away and comes back makes it anew"


def test_a_release_knows_its_breakers_versions_so_that_prune_keeps_them(template: Template) -> None:
    named = json.loads(template["Outputs"]["FunctionVersions"]["Value"]["Fn::Sub"])
    assert set(named) == {f"${{{name}}}" for name in resources(template, "AWS::Lambda::Version")}
    for name in resources(template, "AWS::Lambda::Version"):
        assert template["Resources"][name]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_new_orders_have_a_new_breaker_version_and_an_address_has_not(template: Template, changed_shop: Change) -> None:
    def memory(document: dict[str, Any]) -> None:
        protect(document)
        document["services"]["orders"]["memory"] = "512MB"

    after = changed_shop(memory).template()
    assert version_of(template, "OrdersBreaker") != version_of(after, "OrdersBreaker")
    assert version_of(template, "LegacyBreaker") == version_of(after, "LegacyBreaker")
    assert template["Outputs"]["ReleaseName"] != after["Outputs"]["ReleaseName"]


def test_another_bulkhead_is_no_other_version(template: Template, changed_shop: Change) -> None:
    """Lambda refuses to publish a version of what has not changed."""

    def more(document: dict[str, Any]) -> None:
        protect(document)
        document["services"]["orders"]["breaker"]["max_concurrent_calls"] = 60
        document["services"]["legacy"]["breaker"]["max_concurrent_calls"] = 30

    after = changed_shop(more).template()
    assert set(resources(template, "AWS::Lambda::Version")) == set(resources(after, "AWS::Lambda::Version"))


def test_one_that_is_off_stays_for_older_releases_and_gets_no_requests(changed_shop: Change) -> None:
    def off(document: dict[str, Any]) -> None:
        document["services"]["orders"]["breaker"] = "off"

    template = changed_shop(off).template()
    assert {"OrdersBreakerFunction", "OrdersBreakerRole", "BreakerCallRole", "Breakers"} <= set(template["Resources"])
    orders = version_of(template, "Orders")
    for integration in integrations(template, "/api/orders"):
        assert f"${{{orders}}}" in integration["uri"]["Fn::Sub"]
    assert "BreakerVersion" not in json.dumps(template)


def test_without_a_breaker_there_is_nothing_of_it(shop: Assembly) -> None:
    assert not [name for name in shop.template()["Resources"] if "Breaker" in name]


def test_every_breaker_is_one_release_in_all_regions(protected: Assembly) -> None:
    names = {protected.template(region)["Outputs"]["ReleaseName"]["Value"] for region in ("us-east-1", "eu-west-1")}
    assert len(names) == 1


def test_its_resources_whole(template: Template, shop: Assembly, snapshot: SnapshotAssertion) -> None:
    plain = set(shop.template()["Resources"])
    whole = normalised(template)
    whole["Resources"] = {
        name: one for name, one in whole["Resources"].items() if name not in plain and "Breaker" in name
    }
    assert whole["Resources"] == snapshot.use_extension(JSONSnapshotExtension)
