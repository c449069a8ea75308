"""Model -> one OpenAPI 3.0.1 document (routes, models, validation, integrations, errors). Reads only the fragments."""

from __future__ import annotations

from infra.openapi.document import RESOURCES_MAX, assemble, build, count_resources, digest, dumps
from infra.openapi.fragments import Fragment, parse_fragment, read_fragments
from infra.openapi.integrations import FunctionRef
from infra.openapi.security import Route, meters_tokens, needs_authorizer, routes

__all__ = [
    "RESOURCES_MAX",
    "Fragment",
    "FunctionRef",
    "Route",
    "assemble",
    "build",
    "count_resources",
    "digest",
    "dumps",
    "meters_tokens",
    "needs_authorizer",
    "parse_fragment",
    "read_fragments",
    "routes",
]
