"""The Lambda services of a gateway: function, version, role and log group each. Reads the code folders at synthesis.

Costs: published versions are kept (Retain) because older releases call them; `gatewright release prune` removes those
that no release calls. Lambda's storage for all versions of a region is 75 GB.
"""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from infra.blueprint.access import every_version, function_policies, invoke_policy
from infra.blueprint.breaker import breaker_concurrency
from infra.blueprint.code import NOT_CODE
from infra.blueprint.functions import reference, service_captured, service_fingerprint, version_id
from infra.config.model import Gateway, Service
from infra.openapi import FunctionRef
from stacks import names
from stacks.access import policies, trust
from stacks.names import said

__all__ = ["Services"]


class Services(Construct):
    """Every service that is a Lambda folder.

    Attributes:
        references: what the OpenAPI document needs of each function, by service name. The URI names one version, so a
            deployment that captures the document is bound to exactly that code. Regions are pseudo parameters in it:
            one release has one name in all regions.
        fingerprints: a hash of code and configuration by service name; a new one means a new version.
        versions: logical ids of the versions by service name; `Ref` gives the version's ARN.
    """

    def __init__(self, scope: Construct, construct_id: str, *, gateway: Gateway, folder: Path) -> None:
        super().__init__(scope, construct_id)
        self._gateway, self._folder = gateway, folder
        self.references: dict[str, FunctionRef] = {}
        self.fingerprints: dict[str, str] = {}
        self.versions: dict[str, str] = {}
        backed = [service for service in gateway.services if service.lambda_folder is not None]
        for service in backed:
            self._add(service)
        if backed:
            self._add_integration_role(backed)

    def _add(self, service: Service) -> None:
        """One function and the version that this release calls."""
        prefix = names.logical(service.name)
        code = assets.Asset(
            self,
            f"{prefix}Code",
            path=str(self._folder / (service.lambda_folder or "")),
            exclude=list(NOT_CODE),
            ignore_mode=cdk.IgnoreMode.GLOB,
            follow_symlinks=cdk.SymlinkFollowMode.ALWAYS,  # code shared by a link becomes part of the zip
            display_name=f"{service.name} code",
        )
        captured = service_captured(self._gateway, service)
        function = said(
            lambda_.CfnFunction(
                self,
                f"{prefix}Function",
                code=lambda_.CfnFunction.CodeProperty(s3_bucket=code.s3_bucket_name, s3_key=code.s3_object_key),
                role=self._role(service, prefix).attr_arn,
                reserved_concurrent_executions=breaker_concurrency(service).get("service"),  # of all versions together
                **captured,
            ),
            f"{prefix}Function",
        )
        fingerprint = service_fingerprint(captured, code=code.asset_hash, role=f"{prefix}Role")
        version_name = version_id(prefix, fingerprint)
        version = said(lambda_.CfnVersion(self, f"{prefix}Version", function_name=function.ref), version_name)
        version.cfn_options.deletion_policy = cdk.CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE
        version.cfn_options.update_replace_policy = cdk.CfnDeletionPolicy.RETAIN
        self.fingerprints[service.name] = fingerprint
        self.versions[service.name] = version_name
        self.references[service.name] = reference(version_name, "IntegrationRole")

    def _role(self, service: Service, prefix: str) -> iam.CfnRole:
        """What the function may do: write its own log group, send traces."""
        group = said(
            logs.CfnLogGroup(
                self,
                f"{prefix}Logs",
                log_group_name=names.function_logs(self._gateway.name, service.name),
                retention_in_days=self._gateway.log_retention_days,
            ),
            f"{prefix}Logs",
        )
        # Deleted with the stack: log lines may hold traces of people, and nothing reads them once the code is gone.
        group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        return said(
            iam.CfnRole(
                self,
                f"{prefix}Role",
                assume_role_policy_document=trust("lambda.amazonaws.com"),
                policies=policies(*function_policies(f"{prefix}Logs", self._gateway.tracing)),
            ),
            f"{prefix}Role",
        )

    def _add_integration_role(self, services: list[Service]) -> None:
        """API Gateway calls functions as this role, so no version needs a permission of its own.

        It may invoke any version of exactly these functions: older releases, which a rollback returns to, call older
        versions. The trust has no condition: which keys API Gateway sends when it takes an integration's role is not
        documented, and a condition on a missing key would refuse every request.
        """
        arns = [every_version(self._gateway.name, service.name) for service in services]
        said(
            iam.CfnRole(
                self,
                "IntegrationRole",
                assume_role_policy_document=trust("apigateway.amazonaws.com"),
                policies=policies(invoke_policy(arns)),
            ),
            "IntegrationRole",
        )
