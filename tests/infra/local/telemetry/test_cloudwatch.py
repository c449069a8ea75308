"""What is put into ministack's CloudWatch: it is the one that this version knows, each function is checked, values are read once."""

from __future__ import annotations

import importlib
import types
from contextlib import nullcontext
from typing import Any

import pytest

from infra.errors import SeamChanged
from infra.local.telemetry.cloudwatch import _NEEDED, _STORES, CloudWatch
from infra.local.telemetry.metric_store import MetricStore

PLACE = ("000000000000", "us-east-1")
LATENCY = {"Namespace": "n", "MetricName": "latency", "Dimensions": []}


def copy_of_ministacks() -> types.SimpleNamespace:
    module = importlib.import_module("ministack.services.cloudwatch")
    return types.SimpleNamespace(**vars(module))


def made(module: Any) -> CloudWatch:
    return CloudWatch(module, clock=lambda: 0.0, scope=lambda _account, _region: nullcontext())


def test_ministack_is_what_we_know() -> None:
    made(copy_of_ministacks())


@pytest.mark.parametrize("name", [*_NEEDED, *_STORES])
def test_a_missing_part_is_named(name: str) -> None:
    module = copy_of_ministacks()
    delattr(module, name)
    with pytest.raises(SeamChanged, match=name):
        made(module)


def test_another_signature_is_named() -> None:
    module = copy_of_ministacks()
    module._stat_value = lambda points: points
    with pytest.raises(SeamChanged, match="_stat_value"):
        made(module)


def test_a_second_engine_builds_on_ministack_and_not_on_the_first() -> None:
    module = copy_of_ministacks()
    theirs = importlib.import_module("ministack.services.cloudwatch")._get_metric_data
    theirs = getattr(theirs, "original", theirs)
    for _ in range(3):
        made(module).install()
    assert module._get_metric_data.original is theirs


class Kept:
    """Points of one metric, as ministack keeps them."""

    def __init__(self) -> None:
        self.points: list[dict[str, Any]] = []
        self.module = copy_of_ministacks()
        self.module._metrics = types.SimpleNamespace(get_scoped=lambda *_: self.points)
        self.store = MetricStore(self.module)

    def put(self, at: float, value: float, count: float = 1.0) -> None:
        self.points.append({"Timestamp": at, "Value": value, "Count": count, "Unit": "None", "Dimensions": {}})

    def window(self, stat: str, start: int, end: int) -> float | None:
        return self.store.window(PLACE, LATENCY, stat, start, end)


def test_a_window_sees_what_came_since_the_last_look() -> None:
    kept = Kept()
    assert kept.window("Sum", 0, 60) is None
    kept.put(5.0, 10.0, 3.0)
    assert kept.window("Sum", 0, 60) == 30.0
    kept.put(59.9, 10.0)
    kept.put(60.0, 7.0)
    assert (kept.window("Sum", 0, 60), kept.window("Sum", 0, 120), kept.window("SampleCount", 60, 120)) == (40, 47, 1)


def test_values_that_were_evicted_are_forgotten() -> None:
    kept = Kept()
    kept.put(5.0, 1.0)
    kept.put(65.0, 2.0)
    assert kept.window("Sum", 0, 120) == 3.0
    kept.points = [dict(point) for point in kept.points[1:]]
    assert kept.window("Sum", 0, 120) == 2.0


def test_a_list_that_was_only_copied_is_not_counted_twice() -> None:
    kept = Kept()
    kept.put(5.0, 1.0)
    assert kept.window("Sum", 0, 60) == 1.0
    kept.points = list(kept.points)
    assert kept.window("Sum", 0, 60) == 1.0


@pytest.mark.parametrize(
    ("before", "now", "events"),
    [("OK", "ALARM", 1), ("INSUFFICIENT_DATA", "INSUFFICIENT_DATA", 0)],
    ids=["a change", "made"],
)
@pytest.mark.parametrize("store", ["_alarms", "_composite_alarms"])
def test_event_bridge_hears_of_every_change_and_of_nothing_else(store: str, before: str, now: str, events: int) -> None:
    module, heard = copy_of_ministacks(), []
    module._alarms, module._composite_alarms = {}, {}
    getattr(module, store)["slow"] = {"AlarmName": "slow", "AlarmArn": "arn:slow"}
    written: list[tuple[str, str, str]] = []

    def _record_history(alarm_name: str, old_state: str, new_state: str, reason: str) -> None:
        written.append((alarm_name, old_state, new_state))

    module._record_history = _record_history
    CloudWatch(module, clock=lambda: 0.0, scope=lambda _account, _region: nullcontext(), tell=heard.append).install()
    module._record_history("slow", before, now, "because")
    module._record_history("nobody", "OK", "ALARM", "because")
    assert written == [("slow", before, now), ("nobody", "OK", "ALARM")]
    assert [one["Resources"] for one in heard] == [["arn:slow"]] * events
