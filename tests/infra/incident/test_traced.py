"""An incident's slowest requests, with where each spent its time."""

from __future__ import annotations

from infra.incident.facts import Span
from infra.incident.traced import XRayTraces
from infra.traces.reader import XRay
from tests.infra.traces.cases import BEGAN, ID, FakeXRay

HALF_HOUR = Span(int(BEGAN) - 1740, int(BEGAN) + 60)


def traces(fake: FakeXRay) -> XRayTraces:
    return XRayTraces(xray=XRay(fake.call), prefix="/api/orders", objective_seconds=1.0)


def test_the_slowest_names_the_downstream_call() -> None:
    fake = FakeXRay()
    (slowest,) = traces(fake).slowest("orders", HALF_HOUR)
    assert (slowest.id, slowest.duration_ms) == (ID, 2000)
    assert slowest.parts[0] == ("orders", 1800)


def test_a_day_is_asked_for_in_its_last_six_hours() -> None:
    fake = FakeXRay()
    traces(fake).slowest("orders", Span(0, int(BEGAN) + 60))
    asked = fake.asked[0][1]
    assert (asked["EndTime"] - asked["StartTime"]).total_seconds() == 6 * 3600
