"""What an attacker sends. Every entry must be a refusal, before any key is asked for where that is possible."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lambdas.authorizer.gate.answers import Refused
from lambdas.authorizer.gate.compact import parse

from .conftest import Desk
from .issuer import JWKS, NOW, OTHER_RSA_KEY, P384_KEY, RSA_KEY, b64, bearer, claims, rsa_jwk, sign, token


def unsigned(header: Any, payload: Any = None, signature: bytes = b"") -> str:
    return f"{b64(header)}.{b64(payload or claims())}.{b64(signature)}"


def hmac_with(secret: bytes, kid: str = "k-RS256") -> str:
    signed = f"{b64({'alg': 'HS256', 'kid': kid})}.{b64(claims())}"
    return f"{signed}.{b64(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def resigned(signature: bytes, algorithm: str = "ES256") -> str:
    return token(algorithm=algorithm).rpartition(".")[0] + "." + b64(signature)


PEM = RSA_KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
GOOD = token()
HEADER, PAYLOAD, SIGNATURE = GOOD.split(".")
RAW = base64.urlsafe_b64decode(SIGNATURE + "==")
BASE = {"alg": "ES256", "kid": "k-ES256"}
ATTACKS: dict[str, str] = {
    "none": unsigned({"alg": "none"}),
    "none, signed text": unsigned({"alg": "none", "kid": "k-ES256"}, None, b"x"),
    "None": unsigned({"alg": "None"}),
    "empty alg": token(header={**BASE, "alg": ""}),
    "no alg": token(header={"kid": "k-ES256"}),
    "HS256 with the public key as PEM": hmac_with(PEM),
    "HS256 with the public key as JWK": hmac_with(json.dumps(JWKS["keys"][0]).encode()),
    "HS256 with nothing": hmac_with(b""),
    "jwk in the header": token(algorithm="RS256", key=OTHER_RSA_KEY, jwk=rsa_jwk(OTHER_RSA_KEY, "evil"), kid="k-RS256"),
    "jku": token(algorithm="RS256", key=OTHER_RSA_KEY, jku="https://evil.example/jwks.json"),
    "x5u": token(algorithm="RS256", key=OTHER_RSA_KEY, x5u="https://evil.example/cert.pem"),
    "x5c": token(algorithm="RS256", key=OTHER_RSA_KEY, x5c=["AAAA"]),
    "foreign RSA key": token(algorithm="RS256", key=OTHER_RSA_KEY),
    "foreign EC key": token(key=ec.generate_private_key(ec.SECP256R1())),
    "EC key of another curve": token(key=P384_KEY),
    "RS256 key used for RS512": token(algorithm="RS512", kid="k-RS256"),
    "RS256 key used for PS256": token(algorithm="PS256", kid="k-RS256"),
    "EC key named for RS256": token(algorithm="RS256", kid="k-ES256"),
    "no kid, several keys would do": token(algorithm="RS256", key=OTHER_RSA_KEY, header={"alg": "RS256"}),
    "zero r and s": resigned(bytes(64)),
    "zero s": resigned(b"\1" * 32 + bytes(32)),
    "r and s of the order": resigned(ORDER.to_bytes(32, "big") * 2),
    "short signature": resigned(sign(b"x", "ES256")[:63]),
    "long signature": resigned(sign(b"x", "ES256") + b"\0"),
    "zero before s": GOOD.rpartition(".")[0] + "." + b64(RAW[:32] + b"\0" + RAW[32:]),
    "DER signature": resigned(bytes.fromhex("3006020101020101")),
    "no signature": GOOD.rpartition(".")[0] + ".",
    "signature of another token": resigned(sign(b"x", "ES256")),
    "short RSA signature": resigned(bytes(255), "RS256"),
    "zero Ed25519": resigned(bytes(64), "EdDSA"),
    "payload changed": f"{HEADER}.{b64(claims(scope='orders:write'))}.{SIGNATURE}",
    "header changed": f"{b64({**BASE, 'typ': 'at+jwt'})}.{PAYLOAD}.{SIGNATURE}",
    "b64 false": token(b64=False, crit=["b64"]),
    "b64 false without crit": token(b64=False),
    "b64 as a number": token(b64=1),
    "crit": token(crit=["exp"]),
    "crit unknown": token(crit=["http://example/x"], **{"http://example/x": 1}),
    "crit empty": token(crit=[]),
    "crit null": token(crit=None),
    "typ of another kind": token(typ="logout+jwt"),
    "typ as a list": token(typ=["JWT"]),
    "typ null": token(typ=None),
    "kid as a list": token(kid=["k-ES256"]),
    "kid as a number": token(kid=1),
    "kid as an object": token(kid={"k": 1}),
    "kid empty": token(kid=""),
    "kid with a path": token(kid="../../../dev/null"),
    "kid with a lone surrogate": token(kid="\ud800"),
    "alg as a list": token(header={**BASE, "alg": ["ES256"]}),
    "alg in lower case": token(header={**BASE, "alg": "es256"}),
    "alg as an object": token(header={**BASE, "alg": {"ES256": 1}}),
    "header is a list": token(header="[1]"),
    "header is a text": token(header='"x"'),
    "header is not JSON": token(header="{"),
    "header in UTF-16": token(header=json.dumps(BASE).encode("utf-16")),
    "header with a byte order mark": token(header=b"\xef\xbb\xbf" + json.dumps(BASE).encode()),
    "header in UTF-32": token(header=json.dumps(BASE).encode("utf-32-le")),
    "claims in UTF-16": token(json.dumps(claims()).encode("utf-16-le")),
    "claims not UTF-8": token(b'{"iss": "\xff"}'),
    "claims are a list": token("[]"),
    "claims are null": token("null"),
    "claims nested deeply": token("[" * 5000),
    "claims nested deeply in an object": token('{"a":' * 1100 + "1" + "}" * 1100),
    "header nested deeply": token(header="[" * 5000),
    "an integer of 5000 digits": token(json.dumps(claims(exp="@")).replace('"@"', "9" * 5000)),
    "more parts": GOOD + ".x",
    "JWE": ".".join([HEADER, "x", "x", "x", "x"]),
    "fewer parts": f"{HEADER}.{PAYLOAD}",
    "only dots": "..",
    "padded header": f"{HEADER}=.{PAYLOAD}.{SIGNATURE}",
    "padded signature": f"{GOOD}==",
    "standard alphabet": "+".join((GOOD[:-1], "")),
    "junk inside": GOOD[:9] + "!" + GOOD[9:],
    "newline inside": GOOD[:9] + "\n" + GOOD[9:],
    "NUL inside": GOOD[:9] + "\0" + GOOD[9:],
    "not ASCII": GOOD[:9] + "é" + GOOD[9:],
    "full-width digits": GOOD[:9] + "１" + GOOD[9:],
    "4 MiB": "a" * (4 << 20),
    "4 MiB of dots": "." * (4 << 20),
    "8193 characters": GOOD + "A" * (8193 - len(GOOD)),
}


def raw_claims(**changes: str) -> str:
    """Claims with JSON that `json.dumps` would not write."""
    text = json.dumps(claims(**dict.fromkeys(changes, "@")))
    for value in changes.values():
        text = text.replace('"@"', value, 1)
    return text


CLAIMS: dict[str, dict[str, Any] | str] = {
    "no exp": claims(exp=None),
    "exp null": raw_claims(exp="null"),
    "exp NaN": raw_claims(exp="NaN"),
    "exp Infinity": raw_claims(exp="Infinity"),
    "exp -Infinity": raw_claims(exp="-Infinity"),
    "exp 1e400": raw_claims(exp="1e400"),
    "exp 1e300": raw_claims(exp="1e300"),
    "exp true": claims(exp=True),
    "exp as a text": claims(exp=str(NOW + 300)),
    "exp as a list": claims(exp=[NOW + 300]),
    "exp negative": claims(exp=-1),
    "exp now minus leeway": claims(exp=NOW - 30),
    "nbf in the future": claims(nbf=NOW + 31),
    "nbf as a text": claims(nbf="0"),
    "nbf null": raw_claims(nbf="null"),
    "nbf NaN": raw_claims(nbf="NaN"),
    "nbf false": claims(nbf=False),
    "iat in the future": claims(iat=NOW + 31),
    "iat as a text": claims(iat="0"),
    "no iss": claims(iss=None),
    "another iss": claims(iss="https://issuer.example/shop/"),
    "iss as a list": claims(iss=["https://issuer.example/shop"]),
    "no aud": claims(aud=None),
    "another aud": claims(aud="shopping"),
    "aud empty": claims(aud=""),
    "aud a part of ours": claims(aud="sho"),
    "aud as an object": claims(aud={"shop": 1}),
    "aud in a list in a list": claims(aud=[["shop"]]),
    "aud list with a number": claims(aud=["shop", 1]),
    "aud list empty": claims(aud=[]),
    "NaN in a claim we do not use": raw_claims(other="NaN"),
}
ATTACKS |= {name: token(payload) for name, payload in CLAIMS.items()}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_attack_is_refused(desk: Desk, attack: str):
    with pytest.raises(Refused) as refusal:
        desk.answer(bearer(attack))
    assert refusal.value.reason != "internal"
    assert len(desk.lines) == 1
    assert len(desk.lines[0]) < 200


@pytest.mark.parametrize("payload", CLAIMS.values(), ids=CLAIMS)
def test_claims_are_refused_before_a_key_is_asked_for(desk: Desk, payload: Any):
    with pytest.raises(Refused):
        desk.answer(bearer(token(payload)))
    assert desk.fetched == []


@pytest.mark.parametrize(
    "good",
    [
        pytest.param(token(claims(exp=NOW - 29)), id="exp within leeway"),
        pytest.param(token(claims(exp=NOW + 0.5)), id="exp with a fraction"),
        pytest.param(token(claims(nbf=NOW + 29)), id="nbf within leeway"),
        pytest.param(token(claims(iat=None)), id="no iat"),
        pytest.param(token(claims(aud=["x", "shop"])), id="aud as a list"),
        pytest.param(token(typ="at+jwt"), id="RFC 9068 typ"),
        pytest.param(token(typ="application/AT+JWT"), id="typ in full"),
        pytest.param(token(header=BASE), id="no typ"),
        pytest.param(token(header={"alg": "ES256"}), id="no kid, one key would do"),
        pytest.param(token(b64=True), id="b64 true"),
        pytest.param(token(jku="https://issuer.example/jwks.json"), id="jku is ignored"),
        pytest.param(token(claims(sub="Zoë")), id="not ASCII"),
        pytest.param(token(claims(sub=None)), id="no sub"),
        pytest.param(token(claims(scope=None)), id="no scope"),
        pytest.param(token(claims(deep=json.loads("[" * 50 + "]" * 50))), id="some nesting"),
        pytest.param(token(header=json.dumps(BASE, indent=8)), id="white space"),
    ],
)
def test_no_valid_token_is_refused(desk: Desk, good: str):
    assert desk.answer(bearer(good))["policyDocument"]["Statement"][0]["Effect"] == "Allow"


def test_the_other_ecdsa_signature_is_valid_too(desk: Desk):
    """(r, n - s): why nothing may be keyed by a token's bytes."""
    signed, _, _ = GOOD.rpartition(".")
    raw = sign(signed.encode(), "ES256")
    s = ORDER - int.from_bytes(raw[32:], "big")
    assert desk.answer(bearer(f"{signed}.{b64(raw[:32] + s.to_bytes(32, 'big'))}"))


def test_the_length_is_asked_first():
    with pytest.raises(Refused, match="too long"):
        parse(f"{GOOD}{'A' * 8192}", frozenset({"ES256"}), {})


def test_an_attacker_cannot_grow_memory(desk: Desk):
    for number in range(500):
        with pytest.raises(Refused):
            desk.answer(bearer(token(kid=f"x{number}")))
    assert len(desk.authorizer._headers) <= 64
    assert len(desk.authorizer._journal._lines) < 64
