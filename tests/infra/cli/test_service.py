"""`service slow|fail|heal|list`: what is asked of the engine on this machine, and what is refused."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from infra.config.model import Gateway, Service
from infra.local import engine
from infra.local.engine import Engine
from infra.local.functions.trouble import Troubles
from infra.local.ports import HttpRequest
from tests.infra.cli.conftest import EU, GATEWAY, US, FakeFactory, Shop

SERVICES = (
    Service(name="orders", path="/api/orders", lambda_folder="l"),
    Service(name="legacy", path="/legacy", url="https://legacy.example"),
)


class ServiceFactory(FakeFactory):
    def __init__(self) -> None:
        self.error = None

    def gateway(self, file: Path) -> Gateway:
        return GATEWAY.model_copy(update={"services": SERVICES})


class ServiceShop(Shop):
    def __init__(self) -> None:
        self.factory = ServiceFactory()


@pytest.fixture
def troubles(monkeypatch: pytest.MonkeyPatch) -> Troubles:
    """The engine's own, without the network between."""
    made = Troubles()

    def urlopen(request: urllib.request.Request, timeout: float) -> Any:
        path = request.full_url.removeprefix("http://127.0.0.1:1")
        asked = HttpRequest(
            method=request.get_method(),
            path=path,
            query="",
            headers=[],
            body=bytes(request.data or b""),  # type: ignore[arg-type]
        )
        answer = made.answer(asked)
        if answer.status != 200:
            raise urllib.error.HTTPError(request.full_url, answer.status, "", Message(), io.BytesIO(answer.body))
        return io.BytesIO(answer.body)

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    monkeypatch.setattr(engine, "find", lambda folder: Engine(endpoint="http://127.0.0.1:1", port=1, pid=1))
    return made


@pytest.fixture
def shop() -> ServiceShop:
    return ServiceShop()


@pytest.mark.parametrize(("text", "slow_ms"), [("3s", 3000), ("800ms", 800), ("60s", 60_000), ("1ms", 1)])
def test_slow_in_every_region(shop: ServiceShop, troubles: Troubles, text: str, slow_ms: int) -> None:
    result = shop.run("service", "slow", "orders", text)
    for region in (US, EU):
        found = troubles.of(region, "gatewright-shop-orders")
        assert found is not None
        assert found.slow_ms == slow_ms
    assert f"{slow_ms} ms" in result.stdout


def test_fail_in_one_region_and_heal(shop: ServiceShop, troubles: Troubles) -> None:
    (one,) = shop.json("service", "fail", "orders", "12.5%", "--region", EU)["troubles"]
    assert (one["region"], one["fail_percent"]) == (EU, 12.5)
    assert "12.5 %" in shop.run("service", "list").stdout
    assert "as it is" in shop.run("service", "heal", "orders").stdout
    assert troubles.of(EU, "gatewright-shop-orders") is None


def test_fail_alone_is_all_of_them(shop: ServiceShop, troubles: Troubles) -> None:
    assert {one["fail_percent"] for one in shop.json("service", "fail", "orders")["troubles"]} == {100}


def test_a_dry_run_asks_nothing(shop: ServiceShop, troubles: Troubles) -> None:
    assert (
        "PUT /_gatewright/troubles/gatewright-shop-orders"
        in shop.run("service", "slow", "orders", "3s", "--dry-run").stdout
    )
    assert json.loads(shop.run("service", "list", "--output", "json").stdout) == {"troubles": []}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        pytest.param(("slow", "orders", "3"), "no unit", id="no unit"),
        pytest.param(("slow", "orders", "0s"), "1ms to 60s", id="no time"),
        pytest.param(("slow", "orders", "61s"), "1ms to 60s", id="too long"),
        pytest.param(("slow", "legacy", "3s"), "no Lambda service", id="an address"),
        pytest.param(("slow", "mars", "3s"), "It has: orders", id="unknown"),
        pytest.param(("fail", "orders", "50"), "percentage", id="no percent"),
        pytest.param(("fail", "orders", "0%"), "percentage", id="nothing"),
        pytest.param(("fail", "orders", "101%"), "percentage", id="too much"),
        pytest.param(("heal", "orders", "--region", "mars-1"), "does not run in", id="region"),
    ],
)
def test_refusals(shop: ServiceShop, troubles: Troubles, arguments: tuple[str, ...], text: str) -> None:
    result = shop.run("service", *arguments, code=2)
    assert text.replace("no unit", "its unit") in result.stderr
    assert troubles.of(US, "gatewright-shop-orders") is None


def test_without_an_engine_the_way_to_one_is_said(shop: ServiceShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "find", lambda folder: None)
    assert "gatewright up" in shop.run("service", "slow", "orders", "3s", code=1).stderr
