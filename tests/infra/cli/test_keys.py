"""`keys`: what reaches the screen, when, and with which exit code."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from infra.cli import keys
from infra.config.model import Gateway
from tests.infra.cli.conftest import EU, US, FakeFactory, Shop
from tests.infra.keys.fake_keys import GATEWAY, KeyAws

ACME = ("--plan", "gold", "--customer", "acme")


class KeyFactory(FakeFactory):
    def gateway(self, file: Path) -> Gateway:
        super().gateway(file)
        return GATEWAY


@dataclass
class KeyShop(Shop):
    aws: KeyAws = field(default_factory=KeyAws)

    def __post_init__(self) -> None:
        self.factory = KeyFactory(self.aws)
        for region in (US, EU):
            self.aws.deploy(region, "one")

    def values(self, region: str) -> set[str]:
        return set(self.aws.keys(region).values().values())


@pytest.fixture
def shop() -> KeyShop:
    return KeyShop()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "on_terminal", lambda: True)


@pytest.mark.usefixtures("terminal")
def test_a_value_is_shown_once_on_a_terminal_and_never_in_the_progress(shop: KeyShop) -> None:
    first, second = shop.run("keys", "create", *ACME), shop.run("keys", "create", *ACME)
    (value,) = shop.values(US)
    assert first.stdout.count(value) == 1
    assert value not in first.stderr
    assert "nothing to do" in second.stdout
    assert value not in second.output


def test_where_nobody_looks_nothing_is_made(shop: KeyShop) -> None:
    result = shop.run("keys", "create", *ACME, code=2)
    assert "--output json" in result.stderr
    assert not shop.aws.keys(US).keys


def test_json_holds_the_value_in_one_place(shop: KeyShop) -> None:
    document = shop.json("keys", "create", *ACME)
    (key,) = document["keys"]
    assert {key.pop("value")} == shop.values(US) == shop.values(EU)
    assert key == {"name": "shop/gold/acme/v1", "plan": "gold", "customer": "acme", "version": "v1"}
    assert not any(value in json.dumps(document["results"]) for value in shop.values(US))


@pytest.mark.parametrize("output", ["table", "json"])
def test_dry_run_hides_the_value_and_makes_nothing(shop: KeyShop, output: str) -> None:
    result = shop.run("keys", "create", *ACME, "--dry-run", "--output", output)
    assert "(hidden value)" in result.stdout
    assert not shop.aws.keys(US).keys
    assert not shop.aws.keys(US).secrets


def test_regions_and_residency_say_where(shop: KeyShop) -> None:
    shop.json("keys", "create", *ACME, "--residency", "eu")
    shop.json("keys", "create", "--plan", "gold", "--customer", "bob", "--regions", f"{US},{EU}")
    assert shop.aws.keys(US).names() == ["shop/gold/bob/v1"]
    assert shop.aws.keys(EU).names() == ["shop/gold/acme/v1", "shop/gold/bob/v1"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        pytest.param(("create", *ACME, "--residency", "mars"), "no jurisdiction", id="residency"),
        pytest.param(("create", *ACME, "--regions", "mars-1"), "does not run in mars-1", id="region"),
        pytest.param(("create", *ACME, "--regions", US, "--residency", "us"), "exclude", id="both"),
        pytest.param(("rotate",), "--all", id="rotate-nobody"),
        pytest.param(("rotate", "--plan", "gold"), "--customer", id="rotate-half"),
        pytest.param(("rotate", "--all", *ACME), "--all", id="rotate-both"),
        pytest.param(("rotate", *ACME, "--grace", "soon"), "--grace", id="grace"),
        pytest.param(("revoke", *ACME), "no key", id="revoke-none"),
    ],
)
def test_refusals_end_with_two(shop: KeyShop, arguments: tuple[str, ...], text: str) -> None:
    assert text in shop.run("keys", *arguments, code=2).stderr


def test_list_shows_a_difference_and_ends_with_two(shop: KeyShop) -> None:
    shop.json("keys", "create", *ACME)
    assert shop.run("keys", "list").stdout.split()[-8:-2] == ["gold", "acme", "v1", "ok", "ok", "2026-01-01"]
    shop.aws.keys(EU).keys.clear()
    shop.aws.keys(EU).attached["plan-gold"].clear()
    result = shop.run("keys", "list", code=2)
    assert "missing" in result.stdout
    assert "gold/acme/v1: eu-west-1: the key belongs there" in result.stderr
    (row,) = shop.json("keys", "list", code=2)["keys"]
    assert row["regions"] == {US: "ok", EU: "missing"}


def test_list_names_a_region_without_an_answer_and_ends_with_one(shop: KeyShop) -> None:
    shop.json("keys", "create", *ACME)
    shop.aws.down = {EU}
    result = shop.run("keys", "list", code=1)
    assert "no answer" in result.stdout
    assert EU in result.stderr


def test_rotate_then_finish(shop: KeyShop) -> None:
    shop.json("keys", "create", *ACME)
    (key,) = shop.json("keys", "rotate", *ACME, "--grace", "1h")["keys"]
    assert key["version"] == "v2"
    assert "grace" in shop.run("keys", "rotate", *ACME, "--finish", code=2).stderr
    shop.aws.now += 3601
    assert "finish done" in shop.run("keys", "rotate", *ACME, "--finish").stdout
    assert [k["enabled"] for k in shop.aws.keys(US).keys.values()] == [False, True]


def test_revoke_goes_on_where_it_can_and_ends_with_one(shop: KeyShop) -> None:
    shop.json("keys", "create", *ACME)
    shop.aws.down = {US}
    result = shop.run("keys", "revoke", *ACME, "--yes", code=1)
    assert "eu-west-1: keys revoke done" in result.stdout
    assert US in result.stderr
    assert not shop.aws.keys(EU).keys


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("90m", 5400), ("24h", 86_400), ("7d", 604_800)])
def test_a_grace_has_a_unit(text: str, seconds: float) -> None:
    assert keys.parse_grace(text) == seconds
