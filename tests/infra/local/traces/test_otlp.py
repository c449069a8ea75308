from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from infra.local.ports import HttpRequest
from infra.local.traces.otlp import PATH, Sink, segment_of
from infra.local.traces.store import TraceStore

TRACE, ROOT = "5759e988bd862e3fe1be46a994272793", "1-5759e988-bd862e3fe1be46a994272793"
SPAN_A, SPAN_B = "53995c3f42cd8ad8", "53995c3f42cd8ad9"
REGION = "eu-central-1"


def span(span_id: str = SPAN_A, *, kind: Any = 1, attributes: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:  # fmt: skip
    own = {"traceId": TRACE, "spanId": span_id, "name": "work", "kind": kind}
    times = {"startTimeUnixNano": "1760000000000000000", "endTimeUnixNano": "1760000000250000000"}
    given = [{"key": name, "value": value} for name, value in (attributes or {}).items()]
    return {**own, **times, "attributes": given, **more}


def export(*spans: dict[str, Any], **resource: str) -> dict[str, Any]:
    told = {"service.name": "orders", "cloud.region": REGION} | {k.replace("_", "."): v for k, v in resource.items()}
    attributes = [{"key": name, "value": {"stringValue": value}} for name, value in told.items()]
    return {"resourceSpans": [{"resource": {"attributes": attributes}, "scopeSpans": [{"spans": list(spans)}]}]}


def send(sink: Sink, body: bytes, kind: str = "application/json", path: str = PATH, **headers: str) -> tuple[int, Any]:
    pairs = [("Content-Type", kind), *((name.replace("_", "-"), value) for name, value in headers.items())]
    answer = sink.answer(HttpRequest(method="POST", path=path, headers=pairs, body=body))
    return answer.status, json.loads(answer.body)


def test_a_server_span_is_a_segment_and_what_is_below_subsegments() -> None:
    store = TraceStore()
    url = {"url.full": {"stringValue": "https://pay.example"}, "server.address": {"stringValue": "pay.example"}}
    calls = span(
        SPAN_B, kind=3, parentSpanId=SPAN_A, attributes=url | {"http.response.status_code": {"intValue": "429"}}
    )
    body = export(span(kind=2, parentSpanId="f" * 16, attributes={"gatewright.state": {"stringValue": "open"}}), calls)
    assert send(Sink(store), json.dumps(body).encode()) == (200, {})
    trace = store.get(REGION, ROOT)
    assert trace is not None
    assert trace.documents[SPAN_A] == {
        "id": SPAN_A, "trace_id": ROOT, "parent_id": "f" * 16, "name": "orders",
        "start_time": 1760000000.0, "end_time": 1760000000.25, "annotations": {"gatewright_state": "open"},
    }  # fmt: skip
    call = trace.documents[SPAN_B]
    assert (call["name"], call["type"], call["namespace"]) == ("pay.example", "subsegment", "remote")
    assert (call["error"], call["throttle"], call["http"]["response"]["status"]) == (True, True, 429)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"kind": "SPAN_KIND_SERVER"}, {"name": "orders"}, id="kind by name"),
        pytest.param({"kind": 1}, {"name": "orders"}, id="a root of any kind is a segment"),
        pytest.param({"kind": 1, "parentSpanId": SPAN_B}, {"name": "work", "type": "subsegment"}, id="internal"),
        pytest.param({"status": {"code": 2}}, {"fault": True}, id="error without a status"),
        pytest.param({"attributes": {"http.status_code": {"intValue": 404}}, "status": {"code": 2}}, {"error": True}, id="older name"),
        pytest.param({"attributes": {"a-b": {"boolValue": True}, "n": {"doubleValue": 1.5}}}, {"annotations": {"a_b": True, "n": 1.5}}, id="kinds of values"),
        pytest.param({"attributes": {"http.route": {"stringValue": "/api/orders/{id}"}}}, {"http": {"request": {"url": "/api/orders/{id}"}}}, id="a route is an address"),
        pytest.param({"attributes": {"list": {"arrayValue": {"values": []}}}}, {"name": "orders"}, id="lists are left out"),
    ],
)  # fmt: skip
def test_one_span(given: dict[str, Any], expected: dict[str, Any]) -> None:
    made = segment_of({"service.name": "orders"}, span(**given))
    assert {name: made[name] for name in expected} == expected
    assert "fault" not in made or made["fault"] is expected.get("fault")


def test_gzip_and_what_is_refused_is_counted() -> None:
    store = TraceStore()
    body = export(span(), span("nonsense"), {"traceId": TRACE})
    status, told = send(Sink(store), gzip.compress(json.dumps(body).encode()), Content_Encoding="gzip")
    assert (status, told["partialSuccess"]["rejectedSpans"]) == (200, "2")
    assert "id: 16 hexadecimal digits" in told["partialSuccess"]["errorMessage"]
    assert store.get(REGION, ROOT) is not None


def test_a_span_without_a_region_goes_where_its_trace_is() -> None:
    store = TraceStore()
    send(Sink(store), json.dumps(export(span())).encode())
    send(Sink(store), json.dumps(export(span(SPAN_B), cloud_region="../x")).encode())
    assert store.regions == (REGION,)
    assert set(store.get(REGION, ROOT).documents) == {SPAN_A, SPAN_B}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("body", "kind", "path", "status"),
    [
        pytest.param(b"\x0a\x00", "application/x-protobuf", PATH, 415, id="protobuf"),
        pytest.param(b"{}", "text/plain", PATH, 415, id="what a foreign page could send"),
        pytest.param(b"{", "application/json", PATH, 400, id="no JSON"),
        pytest.param(b"[]", "application/json", PATH, 400, id="no object"),
        pytest.param(b'{"resourceSpans": [1]}', "application/json", PATH, 400, id="no resource"),
        pytest.param(b"{}", "application/json; charset=utf-8", PATH, 200, id="nothing"),
        pytest.param(b"{}", "application/json", PATH.replace("traces", "metrics"), 404, id="metrics"),
    ],
)
def test_other_requests(body: bytes, kind: str, path: str, status: int) -> None:
    assert send(Sink(TraceStore()), body, kind, path)[0] == status
