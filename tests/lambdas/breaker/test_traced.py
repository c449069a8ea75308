"""A request through the breaker in its trace: what is told, what is passed on, what comes back, and what never leaves."""

from __future__ import annotations

import itertools
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from lambdas.breaker.circuit.proxy import from_environment
from lambdas.breaker.circuit.tracer import ids
from tests.lambdas.breaker.test_proxy import ENVIRONMENT
from tests.lambdas.breaker.test_upstream import Backend

ROOT, TRACE, LAMBDA = "1-5759e988-bd862e3fe1be46a994272793", "5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
CLIENT = f"00-{TRACE}-00000000000000aa-01"
STRANGER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SECRETS = ("zoe", "10.0.0.7", "secret", "orders/4711", "curl")


def event(**headers: str) -> dict[str, Any]:
    several = {
        "Authorization": ["Bearer secret"],
        "User-Agent": ["curl"],
        "X-Forwarded-For": ["10.0.0.7"],
        "X-Amzn-Trace-Id": [f"Root={ROOT}"],
        **{name: [value] for name, value in headers.items()},
    }
    return {
        "httpMethod": "GET",
        "resource": "/api/orders/{orderId}",
        "path": "/api/orders/4711",
        "multiValueQueryStringParameters": {"user": ["zoe"]},
        "multiValueHeaders": several,
        "requestContext": {"identity": {"sourceIp": "10.0.0.7"}},
    }


class Desk:
    """A breaker's function before a backend that answers anything, with a daemon that listens."""

    def __init__(self, backend: Backend, daemon: socket.socket, *, to_address: bool, sampled: str) -> None:
        self.backend, self.daemon, self.lines = backend, daemon, list[str]()
        port = daemon.getsockname()[1]
        self.environment = {
            **ENVIRONMENT,
            "AWS_ENDPOINT_URL_LAMBDA": backend.url,
            "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1",  # the table is away: its own window decides
            "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{port}",
            "_X_AMZN_TRACE_ID": f"Root={ROOT};Parent={LAMBDA}{sampled};Lineage=1:a:0",
        }
        if to_address:
            self.environment |= {
                "GATEWRIGHT_BREAKER_TARGET": f"{backend.url}/base",
                "GATEWRIGHT_BREAKER_PREFIX": "/api/orders",
            }
        backend.body = b'{"statusCode": 200, "headers": {"TraceParent": "of the service"}, "body": "{}"}'
        ticks = itertools.count()
        self.proxy = from_environment(
            self.environment, write=self.lines.append, clock=lambda: 1000.5 + next(ticks) / 1_000_000
        )

    def told(self) -> list[dict[str, Any]]:
        documents: list[dict[str, Any]] = []
        self.daemon.setblocking(False)
        while True:
            try:
                content = self.daemon.recv(65_536)
            except BlockingIOError:
                return documents
            assert not [word for word in SECRETS if word.encode() in content]
            documents.append(json.loads(content.partition(b"\n")[2]))


@pytest.fixture
def backend() -> Iterator[Backend]:
    made = Backend()
    yield made
    made.delay.set()
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def daemon() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        yield made


def test_a_function_is_called_by_a_subsegment(backend: Backend, daemon: socket.socket) -> None:
    desk = Desk(backend, daemon, to_address=False, sampled=";Sampled=1")
    answer = desk.proxy.answer(event(traceparent=STRANGER))
    (told,) = desk.told()
    assert (told["trace_id"], told["parent_id"], told["name"], told["namespace"]) == (ROOT, LAMBDA, "orders", "aws")
    assert told["annotations"] == {"service": "orders", "breaker": "CLOSED", "outcome": "ok"}
    assert told["http"] == {"response": {"status": 200}}
    ((_, _, headers, body),) = backend.asked
    assert headers["x-amzn-trace-id"] == f"Root={ROOT};Parent={told['id']};Sampled=1;Lineage=1:a:0"
    assert json.loads(body) == event(traceparent=STRANGER)
    assert answer["headers"] == {"traceparent": f"00-{TRACE}-{LAMBDA}-01"}


@pytest.mark.parametrize(
    ("client", "kept"),
    [
        pytest.param({"traceparent": CLIENT, "tracestate": "a=1"}, "a=1", id="continued"),
        pytest.param({"TraceParent": STRANGER, "TraceState": "a=1"}, None, id="of-another-trace"),
        pytest.param({"traceparent": "nonsense", "tracestate": "a=1"}, None, id="not-valid"),
        pytest.param({"tracestate": "a=1"}, None, id="a-state-alone"),
    ],
)
def test_an_address_gets_the_trace_in_both_forms(
    backend: Backend, daemon: socket.socket, client: dict[str, str], kept: str | None
) -> None:
    desk = Desk(backend, daemon, to_address=True, sampled=";Sampled=1")
    answer = desk.proxy.answer(event(**client))
    (told,) = desk.told()
    assert told["namespace"] == "remote"
    assert told["http"] == {
        "request": {"method": "GET", "url": f"{backend.url}/api/orders/{{orderId}}"},
        "response": {"status": 200},
    }
    ((_, path, headers, _),) = backend.asked
    assert path == "/base/4711?user=zoe"
    assert headers["x-amzn-trace-id"] == f"Root={ROOT};Parent={told['id']};Sampled=1"
    assert headers["traceparent"] == f"00-{TRACE}-{told['id']}-01"
    assert headers.get("tracestate") == kept
    assert answer["multiValueHeaders"]["traceparent"] == [f"00-{TRACE}-{LAMBDA}-01"]


