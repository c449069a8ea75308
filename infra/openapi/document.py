"""Model -> the one OpenAPI 3 document of the gateway, with API Gateway's extensions. Pure, but `build` reads the fragments.

CDK takes the document as a RestApi's body, Terraform too, the local gateway serves it. It depends on nothing but the model,
the fragments and the functions' references: same input, same bytes. Its costs: AWS's default of 300 resources for an API.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.config.model import Gateway, Service
from infra.config.syntax import segments
from infra.errors import Refused
from infra.openapi.fragments import Fragment, read_fragments
from infra.openapi.integrations import FunctionRef
from infra.openapi.operations import VALIDATORS, of_fragment, of_prefix, schemas_of
from infra.openapi.problems import gateway_responses
from infra.openapi.security import ANY, AuthorizerFor, meters_tokens, needs_authorizer, requirement, routes, schemes

__all__ = ["RESOURCES_MAX", "assemble", "build", "count_resources", "digest", "dumps"]

# Default quota "Resources per API" (API Gateway quotas page); it can be raised on request, for all of an account's APIs.
RESOURCES_MAX = 300


def build(
    gateway: Gateway,
    *,
    folder: Path,
    functions: Mapping[str, FunctionRef],
    authorizer: AuthorizerFor | None = None,
    user_pool: Any = None,
    resources_max: int = RESOURCES_MAX,
) -> dict[str, Any]:
    """The document of a gateway whose fragments are below ``folder``.

    Args:
        functions: of every service with a Lambda or a breaker, by the service's name; with a breaker it is the breaker's.
        authorizer: asked once for the function that checks tokens, when the gateway has `auth.jwt`.
        user_pool: ARN of the region's user pool, text or an intrinsic, when it has `auth.cognito`.
        resources_max: the account's quota, when it was raised.

    Raises:
        ConfigError: a fragment cannot be used.
        Refused: more resources than an API may have, a Lambda service without its function, or a route that would be
            open though a token was asked for.
    """
    return assemble(
        gateway,
        fragments=read_fragments(gateway, folder=folder),
        functions=functions,
        authorizer=authorizer,
        user_pool=user_pool,
        resources_max=resources_max,
    )


def assemble(
    gateway: Gateway,
    *,
    fragments: Mapping[str, Fragment],
    functions: Mapping[str, FunctionRef],
    authorizer: AuthorizerFor | None = None,
    user_pool: Any = None,
    resources_max: int = RESOURCES_MAX,
) -> dict[str, Any]:
    """`build` without the disk."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for service in gateway.services:
        function = _function(service, functions)
        if service.operations is None:
            paths |= of_prefix(service, function)
        else:
            shape = fragments[service.name].shape
            paths |= of_fragment(service, shape, function)
            schemas |= schemas_of(service, shape)
    _require(gateway, paths)
    _refuse_too_many(gateway, paths, resources_max)
    document = _document(gateway, paths, schemas)
    checks = authorizer(routes(gateway, document)) if authorizer is not None and needs_authorizer(gateway) else None
    if found := schemes(gateway, authorizer=checks, user_pool=user_pool):
        document.setdefault("components", {})["securitySchemes"] = found
        # Always said: the API would keep what an earlier document set.
        document["x-amazon-apigateway-api-key-source"] = "AUTHORIZER" if meters_tokens(gateway) else "HEADER"
    return document


def _require(gateway: Gateway, paths: dict[str, Any]) -> None:
    """Puts the security requirement into every operation that has one."""
    services = {service.name: service for service in gateway.services}
    for item in paths.values():
        for method, operation in item.items():
            service = services[operation["tags"][0]]
            if required := requirement(gateway, service, "ANY" if method == ANY else method.upper()):
                operation["security"] = required


def _document(gateway: Gateway, paths: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "openapi": "3.0.1",
        # A fixed version: releases are told apart by the document's digest, which must not name itself.
        "info": {"title": gateway.name, "version": "1"},
        "tags": [{"name": service.name} for service in gateway.services],
        "paths": paths,
        "x-amazon-apigateway-request-validators": VALIDATORS,
        "x-amazon-apigateway-gateway-responses": gateway_responses(),
    }
    if schemas:
        document["components"] = {"schemas": schemas}
    return document


def _function(service: Service, functions: Mapping[str, FunctionRef]) -> FunctionRef | None:
    if service.lambda_folder is None and service.active_breaker is None:
        return None
    if service.name not in functions:
        what = "a Lambda" if service.active_breaker is None else "a breaker"
        raise Refused(f"service {service.name!r} has {what} and no function was given for it; give its FunctionRef")
    return functions[service.name]


def _nodes(paths: Mapping[str, Any]) -> set[tuple[str, ...]]:
    """The resources of an API with these paths: every prefix of every path, and the root."""
    nodes: set[tuple[str, ...]] = {()}
    for path in paths:
        parts = segments(path)
        nodes.update(parts[: depth + 1] for depth in range(len(parts)))
    return nodes


def count_resources(document: Mapping[str, Any]) -> int:
    """How many API Gateway resources the document makes, the root included."""
    return len(_nodes(document["paths"]))


def _refuse_too_many(gateway: Gateway, paths: Mapping[str, Any], resources_max: int) -> None:
    nodes = _nodes(paths)
    if len(nodes) <= resources_max:
        return
    below = {
        service.name: sum(1 for node in nodes if node[: len(prefix)] == prefix)
        for service in gateway.services
        for prefix in [segments(service.path)]
    }
    largest = ", ".join(f"{name} {count}" for name, count in sorted(below.items(), key=lambda x: -x[1])[:3])
    raise Refused(
        f"gateway {gateway.name!r} needs {len(nodes)} API Gateway resources, an API may have {resources_max}. "
        f"Most are of {largest}. Leave 'operations' out of a service (2 resources), split the gateway, or raise the quota"
    )


def dumps(document: Mapping[str, Any]) -> str:
    """The document as text, the same bytes for the same meaning: OpenAPI's mappings carry no order, its lists do."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of the canonical form; two documents with one meaning have one digest.

    References must be spelled out or intrinsics: an unresolved token of a framework differs from run to run.
    """
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
