"""The mission's incident: orders gets slow, `incident` names what is slow, the breaker is forced open, users get the fallback, recovery.

One story on the engine of all stories; at the end orders is as it was.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import Checkout

pytestmark = pytest.mark.e2e
US = "us-east-1"
WHY = ("--reason", "orders is slow", "--region", US)


@pytest.fixture(scope="module")
def token(shop: Checkout) -> Iterator[str]:
    shop.run("breaker", "reset", "orders", *WHY)
    yield shop.token("orders:read")
    shop.run("service", "heal", "orders")
    shop.run("breaker", "reset", "orders", *WHY)


def region(shop: Checkout, name: str = US) -> dict[str, Any]:
    done = shop.run("incident", "orders", "--output", "json")
    assert done.code == 0, done.err
    (found,) = [one for one in done.json()["regions"] if one["region"] == name]
    assert isinstance(found, dict)
    return found


def abouts(found: dict[str, Any]) -> dict[str, Any]:
    return {one["about"]: one for one in found["findings"]}


def until(shop: Checkout, about: str) -> dict[str, Any]:
    """Metrics are delivered once a second."""
    for _ in range(10):
        found = region(shop)
        if about in abouts(found):
            return found
        time.sleep(0.05)
    raise AssertionError(f"never found {about}: {found['findings']}")


def test_1_slow_orders_are_named_with_their_function(shop: Checkout, token: str) -> None:
    assert shop.run("service", "slow", "orders", "1200ms", "--region", US).code == 0
    assert [status for status, _ in shop.many(US, ["/api/orders"] * 6, token=token)] == [200] * 6
    found = until(shop, "whose-time")
    assert abouts(found)["slow"]["weight"] == "bad"
    # How much of it depends on what other stories asked of orders in the same half hour.
    assert abouts(found)["whose-time"]["says"].startswith("the time goes into gatewright-shop-orders: ")
    shares = {part["name"]: part["share"] for part in found["chain"]["parts"]}
    assert shares["gatewright-shop-orders"] > 0.5
    assert abouts(found)["whose-time"]["next"][0].startswith(f"gatewright breaker open orders --region {US}")
    assert found["traces"][0]["parts"][0][0] == "gatewright-shop-orders", "the slowest requests waited for it"
    assert found["traces"][0]["id"] in abouts(found)["whose-time"]["detail"]


def test_1_the_alarm_of_orders_fires(shop: Checkout, token: str) -> None:
    cloudwatch = shop.client("cloudwatch", US)
    for _ in range(400):
        (alarm,) = cloudwatch.describe_alarms(
            AlarmNames=["gatewright-shop-orders-incident"], AlarmTypes=["CompositeAlarm"]
        )["CompositeAlarms"]
        if alarm["StateValue"] == "ALARM":
            break
        time.sleep(0.05)
    assert alarm["StateValue"] == "ALARM"
    assert alarm["AlarmName"] in region(shop)["alarms"]


def test_1_a_trace_leads_to_the_slow_dependency(shop: Checkout, token: str) -> None:
    slowest = shop.run("trace", "--slowest", "orders", "--region", US)
    assert slowest.code == 0, slowest.err
    assert "where the time went" in slowest.out
    root = f"1-{int(time.time()):08x}-{time.time_ns():024x}"  # one of now: other stories had slow orders too
    outputs = shop.stack(US)
    url = f"{shop.environment['AWS_ENDPOINT_URL']}/_aws/execute-api/{outputs['RestApiId']}/{outputs['StageName']}/api/orders"
    headers = {
        "Authorization": f"Bearer {token}",
        "X-Amzn-Trace-Id": f"Root={root};Sampled=1",
        "X-Viewer-Address": "198.51.100.9",
    }
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
        assert answer.status == 200
    found = shop.run("trace", root, "--region", US, "--output", "json").json()
    assert found["where"][0]["name"] == "gatewright-shop-orders"
    assert found["where"][0]["ms"] > 1000
    (call,) = [span for span in found["spans"] if span["name"] == "orders" and span["kind"] == "call"]
    assert call["annotations"]["breaker"] == "CLOSED"


def test_2_the_breaker_is_forced_open_and_users_get_the_fallback(shop: Checkout, token: str) -> None:
    assert shop.run("breaker", "open", "orders", *WHY).code == 0
    for _ in range(60):  # a container believes its copy of the state for a second
        ((status, body),) = shop.many(US, ["/api/orders"], token=token)
        if status == 503:
            break
    assert body["type"] == "urn:gatewright:problem:breaker-open"
    found = region(shop)
    assert "forced open by" in abouts(found)["breaker"]["says"]
    assert found["breaker"]["state"] == "FORCED_OPEN"
    told = shop.run("incident", "orders", "--output", "md", "--region", US).out
    assert told.startswith("# orders: ")
    assert "gatewright breaker auto orders" in told


def test_2_the_dashboard_shows_the_breaker_and_who_got_the_fallback(shop: Checkout, token: str) -> None:
    """Graphs that are quiet on good days have lines on this one."""
    url = f"{shop.environment['AWS_ENDPOINT_URL']}/_gatewright/console/dashboard.json?region={US}&name=gatewright-shop-{US}"
    wanted = {
        "Which breaker has opened or closed?": "orders to FORCED_OPEN",
        "How many callers get the fallback?": "orders",
    }
    for _ in range(100):  # a container sums its refusals up for a second, and metrics are delivered once a second
        shop.many(US, ["/api/orders"], token=token)
        with urllib.request.urlopen(url, timeout=20) as answer:
            graphs = {one.get("title"): one for one in json.loads(answer.read())["widgets"]}
        drawn = {
            title: {line["label"] for line in graphs[title]["lines"] if any(value for _, value in line["points"])}
            for title in wanted
        }
        if all(label in drawn[title] for title, label in wanted.items()):
            break
        time.sleep(0.05)
    assert all(label in drawn[title] for title, label in wanted.items()), drawn


def test_3_orders_recovers(shop: Checkout, token: str) -> None:
    assert shop.run("service", "heal", "orders").code == 0
    assert shop.run("breaker", "auto", "orders", *WHY).code == 0
    statuses = [shop.many(US, ["/api/orders"], token=token)[0][0] for _ in range(60)]
    assert statuses[-1] == 200
    assert region(shop)["breaker"]["state"] == "CLOSED"


def test_4_without_traffic_and_with_a_region_off_it_still_speaks(shop: Checkout, token: str) -> None:
    assert shop.run("region", "down", "eu-west-1").code == 0
    try:
        done = shop.run("incident", "products", "--minutes", "1", "--output", "json")
    finally:
        shop.run("region", "up", "eu-west-1")
    assert done.code == 0, done.err
    europe = next(one for one in done.json()["regions"] if one["region"] == "eu-west-1")
    assert "switched off" in europe["headline"]
    assert shop.run("incident", "nobody").code == 2


def test_5_top_shows_every_service_of_every_region(shop: Checkout, token: str) -> None:
    done = shop.run("top", "--once", "--minutes", "30", "--output", "json")
    assert done.code == 0, done.err
    rows = [row for row in done.json()["rows"] if row["service"] == "orders"]
    assert {row["region"] for row in rows} == {US, "eu-west-1"}
    here = next(row for row in rows if row["region"] == US)
    assert here["per_second"] > 0
    assert here["breaker"] == "CLOSED"
    assert here["refused"] > 0, "callers got the fallback a moment ago"
    assert "orders" in shop.run("top", "--once").out


def test_6_an_engine_that_is_gone_is_said_at_once(shop: Checkout, token: str) -> None:
    away = Checkout(shop.folder, {**shop.environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    done = away.run("incident", "orders")
    assert done.code == 1
    assert "us-east-1: no answer" in done.out
    assert "Traceback" not in done.err
