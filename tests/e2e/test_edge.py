"""The shop by its domain, as DNS would send a client: who must stay in the EU stays, whatever is down."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import Checkout, new_checkout, started

pytestmark = pytest.mark.e2e

DOMAIN = "api.shop.example"
EU, EU2, US = "eu-west-1", "eu-central-1", "us-east-1"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """The shop with a second region in the EU."""
    checkout = new_checkout(tmp_path_factory.mktemp("pair"))
    file = checkout.folder / "gateway.yaml"
    one = "  eu-west-1: {jurisdiction: eu}\n"
    text = file.read_text(encoding="utf-8")
    assert one in text
    file.write_text(text.replace(one, one + "  eu-central-1: {jurisdiction: eu}\n"), encoding="utf-8")
    with started(checkout) as running:
        yield running


def ask(checkout: Checkout, country: str, host: str = DOMAIN) -> tuple[int, str]:
    """Status, and the region that answered."""
    parts = urlsplit(checkout.environment["AWS_ENDPOINT_URL"])
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    headers = {"Host": host, **({"X-Viewer-Country": country} if country else {})}
    connection.request("GET", "/api/products", headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.getheader("X-Gatewright-Region", "")


def test_who_must_stay_is_answered_from_the_other_eu_region_or_not_at_all(pair: Checkout) -> None:
    protected = ("DE", "RE", "")
    assert {ask(pair, country) for country in protected} == {(200, EU)}
    assert ask(pair, "US") == (200, US)

    assert pair.run("region", "down", EU).code == 0
    assert {ask(pair, country) for country in protected} == {(200, EU2)}
    for country in ("DE", "RE", "unknown"):
        said = pair.run("resolve", "--live", "--country", country, "--output", "json")
        assert said.code == 0, said.err
        assert said.json()["region"] == EU2
    assert EU in pair.run("doctor").out

    assert pair.run("region", "down", EU2).code == 0
    assert {ask(pair, country) for country in protected} == {(503, EU)}
    assert ask(pair, "US") == (200, US)

    assert pair.run("region", "up", EU).code == 0
    assert pair.run("region", "up", EU2).code == 0
    assert {ask(pair, country) for country in protected} == {(200, EU)}


def test_with_one_eu_region_nobody_answers_rather_than_the_us(shop: Checkout) -> None:
    assert ask(shop, "DE") == (200, EU)
    assert shop.run("region", "down", EU).code == 0
    try:
        assert {ask(shop, country) for country in ("DE", "RE", "")} == {(503, EU)}
        listed = json.loads(shop.run("region", "list", "--output", "json").out)
        assert {"region": EU, "health": "down"} in listed["regions"]
    finally:
        assert shop.run("region", "up", EU).code == 0
    assert ask(shop, "DE") == (200, EU)
