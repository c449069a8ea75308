from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from infra.local.telemetry.metric_buffer import MAX_VALUES, MetricBuffer, MetricKey

KEY = MetricKey("r", "N", "Latency", "Milliseconds", (("Stage", "live"),))


def test_equal_values_are_counted() -> None:
    buffer = MetricBuffer()
    for value in (5.0, 7.0, 5.0):
        buffer.add(KEY, value)
    ((region, namespace, (datum,)),) = buffer.batches(99.0)
    assert (region, namespace) == ("r", "N")
    assert datum == {
        "MetricName": "Latency",
        "Dimensions": [{"Name": "Stage", "Value": "live"}],
        "Timestamp": 99.0,
        "Unit": "Milliseconds",
        "Values": [5.0, 7.0],
        "Counts": [2.0, 1.0],
    }


@given(st.lists(st.floats(0.001, 1e6), min_size=1, max_size=600))
def test_no_value_is_lost_and_none_is_far_off(values: list[float]) -> None:
    buffer = MetricBuffer()
    for value in values:
        buffer.add(KEY, value)
    data = [datum for *_, batch in buffer.batches(0.0, size=2) for datum in batch]
    assert all(len(datum["Values"]) <= MAX_VALUES for datum in data)
    found = [
        value
        for datum in data
        for value, count in zip(datum["Values"], datum["Counts"], strict=True)
        for _ in range(int(count))
    ]
    for given_value, published in zip(sorted(values), sorted(found), strict=True):
        assert abs(given_value - published) <= 0.0051 * given_value


def test_batches_are_small_and_apart_by_namespace() -> None:
    buffer = MetricBuffer()
    for number in range(5):
        buffer.add(KEY._replace(name=f"m{number}"), 1.0)
    buffer.add(KEY._replace(namespace="Other"), 1.0)
    assert [(namespace, len(data)) for _, namespace, data in buffer.batches(0.0, size=2)] == [
        ("N", 2), ("N", 2), ("N", 1), ("Other", 1)
    ]  # fmt: skip
