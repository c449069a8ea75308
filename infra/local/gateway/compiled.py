"""Turns one deployment's definition into what a request needs. Pure; runs once per deployment, then is cached.

Definitions of deployments are immutable (see `infra.local.control.store`), so nothing here is ever invalidated.
Templates, model validators and URI patterns are prepared here or at first use, never per request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.local.control.store import Definition
from infra.local.gateway.gateway_responses import GatewayResponses
from infra.local.gateway.mapping import Mappings, compile_request_mappings
from infra.local.gateway.payloads import BinaryTypes
from infra.local.gateway.routing import Router
from infra.local.gateway.templates import Template
from infra.local.gateway.validation import RequestRules, compile_rules

__all__ = ["CompiledApi", "CompiledMethod", "Integration", "IntegrationResponse", "compile_api"]

DEFAULT_TIMEOUT_MS = 29_000  # PutIntegration's documented default


@dataclass(frozen=True, slots=True)
class IntegrationResponse:
    status: int
    selection_pattern: str | None
    parameters: Mapping[str, str]
    templates: Mapping[str, Template]
    content_handling: str | None


@dataclass(frozen=True, slots=True)
class Integration:
    """``function_arn`` is None unless the URI invokes a Lambda function; it may hold stage variables."""

    type: str
    http_method: str | None
    uri: str
    credentials: str | None
    timeout_seconds: float
    mappings: Mappings
    templates: Mapping[str, Template]
    passthrough: str
    content_handling: str | None
    responses: tuple[IntegrationResponse, ...]
    function_arn: str | None


@dataclass(frozen=True, slots=True)
class CompiledMethod:
    resource_id: str
    path: str
    verb: str  # as declared; "ANY" stays
    authorization: str
    authorizer: Mapping[str, Any] | None
    api_key_required: bool
    rules: RequestRules | None
    integration: Integration | None


@dataclass(slots=True)
class CompiledApi:
    router: Router[CompiledMethod]
    gateway_responses: GatewayResponses
    binary: BinaryTypes
    api_key_source: str
    minimum_compression_size: int | None
    policy: str | None
    methods: dict[tuple[str, str], CompiledMethod] = field(default_factory=dict)  # by resource id and verb


def compile_api(definition: Definition) -> CompiledApi:
    """Compiles a whole definition; a part that only one route needs never fails the others."""
    methods: dict[tuple[str, str], CompiledMethod] = {}
    routes = []
    for resource in definition.resources.values():
        by_verb = {}
        for verb, method in (resource.get("resourceMethods") or {}).items():
            by_verb[verb] = methods[resource["id"], verb] = compile_method(definition, resource, verb, method)
        if by_verb:
            routes.append((resource["path"], by_verb))
    settings = definition.settings
    size = settings.get("minimumCompressionSize")
    return CompiledApi(
        router=Router(routes),
        gateway_responses=GatewayResponses(definition.gateway_responses),
        binary=BinaryTypes(settings.get("binaryMediaTypes") or ()),
        api_key_source=settings.get("apiKeySource") or "HEADER",
        minimum_compression_size=None if size is None or int(size) < 0 else int(size),
        policy=settings.get("policy"),
        methods=methods,
    )


def compile_method(
    definition: Definition, resource: Mapping[str, Any], verb: str, method: Mapping[str, Any]
) -> CompiledMethod:
    integration = method.get("methodIntegration")
    return CompiledMethod(
        resource_id=resource["id"],
        path=resource["path"],
        verb=verb,
        authorization=method.get("authorizationType") or "NONE",
        authorizer=definition.authorizers.get(method.get("authorizerId") or ""),
        api_key_required=bool(method.get("apiKeyRequired")),
        rules=compile_rules(method, definition.request_validators, definition.models),
        integration=compile_integration(integration) if integration else None,
    )


def compile_integration(shape: Mapping[str, Any]) -> Integration:
    uri = shape.get("uri") or ""
    return Integration(
        type=shape.get("type") or "MOCK",
        http_method=shape.get("httpMethod"),
        uri=uri,
        credentials=shape.get("credentials"),
        timeout_seconds=int(shape.get("timeoutInMillis") or DEFAULT_TIMEOUT_MS) / 1000,
        mappings=compile_request_mappings(shape.get("requestParameters") or {}),
        templates=_templates(shape.get("requestTemplates")),
        passthrough=shape.get("passthroughBehavior") or "WHEN_NO_MATCH",
        content_handling=shape.get("contentHandling"),
        responses=tuple(_response(r) for r in (shape.get("integrationResponses") or {}).values()),
        function_arn=function_of(uri),
    )


def function_of(uri: str) -> str | None:
    """The function ARN inside ``arn:aws:apigateway:{region}:lambda:path/.../functions/{arn}/invocations``."""
    _, found, rest = uri.partition("/functions/")
    if not found or ":lambda:path/" not in uri:
        return None
    return rest.removesuffix("/invocations")


def _templates(shape: Mapping[str, Any] | None) -> dict[str, Template]:
    return {kind: Template(text) for kind, text in (shape or {}).items() if text}


def _response(shape: Mapping[str, Any]) -> IntegrationResponse:
    return IntegrationResponse(
        status=int(shape["statusCode"]),
        selection_pattern=shape.get("selectionPattern") or None,
        parameters=shape.get("responseParameters") or {},
        templates=_templates(shape.get("responseTemplates")),
        content_handling=shape.get("contentHandling"),
    )
