"""The local issuer: tokens that verify by its published key, over TLS that is trusted for its names only."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import http.client
import json
import socket
import ssl
import stat
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from infra.auth import authorizer_environment
from infra.config.model import Auth, Claims, Gateway, Jurisdiction, JwtAlgorithm, JwtAuth, Region, Service
from infra.errors import LocalError, Refused
from infra.local.issuer import Issuer, SigningKey, Stand, claims_of, mint, prepare, read
from infra.local.issuer.authority import served_for
from infra.local.issuer.server import documents
from infra.openapi import Route

ISSUER = "https://login.shop.example/"
JWT = JwtAuth(issuer=ISSUER, audience=("shop", "other"), algorithms=("ES256", "RS256"))
ALGORITHMS: list[JwtAlgorithm] = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def number(text: str) -> int:
    return int.from_bytes(decoded(text), "big")


def verify(token: str, jwk: dict[str, Any]) -> dict[str, Any]:
    """By the book, from the published key alone."""
    signed, _, signature = token.rpartition(".")
    header, claims = (json.loads(decoded(part)) for part in signed.split("."))
    assert (header["kid"], header["alg"]) == (jwk["kid"], jwk["alg"])
    digest: Any = {"6": hashes.SHA256(), "4": hashes.SHA384(), "2": hashes.SHA512()}.get(jwk["alg"][-1])
    if jwk["kty"] == "RSA":
        scheme = padding.PSS(padding.MGF1(digest), 32) if jwk["alg"] == "PS256" else padding.PKCS1v15()
        public = rsa.RSAPublicNumbers(number(jwk["e"]), number(jwk["n"])).public_key()
        public.verify(decoded(signature), signed.encode(), scheme, digest)
    elif jwk["kty"] == "EC":
        curve: ec.EllipticCurve = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}[jwk["crv"]]
        raw = decoded(signature)
        half = len(raw) // 2
        der = encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
        point = ec.EllipticCurvePublicNumbers(number(jwk["x"]), number(jwk["y"]), curve).public_key()
        point.verify(der, signed.encode(), ec.ECDSA(digest))
    else:
        ed25519.Ed25519PublicKey.from_public_bytes(decoded(jwk["x"])).verify(decoded(signature), signed.encode())
    return dict(claims)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_verifies_by_the_published_key_and_no_other(algorithm: str) -> None:
    key = SigningKey.new(algorithm)
    token = mint({"sub": "ä"}, key)

    assert verify(token, key.jwk) == {"sub": "ä"}
    assert not {"d", "p", "q"} & key.jwk.keys()
    stranger = SigningKey.new(algorithm)
    with pytest.raises(InvalidSignature):
        verify(token, {**stranger.jwk, "kid": key.key_id})


def test_the_key_is_kept_for_its_owner_only(tmp_path: Path) -> None:
    first = SigningKey.kept(tmp_path, "ES256")
    file = tmp_path / "issuer" / "ES256.pem"

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert SigningKey.kept(tmp_path, "ES256").key_id == first.key_id
    assert SigningKey.kept(tmp_path, "EdDSA").key_id != first.key_id


def test_two_that_are_both_the_first_have_one_key(tmp_path: Path) -> None:
    first = SigningKey.kept(tmp_path, "ES256")
    late = SigningKey.new("ES256")._write(tmp_path / "issuer" / "ES256.pem")
    assert late.key_id == first.key_id
    assert [path.name for path in (tmp_path / "issuer").iterdir()] == ["ES256.pem"]


def test_a_file_that_is_no_key_is_said(tmp_path: Path) -> None:
    (tmp_path / "issuer").mkdir()
    (tmp_path / "issuer" / "ES256.pem").write_text("x")
    with pytest.raises(LocalError, match="Remove it"):
        SigningKey.kept(tmp_path, "ES256")


def test_claims_have_the_names_that_the_gateway_reads() -> None:
    jwt = JWT.model_copy(update={"claims": Claims(customer="https://shop.example/customer", plan="tier")})
    claims = claims_of(
        jwt, now=100, expires_seconds=600, token_id="t", scopes=["a", "b"], customer="c1", plan="gold", residency="eu"
    )
    assert claims == {
        "iss": ISSUER,
        "aud": "shop",
        "iat": 100,
        "nbf": 100,
        "exp": 700,
        "jti": "t",
        "sub": "local-customer",
        "https://shop.example/customer": "c1",
        "tier": "gold",
        "residency": "eu",
        "scope": "a b",
    }


def test_one_claim_has_one_value() -> None:
    assert claims_of(JWT, now=0, expires_seconds=1, token_id="t", customer="a", subject="a")["sub"] == "a"
    with pytest.raises(Refused, match="'sub' cannot be both"):
        claims_of(JWT, now=0, expires_seconds=1, token_id="t", customer="a", subject="b")


def test_prepare_follows_the_gateway(tmp_path: Path) -> None:
    stand = prepare(tmp_path, Auth(jwt=JWT))
    assert stand is not None
    assert read(tmp_path) == stand
    assert (stand.discovery_url, stand.jwks_url, stand.algorithm) == (
        "https://login.shop.example/.well-known/openid-configuration",
        "https://login.shop.example/.well-known/jwks.json",
        "ES256",
    )
    other = prepare(tmp_path, Auth(jwt=JWT.model_copy(update={"jwks_url": "https://keys.example:8443/k"})))
    assert other is not None
    assert other.authorities == ("login.shop.example:443", "keys.example:8443")

    assert prepare(tmp_path, None) is None
    assert read(tmp_path) is None


def fetch(port: int, trust: str, host: str, path: str, *, method: str = "GET") -> tuple[int, bytes]:
    """As the authorizer does it: TLS checked by the name that was asked for."""
    context = ssl.create_default_context(cafile=trust)
    connection = http.client.HTTPSConnection(host, 443, context=context, timeout=5)
    plain = socket.create_connection(("127.0.0.1", port), 5)
    connection.sock = context.wrap_socket(plain, server_hostname=host)
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


async def test_it_serves_discovery_and_keys_and_nothing_else(tmp_path: Path) -> None:
    prepare(tmp_path, Auth(jwt=JWT))
    issuer = Issuer(tmp_path)
    await issuer.start()
    try:
        told = issuer.surroundings()
        assert json.loads(told["_GATEWRIGHT_HOSTS"]) == {"login.shop.example:443": issuer.port}

        async def get(path: str, host: str = "login.shop.example", **options: str) -> tuple[int, bytes]:
            return await asyncio.to_thread(fetch, issuer.port, told["SSL_CERT_FILE"], host, path, **options)

        status, body = await get("/.well-known/openid-configuration")
        assert status == 200
        assert json.loads(body)["issuer"] == ISSUER
        _, keys = await get(json.loads(body)["jwks_uri"].removeprefix("https://login.shop.example"))
        key = SigningKey.kept(tmp_path, "ES256")
        assert json.loads(keys) == {"keys": [key.jwk]}

        assert (await get("/token"))[0] == 404
        assert (await get("/.well-known/jwks.json", method="POST"))[0] == 404
        with pytest.raises(ssl.SSLError):
            await get("/", "bank.example")
    finally:
        await issuer.stop()


async def test_another_issuer_needs_no_new_engine_and_none_is_no_surroundings(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    await issuer.start()
    try:
        assert issuer.surroundings() == {}
        prepare(tmp_path, Auth(jwt=JWT))
        first = issuer.surroundings()
        prepare(tmp_path, Auth(jwt=JWT.model_copy(update={"issuer": "https://id.example"})))
        second = issuer.surroundings()
        assert "id.example:443" in second["_GATEWRIGHT_HOSTS"]
        assert first["SSL_CERT_FILE"] == second["SSL_CERT_FILE"]
        prepare(tmp_path, None)
        assert issuer.surroundings() == {}
    finally:
        await issuer.stop()


def test_the_authority_vouches_for_its_names_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even with the authority's key in hand, a certificate of another name is not believed."""
    from infra.local.issuer import authority

    made = authority._server
    monkeypatch.setattr(authority, "_server", lambda _, *rest: made(["bank.example"], *rest))
    server, certificate = served_for(["login.shop.example"])
    client = ssl.create_default_context(cadata=certificate.decode())
    near, far = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(near, far, server_hostname="bank.example")
    answering = server.wrap_bio(far, near, server_side=True)

    def meet() -> None:
        for _ in range(3):
            for side in (asking, answering):
                with contextlib.suppress(ssl.SSLWantReadError):
                    side.do_handshake()

    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        meet()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_authorizer_accepts_what_it_signs(algorithm: JwtAlgorithm, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deployed code itself, with the stand-in's documents in place of the network."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[4] / "lambdas" / "authorizer"))
    for name in [name for name in sys.modules if name.partition(".")[0] == "gate"]:
        monkeypatch.delitem(sys.modules, name)
    from gate.authorizer import Authorizer  # type: ignore[import-not-found]
    from gate.journal import Journal  # type: ignore[import-not-found]
    from gate.settings import Settings  # type: ignore[import-not-found]

    jwt = JWT.model_copy(update={"algorithms": (algorithm,)})
    service = Service(name="o", path="/o", lambda_folder="l", requires_jwt=True)
    region = Region(name="eu-west-1", jurisdiction=Jurisdiction.EU)
    gateway = Gateway(name="g", regions=(region,), services=(service,), auth=Auth(jwt=jwt))
    variables = authorizer_environment(gateway, region=region, routes=[Route(method="GET", path="/o", scopes=["read"])])
    key = SigningKey.new(algorithm)
    stand = Stand(issuer=ISSUER, jwks_url=ISSUER + "keys", algorithm=algorithm)
    served = documents(stand, key)

    def fetch(url: str) -> Any:
        parts = urlsplit(url)
        return json.loads(served[parts.netloc, parts.path])

    authorizer = Authorizer(Settings.from_environment(variables), journal=Journal(lambda _: None), fetch=fetch)

    def decided(*scopes: str) -> str:
        token = mint(claims_of(jwt, now=1000, expires_seconds=60, token_id="t", scopes=scopes), key)
        headers = {"Authorization": f"Bearer {token}"}
        event = {
            "type": "REQUEST",
            "methodArn": "arn:aws:execute-api:eu-west-1:000000000000:abc/live/GET/o",
            "httpMethod": "GET",
            "resource": "/o",
            "path": "/o",
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
        }
        policy = authorizer.answer(event, 1001.0)["policyDocument"]
        return str(policy["Statement"][0]["Effect"])

    assert decided("read", "more") == "Allow"
    assert decided("write") == "Deny"
