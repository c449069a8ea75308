"""An incident's slowest requests, with where each spent its time."""

from __future__ import annotations

from infra.config.model import Service
from infra.incident.facts import Span
from infra.incident.traced import XRayTraces
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
