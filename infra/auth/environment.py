"""Model and routes -> the authorizer's environment variables (lambdas/authorizer reads them at cold start). Pure.

Lambda keeps 4 kB of environment, names and values together, and the routes are most of it: about sixty protected routes.
A gateway with more gives its services prefixes instead of operations, or is two gateways.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from infra.config.model import Gateway, Region
from infra.errors import Refused
from infra.keys.secret import secret_name
from infra.openapi import Route, meters_tokens

__all__ = ["ENVIRONMENT_BYTES_MAX", "authorizer_environment", "user_pool_facts"]

# Lambda quotas, "Function environment variables".
ENVIRONMENT_BYTES_MAX = 4_096


def authorizer_environment(gateway: Gateway, *, region: Region, routes: Sequence[Route]) -> dict[str, str]:
    """The variables in one region; only the jurisdiction differs from region to region.

    Raises:
        Refused: there is no `auth.jwt`, or the routes are more than Lambda keeps.
    """
    jwt = gateway.auth.jwt if gateway.auth is not None else None
    if jwt is None:
        raise Refused(f"gateway {gateway.name!r} has no 'auth.jwt', so there is nothing for an authorizer to check")
    variables = {
        "GATEWRIGHT_ALGORITHMS": _text(list(jwt.algorithms)),
        "GATEWRIGHT_AUDIENCE": _text(list(jwt.audience)),
        "GATEWRIGHT_CLAIMS": _text(jwt.claims.model_dump()),
        "GATEWRIGHT_GATEWAY": gateway.name,
        "GATEWRIGHT_ISSUER": jwt.issuer,
        "GATEWRIGHT_JURISDICTION": region.jurisdiction.value,
        # Lambda refuses no empty value, and the authorizer reads a missing one the same way.
        "GATEWRIGHT_JWKS_URL": jwt.jwks_url or "",
        "GATEWRIGHT_KEY_SECRET": secret_name(gateway.name) if meters_tokens(gateway) else "",
        "GATEWRIGHT_LEEWAY_SECONDS": str(jwt.leeway_seconds),
        "GATEWRIGHT_PLANS": _text([plan.name for plan in gateway.plans]),
        "GATEWRIGHT_ROUTES": _text(list(routes)),
    }
    size = sum(len(f"{name}{value}".encode()) for name, value in variables.items())
    if size > ENVIRONMENT_BYTES_MAX:
        raise Refused(
            f"gateway {gateway.name!r}: {len(routes)} protected routes make {size} bytes of settings for the authorizer, and "
            f"Lambda keeps {ENVIRONMENT_BYTES_MAX}. Leave 'operations' out of a protected service, or split the gateway"
        )
    return variables


def user_pool_facts(gateway: Gateway) -> dict[str, str]:
    """Region -> user pool, sorted; empty without Cognito. A change of it is a change of the release."""
    cognito = gateway.auth.cognito if gateway.auth is not None else None
    return dict(sorted(cognito.user_pools.items())) if cognito is not None else {}


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
