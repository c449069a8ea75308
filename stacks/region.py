"""A gateway in one region, whole: one CloudFormation stack, so that a release is atomic (docs/adr/0001)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from infra.blueprint.release import release_name
from infra.config.model import Gateway, Region
from infra.openapi import Fragment, assemble, digest
from infra.residency.shape import Shape
from stacks import names
from stacks.access_log import AccessLog
from stacks.authorizer import Access
from stacks.breaker import Breakers
from stacks.domain import Domain
from stacks.gateway import GatewayApi
from stacks.ledger import Ledger
from stacks.observability import add_observability
from stacks.rollout import Unattended
from stacks.services import Services
from stacks.waf import Firewall

__all__ = ["RegionStack"]


class RegionStack(cdk.Stack):
    """Composes services, API, access log and ledger of one region. The account is open, the region is set.

    Args:
        gateway: the whole model.
        region: where this stack goes.
        folder: where gateway.yaml lies; its relative paths start here.
        fragments: the services' operations, read once for all regions.
        domain: the names and records of the domain; None without DNS of ours.
        account_role: whether this stack sets the region's CloudWatch role for API Gateway (see `access_log`).
    """

    def __init__(
        self,
        scope: Construct,
        *,
        gateway: Gateway,
        region: Region,
        folder: Path,
        fragments: Mapping[str, Fragment],
        domain: Shape | None = None,
        account_role: bool = True,
    ) -> None:
        super().__init__(
            scope,
            names.stack(gateway.name, region.name),
            env=cdk.Environment(region=region.name),
            description=f"Gateway {gateway.name} in {region.name}",
            analytics_reporting=False,
            suppress_template_indentation=True,  # half the size: CloudFormation takes 1 MB, with every route in it
        )
        services = Services(self, "Services", gateway=gateway, folder=folder)
        breakers = Breakers(self, "Breakers", gateway=gateway, services=services)
        access = Access(self, "Access", gateway=gateway, region=region)
        document = assemble(
            gateway,
            fragments=fragments,
            functions=services.references | breakers.references,
            authorizer=access.authorizer,
            user_pool=access.user_pool,
        )
        # A stage answers on the default endpoint until the next deployment after it was closed, so closing it is a release.
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-disable-default-endpoint.html
        closed = {"default endpoint": "closed"} if domain else {}
        name = release_name(
            digest(document), services.fingerprints | breakers.fingerprints | access.fingerprints | closed
        )
        access_log = AccessLog(self, "AccessLog", gateway=gateway, account_role=account_role)
        api = GatewayApi(self, "Gateway", gateway=gateway, document=document, release_name=name, access_log=access_log)
        Firewall(self, "Firewall", gateway=gateway, region=region, stage=api.stage)
        ledger = Ledger(self, "Ledger", gateway_name=gateway.name)
        add_observability(self, gateway=gateway, region=region)
        unattended = Unattended(self, "Rollout", gateway=gateway)
        versions = [
            f"${{{version}}}" for version in (*services.versions.values(), *breakers.versions, *access.versions)
        ]
        outputs = {
            "RestApiId": api.api.ref,
            "StageName": api.stage.ref,
            "ApiUrl": f"https://{domain.domain}"
            if domain
            else cdk.Fn.sub("https://${RestApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}"),
            "ReleaseName": name,
            "ReleaseDeployment": api.release.ref,
            # The version ARNs of this release as a JSON list: what `release prune` must not delete.
            "FunctionVersions": cdk.Fn.sub(json.dumps(versions, separators=(",", ":"))) if versions else "[]",
            "LedgerTable": ledger.table_name,
            "RolloutMachine": unattended.machine_arn,
            # Echoes the parameters: pinning a baseline changes no resource, and an update that changes nothing at all
            # is refused ("No updates are to be performed"), parameters included.
            "Traffic": cdk.Fn.sub("baseline=${BaselineDeployment} canary=${CanaryPercent}%"),
        }
        if domain:
            outputs |= Domain(self, "Domain", gateway=gateway, region=region, shape=domain, api=api).outputs
        for logical_id, value in outputs.items():
            cdk.CfnOutput(self, logical_id, value=value)
