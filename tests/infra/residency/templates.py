"""CloudFormation templates for the tests: the shape as two stacks, the way CDK writes them."""

from __future__ import annotations

import json
from typing import Any

from infra.residency.shape import HealthCheck, Target, shape
from infra.residency.template import TemplateText
from tests.infra.residency.zones import EU, EU2, NAME, US, gateway

Template = dict[str, Any]


def logical(*parts: str) -> str:
    return "".join(word.capitalize() for part in parts for word in part.replace(".", "-").split("-"))


def region_templates(*regions: str) -> dict[str, Template]:
    """A template a region with its custom domains; the last one has the zone, and reads the others' exports."""
    made: dict[str, Template] = {region: {"Resources": {}} for region in regions}
    home = regions[-1]
    exports: dict[str, dict[str, Any]] = {region: {} for region in regions}

    def target(host: str, region: str) -> Target:
        own = {"Fn::GetAtt": [logical("Domain", host), "RegionalDomainName"]}
        zone_id = {"Fn::GetAtt": [logical("Domain", host), "RegionalHostedZoneId"]}
        if region == home:
            return Target(dns_name=own, zone_id=zone_id)
        key = f"/cdk/exports/dns/{region}{logical(host)}"
        exports[region][key] = own
        return Target(dns_name={"Fn::GetAtt": ["ExportsReader", key]}, zone_id="Z")

    found = shape(gateway(*regions), target=target, check_id=lambda key: {"Ref": logical("Check", key)})
    for host in found.hosts:
        made[host.region]["Resources"][logical("Domain", host.name)] = domain(host.name)
    for region, values in exports.items():
        if values:
            writer = {"WriterProps": {"region": home, "exports": values}}
            made[region]["Resources"]["ExportsWriter"] = {
                "Type": "Custom::CrossRegionExportWriter",
                "Properties": writer,
            }
    records = made[home]["Resources"]
    records["ExportsReader"] = {"Type": "Custom::CrossRegionExportReader", "Properties": {}}
    records["Zone"] = {"Type": "AWS::Route53::HostedZone", "Properties": {"Name": "shop.example."}}
    for check in found.health_checks:
        records[logical("Check", check.key)] = health_check(check)
    for number, one in enumerate(found.records):
        properties = {**one, "HostedZoneId": {"Ref": "Zone"}, "Name": f"{one['Name']}."}
        records[f"Record{number}"] = {"Type": "AWS::Route53::RecordSet", "Properties": properties}
    return made


def domain(name: str) -> Template:
    configuration = {"Types": ["REGIONAL"], "IpAddressType": "dualstack"}
    properties = {"DomainName": name, "EndpointConfiguration": configuration, "RegionalCertificateArn": {"Ref": "C"}}
    return {"Type": "AWS::ApiGateway::DomainName", "Properties": properties}


def health_check(check: HealthCheck) -> Template:
    return {"Type": "AWS::Route53::HealthCheck", "Properties": {"HealthCheckConfig": check.config}}


def texts(templates: dict[str, Template]) -> list[TemplateText]:
    return [
        TemplateText(file=f"{region}.template.json", text=json.dumps(body), region=region, stack=f"shop-{region}")
        for region, body in templates.items()
    ]


def shop() -> dict[str, Template]:
    return region_templates(EU, EU2, US)


def records_of(template: Template, **fields: Any) -> list[Template]:
    """Properties of the record sets that have these values."""
    found = [
        one["Properties"]
        for one in template["Resources"].values()
        if one["Type"] == "AWS::Route53::RecordSet"
        and all(one["Properties"].get(key) == value for key, value in fields.items())
    ]
    assert found, f"no record set in {NAME} has {fields}"
    return found


def of(resources: Template, **sections: Any) -> list[TemplateText]:
    """One template in eu-west-1."""
    return texts({EU: {"Resources": resources, **sections}})


def record(**properties: Any) -> Template:
    """A simple alias, changed by these properties."""
    alias = {"DNSName": "d-1.execute-api.eu-west-1.amazonaws.com", "HostedZoneId": "Z"}
    return {
        "Type": "AWS::Route53::RecordSet",
        "Properties": {"Name": NAME, "Type": "A", "AliasTarget": alias, "HostedZoneId": "Z", **properties},
    }
