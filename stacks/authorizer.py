"""The function that checks tokens: its layer, version, role, log group, and the role that API Gateway calls it with.

It is part of a release like every service: its version is in the document, so going back to an older release goes back to
the authorizer, routes and scopes of then. Its code is in this project and not in the user's folder.
Costs: no concurrency is reserved, since a limit here would be a limit of the whole gateway; a cached answer costs nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from infra.auth import authorizer_environment, user_pool_facts
from infra.blueprint.access import every_version, function_policies, invoke_policy, key_secret_policy
from infra.blueprint.code import AUTHORIZER_NOT_CODE
from infra.blueprint.functions import (
    AUTHORIZER,
    authorizer_captured,
    authorizer_fingerprint,
    reference,
    version_id,
)
from infra.bundle import ARCHITECTURE, RUNTIME, Layer, layer_of
from infra.config.model import Gateway, Region
from infra.openapi import FunctionRef, Route, meters_tokens
from stacks import names
from stacks.access import policies, trust
from stacks.names import said

__all__ = ["Access", "Authorizer"]

PROJECT = Path(__file__).resolve().parents[1]
CODE = PROJECT / "lambdas" / "authorizer"


class Authorizer(Construct):
    """The authorizer of one region.

    Attributes:
        reference: what the OpenAPI document needs of it.
        fingerprint: a hash of code, libraries and configuration; the same in every region.
        version: logical id of the version; `Ref` gives its ARN.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, gateway: Gateway, region: Region, routes: list[Route]
    ) -> None:
        super().__init__(scope, construct_id)
        self._gateway = gateway
        code = self._asset("AuthorizerCode", CODE, name="authorizer code")
        layer, libraries = self._layer()
        variables = authorizer_environment(gateway, region=region, routes=routes)
        captured = authorizer_captured(gateway, variables)
        function = said(
            lambda_.CfnFunction(
                self,
                "Function",
                code=lambda_.CfnFunction.CodeProperty(s3_bucket=code.s3_bucket_name, s3_key=code.s3_object_key),
                layers=[layer.ref],
                role=self._role().attr_arn,
                **captured,
            ),
            "AuthorizerFunction",
        )
        self.fingerprint = authorizer_fingerprint(gateway, captured, code=code.asset_hash, layer=libraries.digest)
        self.version = version_id("Authorizer", self.fingerprint)
        version = said(lambda_.CfnVersion(self, "Version", function_name=function.ref), self.version)
        version.cfn_options.deletion_policy = cdk.CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE
        version.cfn_options.update_replace_policy = cdk.CfnDeletionPolicy.RETAIN
        self._call_role()
        self.reference = reference(self.version, "AuthorizerCallRole")

    def _asset(self, construct_id: str, path: Path, *, name: str, digest: str | None = None) -> assets.Asset:
        return assets.Asset(
            self,
            construct_id,
            path=str(path),
            exclude=list(AUTHORIZER_NOT_CODE),
            ignore_mode=cdk.IgnoreMode.GLOB,
            follow_symlinks=cdk.SymlinkFollowMode.ALWAYS,
            display_name=name,
            asset_hash=digest,
        )

    def _layer(self) -> tuple[lambda_.CfnLayerVersion, Layer]:
        """The libraries. Older function versions keep theirs when a layer version is deleted (Lambda guide, layers)."""
        libraries = layer_of(CODE / "requirements.lock", project=PROJECT)
        content = self._asset("Libraries", libraries.require(), name="authorizer libraries", digest=libraries.digest)
        layer = lambda_.CfnLayerVersion(
            self,
            "Layer",
            layer_name=names.function(self._gateway.name, AUTHORIZER),
            compatible_architectures=[ARCHITECTURE],
            compatible_runtimes=[RUNTIME],
            content=lambda_.CfnLayerVersion.ContentProperty(
                s3_bucket=content.s3_bucket_name, s3_key=content.s3_object_key
            ),
        )
        return said(layer, "AuthorizerLayer"), libraries

    def _role(self) -> iam.CfnRole:
        """What the function may do: write its own log group, send traces, read the secret of this gateway's keys."""
        group = said(
            logs.CfnLogGroup(
                self,
                "Logs",
                log_group_name=names.function_logs(self._gateway.name, AUTHORIZER),
                retention_in_days=self._gateway.log_retention_days,
            ),
            "AuthorizerLogs",
        )
        group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        shapes = function_policies("AuthorizerLogs", self._gateway.tracing)
        if meters_tokens(self._gateway):
            shapes.append(key_secret_policy(self._gateway.name))
        return said(
            iam.CfnRole(
                self,
                "Role",
                assume_role_policy_document=trust("lambda.amazonaws.com"),
                policies=policies(*shapes),
            ),
            "AuthorizerRole",
        )

    def _call_role(self) -> None:
        """API Gateway calls any version of exactly this function: older releases, too, are checked by theirs."""
        said(
            iam.CfnRole(
                self,
                "CallRole",
                assume_role_policy_document=trust("apigateway.amazonaws.com"),
                policies=policies(invoke_policy(every_version(self._gateway.name, AUTHORIZER))),
            ),
            "AuthorizerCallRole",
        )


class Access(Construct):
    """Who checks tokens in this region: our authorizer, Cognito, or nobody.

    Attributes:
        user_pool: this region's, looked up in the template, so that the document is the same everywhere; None without.
        fingerprints: of what the document does not show and a release depends on.
        versions: logical ids of the versions that the release calls.
    """

    def __init__(self, scope: Construct, construct_id: str, *, gateway: Gateway, region: Region) -> None:
        super().__init__(scope, construct_id)
        self._gateway, self._region = gateway, region
        self.user_pool: dict[str, Any] | None = None
        self.fingerprints: dict[str, str] = {}
        self.versions: list[str] = []
        if pools := user_pool_facts(gateway):
            mapping = {name: {"Arn": arn} for name, arn in pools.items()}
            said(cdk.CfnMapping(self, "UserPools", mapping=mapping), "UserPools")
            self.user_pool = {"Fn::FindInMap": ["UserPools", {"Ref": "AWS::Region"}, "Arn"]}
            self.fingerprints["user pools"] = json.dumps(pools)

    def authorizer(self, routes: list[Route]) -> FunctionRef:
        """Makes the function for these routes."""
        made = Authorizer(self, "Authorizer", gateway=self._gateway, region=self._region, routes=routes)
        self.fingerprints[AUTHORIZER] = made.fingerprint
        self.versions.append(made.version)
        return made.reference
