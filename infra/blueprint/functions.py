"""The functions of a gateway: what a published version captures of each, its fingerprint and its logical ids. Pure.

Keys are those that CDK's constructs and Terraform's resources agree on (``function_name``, ``memory_size`` ...). A change of
what is captured is a new version and so a new release; a change that is missing here would never be released.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from infra.blueprint import names
from infra.blueprint.tracing import tracing_environment, tracing_mode
from infra.bundle import ARCHITECTURE, RUNTIME
from infra.config.breaker import function_timeout_seconds
from infra.config.model import Gateway, Service
from infra.openapi import FunctionRef

__all__ = [
    "AUTHORIZER",
    "Captured",
    "authorizer_captured",
    "authorizer_fingerprint",
    "function_captured",
    "function_timeout_seconds",
    "reference",
    "service_captured",
    "service_fingerprint",
    "version_id",
]

Captured = dict[str, Any]

AUTHORIZER = "authorizer"
# A tenth of it is used; Lambda gives processor time by memory, and a cold start is cryptography's import.
AUTHORIZER_MEMORY_MB = 512
# The issuer's documents end after 1.5 s each, discovery and keys are two; API Gateway's own limit for a REST authorizer is not
# documented.
AUTHORIZER_TIMEOUT_SECONDS = 5


def service_captured(gateway: Gateway, service: Service) -> Captured:
    """Everything that a published version captures, and nothing else: a version cannot be published twice of the same
    state (Lambda refuses)."""
    # What the file says of a service wins over what we would.
    variables = {**tracing_environment(gateway, service.name), **service.environment}
    environment = {"variables": dict(sorted(variables.items()))} if variables else None
    return function_captured(
        gateway,
        names.function(gateway.name, service.name),
        memory_mb=service.memory_mb,
        timeout_seconds=function_timeout_seconds(service.timeout_ms),
        environment=environment,
    )


def authorizer_captured(gateway: Gateway, variables: dict[str, str]) -> Captured:
    return function_captured(
        gateway,
        names.function(gateway.name, AUTHORIZER),
        memory_mb=AUTHORIZER_MEMORY_MB,
        timeout_seconds=AUTHORIZER_TIMEOUT_SECONDS,
        environment={"variables": variables},
    )


def service_fingerprint(captured: Captured, *, code: str, role: str) -> str:
    """A new one means a new version.

    Args:
        code: hash of the folder (`infra.blueprint.code`).
        role: the role's logical id.
    """
    return _digest({**captured, "code": code, "role": role})


def authorizer_fingerprint(gateway: Gateway, captured: Captured, *, code: str, layer: str) -> str:
    """The same in every region: one release has one name in all regions, so every region's jurisdiction counts in each."""
    everywhere = {one.name: gateway.serves(one).value for one in gateway.regions}
    variables = {**captured["environment"]["variables"], "GATEWRIGHT_JURISDICTION": json.dumps(everywhere)}
    return _digest({**captured, "environment": {"variables": variables}, "code": code, "layer": layer})


def version_id(prefix: str, fingerprint: str) -> str:
    """Logical id of the version; `Ref` gives its ARN."""
    return f"{prefix}Version{fingerprint[:10]}"


def reference(version: str, role: str) -> FunctionRef:
    """How the OpenAPI document names a version (by logical id), so that a deployment is bound to exactly that code.

    Regions are pseudo parameters in it: one release has one name in all regions.
    """
    return FunctionRef(
        uri={
            "Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
            f"${{{version}}}/invocations"
        },
        credentials={"Fn::GetAtt": [role, "Arn"]},
    )


def function_captured(
    gateway: Gateway,
    name: str,
    *,
    memory_mb: int,
    timeout_seconds: int,
    environment: dict[str, dict[str, str]] | None,
) -> Captured:
    """What every function of ours has in common."""
    return {
        "function_name": name,
        "runtime": RUNTIME,
        "architectures": [ARCHITECTURE],
        "handler": "handler.handler",
        "memory_size": memory_mb,
        "timeout": timeout_seconds,
        "environment": environment,
        "tracing_config": {"mode": tracing_mode(gateway)},
    }


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
