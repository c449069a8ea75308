"""`gatewright top` and `incident` on the fake AWS: what is shown when nothing can be read, and what is refused."""

from __future__ import annotations

from tests.infra.cli.conftest import Shop


def test_a_service_that_is_not_there_is_refused_with_those_that_are(shop: Shop):
    assert "It has: users." in shop.run("incident", "nobody", code=2).output


def test_a_window_out_of_range_is_refused(shop: Shop):
    shop.run("incident", "users", "--minutes", "0", code=2)
    shop.run("top", "--once", "--minutes", "61", code=2)


def test_a_region_of_another_gateway_is_refused(shop: Shop):
    assert "--region" in shop.run("top", "--once", "--region", "mars-east-1", code=2).output
