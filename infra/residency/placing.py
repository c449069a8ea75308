"""What a deployment of the shape is called and made of, for CloudFormation and Terraform alike. Pure; touches nothing.

The regions have the custom domains; the records, which need every region's endpoint, are in one place of their own
(`stacks/dns.py`). Names of outputs are how the second finds the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from infra.config.model import Gateway
from infra.residency.shape import Shape

__all__ = [
    "CUSTOM_DOMAIN",
    "HOSTED_ZONE_OUTPUT",
    "certificate_names",
    "groups",
    "hosts_in",
    "needed_by",
    "role",
    "target_output",
    "zone_output",
]

# TLS 1.2 and 1.3, every key exchange with forward secrecy, hybrid post-quantum ones first. Not 1.3 alone: Route 53's health
# checks are documented for TLS up to 1.2 (HealthCheckConfig, Type). STRICT refuses a Host header that is not the name of
# the TLS handshake. https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-list.html
# The API negotiates by its own policy even on a custom domain, and a regional API's default is TLS 1.0, so both get it.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-custom-domain-tls-version.html
CUSTOM_DOMAIN: Mapping[str, str] = {
    "SecurityPolicy": "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
    "EndpointAccessMode": "STRICT",
    "IpAddressType": "dualstack",
}
HOSTED_ZONE_OUTPUT = "HostedZoneId"


def hosts_in(shape: Shape, region: str) -> tuple[str, ...]:
    """The custom domains of a region, the domain itself first."""
    return tuple(host.name for host in shape.hosts if host.region == region)


def role(host: str, domain: str) -> str:
    """``eu.api.shop.example`` -> ``Eu``, the domain itself -> ``Root``: a part of logical ids and names of outputs."""
    label = host.removesuffix(domain).rstrip(".")
    # Ids have letters and digits only; no two of our labels differ in hyphens alone.
    return "".join(part.capitalize() for part in label.split("-")) or "Root"


def target_output(host: str, domain: str) -> str:
    """The output of a region's stack that has the endpoint of a custom domain."""
    return f"{role(host, domain)}DomainTarget"


def zone_output(host: str, domain: str) -> str:
    """The output that has the hosted zone of that endpoint, which an alias asks for."""
    return f"{role(host, domain)}DomainZone"


def certificate_names(gateway: Gateway) -> tuple[str, str]:
    """One certificate for all names of a region, by a wildcard: another region or pair needs no new certificate."""
    return str(gateway.domain), f"*.{gateway.domain}"


def groups(shape: Shape) -> dict[str, list[dict[str, Any]]]:
    """The records by name: what changes together, because half a set of locations would answer from the wrong side."""
    found: dict[str, list[dict[str, Any]]] = {}
    for record in shape.records:
        found.setdefault(record["Name"], []).append(record)
    return found


def needed_by(records: Sequence[Mapping[str, Any]], names: Mapping[str, Any]) -> tuple[str, ...]:
    """Those of the names that the records are aliases of: Route 53 takes no alias of a name that is not there yet."""
    found = [record["AliasTarget"]["DNSName"] for record in records if "HostedZoneId" not in record["AliasTarget"]]
    return tuple(name for name in dict.fromkeys(found) if name in names)
