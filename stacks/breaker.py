"""The breakers of a gateway: one table, and for each protected service a function with version, role and log group.

A breaker is part of the release like the service behind it: the document names its exact version, whose environment names the
exact version of the service. So a release is still one pointer, and a canary of the service has its own breaker version; the
*state* is the service's, shared by both (docs/adr/0013). Its code is in this project and not in the user's folder.
Costs: an invocation more for each request of a protected service; the table's reads and writes (docs/breaker.md).
"""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from infra.blueprint.breaker import (
    BREAKER_TABLE_KEYS,
    breaker_call_policy,
    breaker_captured,
    breaker_concurrency,
    breaker_policies,
    breaker_prefix,
)
from infra.blueprint.code import NOT_CODE
from infra.blueprint.functions import reference, service_fingerprint, version_id
from infra.breaker.names import breaker_function, breaker_table
from infra.config.model import Gateway, Service
from infra.openapi import FunctionRef
from stacks.access import policies, trust
from stacks.names import said
from stacks.services import Services

__all__ = ["Breakers"]

CODE = Path(__file__).resolve().parents[1] / "lambdas" / "breaker"


class Breakers(Construct):
    """Every breaker of one region; nothing at all without a service that has one.

    Attributes:
        references: in place of the service's own, what the document needs of each breaker that is on.
        fingerprints: of the same, a hash of code, configuration and target.
        versions: logical ids of the same; `Ref` gives the version's ARN.
    """

    def __init__(self, scope: Construct, construct_id: str, *, gateway: Gateway, services: Services) -> None:
        super().__init__(scope, construct_id)
        self._gateway, self._services = gateway, services
        self.references: dict[str, FunctionRef] = {}
        self.fingerprints: dict[str, str] = {}
        self.versions: list[str] = []
        protected = [service for service in gateway.services if service.breaker is not None]
        if not protected:
            return
        self._add_table()
        self._code = assets.Asset(
            self,
            "Code",
            path=str(CODE),
            exclude=list(NOT_CODE),
            ignore_mode=cdk.IgnoreMode.GLOB,
            follow_symlinks=cdk.SymlinkFollowMode.ALWAYS,
            display_name="breaker code",
        )
        for service in protected:
            self._add(service)
        self._add_call_role()

    def _add_table(self) -> None:
        """Deleted with the last breaker: DynamoDB keeps a backup of a table with point-in-time recovery for 35 days.

        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
        """
        table = dynamodb.CfnTable(
            self,
            "Table",
            table_name=breaker_table(self._gateway.name),
            billing_mode="PAY_PER_REQUEST",
            attribute_definitions=[
                dynamodb.CfnTable.AttributeDefinitionProperty(attribute_name=key, attribute_type="S")
                for key in BREAKER_TABLE_KEYS
            ],
            key_schema=[
                dynamodb.CfnTable.KeySchemaProperty(attribute_name=key, key_type=kind)
                for key, kind in BREAKER_TABLE_KEYS.items()
            ],
            point_in_time_recovery_specification=dynamodb.CfnTable.PointInTimeRecoverySpecificationProperty(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_specification=dynamodb.CfnTable.TimeToLiveSpecificationProperty(
                attribute_name="expires", enabled=True
            ),
        )
        table.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        said(table, "Breakers")

    def _add(self, service: Service) -> None:
        """One breaker; one that is off has its function, which older releases call, and no version in this release."""
        prefix = breaker_prefix(service.name)
        target = self._services.versions.get(service.name, "")
        function = said(
            lambda_.CfnFunction(
                self,
                f"{prefix}Function",
                code=lambda_.CfnFunction.CodeProperty(
                    s3_bucket=self._code.s3_bucket_name, s3_key=self._code.s3_object_key
                ),
                role=self._role(service, prefix).attr_arn,
                # Not part of a version: it holds for all versions at once, from the deploy on.
                reserved_concurrent_executions=breaker_concurrency(service).get("breaker"),
                **breaker_captured(self._gateway, service, target=cdk.Fn.ref(target) if target else ""),
            ),
            f"{prefix}Function",
        )
        if service.active_breaker is not None:
            captured = breaker_captured(self._gateway, service, target=target)
            fingerprint = service_fingerprint(captured, code=self._code.asset_hash, role=f"{prefix}Role")
            self._release(service, prefix, function, fingerprint)

    def _release(self, service: Service, prefix: str, function: lambda_.CfnFunction, fingerprint: str) -> None:
        """The version that this release calls."""
        version_name = version_id(prefix, fingerprint)
        version = said(lambda_.CfnVersion(self, f"{prefix}Version", function_name=function.ref), version_name)
        version.cfn_options.deletion_policy = cdk.CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE
        version.cfn_options.update_replace_policy = cdk.CfnDeletionPolicy.RETAIN
        self.versions.append(version_name)
        self.fingerprints[f"{service.name} breaker"] = fingerprint
        self.references[service.name] = reference(version_name, "BreakerCallRole")

    def _role(self, service: Service, prefix: str) -> iam.CfnRole:
        group = said(
            logs.CfnLogGroup(
                self,
                f"{prefix}Logs",
                log_group_name=f"/aws/lambda/{breaker_function(self._gateway.name, service.name)}",
                retention_in_days=self._gateway.log_retention_days,
            ),
            f"{prefix}Logs",
        )
        group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        allowed = breaker_policies(
            self._gateway, service, log_group=f"{prefix}Logs", table={"Fn::GetAtt": ["Breakers", "Arn"]}
        )
        return said(
            iam.CfnRole(
                self,
                f"{prefix}Role",
                assume_role_policy_document=trust("lambda.amazonaws.com"),
                policies=policies(*allowed),
            ),
            f"{prefix}Role",
        )

    def _add_call_role(self) -> None:
        """API Gateway calls any version of exactly these functions, as it does those of services."""
        said(
            iam.CfnRole(
                self,
                "CallRole",
                assume_role_policy_document=trust("apigateway.amazonaws.com"),
                policies=policies(breaker_call_policy(self._gateway)),
            ),
            "BreakerCallRole",
        )
