"""The authorizer against raw signature verification and a conventional PyJWT handler; its start, its size, its refusals.

Makes its own keys and tokens; nothing is fetched but, for the zip and only when it is not built yet, the arm64 wheels.
"""

from __future__ import annotations

import base64
import importlib
import importlib.util
import io
import json
import os
import statistics
import time
import timeit
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from benchmarks.clocks import cold_start, microseconds
from infra.bundle import layer_of
from infra.errors import GatewrightError
from lambdas.authorizer.gate.answers import Refused
from lambdas.authorizer.gate.authorizer import Authorizer
from lambdas.authorizer.gate.journal import Journal
from lambdas.authorizer.gate.settings import Settings

PROJECT = Path(__file__).resolve().parent.parent
FOLDER = PROJECT / "lambdas" / "authorizer"
ALGORITHMS = ("RS256", "ES256", "EdDSA")
ISSUER, AUDIENCE = "https://issuer.example/shop", "shop"
STAGE = "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/live"
ENVIRONMENT = {
    "GATEWRIGHT_ISSUER": ISSUER,
    "GATEWRIGHT_AUDIENCE": json.dumps([AUDIENCE]),
    "GATEWRIGHT_ALGORITHMS": json.dumps(ALGORITHMS),
    "GATEWRIGHT_JWKS_URL": f"{ISSUER}/jwks.json",
    "GATEWRIGHT_ROUTES": json.dumps(
        [
            {"method": "GET", "path": "/api/orders", "scopes": ["orders:read"]},
            {"method": "POST", "path": "/api/orders", "scopes": ["orders:write"]},
            {"method": "GET", "path": "/api/orders/{orderId}", "scopes": ["orders:read"]},
        ]
    ),
    "GATEWRIGHT_JURISDICTION": "eu",
    "GATEWRIGHT_GATEWAY": "shop",
    "GATEWRIGHT_PLANS": '["free", "gold"]',
    "GATEWRIGHT_KEY_SECRET": "shop/keys",
}
SECRET = json.dumps({"current": "v1", "versions": {"v1": base64.b64encode(bytes(32)).decode()}})
FORBIDDEN = ("boto3", "botocore", "urllib3", "cryptography.x509")
FLOOD, FLOOD_SECONDS = 10_000, 100


def measure(*, calls: int = 2000, starts: int = 15) -> list[dict[str, Any]]:
    """Microseconds are the best of several rounds (the floor is what is compared), milliseconds are medians."""
    bench = _Bench()
    rows = [_warm(bench, algorithm, calls) for algorithm in ALGORITHMS]
    rows += [_refusal(bench, *case) for case in _refusals(bench)]
    rows += _starts(starts)
    rows.append(_flood(bench))
    rows.append(_zip())
    return rows


class _Bench:
    """An issuer with a key per algorithm, and an authorizer that knows them."""

    def __init__(self) -> None:
        self.private: dict[str, Any] = {
            "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
            "ES256": ec.generate_private_key(ec.SECP256R1()),
            "EdDSA": ed25519.Ed25519PrivateKey.generate(),
        }
        self.jwks = {"keys": [_jwk(name, key.public_key()) for name, key in self.private.items()]}
        self.fetches = 0
        self.authorizer = self.cold()

    def cold(self) -> Authorizer:
        null = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (lives as long as the process)
        return Authorizer(
            Settings.from_environment(ENVIRONMENT),
            journal=Journal(null.write),
            fetch=self._fetch,
            read_secret=lambda: SECRET,
        )

    def _fetch(self, url: str) -> Any:
        self.fetches += 1
        return self.jwks

    def token(self, algorithm: str, *, kid: str | None = None, **changes: Any) -> str:
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 3600, "sub": "c42", "scope": "orders:read"}
        header = {"alg": algorithm, "kid": kid or algorithm, "typ": "at+jwt"}
        signed = f"{_b64(json.dumps(header))}.{_b64(json.dumps({**claims, 'plan': 'gold', **changes}))}"
        return f"{signed}.{_b64(_sign(self.private[algorithm], signed.encode()))}"

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        return self.authorizer.answer(event, time.time())


