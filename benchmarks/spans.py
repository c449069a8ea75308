"""What a trace costs: microseconds of a call of the breaker, traced against untraced in one run, and milliseconds of a start.

The table is in memory and the service answers at once, so that the figures are the breaker's own. X-Ray's daemon is a socket
that nobody reads; the collector is another process on this machine, so a recorded call with OpenTelemetry has a whole exchange
of HTTP in it, and on the way to a real collector the network's time on top.
"""

from __future__ import annotations

import importlib.util
import socket
import statistics
import subprocess
import sys
import timeit
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.breaker import ENVIRONMENT as BREAKER
from benchmarks.breaker import EVENT, Bench
from benchmarks.clocks import cold_start
from lambdas.breaker.circuit.tracer.tracing import from_environment

LAMBDAS = Path(__file__).resolve().parent.parent / "lambdas"
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled={}"
OTLP = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_SERVICE_NAME": "shop-orders_cb"}
_SDK = """from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
TracerProvider().add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint='http://127.0.0.1:1')))"""
_WRITE = "print"
_OURS = f"from tracer.tracing import from_environment\nfrom_environment({{}}, clock=lambda: 0, write={_WRITE})"
_OURS_OTLP = (
    "from tracer.tracing import from_environment\n"
    "from_environment({'OTEL_EXPORTER_OTLP_ENDPOINT': 'http://127.0.0.1:1'}, clock=lambda: 0, write=print)\n"
    "import threading, tracer.wire"
)
_COLLECTOR = """
import socket, threading
def serve(client):
    kept = client.makefile('rb')
    while True:
        length = 0
        while (line := kept.readline()) not in (b'\\r\\n', b''):
            if line.lower().startswith(b'content-length'):
                length = int(line.split(b':')[1])
        if not line:
            return
        kept.read(length)
        client.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: 2\\r\\n\\r\\n{}')
server = socket.create_server(('127.0.0.1', 0))
print(server.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
"""


def measure(*, calls: int = 1000, starts: int = 9) -> list[dict[str, Any]]:
    """Microseconds are the best of several rounds in turns, milliseconds are medians of processor time."""
    return [*_calls(calls), *_starts(starts)]


def _calls(calls: int) -> list[dict[str, Any]]:
    with _daemon() as daemon, _collector() as collector:
        xray = {"AWS_XRAY_DAEMON_ADDRESS": daemon}
        otlp = {**OTLP, "OTEL_EXPORTER_OTLP_ENDPOINT": collector}
        compared = {
            "no trace at all": _traced({}),
            "xray, not sampled": _traced({**xray, "_X_AMZN_TRACE_ID": TRACE.format(0)}),
            "xray, sampled": _traced({**xray, "_X_AMZN_TRACE_ID": TRACE.format(1)}),
            "otlp, not sampled": _traced({**otlp, "OTEL_TRACES_SAMPLER_ARG": "0", "_X_AMZN_TRACE_ID": TRACE.format(0)}),
            "otlp, sampled": _traced({**otlp, "OTEL_TRACES_SAMPLER_ARG": "1", "_X_AMZN_TRACE_ID": TRACE.format(0)}),
        }
        best = dict(zip(compared, _side_by_side(list(compared.values()), calls), strict=True))
    base = best["no trace at all"]
    return [
        {"what": f"a call through the breaker, {what}", "us": round(us, 1), "added us": round(us - base, 1)}
        for what, us in best.items()
    ]


class _Upstream:
    """Answers at once, after what every call passes on was made."""

    def __init__(self, passed: Callable[[Mapping[str, Any]], object], header: Callable[[], str]) -> None:
        self._passed, self._header = passed, header
        self._good = {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": '{"id": 1}'}

    def answer(self, event: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        self._passed(event)
        self._header()
        return self._good


def _traced(environment: dict[str, str]) -> Callable[[], object]:
    written: list[str] = []
    bench = Bench()
    tracer = from_environment(environment, clock=lambda: bench.now, write=written.append)
    upstream = _Upstream(tracer.event_for_function, tracer.header_for_function)
    proxy = bench.with_tracer(tracer, upstream)
    event = {**EVENT, "resource": "/api/orders/{orderId}", "requestContext": {"requestId": "r-1"}}
    answer = proxy.answer(event, 5000)
    assert written == [], written
    assert ("traceparent" in answer["headers"]) is bool(environment)
    return lambda: proxy.answer(event, 5000)


def _side_by_side(compared: list[Callable[[], object]], calls: int, *, rounds: int = 20) -> list[float]:
    chunk = max(calls // 10, 1)
    times = [[timeit.timeit(call, number=chunk) for call in compared] for _ in range(rounds)]
    return [min(one) / chunk * 1e6 for one in zip(*times, strict=True)]


@contextmanager
def _daemon() -> Iterator[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{daemon.getsockname()[1]}"


@contextmanager
def _collector() -> Iterator[str]:
    with subprocess.Popen([sys.executable, "-c", _COLLECTOR], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


def _starts(starts: int) -> list[dict[str, Any]]:
    breaker, otlp = LAMBDAS / "breaker", {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://127.0.0.1:1"}
    compared: list[tuple[str, str, Path, dict[str, str], str]] = [
        ("import of the breaker's handler, xray, CPU", "import handler", breaker, BREAKER, "<= 60 ms"),
        ("import of the breaker's handler, otlp, CPU", "import handler", breaker, {**BREAKER, **otlp}, "<= 60 ms"),
        ("the tracer alone, xray, CPU", _OURS, LAMBDAS, {}, ""),
        ("the tracer alone with its exporter, otlp, CPU", _OURS_OTLP, LAMBDAS, {}, ""),
    ]
    if importlib.util.find_spec("opentelemetry") is not None:
        compared.append(("OpenTelemetry's SDK with its exporter, CPU", _SDK, LAMBDAS, {}, ""))
    rows = []
    for what, code, folder, environment, goal in compared:
        runs = [cold_start(code, folder=folder, environment=environment) for _ in range(starts + 1)][1:]
        rows.append({"what": what, "ms": round(statistics.median(s for s, _ in runs) * 1000, 1), "goal": goal})
    return rows
