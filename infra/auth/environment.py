"""Model and routes -> the authorizer's environment variables (lambdas/authorizer reads them at cold start). Pure.

Lambda keeps 4 kB of environment, names and values together, and the routes are most of it: about sixty protected routes.
A gateway with more gives its services prefixes instead of operations, or is two gateways.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from infra.blueprint.tracing import tracing_environment
from infra.config.model import Gateway, Region
from infra.errors import Refused
from infra.keys.secret import secret_name
from infra.openapi import Route, meters_tokens

__all__ = ["ENVIRONMENT_BYTES_MAX", "PATH_MAX", "SEGMENTS_MAX", "authorizer_environment", "user_pool_facts"]

# Lambda quotas, "Function environment variables".
ENVIRONMENT_BYTES_MAX = 4_096
# What the authorizer accepts of its routes (lambdas/authorizer/gate/settings.py says why): refused here, before anything is
# deployed, and a test holds the two together.
PATH_MAX, SEGMENTS_MAX = 300, 16
POLICY_BYTES_MAX, _PREFIX_BYTES, _FRAME_BYTES = 8_192, 90, 700


def authorizer_environment(gateway: Gateway, *, region: Region, routes: Sequence[Route]) -> dict[str, str]:
    """The variables in one region; only the jurisdiction differs from region to region.

    Raises:
        Refused: there is no `auth.jwt`, the routes are more than Lambda keeps, or one is longer than the authorizer takes.
    """
    jwt = gateway.auth.jwt if gateway.auth is not None else None
    if jwt is None:
        raise Refused(f"gateway {gateway.name!r} has no 'auth.jwt', so there is nothing for an authorizer to check")
    _refuse_unusable(gateway, routes)
    variables = {
        "GATEWRIGHT_ALGORITHMS": _text(list(jwt.algorithms)),
        "GATEWRIGHT_AUDIENCE": _text(list(jwt.audience)),
        "GATEWRIGHT_CLAIMS": _text(jwt.claims.model_dump()),
        "GATEWRIGHT_GATEWAY": gateway.name,
        "GATEWRIGHT_ISSUER": jwt.issuer,
        "GATEWRIGHT_JURISDICTION": gateway.serves(region).value,
        # Lambda refuses no empty value, and the authorizer reads a missing one the same way.
        "GATEWRIGHT_JWKS_URL": jwt.jwks_url or "",
        "GATEWRIGHT_KEY_SECRET": secret_name(gateway.name) if meters_tokens(gateway) else "",
        "GATEWRIGHT_LEEWAY_SECONDS": str(jwt.leeway_seconds),
        "GATEWRIGHT_PLANS": _text([plan.name for plan in gateway.plans]),
        "GATEWRIGHT_ROUTES": _text(list(routes)),
        **tracing_environment(gateway, "authorizer"),
    }
    size = sum(len(f"{name}{value}".encode()) for name, value in variables.items())
    if size > ENVIRONMENT_BYTES_MAX:
        raise Refused(
            f"gateway {gateway.name!r}: {len(routes)} protected routes make {size} bytes of settings for the authorizer, and "
            f"Lambda keeps {ENVIRONMENT_BYTES_MAX}. Leave 'operations' out of a protected service, or split the gateway"
        )
    return variables


def _refuse_unusable(gateway: Gateway, routes: Sequence[Route]) -> None:
    for route in routes:
        if len(route["path"]) > PATH_MAX or route["path"].count("/") > SEGMENTS_MAX:
            raise Refused(
                f"gateway {gateway.name!r}: the authorizer takes paths of at most {PATH_MAX} characters and {SEGMENTS_MAX} "
                f"segments, and {route['path'][:80]!r} is longer. Leave 'operations' out of that service"
            )
    size = _FRAME_BYTES + sum(_PREFIX_BYTES + len(route["method"]) + len(route["path"]) for route in routes)
    if size > POLICY_BYTES_MAX:
        raise Refused(
            f"gateway {gateway.name!r}: {len(routes)} protected routes make a policy of about {size} bytes, and API Gateway "
            f"takes {POLICY_BYTES_MAX}. Leave 'operations' out of a protected service, or split the gateway"
        )


def user_pool_facts(gateway: Gateway) -> dict[str, str]:
    """Region -> user pool, sorted; empty without Cognito. A change of it is a change of the release."""
    cognito = gateway.auth.cognito if gateway.auth is not None else None
    return dict(sorted(cognito.user_pools.items())) if cognito is not None else {}


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
