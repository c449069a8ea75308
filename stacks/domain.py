"""The custom domains of a gateway in one region: certificate, names, mappings to the stage. Adds to the region's stack.

They are beside the API and not in a stack of their own, because the API's default endpoint is closed when they are there:
one update does both. ACM proves the domain by a record in its zone, and CloudFormation waits for that: a zone that nobody
delegated yet keeps the first deploy waiting.
Costs: nothing by AWS's price list; a first deploy takes some minutes more.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from constructs import Construct

from infra.config.model import Gateway, Region
from infra.residency.placing import (
    CUSTOM_DOMAIN,
    HOSTED_ZONE_OUTPUT,
    certificate_names,
    hosts_in,
    role,
    target_output,
    zone_output,
)
from infra.residency.shape import Shape
from stacks import names
from stacks.gateway import GatewayApi
from stacks.names import said

__all__ = ["Domain", "hosted_zone"]


def hosted_zone(gateway: Gateway) -> str:
    """The id of the domain's hosted zone: given, or read from the stack that made it when a stack is deployed.

    A weak reference, so that it can cross regions and blocks no update.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html
    """
    if gateway.dns.zone != "create":
        return gateway.dns.zone
    return cdk.Fn.get_stack_output(names.zone_stack(gateway.name), HOSTED_ZONE_OUTPUT, gateway.dns_region)


class Domain(Construct):
    """Every name that leads to this region.

    Attributes:
        outputs: what the records need, for the stack's outputs.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, gateway: Gateway, region: Region, shape: Shape, api: GatewayApi
    ) -> None:
        super().__init__(scope, construct_id)
        self._api = api
        certificate = gateway.dns.certificates.get(region.name) or self._certificate(gateway).ref
        self.outputs: dict[str, str] = {}
        for host in hosts_in(shape, region.name):
            name = self._name(host, role(host, shape.domain), certificate)
            self.outputs[target_output(host, shape.domain)] = name.attr_regional_domain_name
            self.outputs[zone_output(host, shape.domain)] = name.attr_regional_hosted_zone_id

    def _certificate(self, gateway: Gateway) -> acm.CfnCertificate:
        domain, wildcard = certificate_names(gateway)
        # One option: the wildcard is proved by the same record as the name below it.
        proof = acm.CfnCertificate.DomainValidationOptionProperty(
            domain_name=domain, hosted_zone_id=hosted_zone(gateway)
        )
        return said(
            acm.CfnCertificate(
                self,
                "Certificate",
                domain_name=domain,
                subject_alternative_names=[wildcard],
                validation_method="DNS",
                domain_validation_options=[proof],
            ),
            "Certificate",
        )

    def _name(self, host: str, prefix: str, certificate: str) -> apigateway.CfnDomainName:
        endpoint: Any = apigateway.CfnDomainName.EndpointConfigurationProperty(
            types=["REGIONAL"], ip_address_type=CUSTOM_DOMAIN["IpAddressType"]
        )
        name = said(
            apigateway.CfnDomainName(
                self,
                f"{prefix}Domain",
                domain_name=host,
                regional_certificate_arn=certificate,
                endpoint_configuration=endpoint,
                security_policy=CUSTOM_DOMAIN["SecurityPolicy"],
                endpoint_access_mode=CUSTOM_DOMAIN["EndpointAccessMode"],
            ),
            f"{prefix}Domain",
        )
        said(
            apigateway.CfnBasePathMapping(
                self,
                f"{prefix}Mapping",
                domain_name=name.ref,
                rest_api_id=self._api.api.ref,
                stage=self._api.stage.ref,
            ),
            f"{prefix}Mapping",
        )
        return name
