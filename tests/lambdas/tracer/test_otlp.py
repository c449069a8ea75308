"""OTLP as JSON on a real socket: what a collector gets, and what happens without one."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from lambdas.tracer.otlp import PAUSE_SECONDS, Exporter, encode, resource
from lambdas.tracer.spans import CLIENT, SERVER, Span
from tests.lambdas.breaker.test_upstream import Backend

SPAN = Span(
    trace_id="5759e988bd862e3fe1be46a994272793",
    root="",
    id="53995c3f42cd8ad8",
    parent_id="",
    name="GET /api/orders/{orderId}",
    kind=SERVER,
    started=1_790_000_000.25,
    ended=1_790_000_000.5,
    method="GET",
    route="/api/orders/{orderId}",
    status=503,
    outcome="status_5xx",
    notes={"request_id": "r-1"},
)
CALL = SPAN._replace(
    id="1f2e3d4c5b6a7980",
    parent_id=SPAN.id,
    name="orders",
    kind=CLIENT,
    url="https://orders.example.com:8443/api/orders/{orderId}",
    status=0,
    outcome="timeout",
    notes={"breaker": "HALF_OPEN", "refused": False},
)


def attributes(made: dict[str, Any]) -> dict[str, Any]:
    return {one["key"]: next(iter(one["value"].items())) for one in made["attributes"]}


def test_the_json_of_a_request() -> None:
    environment = {"AWS_REGION": "eu-west-1", "AWS_LAMBDA_FUNCTION_NAME": "gatewright-shop-orders"}
    request = json.loads(encode(resource(environment, "shop-orders"), [SPAN, CALL]))
    (of_resource,) = request["resourceSpans"]
    assert attributes(of_resource["resource"]) == {
        "service.name": ("stringValue", "shop-orders"),
        "cloud.provider": ("stringValue", "aws"),
        "cloud.platform": ("stringValue", "aws_lambda"),
        "cloud.region": ("stringValue", "eu-west-1"),
        "faas.name": ("stringValue", "gatewright-shop-orders"),
    }
    (of_scope,) = of_resource["scopeSpans"]
    own, call = of_scope["spans"]
    assert {name: value for name, value in own.items() if name != "attributes"} == {
        "traceId": "5759e988bd862e3fe1be46a994272793",
        "spanId": "53995c3f42cd8ad8",
        "name": "GET /api/orders/{orderId}",
        "kind": 2,
        "startTimeUnixNano": "1790000000250000000",
        "endTimeUnixNano": "1790000000500000000",
        "status": {"code": 2, "message": "status_5xx"},
    }
    assert attributes(own) == {
        "http.request.method": ("stringValue", "GET"),
        "http.route": ("stringValue", "/api/orders/{orderId}"),
        "http.response.status_code": ("intValue", "503"),
        "error.type": ("stringValue", "status_5xx"),
        "gatewright.request_id": ("stringValue", "r-1"),
    }
    assert (call["parentSpanId"], call["kind"]) == (SPAN.id, 3)
    assert attributes(call) == {
        "http.request.method": ("stringValue", "GET"),
        "url.template": ("stringValue", "/api/orders/{orderId}"),
        "server.address": ("stringValue", "orders.example.com"),
        "server.port": ("intValue", "8443"),
        "error.type": ("stringValue", "timeout"),
        "gatewright.breaker": ("stringValue", "HALF_OPEN"),
        "gatewright.refused": ("boolValue", False),
    }


def test_who_tells_may_say_more() -> None:
    said = {
        "OTEL_RESOURCE_ATTRIBUTES": "team=shop%2Corders, deployment.environment.name = live ,broken,=x,service.name=other"
    }
    known = resource(said, "shop-orders")
    assert (known["team"], known["deployment.environment.name"]) == ("shop,orders", "live")
    assert known["service.name"] == "shop-orders"
    assert resource(said, "")["service.name"] == "other"
    assert not {"broken", ""} & known.keys()


@pytest.mark.parametrize("outcome", ["ok", "throttled", "refused", "denied", "unauthorized"])
def test_what_is_as_it_should_be_is_no_error(outcome: str) -> None:
    request = json.loads(encode({}, [CALL._replace(outcome=outcome)]))
    assert "status" not in request["resourceSpans"][0]["scopeSpans"][0]["spans"][0]


class Desk:
    def __init__(self, endpoint: str) -> None:
        self.now, self.lines = 0.0, list[str]()
        self.exporter = Exporter(endpoint, {}, write=self.lines.append, clock=lambda: self.now)

    def export(self, seconds: float = 5.0, number: int = 1) -> None:
        self.exporter.add(SPAN._replace(id=f"{number:016x}"))
        self.exporter.flush(seconds)


@pytest.fixture
def backend() -> Iterator[Backend]:
    made = Backend()
    yield made
    made.delay.set()
    made.server.shutdown()
    made.server.server_close()


def sent(backend: Backend) -> list[list[str]]:
    """Ids of the spans of each request."""
    bodies = [json.loads(body) for _, _, _, body in backend.asked]
    return [[span["spanId"][-1] for span in body["resourceSpans"][0]["scopeSpans"][0]["spans"]] for body in bodies]


def test_spans_are_posted_as_otlp_says(backend: Backend) -> None:
    desk = Desk(f"{backend.url}/v1/traces")
    desk.export(number=1)
    desk.export(number=2)
    assert sent(backend) == [["1"], ["2"]]
    method, path, headers, _ = backend.asked[0]
    assert (method, path, headers["content-type"]) == ("POST", "/v1/traces", "application/json")
    assert desk.lines == []


def test_what_has_no_time_waits_for_the_next(backend: Backend) -> None:
    desk = Desk(f"{backend.url}/v1/traces")
    desk.export(seconds=0.01, number=1)
    desk.export(seconds=-1, number=2)
    assert backend.asked == []
    desk.export(number=3)
    assert sent(backend) == [["1", "2", "3"]]


def test_a_failure_is_told_once_and_then_nobody_asks_for_a_while(backend: Backend) -> None:
    desk = Desk(f"{backend.url}/v1/traces")
    backend.status = 503
    for number in range(3):
        desk.export(number=number)
    desk.now = PAUSE_SECONDS + 0.1
    desk.export(number=4)
    assert sent(backend) == [["0"], ["4"]]
    (line,) = desk.lines
    assert json.loads(line) == {
        "level": "WARN", "message": "traces are not exported", "reason": "status 503", "spans": 1,
    }  # fmt: skip
    desk.now, backend.status = 2 * PAUSE_SECONDS + 0.2, 200
    desk.export(number=5)
    backend.status = 400
    desk.export(number=6)
    assert len(desk.lines) == 2, "a new streak has a line of its own"


def test_a_collector_that_is_late_is_not_waited_for(backend: Backend) -> None:
    desk = Desk(f"{backend.url}/v1/traces")
    backend.wait = True
    desk.export(seconds=0.03)
    assert json.loads(desk.lines[0])["reason"] == "timeout"
    desk.export()
    assert len(backend.asked) == 1


def test_nobody_there_is_no_trouble() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        desk = Desk(f"http://127.0.0.1:{taken.getsockname()[1]}/v1/traces")
        desk.export()
    assert json.loads(desk.lines[0])["reason"] == "unreachable: ConnectionRefusedError"


def test_what_waits_is_bounded(backend: Backend) -> None:
    desk = Desk(f"{backend.url}/v1/traces")
    for _ in range(1000):
        desk.export(seconds=0)
    desk.export()
    assert len(sent(backend)[0]) == 100
