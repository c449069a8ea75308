"""Services are read from the metric filters that were deployed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from infra.config.model import Objectives, Service
from infra.local.meter.services import FRESH_SECONDS, Services, found_in
from infra.local.ports import CloudCallError
from infra.signals import namespace, signals
from tests.infra.local.telemetry.fakes import FakeCloud

US = "us-east-1"


def filters(*services: Service) -> list[dict[str, Any]]:
    return [
        {
            "filterName": one.filter_name,
            "filterPattern": one.pattern,
            "metricTransformations": [{"metricNamespace": namespace("shop"), "metricName": one.metric}],
        }
        for one in signals(services)
    ]


ORDERS = Service(name="orders", path="/api/orders", url="https://o.example", objectives=Objectives(latency_ms=250))
OPEN = Service(name="open-orders", path="/api/orders/open", url="https://p.example")


def test_what_the_stacks_deploy_is_understood():
    found = found_in([*filters(ORDERS, OPEN), {"filterName": "x", "filterPattern": "", "metricTransformations": None}])
    assert [(one.gateway, one.name, one.path, one.objective_ms) for one in found] == [
        ("shop", "open-orders", "/api/orders/open", 1000),
        ("shop", "orders", "/api/orders", 250),
    ]


@pytest.mark.parametrize(
    ("route", "name"),
    [
        pytest.param("/api/orders", "orders", id="the path itself"),
        pytest.param("/api/orders/{id}", "orders", id="below it"),
        pytest.param("/api/orders/open/{id}", "open-orders", id="the longest path wins"),
        pytest.param("/api/ordersx", None, id="only begins alike"),
        pytest.param("", None, id="no route"),
    ],
)
async def test_whose_route_it_is(route, name):
    services = Services(FakeCloud(filters=filters(ORDERS, OPEN)), clock=lambda: 0.0)
    await services.refresh([US])
    found = services.of(US, "shop", route)
    assert (found.name if found else None) == name
    assert services.of(US, "other", route) is None
    assert services.of("eu-west-1", "shop", route) is None


async def test_it_is_read_again_after_a_while_and_kept_when_it_cannot_be():
    now = [0.0]
    cloud = FakeCloud(filters=filters(ORDERS))
    services = Services(cloud, clock=lambda: now[0])
    await services.refresh([US])
    cloud.filters = filters(ORDERS, OPEN)
    await services.refresh([US])
    assert len(services.in_region(US)) == 1
    now[0] = FRESH_SECONDS
    await services.refresh([US])
    assert len(services.in_region(US)) == 2

    async def fails(service: str, region: str, target: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        raise CloudCallError("ServiceUnavailable", "no")

    cloud.json = fails  # type: ignore[method-assign]
    now[0] = 2 * FRESH_SECONDS
    await services.refresh([US])
    assert len(services.in_region(US)) == 2
