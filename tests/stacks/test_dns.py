"""The domain's stacks: what the names and records are, that nothing crosses regions by an export, and who may come in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.residency.territory import Territory
from tests.stacks.conftest import Assembly, Template, copy_shop, only, resources, synthesize

US, EU, EU2 = "us-east-1", "eu-west-1", "eu-central-1"
NAME = "api.shop.example"
Make = Callable[..., Assembly]


def with_domain(document: dict[str, Any]) -> None:
    document["domain"] = NAME


def with_pair(document: dict[str, Any]) -> None:
    with_domain(document)
    document["regions"][EU2] = {"jurisdiction": "eu"}


def with_zone(document: dict[str, Any]) -> None:
    with_domain(document)
    document["dns"] = {"zone": "Z0123456789ABCDEFGHIJ"}


def records(template: Template) -> list[dict[str, Any]]:
    groups = resources(template, "AWS::Route53::RecordSetGroup").values()
    return [row for group in groups for row in group["Properties"]["RecordSets"]]


def stacks(assembly: Assembly) -> set[str]:
    return {path.name.removesuffix(".template.json") for path in assembly.folder.glob("*.template.json")}


@pytest.fixture(scope="module")
def routed(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    return synthesize(changed(tmp_path_factory.mktemp("routed"), with_domain), tmp_path_factory.mktemp("out"))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    return synthesize(changed(tmp_path_factory.mktemp("pair"), with_pair), tmp_path_factory.mktemp("out"))


def changed(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    path = copy_shop(folder)
    document = yaml.safe_load(path.read_text())
    change(document)
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


def test_a_domain_has_a_stack_for_its_zone_and_one_for_its_records(routed: Assembly, shop: Assembly) -> None:
    assert stacks(routed) - stacks(shop) == {"Gatewright-shop-zone", "Gatewright-shop-dns"}
    manifest = json.loads((routed.folder / "manifest.json").read_text())["artifacts"]
    for name in ("zone", "dns"):
        assert manifest[f"Gatewright-shop-{name}"]["environment"].endswith(f"/{EU}")
    assert "Gatewright-shop-zone" in manifest[f"Gatewright-shop-{US}"]["dependencies"]
    assert {f"Gatewright-shop-{US}", f"Gatewright-shop-{EU}"} <= set(manifest["Gatewright-shop-dns"]["dependencies"])
    zone = only(routed.template("zone"), "AWS::Route53::HostedZone")
    assert zone["Properties"]["Name"] == f"{NAME}."
    assert (zone["DeletionPolicy"], zone["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_an_existing_zone_is_named_and_not_made(changed_shop: Make) -> None:
    assembly = changed_shop(with_zone)
    assert "Gatewright-shop-zone" not in stacks(assembly)
    group = next(iter(resources(assembly.template("dns"), "AWS::Route53::RecordSetGroup").values()))
    assert group["Properties"]["HostedZoneId"] == "Z0123456789ABCDEFGHIJ"
    validation = only(assembly.template(EU), "AWS::CertificateManager::Certificate")["Properties"]
    assert validation["DomainValidationOptions"] == [{"DomainName": NAME, "HostedZoneId": "Z0123456789ABCDEFGHIJ"}]


@pytest.mark.parametrize("region", [US, EU])
def test_the_names_of_a_region_are_dual_stack_and_current(routed: Assembly, region: str) -> None:
    template = routed.template(region)
    names = resources(template, "AWS::ApiGateway::DomainName")
    assert {n["Properties"]["DomainName"] for n in names.values()} == ({NAME, f"eu.{NAME}"} if region == EU else {NAME})
    for name in names.values():
        assert name["Properties"]["EndpointConfiguration"] == {"Types": ["REGIONAL"], "IpAddressType": "dualstack"}
        assert name["Properties"]["SecurityPolicy"] == "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
        assert name["Properties"]["RegionalCertificateArn"] == {"Ref": "Certificate"}
    mappings = resources(template, "AWS::ApiGateway::BasePathMapping").values()
    assert {m["Properties"]["DomainName"]["Ref"] for m in mappings} == set(names)
    api = template["Resources"]["RestApi"]["Properties"]
    # The API's own policy negotiates, also behind a custom domain.
    assert api["SecurityPolicy"] == "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
    assert (api["DisableExecuteApiEndpoint"], api["EndpointAccessMode"]) == (True, "STRICT")


def test_given_certificates_are_used_and_none_is_made(changed_shop: Make) -> None:
    arns = {region: f"arn:aws:acm:{region}:123456789012:certificate/abc" for region in (US, EU)}

    def change(document: dict[str, Any]) -> None:
        with_domain(document)
        document["dns"] = {"certificates": arns}

    template = changed_shop(change).template(US)
    assert resources(template, "AWS::CertificateManager::Certificate") == {}
    name = only(template, "AWS::ApiGateway::DomainName")
    assert name["Properties"]["RegionalCertificateArn"] == arns[US]


def test_nothing_is_exported_between_stacks(pair: Assembly) -> None:
    for path in pair.folder.glob("*.template.json"):
        template = json.loads(path.read_text())
        assert not [output for output in template.get("Outputs", {}).values() if "Export" in output]
        assert not [kind for r in template["Resources"].values() if (kind := r["Type"]).startswith("Custom::")]
        assert "Fn::ImportValue" not in path.read_text()


def test_every_output_that_the_records_read_is_there(pair: Assembly) -> None:
    asked: set[tuple[str, str, str]] = set()

    def look(node: Any) -> None:
        if isinstance(node, dict):
            if "Fn::GetStackOutput" in node:
                read = node["Fn::GetStackOutput"]
                asked.add((read["StackName"], read["Region"], read["OutputName"]))
            for inner in node.values():
                look(inner)
        elif isinstance(node, list):
            for inner in node:
                look(inner)

    look(pair.template("dns"))
    look(pair.template(US))
    assert len(asked) > 6
    manifest = json.loads((pair.folder / "manifest.json").read_text())["artifacts"]
    for stack, region, output in asked:
        template = json.loads((pair.folder / f"{stack}.template.json").read_text())
        assert output in template["Outputs"]
        assert manifest[stack]["environment"].endswith(f"/{region}")


def test_the_territory_is_pinned_and_no_location_can_hand_over(routed: Assembly) -> None:
    rows = records(routed.template("dns"))
    for kind in ("A", "AAAA"):
        located = [row for row in rows if row["Type"] == kind and "GeoLocation" in row]
        pinned = {row["GeoLocation"].get("CountryCode") for row in located} - {None}
        assert pinned == {*Territory().codes, "*"}
        assert not [row for row in located if "HealthCheckId" in row or row["AliasTarget"]["EvaluateTargetHealth"]]
    assert all(row["AliasTarget"]["HostedZoneId"] for row in rows), "Route 53 asks every alias for a zone"


def test_two_regions_in_the_eu_are_a_pair_with_checks_of_their_own_names(pair: Assembly) -> None:
    template = pair.template("dns")
    checks = {
        logical_id: check["Properties"]["HealthCheckConfig"]["FullyQualifiedDomainName"]
        for logical_id, check in resources(template, "AWS::Route53::HealthCheck").items()
    }
    assert checks == {"EuWest1Check": f"{EU}.{NAME}", "EuCentral1Check": f"{EU2}.{NAME}"}
    rows = [row for row in records(template) if "Failover" in row]
    assert {(row["Name"], row["Failover"], row["HealthCheckId"]["Ref"], row["Type"]) for row in rows} == {
        (f"eu.{NAME}", role, check, kind)
        for role, check in (("PRIMARY", "EuWest1Check"), ("SECONDARY", "EuCentral1Check"))
        for kind in ("A", "AAAA")
    }
    # An alias of a name that is not there yet is refused.
    assert template["Resources"]["RootRecords"]["DependsOn"] == ["EuRecords"]
    zone = template["Resources"]["RootRecords"]["Properties"]["HostedZoneId"]
    germany = next(row for row in records(template) if row.get("SetIdentifier") == "country-DE")
    assert germany["AliasTarget"] == {
        "DNSName": f"eu.{NAME}",
        "HostedZoneId": zone,
        "EvaluateTargetHealth": False,
    }
    for region in (EU, EU2):
        names = resources(pair.template(region), "AWS::ApiGateway::DomainName").values()
        assert f"{region}.{NAME}" in {name["Properties"]["DomainName"] for name in names}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda d: d.update(domain=NAME, dns={"zone": "none"}), id="dns-none"),
        pytest.param(lambda d: (d.update(domain=NAME), d["regions"].pop(EU)), id="no-eu-region"),
    ],
)
def test_without_dns_of_ours_the_regions_keep_their_own_addresses(changed_shop: Make, change: Any) -> None:
    assembly = changed_shop(change)
    assert not [name for name in stacks(assembly) if name.endswith(("-dns", "-zone"))]
    template = assembly.template(US)
    assert "DisableExecuteApiEndpoint" not in template["Resources"]["RestApi"]["Properties"]
    assert resources(template, "AWS::ApiGateway::DomainName") == {}


def test_closing_the_default_endpoint_is_a_release(routed: Assembly, shop: Assembly) -> None:
    assert routed.release() != shop.release()


def test_ids_of_what_is_known_outside_are_kept(pair: Assembly) -> None:
    template = pair.template(EU)
    assert set(resources(template, "AWS::ApiGateway::DomainName")) == {"RootDomain", "EuDomain", "EuWest1Domain"}
    assert set(resources(template, "AWS::CertificateManager::Certificate")) == {"Certificate"}
    assert set(resources(pair.template("zone"), "AWS::Route53::HostedZone")) == {"HostedZone"}


def test_only_regions_outside_the_eu_refuse_its_people(pair: Assembly) -> None:
    for region, refuses in ((US, True), (EU, False), (EU2, False)):
        template = pair.template(region)
        rules = only(template, "AWS::WAFv2::WebACL")["Properties"]["Rules"]
        assert ("MisdirectedFromEU" in [rule["Name"] for rule in rules]) is refuses
        filters = only(template, "AWS::WAFv2::LoggingConfiguration")["Properties"]["LoggingFilter"]["Filters"]
        assert (filters[0]["Behavior"] == "DROP") is refuses
    label = filters_of(pair)[0]["Conditions"][0]["LabelNameCondition"]["LabelName"]
    assert label == {"Fn::Join": ["", [{"Fn::GetAtt": ["WebAcl", "LabelNamespace"]}, "gatewright:misdirected"]]}


def filters_of(assembly: Assembly) -> list[dict[str, Any]]:
    logging = only(assembly.template(US), "AWS::WAFv2::LoggingConfiguration")["Properties"]
    found: list[dict[str, Any]] = logging["LoggingFilter"]["Filters"]
    return found


def test_a_region_outside_has_its_guard_without_any_limit(changed_shop: Make) -> None:
    def change(document: dict[str, Any]) -> None:
        with_domain(document)
        del document["limits"]["per_ip"]

    assembly = changed_shop(change)
    (rule,) = only(assembly.template(US), "AWS::WAFv2::WebACL")["Properties"]["Rules"]
    assert rule["Action"]["Block"]["CustomResponse"]["ResponseCode"] == 421
    assert resources(assembly.template(EU), "AWS::WAFv2::WebACL") == {}


def test_every_log_group_ends(pair: Assembly) -> None:
    for region in (US, EU, EU2):
        groups = resources(pair.template(region), "AWS::Logs::LogGroup")
        assert groups
        assert all(group["Properties"]["RetentionInDays"] == 30 for group in groups.values())