def _event(token: str) -> dict[str, Any]:
    names = ("Accept", "Accept-Encoding", "Host", "User-Agent", "X-Amzn-Trace-Id", "X-Forwarded-For", "Via")
    headers = {**dict.fromkeys(names, "value"), "Authorization": f"Bearer {token}"}
    multi = {name: [value] for name, value in headers.items()}
    return {"methodArn": f"{STAGE}/GET/api/orders", "headers": headers, "multiValueHeaders": multi}


def _warm(bench: _Bench, algorithm: str, calls: int) -> dict[str, Any]:
    token = bench.token(algorithm)
    event = _event(token)
    assert bench.answer(event)["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    conventional = _conventional(bench, algorithm)
    compared: list[Callable[[], object]] = [_raw(bench.private[algorithm], token), lambda: bench.answer(event)]
    if conventional is not None:
        compared.append(lambda: conventional(event))
    raw, whole, *pyjwt = _side_by_side(compared, calls)
    row = {"what": f"{algorithm}: event to policy, warm", "us": whole, "raw us": raw, "over raw us": whole - raw}
    if not pyjwt:
        return {**_rounded(row), "goal": "over raw <= 40", "note": "PyJWT is not installed"}
    row |= {"PyJWT us": pyjwt[0], "PyJWT over raw us": pyjwt[0] - raw}
    return {**_rounded(row), "goal": "over raw <= 40"}


def _side_by_side(compared: list[Callable[[], object]], calls: int, *, rounds: int = 40) -> list[float]:
    """In turns, so that a busy moment of the machine does not decide; the best of each, in microseconds."""
    chunk = max(calls // 10, 1)
    times = [[timeit.timeit(call, number=chunk) for call in compared] for _ in range(rounds)]
    return [min(one) / chunk * 1e6 for one in zip(*times, strict=True)]


def _raw(private: Any, token: str) -> Callable[[], object]:
    """Nothing but the primitive, its signature in the form that it takes."""
    key, signed = private.public_key(), token.rpartition(".")[0].encode()
    signature = base64.urlsafe_b64decode(token.rpartition(".")[2] + "==")
    if isinstance(key, rsa.RSAPublicKey):
        scheme, digest = padding.PKCS1v15(), hashes.SHA256()
        return lambda: key.verify(signature, signed, scheme, digest)
    if isinstance(key, ec.EllipticCurvePublicKey):
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        der, ecdsa = encode_dss_signature(r, s), ec.ECDSA(hashes.SHA256())
        return lambda: key.verify(der, signed, ecdsa)
    return lambda: key.verify(signature, signed)


def _conventional(bench: _Bench, algorithm: str) -> Callable[[Mapping[str, Any]], dict[str, Any]] | None:
    """What most would write: PyJWT with its keys at hand already, and one policy for the stage. No metering."""
    if importlib.util.find_spec("jwt") is None:
        return None
    jwt: Any = importlib.import_module("jwt")
    keys = {entry["kid"]: jwt.PyJWK(entry) for entry in bench.jwks["keys"]}

    def handler(event: Mapping[str, Any]) -> dict[str, Any]:
        token = event["headers"]["Authorization"].removeprefix("Bearer ")
        key = keys[jwt.get_unverified_header(token)["kid"]]
        claims = jwt.decode(
            token, key, algorithms=list(ALGORITHMS), audience=AUDIENCE, issuer=ISSUER, options={"require": ["exp"]}
        )
        scopes = claims.get("scope", "").split()
        effect = "Allow" if "orders:read" in scopes else "Deny"
        statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": f"{STAGE}/*"}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        return {"principalId": claims["sub"], "policyDocument": policy, "context": {"scope": claims["scope"]}}

    assert handler(_event(bench.token(algorithm)))["principalId"] == "c42"
    return handler


def _refusals(bench: _Bench) -> list[tuple[str, str, str]]:
    none = f"{_b64(json.dumps({'alg': 'none'}))}.{_b64('{}')}."
    return [
        ("refusal: no token at all", "x", "<= 10 us"),
        ("refusal: alg none", none, "<= 10 us"),
        ("refusal: expired", bench.token("ES256", exp=1), "<= 10 us"),
        ("refusal: another issuer", bench.token("ES256", iss="https://evil.example"), "<= 10 us"),
        ("refusal: unknown kid", bench.token("ES256", kid="unknown"), "<= 10 us"),
        ("refusal: 4 MiB token", "a" * (4 << 20), "<= 1000 us"),
        ("refusal: 4 MiB of dots", "." * (4 << 20), "<= 1000 us"),
        ("refusal: 8 kB of nested lists", f"{_b64('[' * 5900)}.e30.x", "<= 1000 us"),
    ]


def _refusal(bench: _Bench, what: str, token: str, goal: str) -> dict[str, Any]:
    event = _event(token)

    def refused() -> None:
        try:
            bench.answer(event)
        except Refused:
            return
        raise AssertionError(what)

    return {**_rounded({"what": what, "us": microseconds(refused, 1000)}), "goal": goal}


def _starts(starts: int) -> list[dict[str, Any]]:
    rows = []
    for what, module, goal in (
        ("import of the handler, CPU", "handler", "<= 40 ms"),
        ("import of http.client and ssl, CPU", "http.client, ssl", "at the first fetch only"),
        ("import of PyJWT, CPU", "jwt", ""),
        ("import of boto3, CPU", "boto3", ""),
    ):
        if module == "jwt" and importlib.util.find_spec("jwt") is None:
            continue
        runs = [cold_start(f"import {module}", folder=FOLDER, environment=ENVIRONMENT) for _ in range(starts + 1)][
            1:
        ]  # the first one writes bytecode
        loaded = [name for name in FORBIDDEN if name in runs[0][1]]
        milliseconds = statistics.median(seconds for seconds, _ in runs) * 1000
        note = f"loads {', '.join(loaded) or 'none of ' + ', '.join(FORBIDDEN)}"
        rows.append({"what": what, "ms": round(milliseconds, 1), "goal": goal, "note": note})
    return rows


def _flood(bench: _Bench) -> dict[str, Any]:
    """Tokens with good claims and a made-up key id each, spread evenly over a clock of our own."""
    authorizer, now = bench.cold(), time.time()
    authorizer.answer(_event(bench.token("ES256")), now)
    _, payload, signature = bench.token("ES256").split(".")
    bench.fetches = 1
    for number in range(FLOOD):
        header = _b64(json.dumps({"alg": "ES256", "kid": f"unknown-{number}"}))
        try:
            authorizer.answer(_event(f"{header}.{payload}.{signature}"), now + number * FLOOD_SECONDS / FLOOD)
        except Refused:
            continue
        raise AssertionError("a made-up key was taken")
    return {
        "what": f"{FLOOD} unknown kids in {FLOOD_SECONDS} s",
        "fetches": bench.fetches,
        "goal": f"<= {1 + FLOOD_SECONDS // 30}",
        "note": "one per 30 s, and the first",
    }


def _zip() -> dict[str, Any]:
    """The code and its libraries as one zip, as Lambda gets them in two."""
    what, goal = "zip of handler and libraries, arm64", "<= 5.5 MB"
    layer = layer_of(FOLDER / "requirements.lock", project=PROJECT)
    try:
        layer.build()
    except GatewrightError as error:
        return {"what": what, "goal": goal, "note": f"skipped: {error}"}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for root in (layer.folder / "python", FOLDER):
            for path in sorted(path for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc"):
                archive.write(path, str(path.relative_to(root)))
    return {"what": what, "MB": round(len(content.getvalue()) / 1e6, 2), "goal": goal}


def _rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: round(value, 1) if isinstance(value, float) else value for name, value in row.items()}


def _b64(data: str | bytes) -> str:
    return base64.urlsafe_b64encode(data.encode() if isinstance(data, str) else data).rstrip(b"=").decode()


def _sign(key: Any, signed: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    signature: bytes = key.sign(signed)
    return signature


def _jwk(name: str, key: Any) -> dict[str, str]:
    jwk = {"kid": name, "alg": name, "use": "sig"}
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        return {**jwk, "kty": "RSA", "n": _b64(numbers.n.to_bytes(256, "big")), "e": "AQAB"}
    if isinstance(key, ec.EllipticCurvePublicKey):
        point = key.public_numbers()
        x, y = _b64(point.x.to_bytes(32, "big")), _b64(point.y.to_bytes(32, "big"))
        return {**jwk, "kty": "EC", "crv": "P-256", "x": x, "y": y}
    return {**jwk, "kty": "OKP", "crv": "Ed25519", "x": _b64(key.public_bytes_raw())}
