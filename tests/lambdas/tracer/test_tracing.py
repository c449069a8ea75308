"""OpenTelemetry's side of an invocation: whose trace it is, whether it is recorded, what is passed on."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.tracer import ids
from lambdas.tracer.events import with_headers
from lambdas.tracer.settings import Sampler, Settings
from lambdas.tracer.spans import CLIENT, SERVER, Span
from lambdas.tracer.tracing import Tracer

ROOT, TRACE = "1-5759e988-bd862e3fe1be46a994272793", "5759e988bd862e3fe1be46a994272793"
CLIENT_TRACE, CLIENT_SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SETTINGS = {
    "OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example.com:4318",
    "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
    "OTEL_TRACES_SAMPLER_ARG": "1",
    "OTEL_SERVICE_NAME": "shop-orders",
}


class Desk:
    def __init__(self, **environment: str) -> None:
        self.environment, self.spans, self.now = {**SETTINGS, **environment}, list[Span](), 1000.0
        self.flushed: list[float] = []
        self.tracer = Tracer(
            Settings.from_environment(self.environment),
            self.environment,
            clock=lambda: self.now,
            send=self.spans.append,
            flush=self.flushed.append,
        )


def event(**headers: Any) -> dict[str, Any]:
    several = {name: value if isinstance(value, list) else [value] for name, value in headers.items()}
    return {
        "httpMethod": "GET",
        "resource": "/api/orders/{orderId}",
        "multiValueHeaders": several,
        "requestContext": {"requestId": "r-1"},
    }


def amazon(root: str = ROOT) -> dict[str, str]:
    return {"X-Amzn-Trace-Id": f"Root={root}"}


def test_a_trace_of_our_own_has_the_id_of_the_access_log() -> None:
    desk = Desk(_X_AMZN_TRACE_ID="Root=1-00000000-00000000000000000000000a;Sampled=0")
    trace = desk.tracer.begin(event(**amazon()))
    assert (trace.trace_id, trace.parent_id, trace.sampled, trace.continued) == (TRACE, "", True, False)
    assert desk.tracer.log_id() == TRACE


def test_without_any_header_lambdas_trace_and_then_a_new_one() -> None:
    assert Desk(_X_AMZN_TRACE_ID=f"Root={ROOT};Sampled=0").tracer.begin(event()).trace_id == TRACE
    assert ids.read_traceparent(Desk().tracer.begin(event()).traceparent) is not None


@pytest.mark.parametrize("flag", ["01", "00"])
@pytest.mark.parametrize("ratio", ["0", "1"])
def test_a_client_who_traces_decides(flag: str, ratio: str) -> None:
    desk = Desk(OTEL_TRACES_SAMPLER_ARG=ratio)
    trace = desk.tracer.begin(event(traceparent=f"00-{CLIENT_TRACE}-{CLIENT_SPAN}-{flag}", **amazon()))
    assert (trace.trace_id, trace.parent_id) == (CLIENT_TRACE, CLIENT_SPAN)
    assert trace.sampled is (flag == "01")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("nonsense", id="not-valid"),
        pytest.param([f"00-{CLIENT_TRACE}-{CLIENT_SPAN}-01"] * 2, id="twice"),
        pytest.param(f"00-{'0' * 32}-{CLIENT_SPAN}-01", id="zeros"),
    ],
)
def test_what_is_no_trace_begins_one(value: Any) -> None:
    trace = Desk().tracer.begin(event(traceparent=value, tracestate="a=1", **amazon()))
    assert (trace.trace_id, trace.continued) == (TRACE, False)


@given(st.integers(1, 2**128 - 1), st.floats(0, 1))
def test_the_share_is_of_the_last_eight_bytes(number: int, ratio: float) -> None:
    """As OpenTelemetry's SDKs have it: opentelemetry-python, sdk/trace/sampling.py, TraceIdRatioBased."""
    expected = (number & (2**64 - 1)) < round(ratio * 2**64)
    assert Sampler.of(ratio).takes(f"{number:032x}") is expected
    assert Sampler.of(ratio, follows=False).takes(f"{number:032x}", not expected) is expected
    assert Sampler.of(ratio).takes(f"{number:032x}", not expected) is not expected


