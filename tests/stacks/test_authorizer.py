"""The authorizer in the templates: part of the release, the same release in every region, and least privilege."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from infra.bundle import layer_of
from infra.errors import ToolMissing
from tests.stacks.conftest import REPOSITORY, Assembly, Template, only, resources

ISSUER = {"issuer": "https://login.shop.example/", "audience": ["shop"]}


@pytest.fixture(autouse=True)
def libraries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A layer of one file: its name, and so the template, comes from the lock and not from what is in it."""
    project = tmp_path / "project"
    monkeypatch.setattr("stacks.authorizer.PROJECT", project)
    layer = layer_of(REPOSITORY / "lambdas" / "authorizer" / "requirements.lock", project=project)
    (layer.folder / "python").mkdir(parents=True)
    (layer.folder / "python" / "cryptography.py").touch()
    return layer.folder


def guarded(*, metered: bool = False, **jwt: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        document["auth"] = {"jwt": {**ISSUER, **jwt}}
        document["services"]["orders"] |= {"auth": "jwt", "scopes": {"GET": ["orders:read"], "POST": ["orders:write"]}}
        if metered:
            document["services"]["orders"]["api_key"] = "required"

    return change


def variables(template: Template) -> dict[str, str]:
    found: dict[str, str] = template["Resources"]["AuthorizerFunction"]["Properties"]["Environment"]["Variables"]
    return found


def test_the_document_calls_exactly_this_version(changed_shop: Any) -> None:
    template = changed_shop(guarded()).template()
    (version,) = (name for name in resources(template, "AWS::Lambda::Version") if name.startswith("AuthorizerVersion"))
    scheme = template["Resources"]["RestApi"]["Properties"]["Body"]["components"]["securitySchemes"]["token"]
    authorizer = scheme["x-amazon-apigateway-authorizer"]

    assert f"${{{version}}}/invocations" in authorizer["authorizerUri"]["Fn::Sub"]
    assert authorizer["authorizerCredentials"] == {"Fn::GetAtt": ["AuthorizerCallRole", "Arn"]}
    assert f"${{{version}}}" in template["Outputs"]["FunctionVersions"]["Value"]["Fn::Sub"]
    assert template["Resources"][version]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_it_decides_about_the_documents_routes_and_no_others(changed_shop: Any) -> None:
    template = changed_shop(guarded()).template()
    body = template["Resources"]["RestApi"]["Properties"]["Body"]
    closed = {
        (method.upper(), path)
        for path, item in body["paths"].items()
        for method, operation in item.items()
        if {"token": []} in operation.get("security", [])
    }
    told = json.loads(variables(template)["GATEWRIGHT_ROUTES"])

    assert {(route["method"], route["path"]) for route in told} == closed
    assert {path.split("/")[2] for _, path in closed} == {"orders"}
    assert all(route["scopes"] == ["orders:read"] for route in told if route["method"] == "GET")


def test_one_release_in_all_regions_with_each_its_own_jurisdiction(changed_shop: Any) -> None:
    assembly: Assembly = changed_shop(guarded())
    us, eu = assembly.template("us-east-1"), assembly.template("eu-west-1")

    assert us["Outputs"]["ReleaseName"] == eu["Outputs"]["ReleaseName"]
    assert (variables(us)["GATEWRIGHT_JURISDICTION"], variables(eu)["GATEWRIGHT_JURISDICTION"]) == ("us", "eu")
    # The dashboard over all regions lives in one of them.
    assert set(us["Resources"]) == set(eu["Resources"]) - {"DashboardOverAll"}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(guarded(leeway="10s"), id="leeway"),
        pytest.param(guarded(ttl="0s"), id="ttl"),
        pytest.param(guarded(audience=["shop", "app"]), id="audience"),
        pytest.param(guarded(metered=True), id="metered"),
    ],
)
def test_a_changed_check_is_a_new_release(changed_shop: Any, tmp_path: Path, change: Any) -> None:
    first = changed_shop(guarded()).release()
    for name in ("lambdas", "out"):
        (tmp_path / name).rename(tmp_path / f"first-{name}")
    assert changed_shop(change).release() != first


