"""The law of key values."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from infra.keys.value import fingerprint, key_value
from lambdas.authorizer.gate import metering

SECRETS = st.binary(min_size=32, max_size=32)
NAMES = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=40)


def test_the_value_is_fixed_for_all_time() -> None:
    """A change here cuts every customer off; computed apart with `openssl dgst -sha256 -mac HMAC` and `base32`."""
    value = key_value(bytes(range(32)), gateway="shop", plan="gold", customer="acme")
    assert value == "c3oraempe5voixxdgd3debs6uabe3bnaid2obmxve5kgi4swmxjq"


@given(SECRETS, NAMES, NAMES, NAMES)
def test_a_value_is_one_that_api_gateway_takes_and_the_same_each_time(s: bytes, g: str, p: str, c: str) -> None:
    value = key_value(s, gateway=g, plan=p, customer=c)
    assert len(value) == 52
    assert set(value) <= set(string.ascii_lowercase + "234567")
    assert value == key_value(bytes(s), gateway=g, plan=p, customer=c)
    assert value == metering.key_value(s, gateway=g, plan=p, customer=c)  # the authorizer's own copy


@given(SECRETS, st.lists(st.tuples(NAMES, NAMES, NAMES), min_size=2, max_size=8, unique=True))
def test_different_names_have_different_values(secret: bytes, names: list[tuple[str, str, str]]) -> None:
    values = {key_value(secret, gateway=g, plan=p, customer=c) for g, p, c in names}
    assert len(values) == len(names)


def test_names_do_not_run_into_each_other() -> None:
    secret = bytes(32)
    ab_c = key_value(secret, gateway="ab", plan="c", customer="d")
    assert ab_c != key_value(secret, gateway="a", plan="bc", customer="d")


@given(st.lists(SECRETS, min_size=2, max_size=4, unique=True))
def test_different_secrets_give_different_values_and_fingerprints(secrets: list[bytes]) -> None:
    values = {key_value(secret, gateway="shop", plan="gold", customer="acme") for secret in secrets}
    assert len(values) == len({fingerprint(value) for value in values}) == len(secrets)
    assert not any(value[:8] in fingerprint(value) for value in values)
