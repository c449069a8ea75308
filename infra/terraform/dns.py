"""The domain in Terraform's words: zone, certificates, names of every region, health checks, records. One root; touches nothing.

The names are here and not in the regions' roots: a record needs the endpoint that a name gets, and a root that reads another's
state, or asks AWS while it plans, cannot be planned before that other one is there. So this root comes first and needs no other;
the regions' roots map the names to their stages. Its price: a plan looks into every region (docs/adr/0018).

A name is a CloudFormation stack of its own, because the provider (5.100) knows neither the security policies of 2025 nor the
endpoint access mode; without them the names would take more than the CDK's do.
"""

from __future__ import annotations

import json
from typing import Any

from infra.config.model import Gateway
from infra.residency.placing import (
    CUSTOM_DOMAIN,
    HOSTED_ZONE_OUTPUT,
    certificate_names,
    groups,
    hosts_in,
    needed_by,
    role,
    target_output,
    zone_output,
)
from infra.residency.shape import HealthCheck, Shape, Target, shape
from infra.terraform.root import Root, alias_of
from infra.terraform.syntax import Hcl, literal

__all__ = ["DNS", "dns_root"]

DNS = "dns"
_PROOF = "CertificateProof"


def dns_root(gateway: Gateway, *, guarded: bool = True) -> Root | None:
    """The root of the domain; None without DNS of ours."""
    home = gateway.dns_region
    if home is None:
        return None
    root = Root(name=DNS, region=home, guarded=guarded, other_regions=tuple(r.name for r in gateway.regions))
    zone = _zone(root, gateway)
    planned = shape(gateway, target=_target_of(gateway), check_id=lambda region: {"Ref": _check_id(region)})
    for region in gateway.regions:
        certificate = gateway.dns.certificates.get(region.name) or _certificate(root, gateway, region.name, zone)
        _names(root, gateway, planned, region.name, certificate)
    for check in planned.health_checks:
        _check(root, gateway, check)
    _records(root, gateway, planned, zone)
    return root


def _zone(root: Root, gateway: Gateway) -> Any:
    if gateway.dns.zone != "create":
        return gateway.dns.zone
    body = {"name": f"{gateway.domain}.", "comment": f"gateway {gateway.name}"}
    root.add("aws_route53_zone", "HostedZone", body, guard=True)
    root.output(HOSTED_ZONE_OUTPUT, {"Ref": "HostedZone"}, "The zone of the domain")
    servers = Hcl('${join(" ", aws_route53_zone.hosted_zone.name_servers)}')
    root.output("NameServers", servers, "For the NS record of the zone above")
    return {"Ref": "HostedZone"}


def _suffix(region: str) -> str:
    return f"_{alias_of(region)}"


def _certificate(root: Root, gateway: Gateway, region: str, zone: Any) -> Hcl:
    """A certificate of all names in a region, proved in the zone; one record proves those of every region."""
    domain, wildcard = certificate_names(gateway)
    body = {
        "domain_name": domain,
        "subject_alternative_names": [wildcard],
        "validation_method": "DNS",
        "lifecycle": {"create_before_destroy": True},
    }
    root.add("aws_acm_certificate", f"Certificate{_suffix(region)}", body, region=region)
    address = root.resources[-1].address
    if not root.knows(_PROOF):
        # The wildcard is proved by the same record, and so are the certificates of other regions: it is the account's.
        # https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
        option = f"tolist({address}.domain_validation_options)[0]"
        record = {
            "zone_id": zone,
            "name": Hcl(f"${{{option}.resource_record_name}}"),
            "type": Hcl(f"${{{option}.resource_record_type}}"),
            "records": [Hcl(f"${{{option}.resource_record_value}}")],
            "ttl": 300,
            "allow_overwrite": True,
        }
        root.add("aws_route53_record", _PROOF, record)
    proved = {
        "certificate_arn": Hcl(f"${{{address}.arn}}"),
        "validation_record_fqdns": [Hcl("${aws_route53_record.certificate_proof.fqdn}")],
    }
    root.add("aws_acm_certificate_validation", f"Certificate{_suffix(region)}", proved, region=region)
    return Hcl(f"${{{root.resources[-1].address}.certificate_arn}}")


