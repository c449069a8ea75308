"""Zone, certificates, health checks and records in CloudFormation's words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from infra.terraform.meaning.made import Body, Made, one_block, plain_kind, renamed
from infra.terraform.meaning.templates import record_key

__all__ = ["certificate", "certificate_validation", "health_check", "record", "zone"]

Owners = Mapping[tuple[str, str], Made]

certificate = plain_kind(
    "AWS::CertificateManager::Certificate",
    {
        "domain_name": "DomainName",
        "subject_alternative_names": "SubjectAlternativeNames",
        "validation_method": "ValidationMethod",
    },
)


def certificate_validation(body: Body, owners: Owners) -> Made | None:
    """What proves a certificate: CloudFormation says the zone, and makes the record itself."""
    found = re.fullmatch(r"<([a-z0-9_]+)>", str(body.get("certificate_arn")))
    owner = owners.get(("aws_acm_certificate", found.group(1))) if found else None
    proofs = [re.fullmatch(r"<([a-z0-9_]+)\.Fqdn>", str(one)) for one in body.get("validation_record_fqdns", [])]
    if owner is None or not proofs:
        return None
    records = [owners.get(("aws_route53_record", proof.group(1))) if proof else None for proof in proofs]
    zones = [one.properties.get("HostedZoneId") if one else None for one in records]
    options = [{"DomainName": owner.properties.get("DomainName"), "HostedZoneId": zone} for zone in zones]
    owner.properties["DomainValidationOptions"] = options
    return owner


def zone(label: str, body: Body) -> Made:
    rest = dict(body)
    comment = rest.pop("comment", None)
    properties = renamed(rest, {"name": "Name"}) | {"HostedZoneConfig": {"Comment": comment}}
    return Made(kind="AWS::Route53::HostedZone", label=label, properties=properties)


def health_check(label: str, body: Body) -> Made:
    rest = dict(body)
    tags = [{"Key": key, "Value": value} for key, value in rest.pop("tags", {}).items()]
    names = {
        "type": "Type",
        "fqdn": "FullyQualifiedDomainName",
        "port": "Port",
        "resource_path": "ResourcePath",
        "request_interval": "RequestInterval",
        "failure_threshold": "FailureThreshold",
        "enable_sni": "EnableSNI",
    }
    properties = {"HealthCheckConfig": renamed(rest, names), "HealthCheckTags": tags}
    return Made(kind="AWS::Route53::HealthCheck", label=label, properties=properties)


def record(label: str, body: Body) -> Made:
    """A record; one that proves a certificate is a part of that certificate."""
    rest = dict(body)
    if "alias" in rest:
        alias = {"name": "DNSName", "zone_id": "HostedZoneId", "evaluate_target_health": "EvaluateTargetHealth"}
        rest["alias"] = renamed(one_block(rest["alias"]), alias)
    if "geolocation_routing_policy" in rest:
        where = {"continent": "ContinentCode", "country": "CountryCode", "subdivision": "SubdivisionCode"}
        rest["geolocation_routing_policy"] = renamed(one_block(rest["geolocation_routing_policy"]), where)
    if "failover_routing_policy" in rest:
        rest["failover_routing_policy"] = one_block(rest["failover_routing_policy"]).get("type")
    names = {
        "zone_id": "HostedZoneId",
        "name": "Name",
        "type": "Type",
        "set_identifier": "SetIdentifier",
        "alias": "AliasTarget",
        "geolocation_routing_policy": "GeoLocation",
        "failover_routing_policy": "Failover",
        "health_check_id": "HealthCheckId",
    }
    properties = renamed(rest, names)
    proof = ".Options>" in str(body.get("name"))
    kind = "" if proof else "AWS::Route53::RecordSet"
    return Made(kind=kind, label=label if proof else record_key(properties), properties=properties)
