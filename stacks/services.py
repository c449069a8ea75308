"""The Lambda services of a gateway: function, version, role and log group each. Reads the code folders at synthesis.

Costs: published versions are kept (Retain) because older releases call them; `gatewright release prune` removes those
that no release calls. Lambda's storage for all versions of a region is 75 GB.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from infra.bundle import ARCHITECTURE, RUNTIME
from infra.config.model import Gateway, Service
from infra.openapi import FunctionRef
from stacks import names
from stacks.access import policy, trust
from stacks.names import said

__all__ = ["NOT_CODE", "Services", "function_timeout_seconds"]

# Left out of a function's zip, so that running or testing the code does not make a release of it.
NOT_CODE = ["__pycache__", "*.pyc", "tests", ".DS_Store", ".mypy_cache", ".pytest_cache", ".ruff_cache"]


def function_timeout_seconds(integration_timeout_ms: int) -> int:
    """The longest whole second below the integration's timeout, at least one (Lambda's smallest).

    Below, so that a slow function is stopped and logged before API Gateway gives up on it; else it would go on, and be
    paid for, after the client has its 504.
    """
    return max(1, (integration_timeout_ms - 1) // 1000)


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
            exclude=NOT_CODE,
            ignore_mode=cdk.IgnoreMode.GLOB,
            follow_symlinks=cdk.SymlinkFollowMode.ALWAYS,  # code shared by a link becomes part of the zip
            display_name=f"{service.name} code",
        )
        # Everything that a published version captures, and nothing else: a version cannot be published twice of the
        # same state (Lambda refuses), and a change that is missing here would never be released.
        captured: dict[str, Any] = {
            "function_name": names.function(self._gateway.name, service.name),
            "runtime": RUNTIME,
            "architectures": [ARCHITECTURE],
            "handler": "handler.handler",
            "memory_size": service.memory_mb,
            "timeout": function_timeout_seconds(service.timeout_ms),
            "environment": {"variables": dict(sorted(service.environment.items()))} if service.environment else None,
            "tracing_config": {"mode": "Active"},
        }
        function = said(
            lambda_.CfnFunction(
                self,
                f"{prefix}Function",
                code=lambda_.CfnFunction.CodeProperty(s3_bucket=code.s3_bucket_name, s3_key=code.s3_object_key),
                role=self._role(service, prefix).attr_arn,
                **captured,
            ),
            f"{prefix}Function",
        )
        fingerprint = _digest({**captured, "code": code.asset_hash, "role": f"{prefix}Role"})
        version_id = f"{prefix}Version{fingerprint[:10]}"
        version = said(lambda_.CfnVersion(self, f"{prefix}Version", function_name=function.ref), version_id)
        version.cfn_options.deletion_policy = cdk.CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE
        version.cfn_options.update_replace_policy = cdk.CfnDeletionPolicy.RETAIN
        self.fingerprints[service.name] = fingerprint
        self.versions[service.name] = version_id
        self.references[service.name] = FunctionRef(
            uri={
                "Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
                f"${{{version_id}}}/invocations"
            },
            credentials={"Fn::GetAtt": ["IntegrationRole", "Arn"]},
        )

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
                policies=[
                    policy("logs", ["logs:CreateLogStream", "logs:PutLogEvents"], group.attr_arn),
                    # X-Ray has no resources to name: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
                    policy("traces", ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*"),
                ],
            ),
            f"{prefix}Role",
        )

    def _add_integration_role(self, services: list[Service]) -> None:
        """API Gateway calls functions as this role, so no version needs a permission of its own.

        It may invoke any version of exactly these functions: older releases, which a rollback returns to, call older
        versions. The trust has no condition: which keys API Gateway sends when it takes an integration's role is not
        documented, and a condition on a missing key would refuse every request.
        """
        arns = [
            {
                "Fn::Sub": "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:"
                f"{names.function(self._gateway.name, service.name)}:*"
            }
            for service in services
        ]
        said(
            iam.CfnRole(
                self,
                "IntegrationRole",
                assume_role_policy_document=trust("apigateway.amazonaws.com"),
                policies=[policy("invoke", ["lambda:InvokeFunction"], arns)],
            ),
            "IntegrationRole",
        )


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
