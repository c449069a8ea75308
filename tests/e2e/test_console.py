"""The console of the real shop: over HTTP, and as a browser shows it where one is installed."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Checkout

pytestmark = pytest.mark.e2e
US, EU = "us-east-1", "eu-west-1"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def ask(shop: Checkout, what: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    url = f"{shop.environment['AWS_ENDPOINT_URL']}/_gatewright/console/{what}"
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data, headers=headers), timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def change(shop: Checkout, what: str, **body: Any) -> tuple[int, Any]:
    return ask(shop, what, body, **{"X-Gatewright-Console": "1"})


def until(shop: Checkout, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    for _ in range(300):
        _, state = ask(shop, "state")
        if holds(state):
            assert isinstance(state, dict)
            return state
        time.sleep(0.05)
    raise AssertionError(f"never so: {state}")


def place(state: dict[str, Any], region: str) -> dict[str, Any]:
    return next(one for one in state["places"] if one["region"] == region)


def service(state: dict[str, Any], region: str, name: str) -> dict[str, Any]:
    found = next(one for one in place(state, region)["services"] if one["name"] == name)
    assert isinstance(found, dict)
    return found


@pytest.fixture
def calm(shop: Checkout) -> Iterator[Checkout]:
    """Whatever a test does, nothing of it stays."""
    yield shop
    change(shop, "traffic", running=False)
    change(shop, "region", region=EU, health="up")
    change(shop, "breaker", region=EU, gateway="shop", service="orders", verb="close")


def test_traffic_takes_the_road_of_dns_and_is_shown(calm: Checkout) -> None:
    wanted = {"per_second": 40, "countries": ["DE", "US"], "addresses": 3000, "paths": ["/api/users"]}
    assert change(calm, "traffic", running=True, **wanted)[0] == 200
    state = until(
        calm, lambda s: {"DE", "US"} <= set(s["traffic"]["roads"]) and service(s, EU, "users")["per_second"] > 0
    )
    assert set(state["traffic"]["roads"]["DE"]) == {EU}, "who is in the EU is answered from there"
    assert state["traffic"]["running"] is True
    assert change(calm, "traffic", running=False)[1]["traffic"]["running"] is False


def test_a_region_is_switched_off_and_on(calm: Checkout) -> None:
    assert place(change(calm, "region", region=EU, health="down")[1], EU)["up"] is False
    assert calm.get(EU, "/api/users/1")[0] == 503
    assert place(change(calm, "region", region=EU, health="up")[1], EU)["up"] is True
    assert calm.get(EU, "/api/users/1")[0] == 200


def test_a_breaker_is_forced_open_and_closed(calm: Checkout) -> None:
    where = {"region": EU, "gateway": "shop", "service": "orders"}
    assert service(change(calm, "breaker", **where, verb="open")[1], EU, "orders")["breaker"] == "FORCED_OPEN"
    done = calm.run("breaker", "status", "orders", "--region", EU, "--output", "json")
    assert done.json()["breakers"][0]["why"] == "by the console"
    assert service(change(calm, "breaker", **where, verb="close")[1], EU, "orders")["breaker"] == "CLOSED"


@pytest.mark.parametrize(
    ("what", "body", "status"),
    [
        pytest.param("breaker", {"region": EU, "gateway": "shop", "service": "nobody", "verb": "open"}, 400, id="no service"),
        pytest.param("breaker", {"region": EU, "gateway": "shop", "service": "orders", "verb": "x"}, 400, id="no verb"),
        pytest.param("breaker", {}, 400, id="nothing"),
        pytest.param("region", {"region": "eu-west-99", "health": "down"}, 400, id="no region"),
        pytest.param("traffic", {"running": True, "per_second": 10**9}, 400, id="too fast"),
        pytest.param("traffic", [], 400, id="another kind"),
        pytest.param("nothing", {}, 405, id="no such thing"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(shop: Checkout, what: str, body: Any, status: int) -> None:
    answered, document = ask(shop, what, body, **{"X-Gatewright-Console": "1"})
    assert answered == status
    assert document["message"]


def test_foreign_pages_change_nothing(shop: Checkout) -> None:
    assert ask(shop, "traffic", {"running": True})[0] == 403
    assert ask(shop, "region", {}, **{"X-Gatewright-Console": "1", "Origin": "https://evil.example"})[0] == 403
    assert ask(shop, "state", Host="evil.example")[0] == 403
    assert ask(shop, "../../etc/passwd")[0] == 404


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium on the PATH (Debian's package chromium)")
def test_a_browser_shows_it(calm: Checkout, tmp_path: Path) -> None:
    change(calm, "region", region=EU, health="down")
    url = f"{calm.environment['AWS_ENDPOINT_URL']}/_gatewright/console/"
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}",
               "--virtual-time-budget=3000", "--enable-logging=stderr", "--dump-dom", url]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "shop in us-east-1" in done.stdout
    assert "eu-west-1 is down" in done.stdout, "on the map"
    assert 'aria-label="switch eu-west-1 on"' in done.stdout
    assert done.stdout.count('class="land"') > 150, "the map of the world"
    assert "CONSOLE" not in done.stderr, done.stderr


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium on the PATH (Debian's package chromium)")
def test_a_browser_draws_the_dashboards(shop: Checkout, tmp_path: Path) -> None:
    shop.many(US, ["/api/users/1"] * 5)
    _, listed = ask(shop, "dashboards.json")
    assert {one["name"] for one in listed["dashboards"]} >= {"gatewright-shop", f"gatewright-shop-{US}"}
    for _ in range(100):  # metrics are delivered about once a second
        _, board = ask(shop, f"dashboard.json?region={US}&name=gatewright-shop-{US}")
        if any(line["points"] for one in board["widgets"] for line in one.get("lines", ())):
            break
        time.sleep(0.05)
    assert not [one for one in board["widgets"] if one.get("problem")]
    url = f"{shop.environment['AWS_ENDPOINT_URL']}/_gatewright/console/dashboards#{US}%2Fgatewright-shop-{US}"
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}",
               "--virtual-time-budget=5000", "--enable-logging=stderr", "--dump-dom", url]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    graphs = [one for one in board["widgets"] if one["type"] == "graph"]
    assert done.stdout.count('role="img"') == len(graphs)
    assert "How long do callers wait?" in done.stdout
    assert 'points="4' in done.stdout, "a line is drawn"
    assert "CONSOLE" not in done.stderr, done.stderr
