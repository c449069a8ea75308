"""An issuer of tokens and key sets, made from nothing but primitives, that can also do everything wrong."""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

ISSUER, AUDIENCE = "https://issuer.example/shop", "shop"
NOW = 1_800_000_000.0
ARN = "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/live"
SECRET = json.dumps({"current": "v1", "versions": {"v1": base64.b64encode(bytes(range(32))).decode()}})
ROUTES = [
    {"method": "GET", "path": "/api/orders", "scopes": ["orders:read"]},
    {"method": "POST", "path": "/api/orders", "scopes": ["orders:write"]},
    {"method": "GET", "path": "/api/orders/{orderId}", "scopes": ["orders:read"]},
    {"method": "GET", "path": "/api/orders/{orderId}/refunds", "scopes": ["refunds:read"]},
    {"method": "ANY", "path": "/api/basket", "scopes": []},
]
ENVIRONMENT = {
    "GATEWRIGHT_ISSUER": ISSUER,
    "GATEWRIGHT_AUDIENCE": json.dumps([AUDIENCE]),
    "GATEWRIGHT_ALGORITHMS": '["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]',
    "GATEWRIGHT_JWKS_URL": "https://issuer.example/jwks.json",
    "GATEWRIGHT_LEEWAY_SECONDS": "30",
    "GATEWRIGHT_ROUTES": json.dumps(ROUTES),
    "GATEWRIGHT_CLAIMS": '{"scopes": "scope", "customer": "sub", "plan": "plan", "residency": "residency"}',
    "GATEWRIGHT_JURISDICTION": "eu",
    "GATEWRIGHT_GATEWAY": "shop",
    "GATEWRIGHT_PLANS": '["free", "gold"]',
    "GATEWRIGHT_KEY_SECRET": "shop/keys",
}


def b64(data: bytes | str | dict[str, Any]) -> str:
    if isinstance(data, dict):
        data = json.dumps(data)
    if isinstance(data, str):
        data = data.encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int, size: int | None = None) -> str:
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
P256_KEY = ec.generate_private_key(ec.SECP256R1())
P384_KEY = ec.generate_private_key(ec.SECP384R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()


def rsa_jwk(key: rsa.RSAPrivateKey, kid: str, **members: Any) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "kid": kid, "n": number(numbers.n), "e": number(numbers.e), **members}


def ec_jwk(key: ec.EllipticCurvePrivateKey, kid: str, **members: Any) -> dict[str, Any]:
    numbers, size = key.public_key().public_numbers(), key.key_size // 8
    x, y = number(numbers.x, size), number(numbers.y, size)
    return {"kty": "EC", "kid": kid, "crv": f"P-{key.key_size}", "x": x, "y": y, **members}


def ed_jwk(key: ed25519.Ed25519PrivateKey, kid: str, **members: Any) -> dict[str, Any]:
    return {"kty": "OKP", "kid": kid, "crv": "Ed25519", "x": b64(key.public_key().public_bytes_raw()), **members}


JWKS = {
    "keys": [
        *(rsa_jwk(RSA_KEY, f"k-{alg}", alg=alg, use="sig") for alg in ("RS256", "RS384", "RS512", "PS256")),
        ec_jwk(P256_KEY, "k-ES256", alg="ES256"),
        ec_jwk(P384_KEY, "k-ES384", alg="ES384"),
        ed_jwk(ED_KEY, "k-EdDSA", alg="EdDSA"),
    ]
}


def sign(signed: bytes, algorithm: str, key: Any = None) -> bytes:
    digest = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}.get(algorithm[2:])
    if algorithm == "EdDSA":
        return (key or ED_KEY).sign(signed)
    if algorithm.startswith("RS"):
        return (key or RSA_KEY).sign(signed, padding.PKCS1v15(), digest)
    if algorithm.startswith("PS"):
        scheme = padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
        return (key or RSA_KEY).sign(signed, scheme, digest)
    key = key or (P256_KEY if algorithm == "ES256" else P384_KEY)
    r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(digest)))
    size = key.key_size // 8
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def claims(**changes: Any) -> dict[str, Any]:
    """Good claims; a change to None leaves the claim out."""
    good = {"iss": ISSUER, "aud": AUDIENCE, "exp": NOW + 300, "iat": NOW, "sub": "c42", "scope": "orders:read"}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def token(
    payload: dict[str, Any] | str | bytes | None = None,
    *,
    algorithm: str = "ES256",
    key: Any = None,
    header: dict[str, Any] | str | bytes | None = None,
    **members: Any,
) -> str:
    if header is None:
        header = {"alg": algorithm, "kid": f"k-{algorithm}", "typ": "JWT", **members}
    signed = f"{b64(header)}.{b64(claims() if payload is None else payload)}"
    return f"{signed}.{b64(sign(signed.encode(), algorithm, key))}"


def event(authorization: Any = None, *, api_key: str | None = None, path: str = "GET/api/orders") -> dict[str, Any]:
    """A REQUEST authorizer event, cut down to what the authorizer may read."""
    headers = {"Host": "api.shop.example", "User-Agent": "test", "accept": "*/*"}
    if authorization is not None:
        headers["Authorization"] = authorization
    if api_key is not None:
        headers["x-api-key"] = api_key
    return {
        "type": "REQUEST",
        "methodArn": f"{ARN}/{path}",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
    }


def bearer(text: str) -> dict[str, Any]:
    return event(f"Bearer {text}")
