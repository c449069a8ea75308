"""The embedded metric format: what becomes a metric, and that nonsense becomes none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.telemetry.delivery import Delivery
from infra.local.telemetry.embedded_metrics import Embedded, embedded
from lambdas.breaker.circuit.journal import Journal
from lambdas.breaker.circuit.states import Circuit, Event, Kind
from tests.infra.local.telemetry.fakes import FakeCloud

NOW_MS = 1_000_000_000


def line(directive: dict[str, Any] | None = None, **members: Any) -> str:
    whole = {"Namespace": "N", "Dimensions": [["service"]], "Metrics": [{"Name": "Calls", "Unit": "Count"}]}
    aws = {"Timestamp": NOW_MS, "CloudWatchMetrics": [whole | (directive or {})]}
    return json.dumps({"_aws": aws, "service": "orders", "Calls": 3, **members})


def test_a_number_with_its_dimension() -> None:
    assert embedded(line(), 0) == [Embedded(NOW_MS, "N", "Calls", "Count", (("service", "orders"),), 3.0)]


def test_several_values_sets_and_metrics() -> None:
    directive = {"Dimensions": [["service"], ["service", "to"], []], "Metrics": [{"Name": "Calls"}, {"Name": "Slow"}]}
    found = embedded(line(directive, to="OPEN", Slow=[1, 2.5]), 0)
    assert len(found) == 9
    assert {one.unit for one in found} == {"None"}
    assert Embedded(NOW_MS, "N", "Slow", "None", (("service", "orders"), ("to", "OPEN")), 2.5) in found


def test_without_dimensions_the_metric_has_none() -> None:
    assert embedded(line({"Dimensions": []}), 0)[0].dimensions == ()


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("plain text", id="text"),
        pytest.param('{"service": "orders", "Calls": 3}', id="no directive"),
        pytest.param(f"INFO {line()}", id="text before it"),
        pytest.param(line({"Dimensions": [["absent"]]}), id="a dimension that is absent"),
        pytest.param(line({"Dimensions": [["Calls"]]}), id="a dimension that is a number"),
        pytest.param(line({"Metrics": [{"Name": "Absent"}]}), id="a metric that is absent"),
        pytest.param(line(Calls="3"), id="a metric that is text"),
        pytest.param(line(Calls=True), id="a metric that is a truth value"),
        pytest.param('{"_aws": {"CloudWatchMetrics": 3}}', id="no list"),
        pytest.param('{"_aws": {"CloudWatchMetrics": [{}]}}', id="no namespace"),
        pytest.param('["CloudWatchMetrics"]', id="no object"),
    ],
)
def test_what_gives_no_metric(message: str) -> None:
    assert embedded(message, 0) == []


nonsense = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3), lambda x: st.lists(x, max_size=3)
)


@given(aws=nonsense, directive=nonsense, dimensions=nonsense, metrics=nonsense)
def test_nonsense_is_no_exception(aws: Any, directive: Any, dimensions: Any, metrics: Any) -> None:
    for directives in (aws, [directive], [{"Namespace": "N", "Dimensions": dimensions, "Metrics": metrics}]):
        embedded(json.dumps({"_aws": {"CloudWatchMetrics": directives}}), 0)
    embedded(json.dumps({"_aws": aws, "CloudWatchMetrics": 1}), 0)


async def test_what_the_breaker_writes_is_a_metric_of_the_gateway() -> None:
    cloud, lines = FakeCloud(), list[str]()
    delivery = Delivery(cloud, clock=lambda: NOW_MS / 1000)
    journal = Journal(lines.append, gateway="shop", service="orders", clock=lambda: NOW_MS / 1000)
    journal.event(Event(Kind.STATE_TRANSITION, NOW_MS, "CLOSED -> OPEN"), Circuit())
    delivery.log("us-east-1", "/aws/lambda/x", "s", [(NOW_MS, text.rstrip("\n")) for text in lines])
    await delivery.flush()
    ((namespace, datum),) = [(name, one) for name, one in cloud.data if name.startswith("Gatewright")]
    assert (namespace, datum["MetricName"]) == ("Gatewright/shop", "BreakerTransition")
    assert {d["Name"]: d["Value"] for d in datum["Dimensions"]} == {"service": "orders", "to": "OPEN"}