@pytest.mark.parametrize(
    ("environment", "bound", "follows", "problems"),
    [
        ({}, 2**64, True, 0),
        ({"OTEL_TRACES_SAMPLER": "always_off"}, 0, False, 0),
        ({"OTEL_TRACES_SAMPLER": "parentbased_always_off"}, 0, True, 0),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.5"}, 2**63, False, 0),
        ({"OTEL_TRACES_SAMPLER": "traceidratio"}, 2**64, False, 0),
        ({"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "5%"}, 2**64, True, 1),
        ({"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "nan"}, 2**64, True, 1),
        ({"OTEL_TRACES_SAMPLER": "jaeger_remote"}, 2**64, True, 1),
    ],
)
def test_samplers(environment: dict[str, str], bound: int, follows: bool, problems: int) -> None:
    read = Settings.from_environment({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", **environment})
    assert (read.sampler, len(read.problems)) == (Sampler(bound, follows), problems)


@pytest.mark.parametrize(
    ("environment", "endpoint", "daemon"),
    [
        ({}, "", "169.254.100.1:2000"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://c:4318"}, "https://c:4318/v1/traces", ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://c/base/"}, "https://c/base/v1/traces", ""),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://c/own"}, "https://c/own", ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://user:secret@c"}, "", ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "", ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://c", "OTEL_SDK_DISABLED": "TRUE"}, "", ""),
    ],
)
def test_where_spans_go(environment: dict[str, str], endpoint: str, daemon: str) -> None:
    read = Settings.from_environment({"AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1:2000", **environment})
    assert (read.endpoint, read.daemon) == (endpoint, daemon)
    assert "secret" not in "".join(read.problems)


def test_spans_of_an_invocation_and_its_call() -> None:
    desk = Desk()
    asked = event(traceparent=f"00-{CLIENT_TRACE}-{CLIENT_SPAN}-01", tracestate="a=1")
    trace = desk.tracer.begin(asked)
    call = desk.tracer.call()
    passed = desk.tracer.event_for_function(asked)
    assert passed["multiValueHeaders"] == {"tracestate": ["a=1"], "traceparent": [f"00-{CLIENT_TRACE}-{call.id}-01"]}
    assert desk.tracer.header_for_function() == ""
    desk.now += 0.25
    desk.tracer.called(call, name="orders", event=asked, status=503, notes={"service": "orders"})
    desk.now += 0.25
    desk.tracer.end(asked, seconds=0.1, status=503)
    answer = desk.tracer.answered({"statusCode": 503, "headers": {"Traceparent": "the service's"}})
    child, own = desk.spans
    assert (child.kind, child.parent_id, child.id, child.failed, child.ended) == (
        CLIENT,
        own.id,
        call.id,
        True,
        1000.25,
    )
    assert (own.kind, own.parent_id, own.name) == (SERVER, CLIENT_SPAN, "GET /api/orders/{orderId}")
    assert (own.started, own.ended, own.notes) == (1000.0, 1000.5, {"request_id": "r-1"})
    assert desk.flushed == [0.1]
    assert answer["headers"] == {"traceparent": f"00-{CLIENT_TRACE}-{trace.span_id}-01"}


def test_what_is_not_recorded_is_passed_on_and_not_told() -> None:
    desk = Desk(OTEL_TRACES_SAMPLER_ARG="0")
    asked = event(tracestate="a=1", **amazon())
    trace = desk.tracer.begin(asked)
    desk.tracer.called(desk.tracer.call(), name="orders", event=asked, status=200, notes={})
    desk.tracer.end(asked, seconds=1, status=200)
    assert (desk.spans, desk.flushed) == ([], [])
    passed = desk.tracer.event_for_address(asked)["multiValueHeaders"]
    assert passed == {"X-Amzn-Trace-Id": [f"Root={ROOT}"], "traceparent": [f"00-{TRACE}-{trace.span_id}-00"]}


@pytest.mark.parametrize(
    ("answer", "made"),
    [
        ({}, {"headers": {"a": "1"}}),
        ({"headers": {"A": "0", "b": "2"}}, {"headers": {"b": "2", "a": "1"}}),
        ({"headers": {"A": "0"}, "multiValueHeaders": {"A": ["0"]}}, {"headers": {"a": "1"}, "multiValueHeaders": {}}),
        (
            {"headers": {"A": "0", "b": "2"}, "multiValueHeaders": {"c": ["3"], "A": ["0", "00"]}},
            {"headers": {"b": "2"}, "multiValueHeaders": {"c": ["3"], "a": ["1"]}},
        ),
        ({"headers": ["no", "mapping"]}, {"headers": ["no", "mapping"]}),
    ],
)
def test_headers_are_set_once(answer: dict[str, Any], made: dict[str, Any]) -> None:
    assert with_headers({"statusCode": 200, **answer}, {"a": "1"}) == {"statusCode": 200, **made}
