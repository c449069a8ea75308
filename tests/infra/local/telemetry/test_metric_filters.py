from __future__ import annotations

import json
from typing import Any

import pytest

from infra.local.telemetry.delivery import Delivery
from infra.local.telemetry.filter_pattern import InvalidPattern
from infra.local.telemetry.metric_filters import read_filter
from tests.infra.local.telemetry.fakes import FakeCloud

REGION, GROUP = "us-east-1", "/shop/access"


def described(pattern: str, name: str = "F", **transformation: Any) -> dict[str, Any]:
    return {
        "filterName": name,
        "logGroupName": GROUP,
        "filterPattern": pattern,
        "metricTransformations": [{"metricName": "M", "metricNamespace": "Shop", "metricValue": "1", **transformation}],
    }


class Clock:
    now = 1_000_020.0  # a whole minute

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def delivery(cloud: FakeCloud, clock: Clock) -> Delivery:
    return Delivery(cloud, clock=clock)


def event(at: float, **content: Any) -> tuple[int, str]:
    return int(at * 1000), json.dumps(content)


async def test_a_matching_event_is_a_value(delivery: Delivery, cloud: FakeCloud, clock: Clock) -> None:
    cloud.filters = [described("{ $.status >= 500 }")]
    delivery.observe(REGION, GROUP, [event(clock.now, status=503), event(clock.now, status=200)])
    delivery.observe(REGION, "/other", [event(clock.now, status=503)])
    await delivery.flush()
    assert cloud.samples("M") == {1.0: 1.0}
    assert cloud.lines(GROUP) == []  # whoever put them has put them


async def test_our_own_log_events_are_seen_too(delivery: Delivery, cloud: FakeCloud, clock: Clock) -> None:
    cloud.filters = [described("ERROR")]
    delivery.log(REGION, GROUP, "s", [(int(clock.now * 1000), "ERROR x"), (int(clock.now * 1000), "fine")])
    await delivery.flush()
    assert cloud.samples("M") == {1.0: 1.0}
    assert cloud.lines(GROUP) == ["ERROR x", "fine"]


async def test_value_and_dimensions_come_from_selectors(delivery: Delivery, cloud: FakeCloud, clock: Clock) -> None:
    dimensions = {"service": "$.service", "canary": "$.canary"}
    cloud.filters = [described("{ $.l = * }", metricValue="$.l", dimensions=dimensions)]
    delivery.observe(
        REGION,
        GROUP,
        [
            event(clock.now, l="12.5", service="orders", canary=True),
            event(clock.now, l=3, service="orders", canary=True),
            event(clock.now, l=3, service="orders"),  # a dimension is missing: no value
            event(clock.now, l="-", service="orders", canary=True),  # no number: no value
        ],
    )
    await delivery.flush()
    assert cloud.samples("M", service="orders", canary="true") == {12.5: 1.0, 3.0: 1.0}
    assert len(cloud.data) == 1


async def test_space_delimited_values(delivery: Delivery, cloud: FakeCloud, clock: Clock) -> None:
    cloud.filters = [described("[ip, status=5*, size]", metricValue="$size", dimensions={"status": "$status"})]
    delivery.observe(
        REGION, GROUP, [(int(clock.now * 1000), "1.1.1.1 502 77"), (int(clock.now * 1000), "1.1.1.1 200 5")]
    )
    await delivery.flush()
    assert cloud.samples("M", status="502") == {77.0: 1.0}


async def test_an_old_event_counts_for_its_own_minute(delivery: Delivery, cloud: FakeCloud, clock: Clock) -> None:
    cloud.filters = [described("")]
    delivery.observe(REGION, GROUP, [(int(clock.now * 1000) - 599_000, "x"), (int(clock.now * 1000), "y")])
    await delivery.flush()
    assert sorted(datum["Timestamp"] for _, datum in cloud.data) == [clock.now - 600, clock.now]


async def test_the_default_value_is_for_minutes_with_events_and_no_match(
    delivery: Delivery, cloud: FakeCloud, clock: Clock
) -> None:
    cloud.filters = [described("ERROR", defaultValue=0)]
    start = clock.now
    delivery.observe(REGION, GROUP, [(int(start * 1000), "fine")])
    await delivery.flush()
    assert cloud.data == []  # the minute is not over
    clock.now = start + 60
    delivery.observe(REGION, GROUP, [(int(clock.now * 1000), "ERROR"), (int(clock.now * 1000), "fine")])
    await delivery.flush()
    clock.now = start + 180
    await delivery.flush()
    await delivery.flush()
    assert sorted((d["Timestamp"], d["Values"]) for _, d in cloud.data) == [(start, [0.0]), (start + 60, [1.0])]


async def test_filters_are_read_once_until_they_change(delivery: Delivery, cloud: FakeCloud, clock: Clock) -> None:
    cloud.filters = [described("nothing", name=f"F{n}") for n in range(60)]  # two pages
    for _ in range(3):
        delivery.observe(REGION, GROUP, [(int(clock.now * 1000), "x")])
        await delivery.flush()
    assert cloud.actions.count("DescribeMetricFilters") == 2
    cloud.filters.append(described("x", name="G"))
    delivery.filters_changed()
    delivery.observe(REGION, GROUP, [(int(clock.now * 1000), "x")])
    await delivery.flush()
    assert cloud.samples("M") == {1.0: 1.0}


async def test_a_bad_filter_does_not_stop_the_others(delivery: Delivery, cloud: FakeCloud, clock: Clock) -> None:
    cloud.filters = [described("{ oops }", name="bad"), described("x", name="good")]
    delivery.observe(REGION, GROUP, [(int(clock.now * 1000), "x")])
    await delivery.flush()
    assert cloud.samples("M") == {1.0: 1.0}


def test_more_than_three_dimensions_are_refused() -> None:
    with pytest.raises(InvalidPattern, match="at most 3"):
        read_filter(described("", dimensions={str(n): "$.a" for n in range(4)}))
