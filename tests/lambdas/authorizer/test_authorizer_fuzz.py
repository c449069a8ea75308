"""Random bytes, mutated tokens, odd events: only an answer or a refusal ever comes out, and no answer for a mutation."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.authorizer.gate.answers import Refused
from lambdas.authorizer.gate.compact import decode_base64url
from lambdas.authorizer.gate.keys import read_key_set

from .conftest import Desk
from .issuer import ENVIRONMENT, JWKS, bearer, claims, event, token

GOOD = token(algorithm="EdDSA")
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ALGORITHMS = frozenset(json.loads(ENVIRONMENT["GATEWRIGHT_ALGORITHMS"]))


def outcome(desk: Desk, request: dict[str, Any]) -> dict[str, Any] | str:
    try:
        answer = desk.answer(request)
    except Refused as refusal:
        return refusal.reason
    json.dumps(answer, ensure_ascii=False).encode()
    assert answer["policyDocument"]["Statement"][0]["Effect"] in ("Allow", "Deny")
    return answer


@given(text=st.text(max_size=300) | st.text("aA0-_.=+/", max_size=300) | st.binary(max_size=200).map(repr))
def test_any_text_is_refused(shared_desk: Desk, text: str):
    assert isinstance(outcome(shared_desk, bearer(text)), str)
    assert isinstance(outcome(shared_desk, event(text)), str)


@given(st.integers(0, len(GOOD) - 1), st.characters())
def test_a_token_with_one_character_changed_is_refused(shared_desk: Desk, index: int, character: str):
    changed = GOOD[:index] + character + GOOD[index + 1 :]
    assert changed == GOOD or isinstance(outcome(shared_desk, bearer(changed)), str)


@given(st.integers(0, len(GOOD)), st.integers(0, len(GOOD)), st.text("aA0-_.", max_size=3))
def test_a_token_with_a_piece_cut_or_put_in_is_refused(shared_desk: Desk, start: int, end: int, put: str):
    changed = GOOD[:start] + put + GOOD[end:]
    assert changed == GOOD or isinstance(outcome(shared_desk, bearer(changed)), str)


@settings(max_examples=200)
@given(name=st.sampled_from(["iss", "aud", "exp", "nbf", "iat", "sub", "scope", "plan", "residency", "x"]), value=JSON)
def test_signed_claims_of_any_type(shared_desk: Desk, name: str, value: Any):
    changed = token({**claims(), name: value}, algorithm="EdDSA")
    assert outcome(shared_desk, bearer(changed)) != "internal"


@given(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "x"]), JSON))
def test_signed_headers_of_any_type(shared_desk: Desk, members: dict[str, Any]):
    changed = token(algorithm="EdDSA", **members)
    assert outcome(shared_desk, bearer(changed)) != "internal"


@given(JSON, JSON)
def test_events_of_any_shape(shared_desk: Desk, headers: Any, arn: Any):
    outcome(shared_desk, {"headers": headers, "multiValueHeaders": headers, "methodArn": arn})
    outcome(shared_desk, {**bearer(GOOD), "methodArn": arn})
    outcome(shared_desk, {**bearer(GOOD), "multiValueHeaders": {"Authorization": headers}})


@given(st.binary(min_size=1, max_size=100))
def test_base64url_there_and_back(data: bytes):
    assert decode_base64url(base64.urlsafe_b64encode(data).rstrip(b"=").decode()) == data


STANDARD = st.binary(max_size=9).map(lambda data: base64.b64encode(data).rstrip(b"=").decode())
PADDED = st.binary(max_size=9).map(lambda data: base64.urlsafe_b64encode(data).decode())


@given(STANDARD | PADDED | st.text("aAbB09-_+/= \n!", max_size=12) | st.text(max_size=6))
def test_base64url_has_one_text_per_value(text: str):
    try:
        data = decode_base64url(text)
    except Refused:
        return
    assert base64.urlsafe_b64encode(data).rstrip(b"=").decode() == text


@given(
    JSON,
    JSON,
    st.sampled_from(JWKS["keys"]),
    st.sampled_from(["kty", "kid", "alg", "use", "key_ops", "n", "e", "x", "crv", "d"]),
)
def test_key_sets_of_any_shape(document: Any, value: Any, key: dict[str, Any], member: str):
    good = len(read_key_set(JWKS, ALGORITHMS).verifiers)
    for keys in (document, {"keys": document}):
        with contextlib.suppress(ValueError):
            read_key_set(keys, ALGORITHMS)
    odd = read_key_set({"keys": [document, {**key, member: value, "kid": "odd"}, *JWKS["keys"]]}, ALGORITHMS)
    assert len(odd.verifiers) >= good - 7  # the good ones stay; `(None, algorithm)` may have become ambiguous
    assert all((entry["kid"], entry["alg"]) in odd.verifiers for entry in JWKS["keys"])


def test_the_fuzz_baseline_is_good(shared_desk: Desk):
    assert isinstance(outcome(shared_desk, bearer(GOOD)), dict)
    with pytest.raises(Refused):
        shared_desk.answer(bearer(GOOD[:-1]))
