"""Tokens that are metered: a token's plan decides its rate, no key is sent, and usage is one sum over the regions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest
import yaml

from tests.e2e.conftest import Checkout, new_checkout, started

pytestmark = pytest.mark.e2e

US, EU = "us-east-1", "eu-west-1"
ORDERS, PRODUCTS = "/api/orders", "/api/products"
FREE_BURST = 10


@pytest.fixture(scope="module")
def metered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """The shop whose orders are metered, whose prices need a key, with a gold and a free customer."""
    checkout = new_checkout(tmp_path_factory.mktemp("metered"))
    file = checkout.folder / "gateway.yaml"
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    document["services"]["orders"]["api_key"] = "required"
    document["services"]["products"]["api_key"] = "required"
    document["plans"]["free"] = {"rate": "1/s", "burst": FREE_BURST, "quota": "1000/month"}
    del document["limits"]["per_ip"]  # one address makes all requests here
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    with started(checkout):
        for plan, customer in (("gold", "acme"), ("free", "tiny")):
            made = checkout.run("keys", "create", "--plan", plan, "--customer", customer, "--yes", "--output", "json")
            assert made.code == 0, made.err
            checkout.environment[f"KEY_OF_{customer}"] = json.loads(made.out)["keys"][0]["value"]
        yield checkout


def statuses(shop: Checkout, region: str, token: str, requests: int) -> Counter[int]:
    return Counter(status for status, _ in shop.many(region, [ORDERS] * requests, token=token))


def test_gold_and_free_are_throttled_at_their_own_rates(metered: Checkout) -> None:
    gold = metered.token("orders:read", plan="gold", customer="acme")
    free = metered.token("orders:read", plan="free", customer="tiny")

    assert statuses(metered, US, gold, 40) == {200: 40}
    # A burst, and what the bucket gains in the time that forty requests take.
    seen = statuses(metered, US, free, 40)
    assert set(seen) == {200, 429}
    assert FREE_BURST <= seen[200] < 20


def test_a_token_without_a_plan_or_without_a_key_is_metered_by_nobody_and_refused(metered: Checkout) -> None:
    assert metered.get(US, ORDERS, token=metered.token("orders:read"))[0] == 403
    assert metered.get(US, ORDERS, token=metered.token("orders:read", plan="gold", customer="stranger"))[0] == 403


@pytest.mark.parametrize("region", [US, EU])
def test_who_has_only_a_key_is_metered_by_it(metered: Checkout, region: str) -> None:
    assert metered.get(region, PRODUCTS)[0] == 401
    assert metered.get(region, PRODUCTS, key="nobodys-key-at-all-0000")[0] == 403
    assert metered.get(region, PRODUCTS, token=metered.token("orders:read", plan="gold", customer="acme"))[0] == 401

    before = used(metered)
    assert metered.get(region, PRODUCTS, key=metered.environment["KEY_OF_acme"])[0] == 200
    assert used(metered) == before + 1


def test_usage_is_one_sum_over_the_regions(metered: Checkout) -> None:
    gold = metered.token("orders:read", plan="gold", customer="acme")
    before = used(metered)
    assert statuses(metered, US, gold, 3) == statuses(metered, EU, gold, 3) == {200: 3}
    assert used(metered) == before + 6


def used(shop: Checkout) -> int:
    done = shop.run("usage", "--customer", "acme", "--output", "csv")
    assert done.code == 0, done.err
    header, *rows = (line.split(",") for line in done.out.splitlines() if line)
    column = header.index("used")
    return sum(int(row[column]) for row in rows)
