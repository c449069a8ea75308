"""The routing table: HTTP method and path to operation, taken from the service model. Reads botocore's data once.

Operations are found by name: ``CreateRestApi`` is ``create_rest_api`` in one of the noun modules. One that no module has
answers 501.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from urllib.parse import parse_qs

import botocore.loaders
from botocore import xform_name
from botocore.model import OperationModel, ServiceModel

from infra.local.control import (
    account,
    api_keys,
    authorizers,
    client_certificates,
    deployments,
    documentation,
    domain_names,
    gateway_responses,
    integration_responses,
    integrations,
    invocation,
    method_responses,
    methods,
    models,
    openapi_export,
    openapi_import,
    resources,
    rest_apis,
    routing_rules,
    sdk_types,
    stages,
    tags,
    usage,
    usage_plans,
    validators,
    vpc_links,
)
from infra.local.control.call import Operation

NOUNS: tuple[ModuleType, ...] = (
    account,
    api_keys,
    authorizers,
    client_certificates,
    deployments,
    documentation,
    domain_names,
    gateway_responses,
    integration_responses,
    integrations,
    invocation,
    method_responses,
    methods,
    models,
    openapi_export,
    openapi_import,
    resources,
    rest_apis,
    routing_rules,
    sdk_types,
    stages,
    tags,
    usage,
    usage_plans,
    validators,
    vpc_links,
)


@dataclass(frozen=True, slots=True)
class Route:
    """One operation's place in HTTP."""

    pattern: re.Pattern[str]
    required_query: Mapping[str, list[str]]
    operation: OperationModel


@functools.cache
def service_model() -> ServiceModel:
    return ServiceModel(botocore.loaders.Loader().load_service_model("apigateway", "service-2"), "apigateway")


ROUTING_RULES = ("CreateRoutingRule", "DeleteRoutingRule", "GetRoutingRule", "ListRoutingRules", "PutRoutingRule")
"""Of API Gateway's second API, what concerns REST APIs; the rest of it is ministack's."""


@functools.cache
def operations() -> dict[str, OperationModel]:
    """Every operation by its AWS name."""
    second = ServiceModel(botocore.loaders.Loader().load_service_model("apigatewayv2", "service-2"), "apigatewayv2")
    ours = {name: service_model().operation_model(name) for name in service_model().operation_names}
    return ours | {name: second.operation_model(name) for name in ROUTING_RULES}


@functools.cache
def implementations() -> dict[str, Operation]:
    """AWS operation name -> our function, for the operations that we have."""
    found: dict[str, Operation] = {}
    for name in operations():
        function = xform_name(name)
        for module in NOUNS:
            if function in vars(module):
                found[name] = vars(module)[function]
    return found


@functools.cache
def _table() -> dict[tuple[str, int], list[Route]]:
    table: dict[tuple[str, int], list[Route]] = {}
    for operation in operations().values():
        path, _, query = operation.http["requestUri"].partition("?")
        parts = [f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("{") else re.escape(part) for part in path.split("/")]
        route = Route(re.compile("/".join(parts)), parse_qs(query), operation)
        table.setdefault((operation.http["method"], path.count("/")), []).append(route)
    for routes in table.values():  # the narrower first: with a required query, then with more literal segments
        routes.sort(key=lambda route: (not route.required_query, route.pattern.pattern.count("(?P<")))
    return table


def match(method: str, raw_path: str, query: str) -> tuple[OperationModel, dict[str, str]] | None:
    """The operation and its still encoded path values, or None."""
    path = raw_path.rstrip("/") or "/"
    given = parse_qs(query, keep_blank_values=True)
    for route in _table().get((method, path.count("/")), ()):
        found = route.pattern.fullmatch(path)
        if found and all(given.get(key) == value for key, value in route.required_query.items()):
            return route.operation, found.groupdict()
    return None
