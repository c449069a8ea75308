"""Key values and the secret behind them."""

from __future__ import annotations

import base64
import json
import string
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.authorizer.gate.metering import SECRET_RETRY_SECONDS, SECRET_SECONDS, KeySecret, key_value
from lambdas.authorizer.gate.secret import secret_reader

from .issuer import NOW, SECRET

NAMES = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=30)


@given(
    st.binary(min_size=32, max_size=64), NAMES, NAMES, st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
)
def test_a_key_value_fits_api_gateway(secret: bytes, gateway: str, plan: str, customer: str):
    value = key_value(secret, gateway=gateway, plan=plan, customer=customer)
    assert len(value) == 52
    assert set(value) <= set(string.ascii_lowercase + "234567")


@given(NAMES, NAMES, NAMES, NAMES, NAMES, NAMES)
def test_different_customers_have_different_keys(a: str, b: str, c: str, d: str, e: str, f: str):
    same = key_value(bytes(32), gateway=a, plan=b, customer=c) == key_value(bytes(32), gateway=d, plan=e, customer=f)
    assert same is ((a, b, c) == (d, e, f))


@given(st.binary(min_size=32, max_size=32), NAMES, NAMES, NAMES)
def test_it_agrees_with_the_operators_side(secret: bytes, gateway: str, plan: str, customer: str):
    value: Any = pytest.importorskip("infra.keys.value")
    assert value.key_value(secret, gateway=gateway, plan=plan, customer=customer) == key_value(
        secret, gateway=gateway, plan=plan, customer=customer
    )


class Vault:
    def __init__(self, text: str) -> None:
        self.text, self.reads, self.failures = text, 0, list[str]()
        self.secret = KeySecret(self.read, failed=self.failures.append)

    def read(self) -> str:
        self.reads += 1
        if not self.text:
            raise RuntimeError("denied")
        return self.text


def test_a_secret_is_read_at_the_first_need_and_then_seldom():
    vault = Vault(SECRET)
    assert vault.reads == 0
    assert vault.secret.at(NOW) == vault.secret.at(NOW + SECRET_SECONDS - 1) == bytes(range(32))
    assert vault.reads == 1


def test_a_rotation_is_seen():
    vault = Vault(SECRET)
    vault.secret.at(NOW)
    versions = {**json.loads(SECRET)["versions"], "v2": base64.b64encode(b"2" * 32).decode()}
    vault.text = json.dumps({"current": "v2", "versions": versions})
    assert vault.secret.at(NOW + SECRET_SECONDS) == b"2" * 32


def test_an_old_secret_stays_in_use_while_none_can_be_read():
    vault = Vault(SECRET)
    vault.secret.at(NOW)
    vault.text = ""
    assert vault.secret.at(NOW + SECRET_SECONDS) == bytes(range(32))
    assert vault.failures == ["RuntimeError"]


def test_a_secret_that_cannot_be_read_is_tried_once_per_interval():
    vault = Vault("")
    assert all(vault.secret.at(NOW + second) is None for second in range(int(SECRET_RETRY_SECONDS)))
    assert vault.reads == 1
    vault.text = SECRET
    assert vault.secret.at(NOW + SECRET_RETRY_SECONDS) == bytes(range(32))


def test_a_clock_that_was_set_back_reads_again():
    vault = Vault(SECRET)
    vault.secret.at(NOW)
    vault.secret.at(NOW - 86_400)
    assert vault.reads == 2


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "[]",
        "{}",
        '{"current": "v2", "versions": {"v1": "AAAA"}}',
        '{"current": "v1", "versions": {"v1": "AAAA"}}',
        '{"current": "v1", "versions": {"v1": 7}}',
        '{"current": ["v1"], "versions": {}}',
        json.dumps({"current": "v1", "versions": {"v1": "%" * 44}}),
    ],
)
def test_a_secret_of_another_shape_is_none(text: str):
    vault = Vault(text)
    assert vault.secret.at(NOW) is None
    assert len(vault.failures) == 1


def test_the_reader_imports_boto3_when_it_reads(monkeypatch: pytest.MonkeyPatch):
    calls: list[Any] = []

    class Boto3:
        @staticmethod
        def client(name: str, **options: Any) -> Any:
            calls.append((name, options["config"].read_timeout))
            return type("Client", (), {"get_secret_value": lambda self, SecretId: {"SecretString": SecretId}})()  # noqa: N803

    monkeypatch.setitem(sys.modules, "boto3", Boto3)
    read = secret_reader("shop/keys")
    assert calls == []
    assert read() == "shop/keys"
    assert calls == [("secretsmanager", 1)]
