"""The state of breakers is what is in the gateway's table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from infra.local.meter.breakers import BreakerStates
from infra.local.ports import CloudCallError, HttpResponse
from lambdas.breaker.circuit.items import circuit_values
from lambdas.breaker.circuit.rules import Rules
from lambdas.breaker.circuit.states import Circuit, State

US = "us-east-1"


class Tables:
    """A DynamoDB with one table, and a Lambda with some functions."""

    def __init__(self, items: dict[str, dict[str, Any]], *functions: str) -> None:
        self.items, self.functions, self.asked = items, functions, 0

    async def call(self, service: str, region: str, *, path: str = "", **_: Any) -> HttpResponse:
        assert service == "lambda"
        self.asked += 1
        return HttpResponse(status=200 if path.rpartition("/")[2] in self.functions else 404)

    async def json(self, service: str, region: str, target: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        if parameters["TableName"] != "gatewright-shop-breakers" or region != US:
            raise CloudCallError("ResourceNotFoundException", "no table")
        item = self.items.get(parameters["Key"]["pk"]["S"])
        return {"Item": item} if item else {}


@pytest.mark.parametrize(
    ("circuit", "rules", "state"),
    [
        pytest.param(Circuit(state=State.CLOSED), {}, "CLOSED", id="closed"),
        pytest.param(Circuit(state=State.OPEN, retry_after_ms=900_000), {}, "OPEN", id="open"),
        pytest.param(Circuit(state=State.FORCED_OPEN, until_ms=60_000), {}, "CLOSED", id="a forced state that is over"),
    ],
)
async def test_the_state_with_the_timers_that_are_due(circuit, rules, state):
    item = {**circuit_values(circuit), "rules": {"S": json.dumps({**Rules()._asdict(), **rules})}}
    states = BreakerStates(Tables({"orders": item}), clock=lambda: 100.0)
    wanted = [(US, "shop", "orders"), (US, "shop", "users"), ("eu-west-1", "shop", "orders"), (US, "other", "orders")]
    assert await states.read(wanted) == {(US, "shop", "orders"): state}


async def test_an_item_that_cannot_be_read_is_a_new_breaker():
    states = BreakerStates(Tables({"orders": {"state": {"S": "SIDEWAYS"}}}), clock=lambda: 100.0)
    assert await states.read([(US, "shop", "orders")]) == {(US, "shop", "orders"): "CLOSED"}


async def test_a_breaker_that_nobody_went_through_yet_is_closed_and_its_function_is_asked_for_seldom():
    tables = Tables({}, "gatewright-shop-orders_cb")
    states = BreakerStates(tables, clock=lambda: 100.0)
    wanted = [(US, "shop", "orders"), (US, "shop", "users")]
    assert await states.read(wanted) == {(US, "shop", "orders"): "CLOSED"}
    assert await states.read(wanted) == {(US, "shop", "orders"): "CLOSED"}
    assert tables.asked == 2
