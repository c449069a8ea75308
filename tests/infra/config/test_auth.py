"""Tokens, scopes and keys in gateway.yaml: what is accepted, and every finding with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.config import parse
from infra.config.model import Auth, Claims, CognitoAuth, Gateway, JwtAuth
from infra.errors import ConfigError, Finding

JWT = "auth: {jwt: {issuer: 'https://login.shop.example/', audience: [shop]}}\n"
POOL = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Abc"
COGNITO = f"auth: {{cognito: {{user_pools: {{eu-west-1: '{POOL}'}}}}}}\n"
PLANS = "plans: {free: {rate: 1/s, burst: 1}}\n"


def text(entry: str, rest: str) -> str:
    head = "gateway: g\nregions:\n  eu-west-1: {jurisdiction: eu}\nservices:\n"
    return f"{head}  orders: {entry}\n{rest}"


def accepted(entry: str, rest: str = JWT) -> Gateway:
    return parse(text(entry, rest), file="gateway.yaml", folder=None)


def findings(entry: str, rest: str = JWT, *, folder: Path | None = None) -> dict[str, Finding]:
    with pytest.raises(ConfigError) as caught:
        parse(text(entry, rest), file="gateway.yaml", folder=folder)
    return {finding.path: finding for finding in caught.value.findings}


def test_an_issuer_and_its_defaults() -> None:
    gateway = accepted("{path: /o, lambda: l, auth: jwt}")

    assert gateway.auth == Auth(
        jwt=JwtAuth(
            issuer="https://login.shop.example/",
            audience=("shop",),
            algorithms=("RS256",),
            jwks_url=None,
            ttl_seconds=60,
            leeway_seconds=30,
            claims=Claims(scopes="scope", customer="sub", plan="plan", residency="residency"),
        )
    )
    assert gateway.services[0].requires_jwt
    assert gateway.services[0].scopes == {}


def test_everything_about_an_issuer() -> None:
    gateway = accepted(
        "{path: /o, lambda: l, auth: jwt, methods: [GET, POST], scopes: {GET: ['orders:read'], ANY: ['orders:write', a]}}",
        "auth: {jwt: {issuer: 'https://i.example', audience: [a, b], algorithms: [EdDSA, PS256], ttl: 5m, leeway: 0s,"
        " jwks: 'https://i.example/keys.json', claims: {plan: 'https://shop.example/plan'}}}\n",
    )

    assert gateway.auth is not None
    assert gateway.auth.jwt is not None
    assert (gateway.auth.jwt.ttl_seconds, gateway.auth.jwt.leeway_seconds) == (300, 0)
    assert gateway.auth.jwt.jwks_url == "https://i.example/keys.json"
    assert gateway.auth.jwt.claims == Claims(plan="https://shop.example/plan")
    assert gateway.services[0].scopes == {"GET": ("orders:read",), "ANY": ("orders:write", "a")}


def test_user_pools_of_cognito() -> None:
    gateway = accepted("{path: /o, lambda: l, auth: jwt, scopes: {ANY: [orders/read]}}", COGNITO)

    assert gateway.auth == Auth(cognito=CognitoAuth(user_pools={"eu-west-1": POOL}))


@pytest.mark.parametrize(
    ("section", "path", "problem"),
    [
        pytest.param("issuer: 'http://i.example', audience: [a]", "issuer", "not accepted", id="issuer in clear"),
        pytest.param("issuer: 'https://i.example/?a', audience: [a]", "issuer", "not accepted", id="issuer with query"),
        pytest.param("issuer: 'https://u@i.example', audience: [a]", "issuer", "not accepted", id="issuer with user"),
        pytest.param("issuer: 'https://i:99999', audience: [a]", "issuer", "out of range", id="issuer's port"),
        pytest.param("issuer: 'https://i.example', audience: []", "audience", "empty", id="no audience"),
        pytest.param("issuer: 'https://i.example', audience: a", "audience", "not", id="audience as text"),
        pytest.param("audience: [a]", "issuer", "missing", id="no issuer"),
        pytest.param(
            "issuer: 'https://i.example', audience: [a], jwks: 'http://i.example/k'", "jwks", "not accepted", id="jwks"
        ),
        pytest.param("issuer: 'https://i.example', audience: [a], ttl: 301s", "ttl", "out of range", id="ttl above"),
        pytest.param("issuer: 'https://i.example', audience: [a], ttl: 60", "ttl", "no unit", id="ttl without unit"),
        pytest.param(
            "issuer: 'https://i.example', audience: [a], leeway: 61s", "leeway", "out of range", id="leeway above"
        ),
        pytest.param(
            "issuer: 'https://i.example', audience: [a], algorithms: [RS256, RS256]", "algorithms", "twice", id="twice"
        ),
        pytest.param(
            "issuer: 'https://i.example', audience: [a], claims: {plan: 'a b'}", "claims.plan", "not", id="claim"
        ),
    ],
)
def test_a_value_of_the_issuer(section: str, path: str, problem: str) -> None:
    found = findings("{path: /o, lambda: l, auth: jwt}", f"auth: {{jwt: {{{section}}}}}\n")

    assert list(found) == [f"auth.jwt.{path}"]
    assert problem in found[f"auth.jwt.{path}"].problem


@pytest.mark.parametrize("name", ["HS256", "none", "ES512", "rs256", "RS1"])
def test_only_key_pairs_sign(name: str) -> None:
    section = f"auth: {{jwt: {{issuer: 'https://i.example', audience: [a], algorithms: [{name}]}}}}\n"

    assert "not accepted" in findings("{path: /o, lambda: l}", section)["auth.jwt.algorithms[0]"].problem


def test_the_ttl_says_why_it_ends_at_five_minutes() -> None:
    section = "auth: {jwt: {issuer: 'https://i.example', audience: [a], ttl: 20m}}\n"

    assert "after it expired" in findings("{path: /o, lambda: l}", section)["auth.jwt.ttl"].advice


@pytest.mark.parametrize(
    ("entry", "rest", "path", "problem"),
    [
        pytest.param("{path: /o, lambda: l, auth: jwt}", "", "services.orders.auth", "no issuer", id="no issuer"),
        pytest.param("{path: /o, lambda: l, auth: jwt}", "auth: {}\n", "auth", "neither", id="empty auth"),
        pytest.param(
            "{path: /o, lambda: l}",
            JWT.replace("}}\n", "}") + f", {COGNITO[7:]}",
            "auth.cognito",
            "both",
            id="both kinds",
        ),
        pytest.param(
            "{path: /o, lambda: l, scopes: {GET: [a]}}", JWT, "services.orders.scopes", "without a token", id="no token"
        ),
        pytest.param(
            "{path: /o, lambda: l, auth: jwt, methods: [GET], scopes: {POST: [a]}}",
            JWT,
            "services.orders.scopes.POST",
            "none of",
            id="method it does not have",
        ),
        pytest.param(
            "{path: /o, lambda: l, auth: jwt, scopes: {GET: [a, a]}}",
            JWT,
            "services.orders.scopes.GET",
            "twice",
            id="twice",
        ),
        pytest.param(
            "{path: /o, lambda: l, auth: jwt, scopes: {GET: [a, b]}}",
            COGNITO,
            "services.orders.scopes.GET",
            "any one of them",
            id="several scopes with cognito",
        ),
        pytest.param(
            "{path: /o, lambda: l, auth: jwt, scopes: {GET: ['a b']}}",
            JWT,
            "services.orders.scopes.GET[0]",
            "not accepted",
            id="two scopes in one text",
        ),
        pytest.param(
            "{path: /o, lambda: l, auth: jwt}",
            COGNITO.replace("eu-west-1:", "eu-central-1:", 1),
            "auth.cognito.user_pools",
            "no user pool",
            id="a region without pool",
        ),
        pytest.param(
            "{path: /o, lambda: l, auth: jwt}",
            COGNITO.replace("idp:eu-west-1", "idp:us-east-1"),
            "auth.cognito.user_pools.eu-west-1",
            "not in eu-west-1",
            id="a pool elsewhere",
        ),
        pytest.param(
            "{path: /o, lambda: l, api_key: required}", JWT, "services.orders.api_key", "no plan", id="key without plan"
        ),
        pytest.param(
            "{path: /o, lambda: l}\n  authorizer: {path: /a, lambda: a}",
            JWT,
            "services.authorizer",
            "own",
            id="reserved",
        ),
    ],
)
def test_values_that_do_not_go_together(entry: str, rest: str, path: str, problem: str) -> None:
    found = findings(entry, rest)

    assert path in found
    assert problem in found[path].problem


@pytest.mark.parametrize(
    ("entry", "rest"),
    [
        pytest.param(
            "{path: /o, lambda: l, auth: jwt}\n  p: {path: /p, lambda: p, api_key: required}", JWT, id="side by side"
        ),
        pytest.param("{path: /o, lambda: l, auth: jwt, api_key: required}", JWT, id="tokens are metered"),
        pytest.param(
            "{path: /o, lambda: l, auth: jwt, api_key: required}\n  p: {path: /p, lambda: p, api_key: required}",
            JWT,
            id="and customers who have only a key",
        ),
        pytest.param(
            "{path: /o, lambda: l, auth: jwt, api_key: required}\n  p: {path: /p, lambda: p, api_key: required}",
            COGNITO,
            id="cognito meters nobody",
        ),
    ],
)
def test_keys_and_tokens_that_go_together(entry: str, rest: str) -> None:
    assert accepted(entry, rest + PLANS).services[0].requires_jwt


def test_a_scope_of_a_method_that_no_operation_has(tmp_path: Path) -> None:
    (tmp_path / "l").mkdir()
    (tmp_path / "l" / "handler.py").touch()
    (tmp_path / "o.yaml").write_text("paths: {/: {get: {}}}\n")
    entry = "{path: /o, lambda: l, operations: o.yaml, auth: jwt, scopes: {GET: [a], ANY: [b], DELETE: [c]}}"

    assert list(findings(entry, folder=tmp_path)) == ["services.orders.scopes.DELETE"]
