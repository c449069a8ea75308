"""`trace`: a list, the slowest of a service, or one by any form of its id."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.config.model import Gateway, Service
from infra.config.tracing_model import Tracing
from infra.errors import AccessDenied
from tests.infra.cli.conftest import EU, GATEWAY, US, FakeFactory, Shop
from tests.infra.traces.cases import ID, FakeXRay, slow_order

ORDERS = Service(name="orders", path="/api/orders", lambda_folder="lambdas/orders")


class Traced(FakeFactory):
    """X-Ray in each region."""

    rooms: dict[str, FakeXRay]
    tracing = Tracing()

    def gateway(self, file: Path) -> Gateway:
        services = (ORDERS, *GATEWAY.services)
        return Gateway(name="shop", regions=GATEWAY.regions, services=services, tracing=self.tracing)

    def aws(self, region: str, *, hurried: bool = False) -> Any:
        return self.rooms[region]


@dataclass
class TracedShop(Shop):
    rooms: dict[str, FakeXRay] = field(default_factory=lambda: {US: FakeXRay(), EU: FakeXRay({})})

    def __post_init__(self) -> None:
        self.factory = Traced(self.aws)
        self.factory.rooms = self.rooms


@pytest.fixture
def shop() -> TracedShop:
    return TracedShop()


def test_the_slowest_of_a_service_is_a_waterfall_and_says_where_the_time_went(shop: TracedShop) -> None:
    shown = shop.run("trace", "--slowest", "orders").stdout
    assert shown.startswith(f"{ID}  us-east-1  ")
    after = shown.split("where the time went")[1].split()
    assert after[:5] == ["orders", "1800", "ms", "90", "%"]


@pytest.mark.parametrize(
    "text",
    [ID, f"Root={ID};Sampled=1", "00-68e778000123456789abcdef01234567-53995c3f42cd8ad8-01"],
    ids=["id", "header", "w3c"],
)
def test_one_by_its_id_wherever_it_is(shop: TracedShop, text: str) -> None:
    shop.rooms[EU], shop.rooms[US] = shop.rooms[US], shop.rooms[EU]
    document = shop.json("trace", text)
    assert (document["id"], document["region"], document["duration_ms"]) == (ID, EU, 2000)
    assert document["where"][0] == {"name": "orders", "ms": 1800}
    assert [span["depth"] for span in document["spans"]] == [0, 1, 2, 1, 2, 3, 4]


def test_without_anything_a_list_with_the_next_command(shop: TracedShop) -> None:
    shop.rooms[EU].traces[ID.replace("01234567", "76543210")] = slow_order()
    result = shop.run("trace").stdout
    assert "/api/orders/1" in result
    assert f"Next: gatewright trace {ID} --region us-east-1" in result or "--region eu-west-1" in result
    assert len(shop.json("trace")["traces"]) == 2


def test_nothing_traced_is_said_and_no_error_in_a_list(shop: TracedShop) -> None:
    shop.rooms[US].traces.clear()
    assert "No traced request in the last 5 minutes" in shop.run("trace", "--minutes", "5").stdout
    assert shop.json("trace") == {"minutes": 30, "traces": []}
    assert "orders: no traced request" in shop.run("trace", "--slowest", "orders", code=1).stderr


def test_a_region_that_refuses_is_a_warning_and_all_of_them_an_error(shop: TracedShop) -> None:
    shop.rooms[EU].fails = AccessDenied("xray get_trace_summaries: not allowed")
    result = shop.run("trace")
    assert "warning: xray" in result.stderr
    assert ID in result.stdout
    shop.rooms[US].fails = AccessDenied("xray get_trace_summaries: not allowed")
    assert "not allowed" in shop.run("trace", code=1).stderr


@pytest.mark.parametrize("refuses", [US, EU])
def test_what_one_region_refuses_is_worth_more_than_what_another_has_not(shop: TracedShop, refuses: str) -> None:
    shop.rooms[US].traces.clear()
    shop.rooms[refuses].fails = AccessDenied("xray batch_get_traces: not allowed")
    assert "not allowed" in shop.run("trace", ID, code=1).stderr


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        pytest.param((ID, "--slowest", "orders"), "not both", id="both"),
        pytest.param(("--slowest", "nobody"), "It has: orders, users", id="service"),
        pytest.param(("nonsense",), "no trace id", id="id"),
    ],
)
def test_refusals_end_with_two(shop: TracedShop, arguments: tuple[str, ...], text: str) -> None:
    assert text in shop.run("trace", *arguments, code=2).stderr


def test_parts_that_cannot_be_read_are_told(shop: TracedShop) -> None:
    shop.rooms[US].traces[ID].append({"id": "5" * 16})
    assert "1 parts of this trace could not be read" in shop.run("trace", ID).stderr


def test_without_tracing_nothing_is_asked(shop: TracedShop) -> None:
    shop.factory.tracing = Tracing(mode="off")  # type: ignore[attr-defined]
    assert "tracing is off" in shop.run("trace", code=2).stderr
    assert not shop.rooms[US].asked


@pytest.mark.parametrize(("embedded", "code"), [(True, 0), (False, 2)], ids=["on the laptop", "on AWS"])
def test_with_a_collector_it_is_said_where_traces_are(
    shop: TracedShop, monkeypatch: pytest.MonkeyPatch, embedded: bool, code: int
) -> None:
    shop.factory.tracing = Tracing(mode="otlp", endpoint="https://otel.example:4318")  # type: ignore[attr-defined]
    monkeypatch.setattr(shop.factory, "embedded", lambda: embedded)
    assert "traces of shop go to https://otel.example:4318" in shop.run("trace", ID, code=code).stderr
    assert bool(shop.rooms[US].asked) is embedded
