"""JWK sets: which keys count, for what, and for how long."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from lambdas.authorizer.gate.answers import KeysUnavailable
from lambdas.authorizer.gate.discovery import KeySource
from lambdas.authorizer.gate.jwks import FRESH_SECONDS, REFRESH_SECONDS, STALE_SECONDS, KeyRing
from lambdas.authorizer.gate.keys import KeySet, read_key_set

from .issuer import (
    ED_KEY,
    ISSUER,
    JWKS,
    NOW,
    OTHER_RSA_KEY,
    P256_KEY,
    RSA_KEY,
    b64,
    ec_jwk,
    ed_jwk,
    number,
    rsa_jwk,
    sign,
)

ALL = frozenset({"RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"})
RSA = rsa_jwk(RSA_KEY, "k")
EC = ec_jwk(P256_KEY, "k")
ED = ed_jwk(ED_KEY, "k")
WEAK = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 (too weak on purpose)


def usable(key: Any, allowed: frozenset[str] = ALL) -> set[str]:
    return {algorithm for kid, algorithm in read_key_set({"keys": [key]}, allowed).verifiers if kid is not None}


@pytest.mark.parametrize(
    ("key", "algorithms"),
    [
        pytest.param(RSA, {"RS256", "RS384", "RS512", "PS256"}, id="RSA without alg"),
        pytest.param({**RSA, "alg": "RS256"}, {"RS256"}, id="alg pins"),
        pytest.param({**RSA, "use": "sig", "key_ops": ["verify"]}, {"RS256", "RS384", "RS512", "PS256"}, id="for us"),
        pytest.param(EC, {"ES256"}, id="EC"),
        pytest.param(ED, {"EdDSA"}, id="Ed25519"),
        pytest.param({**RSA, "alg": "ES256"}, set(), id="alg of another kind"),
        pytest.param({**RSA, "alg": "HS256"}, set(), id="alg not allowed"),
        pytest.param({**RSA, "alg": ["RS256"]}, set(), id="alg a list"),
        pytest.param({**RSA, "alg": None}, set(), id="alg null"),
        pytest.param({**RSA, "use": "enc"}, set(), id="for encryption"),
        pytest.param({**RSA, "use": None}, set(), id="use null"),
        pytest.param({**RSA, "key_ops": ["sign"]}, set(), id="key_ops without verify"),
        pytest.param({**RSA, "key_ops": "verify"}, set(), id="key_ops a text"),
        pytest.param({**RSA, "d": "AQAB"}, set(), id="a private key"),
        pytest.param(rsa_jwk(WEAK, "k"), set(), id="1024 bits"),
        pytest.param({**RSA, "n": number(1 << 20000 | 1)}, set(), id="20000 bits"),
        pytest.param({**RSA, "n": number(1 << 2047)}, set(), id="even modulus"),
        pytest.param({**RSA, "e": number(1)}, set(), id="exponent 1"),
        pytest.param({**RSA, "e": number(1 << 40 | 1)}, set(), id="large exponent"),
        pytest.param({**RSA, "n": RSA["n"] + "="}, set(), id="padded"),
        pytest.param({**RSA, "n": "é"}, set(), id="not ASCII"),
        pytest.param({**RSA, "n": 5}, set(), id="n a number"),
        pytest.param({**RSA, "kid": 5}, set(), id="kid a number"),
        pytest.param({**RSA, "kty": "oct", "k": b64(b"x" * 32)}, set(), id="symmetric"),
        pytest.param({**RSA, "kty": ["RSA"]}, set(), id="kty a list"),
        pytest.param({"kty": "RSA", "kid": "k"}, set(), id="nothing in it"),
        pytest.param({**EC, "crv": "P-384"}, set(), id="coordinates of another curve"),
        pytest.param({**EC, "crv": "secp256k1"}, set(), id="another curve"),
        pytest.param({**EC, "y": EC["x"]}, set(), id="not on the curve"),
        pytest.param({**EC, "x": b64(bytes(32)), "y": b64(bytes(32))}, set(), id="zero point"),
        pytest.param({**EC, "x": b64(b"\0" + bytes(32))}, set(), id="long coordinate"),
        pytest.param({**ED, "crv": "X25519"}, set(), id="X25519"),
        pytest.param({**ED, "x": b64(bytes(31))}, set(), id="short Ed25519"),
        pytest.param("RSA", set(), id="a text"),
        pytest.param(None, set(), id="null"),
    ],
)
def test_which_keys_count(key: Any, algorithms: set[str]):
    assert usable(key) == algorithms
    whole = read_key_set({"keys": [key, ec_jwk(P256_KEY, "other", alg="ES256")]}, ALL)
    assert ("other", "ES256") in whole.verifiers
    assert whole.skipped == (not algorithms)


def test_only_allowed_algorithms_count():
    assert usable(RSA, frozenset({"PS256", "ES256"})) == {"PS256"}
    assert usable(ED, frozenset({"PS256", "ES256"})) == set()


def test_the_first_of_two_keys_with_one_id_counts():
    keys = read_key_set({"keys": [rsa_jwk(RSA_KEY, "k"), rsa_jwk(OTHER_RSA_KEY, "k"), ec_jwk(P256_KEY, "k")]}, ALL)
    assert keys.skipped == 1
    assert keys.verifiers["k", "RS256"](sign(b"x", "RS256"), b"x")
    assert not keys.verifiers["k", "RS256"](sign(b"x", "RS256", OTHER_RSA_KEY), b"x")
    assert keys.verifiers["k", "ES256"](sign(b"x", "ES256"), b"x")


def test_a_token_without_kid_has_a_key_only_if_there_is_no_choice():
    one = {key: value for key, value in RSA.items() if key != "kid"}
    assert (None, "RS256") in read_key_set({"keys": [one]}, ALL).verifiers
    assert (None, "RS256") not in read_key_set({"keys": [one, rsa_jwk(OTHER_RSA_KEY, "b")]}, ALL).verifiers


@pytest.mark.parametrize("document", [None, [], "keys", {}, {"keys": None}, {"keys": {"a": 1}}], ids=repr)
def test_what_is_no_key_set(document: Any):
    with pytest.raises(ValueError, match="not a JWK set"):
        read_key_set(document, ALL)


class Issuer:
    def __init__(self) -> None:
        self.keys: KeySet | Exception = read_key_set(JWKS, ALL)
        self.fetches = 0
        self.failures: list[str] = []
        self.ring = KeyRing(self.load, failed=self.failures.append)

    def load(self) -> KeySet:
        self.fetches += 1
        if isinstance(self.keys, Exception):
            raise self.keys
        return self.keys

    def knows(self, now: float, kid: str = "k-ES256") -> bool:
        return self.ring.find(kid, "ES256", now) is not None


DOWN = OSError("down")


def test_keys_are_fetched_once_while_fresh():
    issuer = Issuer()
    assert all(issuer.knows(NOW + seconds) for seconds in (0, 1, FRESH_SECONDS - 1))
    assert issuer.fetches == 1
    assert issuer.knows(NOW + FRESH_SECONDS)
    assert issuer.fetches == 2


@pytest.mark.parametrize(
    "fault", [DOWN, ValueError("garbage"), KeySet({}, 3)], ids=["down", "garbage", "no usable key"]
)
def test_an_outage_keeps_the_keys_for_an_hour(fault: Any):
    issuer = Issuer()
    assert issuer.knows(NOW)
    issuer.keys = fault
    last = NOW + FRESH_SECONDS + STALE_SECONDS
    assert issuer.knows(NOW + FRESH_SECONDS)
    assert issuer.knows(last)
    assert len(issuer.failures) == 2
    with pytest.raises(KeysUnavailable):
        issuer.knows(last + 1)
    issuer.keys = read_key_set(JWKS, ALL)
    assert issuer.knows(last + REFRESH_SECONDS)


def test_an_outage_costs_one_attempt_per_interval():
    issuer = Issuer()
    assert issuer.knows(NOW)
    issuer.keys = DOWN
    for second in range(300):
        assert issuer.knows(NOW + FRESH_SECONDS + second)
    assert issuer.fetches == 1 + 300 / REFRESH_SECONDS


def test_unknown_ids_cost_one_fetch_per_interval():
    issuer = Issuer()
    for n in range(3000):
        assert not issuer.knows(NOW + n / 100, kid=f"x{n}")  # 30 seconds, not quite
    assert issuer.fetches == 1
    assert not issuer.knows(NOW + REFRESH_SECONDS, kid="x")
    assert issuer.fetches == 2


def test_a_failed_start_leaves_the_first_request_an_attempt():
    issuer = Issuer()
    issuer.keys = DOWN
    issuer.ring.warm(NOW)
    issuer.keys = read_key_set(JWKS, ALL)
    assert issuer.knows(NOW + 1)
    assert issuer.fetches == 2


def test_a_warm_start_is_the_fetch():
    issuer = Issuer()
    issuer.ring.warm(NOW)
    assert issuer.knows(NOW + 1)
    assert issuer.fetches == 1


def test_a_clock_that_was_set_back_keeps_the_keys():
    issuer = Issuer()
    assert issuer.knows(NOW)
    issuer.keys = DOWN
    assert issuer.knows(NOW - 86_400)
    assert issuer.fetches == 2


WELL_KNOWN = f"{ISSUER}/.well-known/openid-configuration"


class Web:
    def __init__(self, **discovery: Any) -> None:
        found = {"issuer": ISSUER, "jwks_uri": "https://keys.example/jwks", **discovery}
        self.pages: dict[str, Any] = {WELL_KNOWN: found, "https://keys.example/jwks": JWKS}
        self.asked: list[str] = []

    def fetch(self, url: str) -> Any:
        self.asked.append(url)
        if url not in self.pages:
            raise OSError("404")
        return self.pages[url]


def test_discovery_is_asked_once():
    web = Web()
    source = KeySource(ISSUER, "", ALL, web.fetch)
    assert source.load().verifiers
    assert source.load().verifiers
    assert web.asked == [WELL_KNOWN, "https://keys.example/jwks", "https://keys.example/jwks"]


def test_discovery_is_asked_again_when_the_address_fails():
    web = Web()
    source = KeySource(ISSUER, "", ALL, web.fetch)
    source.load()
    web.pages = {
        WELL_KNOWN: {"issuer": ISSUER, "jwks_uri": "https://keys.example/new"},
        "https://keys.example/new": JWKS,
    }
    with pytest.raises(OSError, match="404"):
        source.load()
    assert source.load().verifiers


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://evil.example"},
        {"issuer": ISSUER + "/"},
        {"issuer": None},
        {"jwks_uri": "http://keys.example/jwks"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": ["https://keys.example/jwks"]},
        {"jwks_uri": None},
    ],
    ids=repr,
)
def test_a_discovery_document_that_is_not_ours(discovery: dict[str, Any]):
    web = Web(**discovery)
    with pytest.raises(ValueError, match="discovery"):
        KeySource(ISSUER, "", ALL, web.fetch).load()
    assert web.asked == [WELL_KNOWN]


def test_a_slash_at_the_issuers_end_is_not_doubled():
    web = Web()
    with pytest.raises(ValueError, match="another issuer"):
        KeySource(f"{ISSUER}/", "", ALL, web.fetch).load()
    assert web.asked == [WELL_KNOWN]


def test_a_configured_address_needs_no_discovery():
    web = Web()
    assert KeySource(ISSUER, "https://keys.example/jwks", ALL, web.fetch).load().verifiers
    assert web.asked == ["https://keys.example/jwks"]
