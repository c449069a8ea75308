"""An incident's slowest requests, with where each spent its time."""

from __future__ import annotations

import pytest

from infra.config.model import Gateway, Jurisdiction, Region, Service
from infra.config.tracing_model import Tracing
from infra.incident.facts import Span
from infra.incident.reader import NoTraces
from infra.incident.traced import XRayTraces, tracer_of
from infra.traces.reader import XRay
from tests.infra.traces.cases import BEGAN, ID, FakeXRay

ORDERS = Service(name="orders", path="/api/orders", lambda_folder="lambdas/orders")
HALF_HOUR = Span(int(BEGAN) - 1740, int(BEGAN) + 60)


def traces(fake: FakeXRay) -> XRayTraces:
    return XRayTraces(xray=XRay(fake.call))


def test_the_slowest_names_the_downstream_call() -> None:
    fake = FakeXRay()
    (slowest,) = traces(fake).slowest(ORDERS, HALF_HOUR)
    assert (slowest.id, slowest.duration_ms) == (ID, 2000)
    assert slowest.parts[0] == ("orders", 1800)


def test_a_day_is_asked_for_in_its_last_six_hours() -> None:
    fake = FakeXRay()
    traces(fake).slowest(ORDERS, Span(0, int(BEGAN) + 60))
    asked = fake.asked[0][1]
    assert (asked["EndTime"] - asked["StartTime"]).total_seconds() == 6 * 3600


def test_it_asks_for_slow_requests_of_the_service_first() -> None:
    fake = FakeXRay()
    traces(fake).slowest(ORDERS, HALF_HOUR)
    assert fake.asked[0][1]["FilterExpression"] == 'http.url CONTAINS "/api/orders" AND responsetime > 1'


@pytest.mark.parametrize(
    ("tracing", "embedded", "asked"),
    [
        pytest.param(Tracing(), False, True, id="X-Ray"),
        pytest.param(Tracing(mode="otlp", endpoint="https://otel.example"), False, False, id="a collector"),
        pytest.param(
            Tracing(mode="otlp", endpoint="https://otel.example"), True, True, id="a collector, on the laptop"
        ),
        pytest.param(Tracing(mode="off"), True, False, id="off"),
    ],
)
def test_who_is_asked(tracing: Tracing, embedded: bool, asked: bool) -> None:
    regions = (Region(name="us-east-1", jurisdiction=Jurisdiction.US),)
    gateway = Gateway(name="shop", regions=regions, services=(ORDERS,), tracing=tracing)
    found = tracer_of(gateway, FakeXRay().call, embedded=embedded)
    assert isinstance(found, XRayTraces if asked else NoTraces)