@pytest.mark.parametrize("sampled", [";Sampled=0", ""])
@pytest.mark.parametrize("to_address", [False, True])
def test_what_is_not_sampled_is_passed_on_and_not_told(
    backend: Backend, daemon: socket.socket, sampled: str, to_address: bool
) -> None:
    desk = Desk(backend, daemon, to_address=to_address, sampled=sampled)
    answer = desk.proxy.answer(event())
    assert desk.told() == []
    ((_, _, headers, _),) = backend.asked
    if to_address:
        assert headers["x-amzn-trace-id"] == f"Root={ROOT};Parent={LAMBDA};Sampled=0"
        assert headers["traceparent"] == f"00-{TRACE}-{LAMBDA}-00"
    else:
        assert headers["x-amzn-trace-id"] == desk.environment["_X_AMZN_TRACE_ID"]
    assert f"00-{TRACE}-{LAMBDA}-00" in json.dumps(answer)


def test_switched_off_a_clients_headers_are_its_own(backend: Backend, daemon: socket.socket) -> None:
    desk = Desk(backend, daemon, to_address=True, sampled=";Sampled=1")
    desk.environment["OTEL_SDK_DISABLED"] = "true"
    desk.proxy = from_environment(desk.environment, write=desk.lines.append, clock=lambda: 1000.5)
    desk.proxy.answer(event(traceparent=STRANGER, tracestate="a=1"))
    assert desk.told() == []
    ((_, _, headers, _),) = backend.asked
    assert (headers["traceparent"], headers["tracestate"]) == (STRANGER, "a=1")
    assert headers["x-amzn-trace-id"] == f"Root={ROOT}"


@pytest.mark.parametrize(
    ("status", "function_error", "outcome", "marks"),
    [
        (200, True, "function_error", {"fault"}),
        (429, False, "throttled", {"error", "throttle"}),
        (500, False, "unreachable", {"fault"}),
    ],
)
def test_what_went_wrong_has_a_word(
    backend: Backend, daemon: socket.socket, status: int, function_error: bool, outcome: str, marks: set[str]
) -> None:
    desk = Desk(backend, daemon, to_address=False, sampled=";Sampled=1")
    backend.status = status
    backend.headers = {"X-Amz-Function-Error": "Unhandled"} if function_error else {}
    answer = desk.proxy.answer(event())
    (told,) = desk.told()
    assert told["annotations"]["outcome"] == outcome
    assert {name for name in ("error", "fault", "throttle") if told.get(name)} == marks
    assert answer["headers"]["traceparent"] == f"00-{TRACE}-{LAMBDA}-01"


def test_a_refusal_has_no_length_and_log_lines_have_the_trace(backend: Backend, daemon: socket.socket) -> None:
    desk = Desk(backend, daemon, to_address=False, sampled=";Sampled=1")
    backend.status = 500
    for _ in range(4):
        desk.proxy.answer(event())
    refused = desk.told()[-1]
    assert refused["annotations"] == {"service": "orders", "breaker": "OPEN", "outcome": "refused", "refused": True}
    assert refused["start_time"] == refused["end_time"]
    desk.proxy._journal.settle()
    lines = [json.loads(line) for line in desk.lines]
    assert {"BreakerStoreFailed", "BreakerRefused"} <= {key for line in lines for key in line}
    assert {line["traceId"] for line in lines} == {ROOT}


def test_the_ids_of_two_calls_differ(backend: Backend, daemon: socket.socket) -> None:
    desk = Desk(backend, daemon, to_address=False, sampled=";Sampled=1")
    for _ in range(2):
        desk.proxy.answer(event())
    first, second = (told["id"] for told in desk.told())
    assert first != second
    assert ids.read_traceparent(f"00-{TRACE}-{first}-01") is not None


@pytest.mark.parametrize("to_address", [False, True])
def test_with_opentelemetry_both_spans_are_sent_before_the_answer(
    backend: Backend, daemon: socket.socket, to_address: bool
) -> None:
    desk = Desk(backend, daemon, to_address=to_address, sampled=";Sampled=0")
    desk.environment |= {"OTEL_EXPORTER_OTLP_ENDPOINT": backend.url, "OTEL_SERVICE_NAME": "shop-orders-breaker"}
    desk.proxy = from_environment(desk.environment, write=desk.lines.append, clock=lambda: 1000.5)
    answer = desk.proxy.answer(event(tracestate="a=1"), 5000)
    (_, _, headers, body), (_, path, _, exported) = backend.asked
    assert path == "/v1/traces"
    assert not [word for word in SECRETS if word.encode() in exported]
    call, own = json.loads(exported)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert (own["traceId"], own["kind"], "parentSpanId" in own) == (TRACE, 2, False)
    assert (call["traceId"], call["kind"], call["parentSpanId"]) == (TRACE, 3, own["spanId"])
    passed = f"00-{TRACE}-{call['spanId']}-01"
    if to_address:
        assert headers["traceparent"] == passed
        assert "tracestate" not in headers
    else:
        assert json.loads(body)["multiValueHeaders"]["traceparent"] == [passed]
        assert headers["x-amzn-trace-id"] == desk.environment["_X_AMZN_TRACE_ID"]
    assert f"00-{TRACE}-{own['spanId']}-01" in json.dumps(answer)
    assert desk.told() == []
    assert {json.loads(line)["traceId"] for line in desk.lines} == {TRACE}


def test_a_collector_that_is_away_changes_no_answer(backend: Backend, daemon: socket.socket) -> None:
    desk = Desk(backend, daemon, to_address=False, sampled=";Sampled=0")
    untraced = desk.proxy.answer(event(), 5000)
    desk.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1"
    desk.proxy = from_environment(desk.environment, write=desk.lines.append, clock=lambda: 1000.5)
    for _ in range(2):
        answer = desk.proxy.answer(event(), 5000)
        assert {**answer, "headers": {}} == {**untraced, "headers": {}}
    assert sum("not exported" in line for line in desk.lines) == 1
