"""Who checks tokens, in Terraform's words: our authorizer with its layer and roles, Cognito's pool, or nobody. Adds to a root.

Reads the authorizer's code and its built layer; both come from this project and not from the user's folder.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from infra.auth import authorizer_environment, user_pool_facts
from infra.blueprint import names
from infra.blueprint.access import every_version, function_policies, invoke_policy, key_secret_policy
from infra.blueprint.code import AUTHORIZER_NOT_CODE
from infra.blueprint.functions import (
    AUTHORIZER,
    authorizer_captured,
    authorizer_fingerprint,
    reference,
    version_id,
)
from infra.bundle import ARCHITECTURE, RUNTIME, layer_of
from infra.config.model import Gateway, Region
from infra.openapi import FunctionRef, Route, meters_tokens
from infra.terraform.roles import add_log_group, add_role
from infra.terraform.root import Root
from infra.terraform.services import Archive, Functions, add_function

__all__ = ["add_authorizer", "user_pool"]

PROJECT = Path(__file__).resolve().parents[2]
CODE = PROJECT / "lambdas" / "authorizer"


def user_pool(root: Root, gateway: Gateway, made: Functions) -> dict[str, Any] | None:
    """How the document names this region's user pool; None without Cognito."""
    pools = user_pool_facts(gateway)
    if not pools:
        return None
    for region, arn in pools.items():
        root.know(f"UserPools:{region}:Arn", arn)
    made.fingerprints["user pools"] = json.dumps(pools)
    return {"Fn::FindInMap": ["UserPools", {"Ref": "AWS::Region"}, "Arn"]}


def add_authorizer(
    root: Root, gateway: Gateway, region: Region, *, routes: list[Route], made: Functions
) -> FunctionRef:
    """The function that checks tokens for these routes."""
    libraries = layer_of(CODE / "requirements.lock", project=PROJECT)
    layer = Archive.of(libraries.require(), AUTHORIZER_NOT_CODE, digest=libraries.digest)
    code = Archive.of(CODE, AUTHORIZER_NOT_CODE)
    _add_layer(root, gateway, layer)
    captured = authorizer_captured(gateway, authorizer_environment(gateway, region=region, routes=routes))
    fingerprint = authorizer_fingerprint(gateway, captured, code=code.hash, layer=libraries.digest)
    version = version_id("Authorizer", fingerprint)
    add_log_group(root, "AuthorizerLogs", names.function_logs(gateway.name, AUTHORIZER), gateway.log_retention_days)
    policies = function_policies("AuthorizerLogs", gateway.tracing)
    if meters_tokens(gateway):
        policies.append(key_secret_policy(gateway.name))
    add_role(root, "AuthorizerRole", gateway=gateway.name, service="lambda.amazonaws.com", policies=policies)
    add_function(root, "Authorizer", captured, archive=code, version=version, layers=[{"Ref": "AuthorizerLayer"}])
    add_role(
        root,
        "AuthorizerCallRole",
        gateway=gateway.name,
        service="apigateway.amazonaws.com",
        policies=[invoke_policy(every_version(gateway.name, AUTHORIZER))],
    )
    made.fingerprints[AUTHORIZER] = fingerprint
    made.versions.append(version)
    made.archives += [code, layer]
    return reference(version, "AuthorizerCallRole")


def _add_layer(root: Root, gateway: Gateway, layer: Archive) -> None:
    """Older function versions keep theirs when a layer version is deleted (Lambda guide, layers)."""
    body = {
        "layer_name": names.function(gateway.name, AUTHORIZER),
        "compatible_architectures": [ARCHITECTURE],
        "compatible_runtimes": [RUNTIME],
        "filename": layer.path,
        "source_code_hash": layer.source_hash,
        "lifecycle": {"create_before_destroy": True},
    }
    root.add("aws_lambda_layer_version", "AuthorizerLayer", body)
