"""A decision in its trace: spans of OpenTelemetry, and the trace in log lines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambdas.authorizer.gate.answers import KeysUnavailable, Refused
from lambdas.authorizer.gate.journal import Journal
from lambdas.authorizer.gate.traced import Traced, traced_fetch
from lambdas.authorizer.gate.tracer.settings import Settings
from lambdas.authorizer.gate.tracer.spans import Span
from lambdas.authorizer.gate.tracer.tracing import Tracer

ROOT, TRACE = "1-5759e988-bd862e3fe1be46a994272793", "5759e988bd862e3fe1be46a994272793"
OTLP = {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://c", "OTEL_SERVICE_NAME": "shop-authorizer"}
EVENT = {
    "httpMethod": "GET",
    "resource": "/api/orders",
    "path": "/api/orders",
    "multiValueHeaders": {"Authorization": ["Bearer secret"], "X-Amzn-Trace-Id": [f"Root={ROOT}"]},
    "requestContext": {"requestId": "r-1", "identity": {"sourceIp": "10.0.0.7"}},
}


class Gate:
    """Decides as it is told."""

    def __init__(self, decision: dict[str, Any] | Exception) -> None:
        self.decision = decision

    def answer(self, event: dict[str, Any], now: float) -> dict[str, Any]:
        if isinstance(self.decision, Exception):
            raise self.decision
        return self.decision


def traced(decision: dict[str, Any] | Exception, environment: dict[str, str]) -> tuple[Traced, list[Span], list[float]]:
    spans, flushed = list[Span](), list[float]()
    tracer = Tracer(
        Settings.from_environment(environment), environment, clock=lambda: 7.0, send=spans.append, flush=flushed.append
    )
    return Traced(Gate(decision), tracer), spans, flushed  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("decision", "outcome", "failed"),
    [
        ({"context": {"scopes": ""}}, "ok", False),
        ({"context": {"reason": "scope"}}, "denied", False),
        (Refused("signature"), "unauthorized", False),
        (KeysUnavailable("down"), "error", True),
    ],
)
def test_a_decision_is_a_span_with_a_word(decision: Any, outcome: str, failed: bool) -> None:
    gate, spans, flushed = traced(decision, OTLP)
    if isinstance(decision, Exception):
        with pytest.raises(type(decision)):
            gate.answer(EVENT, 7.0, 1000)
    else:
        assert gate.answer(EVENT, 7.0, 1000) == decision
    (span,) = spans
    assert (span.trace_id, span.outcome, span.failed) == (TRACE, outcome, failed)
    assert "secret" not in str(span)
    assert "10.0.0.7" not in str(span)
    assert flushed == [0.95]


def test_with_x_ray_lambda_tells_of_it() -> None:
    gate, spans, flushed = traced({"context": {}}, {"AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:1"})
    assert gate.answer(EVENT, 7.0) == {"context": {}}
    assert (spans, flushed) == ([], [])


def test_log_lines_have_the_trace_of_their_own_request() -> None:
    environment, lines = {"_X_AMZN_TRACE_ID": ""}, list[str]()
    tracer = Tracer(Settings.from_environment({}), environment, clock=lambda: 0.0, send=lambda _: None)
    journal = Journal(lines.append, trace_id=tracer.log_id)
    for root in ("", ROOT, 'Root=1-"-x', "1-00000000-00000000000000000000000a"):
        environment["_X_AMZN_TRACE_ID"] = f"Root={root};Parent=53995c3f42cd8ad8;Sampled=1"
        journal.refused("signature")
    plain = {"level": "INFO", "message": "refused", "reason": "signature"}
    assert [json.loads(line) for line in lines] == [
        plain,
        {**plain, "traceId": ROOT},
        plain,
        {**plain, "traceId": "1-00000000-00000000000000000000000a"},
    ]


@pytest.mark.parametrize(
    ("environment", "trace"),
    [
        pytest.param(
            {"AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:1", "_X_AMZN_TRACE_ID": f"Root={ROOT};Sampled=1"}, TRACE, id="xray"
        ),
        pytest.param(
            {"AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:1", "_X_AMZN_TRACE_ID": f"Root={ROOT};Sampled=0"},
            None,
            id="xray-not-sampled",
        ),
        pytest.param({"AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:1"}, None, id="before-the-first-request"),
        pytest.param(OTLP, TRACE, id="otlp"),
    ],
)
@pytest.mark.parametrize("fails", [False, True])
def test_asking_for_the_issuers_keys_is_a_call(environment: dict[str, str], trace: str | None, fails: bool) -> None:
    spans = list[Span]()
    tracer = Tracer(Settings.from_environment(environment), environment, clock=lambda: 7.0, send=spans.append)
    if environment is OTLP:
        tracer.begin(EVENT)

    def fetch(url: str) -> str:
        if fails:
            raise OSError("down")
        return url

    ask = traced_fetch(tracer, fetch)
    if fails:
        with pytest.raises(OSError, match="down"):
            ask("https://login.example:8443/keys?secret=1")
    else:
        assert ask("https://login.example:8443/keys?secret=1").endswith("secret=1")
    told = [(span.trace_id, span.name, span.url, span.outcome, span.failed) for span in spans]
    outcome = "unreachable" if fails else "ok"
    assert told == ([(trace, "login.example:8443", "https://login.example:8443", outcome, fails)] if trace else [])