def test_it_reads_the_one_secret_and_only_when_tokens_are_metered(changed_shop: Any) -> None:
    role = changed_shop(guarded(metered=True)).template()["Resources"]["AuthorizerRole"]["Properties"]
    (keys,) = (one["PolicyDocument"]["Statement"] for one in role["Policies"] if one["PolicyName"] == "keys")
    (statement,) = keys

    assert statement["Action"] == ["secretsmanager:GetSecretValue"]
    assert statement["Resource"]["Fn::Sub"].endswith(":secret:gatewright-shop-keys-??????")


def test_without_metered_tokens_there_is_no_secret(changed_shop: Any) -> None:
    template = changed_shop(guarded()).template()
    assert "secretsmanager" not in json.dumps(template["Resources"]["AuthorizerRole"])
    assert variables(template)["GATEWRIGHT_KEY_SECRET"] == ""


def test_the_layer_is_for_lambdas_processor_whatever_this_machine_is(
    changed_shop: Any, libraries: Path, tmp_path: Path
) -> None:
    layer = only(changed_shop(guarded()).template(), "AWS::Lambda::LayerVersion")["Properties"]
    assert (layer["CompatibleArchitectures"], layer["CompatibleRuntimes"]) == (["arm64"], ["python3.13"])

    # Named by the lock, so that what a machine's pip wrote beside the packages changes no template.
    (libraries / "python" / "installed_by").write_text("another pip")
    for name in ("lambdas", "out"):
        (tmp_path / name).rename(tmp_path / f"first-{name}")
    assert only(changed_shop(guarded()).template(), "AWS::Lambda::LayerVersion")["Properties"] == layer


def test_a_layer_that_was_not_built_is_one_clear_line(changed_shop: Any, libraries: Path) -> None:
    libraries.rename(libraries.with_name("elsewhere"))
    with pytest.raises(ToolMissing, match="Run `make setup`"):
        changed_shop(guarded())


def test_the_nag_accepts_it(changed_shop: Any) -> None:
    assembly = changed_shop(guarded(metered=True), nag="true")
    found = json.loads((assembly.folder / "validation-report.json").read_text())
    assert [v for plugin in found["pluginReports"] for v in plugin["violations"]] == []


def test_user_pools_are_looked_up_so_that_the_document_is_one(changed_shop: Any) -> None:
    pools = {
        region: f"arn:aws:cognito-idp:{region}:111122223333:userpool/{region}_A"
        for region in ("us-east-1", "eu-west-1")
    }

    def cognito(document: dict[str, Any]) -> None:
        document["auth"] = {"cognito": {"user_pools": pools}}
        document["services"]["orders"]["auth"] = "jwt"

    assembly: Assembly = changed_shop(cognito)
    template = assembly.template()
    assert template["Mappings"]["UserPools"] == {region: {"Arn": arn} for region, arn in pools.items()}
    assert "AuthorizerFunction" not in template["Resources"]
    assert assembly.template("eu-west-1")["Outputs"]["ReleaseName"] == template["Outputs"]["ReleaseName"]


def of_the_authorizer(template: dict[str, Any]) -> dict[str, Any]:
    """Its resources; that its failures are counted is the access log's."""
    resources = {name: r for name, r in template["Resources"].items() if r["Type"] != "AWS::Logs::MetricFilter"}
    return {name: resource for name, resource in resources.items() if name.startswith("Authorizer")}


def test_its_resources_whole(changed_shop: Any, snapshot: SnapshotAssertion) -> None:
    """Named hashes of code and layer are left out: they are of the machine's checkout, not of this stack."""
    found = of_the_authorizer(changed_shop(guarded(metered=True)).template())
    text = re.sub(r"\b[0-9a-f]{64}\b", "(asset)", json.dumps(found))
    text = re.sub(r"Version[0-9a-f]{10}\b", "Version(hash)", text)
    assert json.loads(text) == snapshot.use_extension(JSONSnapshotExtension)


def test_no_token_no_authorizer(shop: Assembly) -> None:
    assert not of_the_authorizer(shop.template())