def _names(root: Root, gateway: Gateway, planned: Shape, region: str, certificate: str) -> None:
    """Every name that leads to a region."""
    resources: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    for host in hosts_in(planned, region):
        logical_id = f"{role(host, planned.domain)}Domain"
        properties = {
            "DomainName": host,
            "RegionalCertificateArn": {"Ref": "Certificate"},
            "EndpointConfiguration": {"Types": ["REGIONAL"], "IpAddressType": CUSTOM_DOMAIN["IpAddressType"]},
            "SecurityPolicy": CUSTOM_DOMAIN["SecurityPolicy"],
            "EndpointAccessMode": CUSTOM_DOMAIN["EndpointAccessMode"],
        }
        resources[logical_id] = {"Type": "AWS::ApiGateway::DomainName", "Properties": properties}
        for output, attribute in (
            (target_output(host, planned.domain), "RegionalDomainName"),
            (zone_output(host, planned.domain), "RegionalHostedZoneId"),
        ):
            outputs[output] = {"Value": {"Fn::GetAtt": [logical_id, attribute]}}
    template = {"Parameters": {"Certificate": {"Type": "String"}}, "Resources": resources, "Outputs": outputs}
    body = {
        "name": f"Gatewright-{gateway.name}-{region}-names",
        "template_body": literal(json.dumps(template, sort_keys=True)),
        "parameters": {"Certificate": certificate},
    }
    root.add("aws_cloudformation_stack", f"Names{_suffix(region)}", body, region=region)


def _target_of(gateway: Gateway) -> Any:
    def target(host: str, region: str) -> Target:
        outputs = f"aws_cloudformation_stack.names{_suffix(region)}.outputs"
        domain = str(gateway.domain)
        return Target(
            dns_name=Hcl(f'${{{outputs}["{target_output(host, domain)}"]}}'),
            zone_id=Hcl(f'${{{outputs}["{zone_output(host, domain)}"]}}'),
        )

    return target


def _check_id(region: str) -> str:
    return f"{role(region, '')}Check"


def _check(root: Root, gateway: Gateway, check: HealthCheck) -> None:
    config = check.config
    body = {
        "type": config["Type"],
        "fqdn": config["FullyQualifiedDomainName"],
        "port": config["Port"],
        "resource_path": config["ResourcePath"],
        "request_interval": config["RequestInterval"],
        "failure_threshold": config["FailureThreshold"],
        "enable_sni": config["EnableSNI"],
        "tags": {"Name": f"gatewright-{gateway.name}-{check.region}"},
    }
    root.add("aws_route53_health_check", _check_id(check.key), body)


def _records(root: Root, gateway: Gateway, planned: Shape, zone: Any) -> None:
    """Names before those that are aliases of them; and of one name, whoever is sent out of the EU last.

    A set of records changes one by one here: a continent sent out before its countries are pinned would be a leak.
    """
    by_name = groups(planned)
    ids = {name: [_record_id(gateway, record) for record in records] for name, records in by_name.items()}
    waiting = dict(by_name)
    while waiting:
        ready = [name for name, records in waiting.items() if not needed_by(records, waiting)]
        for name in ready:
            _group(
                root, gateway, waiting.pop(name), zone, after=[i for n in needed_by(by_name[name], ids) for i in ids[n]]
            )


def _group(root: Root, gateway: Gateway, records: list[dict[str, Any]], zone: Any, *, after: list[str]) -> None:
    stays = [record for record in records if not _goes_out(record)]
    inside = [_record_id(gateway, record) for record in stays]
    for record in stays:
        root.add("aws_route53_record", _record_id(gateway, record), _record(record, zone), after=after)
    for record in records:
        if _goes_out(record):
            root.add("aws_route53_record", _record_id(gateway, record), _record(record, zone), after=[*after, *inside])


def _goes_out(record: dict[str, Any]) -> bool:
    """Continents other than Europe; everything else is pinned to the EU or no location at all."""
    return bool(record.get("GeoLocation", {}).get("ContinentCode", "EU") != "EU")


def _record_id(gateway: Gateway, record: dict[str, Any]) -> str:
    place = "".join(part.capitalize() for part in record.get("SetIdentifier", "").split("-"))
    return f"{role(record['Name'], str(gateway.domain))}Record{place}{record['Type'].capitalize()}"


def _record(record: dict[str, Any], zone: Any) -> dict[str, Any]:
    alias = record["AliasTarget"]
    where = record.get("GeoLocation", {})
    geolocation = {"continent": where.get("ContinentCode"), "country": where.get("CountryCode")}
    return {
        "zone_id": zone,
        "name": record["Name"],
        "type": record["Type"],
        "alias": {
            "name": alias["DNSName"],
            "zone_id": alias.get("HostedZoneId", zone),  # an alias of another record of this zone names this zone
            "evaluate_target_health": alias["EvaluateTargetHealth"],
        },
        "set_identifier": record.get("SetIdentifier"),
        "geolocation_routing_policy": {k: v for k, v in geolocation.items() if v is not None} or None,
        "failover_routing_policy": {"type": record["Failover"]} if "Failover" in record else None,
        "health_check_id": record.get("HealthCheckId"),
    }
