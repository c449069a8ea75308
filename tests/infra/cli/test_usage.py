"""`usage`: three outputs of one report, and what makes it end badly."""

from __future__ import annotations

import pytest

from tests.infra.cli.conftest import EU, US
from tests.infra.cli.test_keys import ACME, KeyShop


@pytest.fixture
def shop() -> KeyShop:
    """Customer acme made 5 requests in one region and 3 in the other."""
    shop = KeyShop()
    shop.json("keys", "create", *ACME)
    for region, requests in ((US, 5), (EU, 3)):
        (key,) = shop.aws.keys(region).keys
        shop.aws.keys(region).used[key, "2026-01-01"] = requests
    return shop


def test_the_table_has_days_and_totals_by_region(shop: KeyShop) -> None:
    lines = [line.split() for line in shop.run("usage").stdout.splitlines()]
    assert ["2026-01-01", "gold", "acme", "8"] in lines
    assert ["gold", "acme", "5", "3", "8", "1992"] in lines


def test_csv_is_for_billing(shop: KeyShop) -> None:
    assert shop.run("usage", "--plan", "gold", "--output", "csv").stdout == (
        "date,plan,customer,used,complete\n2026-01-01,gold,acme,8,yes\n"
    )


def test_json_holds_it_all(shop: KeyShop) -> None:
    document = shop.json("usage", "--customer", "acme", "--from", "2025-12-01", "--to", "2026-01-01")
    assert (document["from"], document["to"], document["complete"]) == ("2025-12-01", "2026-01-01", True)
    assert document["totals"] == [
        {"plan": "gold", "customer": "acme", "used": 8, "left": 1992, "regions": {US: 5, EU: 3}}
    ]


@pytest.mark.parametrize("output", ["table", "json", "csv"])
def test_without_a_region_the_sums_are_partial_and_the_end_is_one(shop: KeyShop, output: str) -> None:
    shop.aws.down = {EU}
    result = shop.run("usage", "--output", output, code=1)
    assert "partial: no answer from eu-west-1" in result.stderr
    assert {"table": "PARTIAL: without eu-west-1", "json": '"complete": false', "csv": ",5,no"}[output] in result.stdout


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        pytest.param(("--from", "yesterday"), "--from", id="day"),
        pytest.param(("--from", "2026-02-01", "--to", "2026-01-01"), "after --to", id="order"),
        pytest.param(("--plan", "silver"), "no plan 'silver'", id="plan"),
    ],
)
def test_refusals_end_with_two(shop: KeyShop, arguments: tuple[str, ...], text: str) -> None:
    assert text in shop.run("usage", *arguments, code=2).stderr


def test_a_cell_that_a_spreadsheet_would_run_is_text() -> None:
    shop = KeyShop()
    shop.json("keys", "create", "--plan", "gold", "--customer", "=1+1")
    (key,) = shop.aws.keys(US).keys
    shop.aws.keys(US).used[key, "2026-01-01"] = 1
    assert "2026-01-01,gold,'=1+1,1,yes" in shop.run("usage", "--output", "csv").stdout
