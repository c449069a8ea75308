"""Synthesized templates: the shape proved over stacks in three regions, and nothing that cannot be read is safe."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.errors import ConfigError
from infra.residency.proof import Proof, allowed_regions, prove
from infra.residency.template import TemplateText, read_templates
from infra.residency.territory import Territory
from tests.infra.residency.templates import Template, of, record, records_of, region_templates, shop, texts
from tests.infra.residency.zones import EU, EU2, NAME, US


def proved(given: list[TemplateText], **options: Any) -> Proof:
    return prove(read_templates(given, **options).zone, territory=Territory(), allowed=allowed_regions())


def findings(given: list[TemplateText]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_templates(given)
    return [str(finding) for finding in caught.value.findings]


@pytest.mark.parametrize("regions", [(EU, EU2, US), (EU, US)], ids=["two-eu", "one-eu"])
def test_the_shape_is_proved_from_templates(regions: tuple[str, ...]) -> None:
    found = proved(texts(region_templates(*regions)))
    assert found.proved
    assert [name.name for name in found.names][:1] == [NAME]
    assert US in found.names[0].regions


def test_a_slip_in_a_template_is_a_leak_with_the_resource_in_its_path() -> None:
    templates = shop()
    for one in records_of(templates[US], GeoLocation={"CountryCode": "RE"}):
        one["AliasTarget"]["DNSName"] = {"Fn::GetAtt": ["DomainApiShopExample", "RegionalDomainName"]}
    found = proved(texts(templates))
    (leak, *_) = found.leaks
    assert [place.code for place in leak.places] == ["RE"]
    assert leak.steps[0].record.origin.startswith(f"shop-{US}/Record")


def test_missing_ipv6_on_a_dual_stack_domain_is_a_gap() -> None:
    templates = region_templates(EU, US)
    resources = templates[US]["Resources"]
    for logical_id in [k for k, v in resources.items() if v.get("Properties", {}).get("Type") == "AAAA"]:
        del resources[logical_id]
    found = proved(texts(templates))
    assert not found.proved
    assert any("no AAAA" in gap.problem for name in found.names for gap in name.gaps)


def test_without_the_other_region_s_template_there_is_no_proof() -> None:
    templates = shop()
    del templates[EU]
    assert any("Give the template of the other region too" in one for one in findings(texts(templates)))


def alias_to(name: Any) -> Template:
    return {"Api": record(AliasTarget={"DNSName": name, "HostedZoneId": "Z"})}


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ({"Fn::Sub": "${Api.Ref}.execute-api.${AWS::Region}.${AWS::URLSuffix}"}, EU),
        ({"Fn::Join": ["", ["d-1.execute-api.", {"Ref": "AWS::Region"}, ".amazonaws.com"]]}, EU),
        ({"Fn::FindInMap": ["Targets", {"Ref": "AWS::Region"}, "Name"]}, EU2),
        ({"Fn::Select": [1, {"Fn::Split": ["|", "x|d-2.execute-api.us-east-1.amazonaws.com"]}]}, US),
        ({"Fn::If": ["InIreland", "d-1.execute-api.eu-west-1.amazonaws.com", "d-2.cloudfront.net"]}, EU),
        ({"Fn::If": ["Never", "d-1.execute-api.eu-west-1.amazonaws.com", "d-2.cloudfront.net"]}, "anywhere"),
        ({"Fn::GetAtt": ["Balancer", "DNSName"]}, EU),
        ({"Fn::Join": ["", ["dualstack.", {"Fn::GetAtt": ["Balancer", "DNSName"]}]]}, EU),
        ({"Fn::GetAtt": ["Edge", "DomainName"]}, "anywhere"),
        ({"Fn::GetAtt": ["Thing", "RegionalDomainName"]}, ""),
        ({"Fn::Sub": "${Balancer.DNSName}.us.example"}, ""),
    ],
    ids=[
        "sub",
        "join",
        "map",
        "split",
        "if",
        "if-not",
        "balancer",
        "dualstack",
        "edge",
        "unknown-type",
        "built-around",
    ],
)
def test_intrinsics_tell_the_region(name: Any, region: str) -> None:
    resources = {
        **alias_to(name),
        "Balancer": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer"},
        "Edge": {"Type": "AWS::CloudFront::Distribution"},
        "Thing": {"Type": "Custom::Thing"},
    }
    resources["Api"]["Properties"]["Name"] = {"Fn::Join": [".", ["api", "shop", "example"]]}
    given = of(
        resources,
        Mappings={"Targets": {EU: {"Name": "d-9.execute-api.eu-central-1.amazonaws.com"}}},
        Conditions={
            "InIreland": {"Fn::Equals": [{"Ref": "AWS::Region"}, EU]},
            "Never": {"Fn::And": [{"Condition": "InIreland"}, {"Fn::Not": [{"Condition": "InIreland"}]}]},
        },
    )
    given[0] = TemplateText(file="t", text=given[0].text.replace("${Api.Ref}", "d-1"), region=EU, stack="shop")
    (name_proof,) = proved(given).names
    assert set(name_proof.regions) == ({region} if region else set())
    assert bool(name_proof.leaks) == (region not in (EU, EU2))


PARAMETER = {"Parameters": {"Target": {"Type": "String", "Default": "d-1.execute-api.eu-west-1.amazonaws.com"}}}


@pytest.mark.parametrize(
    ("resources", "sections", "says"),
    [
        (alias_to({"Ref": "Target"}), PARAMETER, "comes from parameter Target"),
        ({"Api": {**record(), "Condition": "Maybe"}}, {"Conditions": {"Maybe": {"Fn::Equals": [{"Ref": "Target"}, "x"]}}, **PARAMETER}, "parameter Target"),
        ({"Api": {**record(), "Condition": "Absent"}}, {}, "condition 'Absent'"),
        ({"Api": {**record(), "Condition": "Loop"}}, {"Conditions": {"Loop": {"Fn::Not": [{"Condition": "Loop"}]}}}, "refers to itself"),
        (alias_to({"Fn::ImportValue": "other"}), {}, "no template here exports"),
        (alias_to({"Fn::GetAtt": ["Gone", "DNSName"]}), {}, "not in the template"),
        (alias_to({"Fn::Transform": {"Name": "x"}}), {}, "only a deployment works out"),
        (alias_to("{{resolve:ssm:/target}}"), {}, "read at deployment"),
        (alias_to({"Fn::Select": [7, ["x"]]}), {}, "not well formed"),
        ({"Api": record(Name={"Fn::GetAtt": ["Api", "X"]})}, {}, "only a deployment knows"),
        ({"Api": record(SetIdentifier="x", GeoLocation={"CountryCode": {"Ref": "Target"}})}, PARAMETER, "GeoLocation: comes from parameter"),
        ({"Api": record(), "Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://x"}}}, {}, "nested stack"),
        ({"Api": record(), "Fn::ForEach::More": ["X", ["a"], {}]}, {}, "a deployment expands"),
        ({"Api": record()}, {"Transform": "MyMacro"}, "may add records"),
        ({"Api": {"Type": "AWS::Route53::RecordSet"}}, {}, "Properties: is missing"),
        ({"Group": {"Type": "AWS::Route53::RecordSetGroup", "Properties": {"RecordSets": {"Ref": "Target"}}}}, PARAMETER, "is not a list"),
    ],
)  # fmt: skip
def test_what_a_template_does_not_decide_is_a_finding(resources: Template, sections: Template, says: str) -> None:
    found = findings(of(resources, **sections))
    assert any(says in finding for finding in found), found


def test_values_for_parameters_can_be_given() -> None:
    given = of(alias_to({"Ref": "Target"}), **PARAMETER)
    assert proved(given, parameters={"Target": "d-1.execute-api.eu-west-1.amazonaws.com"}).proved
    assert not proved(given, parameters={"Target": "d-1.execute-api.us-east-1.amazonaws.com"}).proved


def test_exports_of_the_same_region_are_found() -> None:
    output = {"Outputs": {"O": {"Value": "d-1.execute-api.us-east-1.amazonaws.com", "Export": {"Name": "target"}}}}
    exporter = TemplateText(file="o", text=json.dumps({"Resources": {}, **output}), region=EU, stack="other")
    assert not proved([*of(alias_to({"Fn::ImportValue": "target"})), exporter]).proved


@pytest.mark.parametrize(
    ("asked", "region"),
    [
        pytest.param({"StackName": "other", "OutputName": "O", "Region": US}, US, id="another region"),
        pytest.param({"StackName": {"Fn::Sub": "other"}, "OutputName": "O"}, EU2, id="its own region"),
    ],
)
def test_outputs_of_other_stacks_are_read_where_they_are(asked: Template, region: str) -> None:
    def other(region: str, target: str) -> TemplateText:
        output = {"Outputs": {"O": {"Value": {"Fn::GetAtt": ["Api", "RegionalDomainName"]}}}}
        resources = {"Api": {"Type": "AWS::ApiGateway::DomainName", "Properties": {"DomainName": target}}}
        return TemplateText(
            file=region, text=json.dumps({"Resources": resources, **output}), region=region, stack="other"
        )

    (asking,) = of(alias_to({"Fn::GetStackOutput": asked}))
    asking = TemplateText(file="t", text=asking.text, region=EU2, stack="dns")
    found = proved([asking, other(US, "us"), other(EU2, "eu")])
    assert found.names[0].regions == (region,)


@pytest.mark.parametrize(
    "asked",
    [
        {"StackName": "other", "OutputName": "O", "Region": US},
        {"StackName": "gone", "OutputName": "O"},
        {"StackName": "other", "OutputName": "O", "RoleArn": "arn:aws:iam::123456789012:role/else"},
    ],
    ids=["region", "stack", "account"],
)
def test_outputs_that_no_template_here_has_are_findings(asked: Template) -> None:
    other = TemplateText(file="o", text='{"Resources": {}, "Outputs": {"O": {"Value": "x"}}}', region=EU, stack="other")
    assert any(
        "Give the template of that stack too" in f
        for f in findings([*of(alias_to({"Fn::GetStackOutput": asked})), other])
    )


def test_nested_stacks_get_their_parameters_from_the_parent() -> None:
    nested = {
        "Type": "AWS::CloudFormation::Stack",
        "Metadata": {"aws:asset:path": "child.nested.template.json"},
        "Properties": {"TemplateURL": "https://x", "Parameters": {"Target": "d-1.execute-api.us-east-1.amazonaws.com"}},
    }
    child = {"Resources": alias_to({"Ref": "Target"}), **PARAMETER}
    text = TemplateText(file="out/child.nested.template.json", text=json.dumps(child), stack="child")
    assert not proved([*of({"Nested": nested}), text]).proved


def test_record_set_groups_are_read_and_strings_for_numbers_too() -> None:
    rows = [
        {**record()["Properties"], "SetIdentifier": "eu", "Weight": "10"},
        {**record()["Properties"], "SetIdentifier": "us", "Weight": "0", "HealthCheckId": "x"},
    ]
    rows[1]["AliasTarget"] = {"DNSName": "d-2.execute-api.us-east-1.amazonaws.com", "EvaluateTargetHealth": "true"}
    group = {"Type": "AWS::Route53::RecordSetGroup", "Properties": {"HostedZoneName": "x.", "RecordSets": rows}}
    zone = read_templates(of({"Group": group})).zone
    assert [record.weight for record in zone.records] == [10, 0]
    assert zone.records[1].evaluates_target


def test_the_region_of_a_reference_must_be_known() -> None:
    domain = {"Type": "AWS::ApiGateway::DomainName", "Properties": {"DomainName": NAME}}
    body = {"Resources": {**alias_to({"Fn::GetAtt": ["D", "RegionalDomainName"]}), "D": domain}}
    assert not proved([TemplateText(file="t", text=json.dumps(body))]).proved


def test_files_that_are_no_templates_are_all_named() -> None:
    bad = [TemplateText(file="a", text="{"), TemplateText(file="b", text="[]"), TemplateText(file="c", text="{}")]
    assert [finding.split(":")[0] for finding in findings(bad)] == ["a", "b", "c"]


def test_records_of_one_name_in_two_templates_are_one_group() -> None:
    twice = {EU: {"Resources": {"Api": record()}}, US: {"Resources": {"Api": record()}}}
    assert any("is there twice" in finding for finding in findings(texts(twice)))
