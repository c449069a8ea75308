"""Names and notes survive their way through API Gateway."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import Refused
from infra.keys.names import KeyName, Note, Scope, check_customer
from infra.keys.secret import Secret, merged
from tests.infra.keys.fake_keys import EU, GATEWAY, US

PRINTABLE = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=60)


@given(PRINTABLE, st.integers(1, 999))
def test_any_customer_comes_back(customer: str, number: int) -> None:
    name = KeyName(gateway="shop", plan="gold", customer=customer, version=f"v{number}")
    assert KeyName.parse(str(name)) == name
    assert name.number == number


@pytest.mark.parametrize("text", ["", "x", "shop/gold/v1", "shop//acme/v1", "shop/gold/acme/1", "shop/gold/acme/vx"])
def test_a_foreign_name_is_none(text: str) -> None:
    assert KeyName.parse(text) is None


def test_a_customer_that_no_tag_can_hold_goes_untagged() -> None:
    tags = KeyName(gateway="shop", plan="gold", customer="auth0|7", version="v1").tags()
    assert tags == {"gatewright:gateway": "shop", "gatewright:plan": "gold", "gatewright:version": "v1"}


@pytest.mark.parametrize("scope", [Scope(), Scope("residency", ("eu",)), Scope("regions", (US, EU))], ids=str)
@pytest.mark.parametrize("until", [None, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)], ids=["valid", "superseded"])
def test_a_note_comes_back(scope: Scope, until: datetime | None) -> None:
    note = Note(scope, "v2" if until else "", until)
    assert Note.parse(str(note)) == note


@pytest.mark.parametrize("text", ["", "made by hand", "all regions; superseded by v2 until tomorrow", "residency "])
def test_a_foreign_note_is_none(text: str) -> None:
    assert Note.parse(text) is None


def test_a_scope_knows_its_regions() -> None:
    assert Scope().regions(GATEWAY.regions) == (US, EU)
    assert Scope("residency", ("eu",)).regions(GATEWAY.regions) == (EU,)
    assert Scope("regions", (EU, US)).regions(GATEWAY.regions) == (US, EU)  # in the order of the file


@pytest.mark.parametrize("customer", ["", " acme", "a\nb", "x" * 201])
def test_customers_that_are_refused(customer: str) -> None:
    with pytest.raises(Refused):
        check_customer(customer)


def test_regions_are_merged_and_a_contradiction_is_not() -> None:
    one = Secret.first(b"a" * 32)
    two = one.with_next(b"b" * 32)
    assert merged({US: one, EU: two}) == two
    assert merged({US: Secret("v2", two.versions), EU: one}) == Secret("v2", two.versions)
    assert merged({}) is None
    with pytest.raises(Refused, match="two different v1"):
        merged({US: one, EU: Secret.first(b"c" * 32)})


def test_version_ten_is_newer_than_nine() -> None:
    secret = Secret.first(b"a" * 32)
    for _ in range(9):
        secret = secret.with_next(b"b" * 32)
    assert (secret.newest, secret.next) == ("v10", "v11")
    assert merged({US: secret, EU: Secret("v9", secret.versions)}) == Secret("v9", secret.versions)
