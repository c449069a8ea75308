"""The `auth` section of gateway.yaml: its shape, and what it means. Pure.

Two ways to know a caller: `jwt`, our own authorizer for any OIDC issuer, and `cognito`, API Gateway's native one for those
who have a user pool. What needs more than one value (a pool in every region, who is metered how) is in `auth_rules.py`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from infra.config import model
from infra.config.regions import region_name
from infra.config.section import Section
from infra.config.syntax import url_problem
from infra.config.units import Quantity, Text

__all__ = ["SCOPES", "AuthEntry", "to_auth"]

_HTTPS = Text(
    r"https://[A-Za-z0-9.:\[\]_-]+(/[A-Za-z0-9._~:@!,;=+%-]*)*",
    "An https:// address without query and fragment: keys that come in clear can be replaced on the way",
    500,
    url_problem,
)
_CLAIM = Text(r"[A-Za-z0-9_.:/-]+", "A claim is named with letters, digits and . _ : / -", 200)
# RFC 6749, section 3.3: scope-token; the quotation mark and the backslash are not in it, a space separates two.
_SCOPE = Text(r"[!#-\[\]-~]+", 'A scope has printable ASCII characters but space, " and \\ (RFC 6749, 3.3)', 256)
_POOL = Text(
    r"arn:aws:cognito-idp:[a-z0-9-]+:[0-9]{12}:userpool/[a-z0-9-]+_[A-Za-z0-9]+",
    "The ARN of a user pool, arn:aws:cognito-idp:<region>:<account>:userpool/<region>_<id>",
    200,
)

Scope = Annotated[str, _SCOPE]
SCOPES = dict[model.HttpMethod, Annotated[tuple[Scope, ...], Field(min_length=1)]]
"""Method -> the scopes that a token needs for it."""


class ClaimsEntry(Section):
    """Which claims of a token say what."""

    scopes: Annotated[str, _CLAIM] = "scope"
    """What the token may do; text with spaces or a list. Default: scope (RFC 9068)."""
    customer: Annotated[str, _CLAIM] = "sub"
    """Who is metered. Default: sub."""
    plan: Annotated[str, _CLAIM] = "plan"
    """The usage plan that meters the customer. Default: plan."""
    residency: Annotated[str, _CLAIM] = "residency"
    """The jurisdiction that the customer's data must stay in. Default: residency."""


class JwtEntry(Section):
    """Tokens of any OIDC issuer, checked by our authorizer function."""

    issuer: Annotated[str, _HTTPS]
    """The `iss` of the tokens, to the letter; its discovery document is read from there."""
    audience: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=500)], ...], Field(min_length=1)]
    """Accepted `aud` values; one of them must be in the token."""
    algorithms: Annotated[tuple[model.JwtAlgorithm, ...], Field(min_length=1)] = model.ALGORITHMS_DEFAULT
    """Accepted signatures; never a shared secret. Default: [RS256]."""
    jwks: Annotated[str, _HTTPS] | None = None
    """Where the keys are. Default: `jwks_uri` of the issuer's discovery document."""
    ttl: Annotated[
        int,
        Quantity(
            {"s": 1, "m": 60},
            0,
            model.AUTH_TTL_SECONDS_MAX,
            "from 0s to 300s: a cached answer lets a token pass for as long after it expired or was revoked",
        ),
    ] = model.AUTH_TTL_SECONDS_DEFAULT
    """How long API Gateway remembers an answer, 0s to 300s; a token passes for as long after its end. Default: 60s."""
    leeway: Annotated[
        int,
        Quantity(
            {"s": 1},
            0,
            model.LEEWAY_SECONDS_MAX,
            "from 0s to 60s: it is for clocks that differ, and clocks that are set differ by less",
        ),
    ] = model.LEEWAY_SECONDS_DEFAULT
    """How far the issuer's clock may be from ours, 0s to 60s. Default: 30s."""
    claims: ClaimsEntry = ClaimsEntry()
    """Which claims say what."""


class CognitoEntry(Section):
    """Tokens of Cognito user pools, checked by API Gateway itself. They meter nobody: keys come as x-api-key."""

    user_pools: Annotated[dict[Annotated[str, region_name], Annotated[str, _POOL]], Field(min_length=1)]
    """Region -> ARN of its user pool, for every region of the gateway."""
    ttl: Annotated[int, Quantity({"s": 1, "m": 60}, 0, model.AUTH_TTL_SECONDS_MAX, "from 0s to 300s")] = (
        model.AUTH_TTL_SECONDS_DEFAULT
    )
    """How long API Gateway remembers an answer, 0s to 300s. Default: 60s."""


class AuthEntry(Section):
    """Whose tokens services with `auth: jwt` accept: `jwt` or `cognito`, one of them."""

    jwt: JwtEntry | None = None
    """Any OIDC issuer."""
    cognito: CognitoEntry | None = None
    """Cognito user pools, one in each region."""


def to_auth(entry: AuthEntry | None) -> model.Auth | None:
    """What the section means."""
    if entry is None:
        return None
    jwt, cognito = entry.jwt, entry.cognito
    return model.Auth(
        jwt=jwt
        and model.JwtAuth(
            issuer=jwt.issuer,
            audience=jwt.audience,
            algorithms=jwt.algorithms,
            jwks_url=jwt.jwks,
            ttl_seconds=jwt.ttl,
            leeway_seconds=jwt.leeway,
            claims=model.Claims(**jwt.claims.model_dump()),
        ),
        cognito=cognito and model.CognitoAuth(user_pools=cognito.user_pools, ttl_seconds=cognito.ttl),
    )
