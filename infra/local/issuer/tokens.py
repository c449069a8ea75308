"""Claims and a key -> a signed token (RFC 7519, RFC 9068). Pure; the clock and the token's id are given."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from infra.config.model import JwtAuth
from infra.errors import Refused
from infra.local.issuer.keys import SigningKey, base64url

__all__ = ["SUBJECT_DEFAULT", "claims_of", "mint"]

SUBJECT_DEFAULT = "local-customer"


def claims_of(
    jwt: JwtAuth,
    *,
    now: int,
    expires_seconds: int,
    token_id: str,
    scopes: Sequence[str] = (),
    subject: str | None = None,
    customer: str | None = None,
    plan: str | None = None,
    residency: str | None = None,
) -> dict[str, Any]:
    """The claims of an access token for the gateway, under the names that gateway.yaml gives them.

    Raises:
        Refused: two of the values go into one claim and differ.
    """
    claims: dict[str, Any] = {
        "iss": jwt.issuer,
        "aud": jwt.audience[0],
        "iat": now,
        "nbf": now,
        "exp": now + expires_seconds,
        "jti": token_id,
    }
    told = [
        ("sub", subject),
        (jwt.claims.customer, customer),
        (jwt.claims.plan, plan),
        (jwt.claims.residency, residency),
        (jwt.claims.scopes, " ".join(scopes) or None),
    ]
    for name, value in told:
        if value is None:
            continue
        if claims.setdefault(name, value) != value:
            raise Refused(f"the claim {name!r} cannot be both {claims[name]!r} and {value!r}; give it once")
    claims.setdefault("sub", SUBJECT_DEFAULT)
    return claims


def mint(claims: Mapping[str, Any], key: SigningKey) -> str:
    """The token in compact form. ``typ`` is that of access tokens (RFC 9068, section 2.1)."""
    header = {"alg": key.algorithm, "kid": key.key_id, "typ": "at+jwt"}
    parts = (json.dumps(part, separators=(",", ":"), ensure_ascii=False) for part in (header, dict(claims)))
    signed = ".".join(base64url(part.encode()) for part in parts)
    return f"{signed}.{base64url(key.sign(signed.encode()))}"
