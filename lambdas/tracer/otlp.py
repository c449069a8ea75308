"""OpenTelemetry: spans as OTLP/HTTP JSON, to a collector, before the answer of a recorded request goes out. Network.

Lambda stops a container when it has answered, so what is not sent by then waits for the next request. It is bounded: no request
waits longer than it is told to (150 ms at most), after a failure the collector is left alone for 30 s, and what could not be
sent is dropped. Nothing here raises. Not OpenTelemetry's SDK: importing it takes longer than everything that a breaker does at
its start (docs/tracing.md has the figures).

JSON is protobuf's mapping with OTLP's exceptions: ids are hexadecimal, enums are numbers, 64-bit numbers are texts.
https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from .spans import SERVER, Span

__all__ = ["LONGEST_SECONDS", "PAUSE_SECONDS", "Exporter", "encode", "resource"]

LONGEST_SECONDS = 0.150
_SHORTEST_SECONDS = 0.020  # below, nothing would come through; then the spans wait
PAUSE_SECONDS = 30.0
_MOST_WAITING = 100


def resource(environment: Mapping[str, str], service: str) -> dict[str, str]:
    """Who tells. Names: https://opentelemetry.io/docs/specs/semconv/resource/faas/"""
    pairs = (pair.partition("=") for pair in environment.get("OTEL_RESOURCE_ATTRIBUTES", "").split(","))
    more = {name.strip(): unquote(value.strip()) for name, _, value in pairs}
    found = {
        "service.name": service or more.get("service.name") or "unknown_service",
        "cloud.provider": "aws",
        "cloud.platform": "aws_lambda",
        "cloud.region": environment.get("AWS_REGION", ""),
        "faas.name": environment.get("AWS_LAMBDA_FUNCTION_NAME", ""),
        "faas.version": environment.get("AWS_LAMBDA_FUNCTION_VERSION", ""),
    }
    return {name: value for name, value in {**more, **found}.items() if name and value}


def encode(who: Mapping[str, str], spans: Sequence[Span]) -> bytes:
    """An ExportTraceServiceRequest."""
    scope = {"scope": {"name": "gatewright"}, "spans": [_span(span) for span in spans]}
    request = {"resourceSpans": [{"resource": {"attributes": _attributes(who)}, "scopeSpans": [scope]}]}
    return json.dumps(request, separators=(",", ":")).encode()


def _span(span: Span) -> dict[str, Any]:
    made: dict[str, Any] = {
        "traceId": span.trace_id,
        "spanId": span.id,
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": _nanoseconds(span.started),
        "endTimeUnixNano": _nanoseconds(max(span.ended, span.started)),
        "attributes": _attributes(_facts(span)),
    }
    if span.parent_id:
        made["parentSpanId"] = span.parent_id
    if span.failed:
        made["status"] = {"code": 2, "message": span.outcome}  # STATUS_CODE_ERROR
    return made


def _facts(span: Span) -> dict[str, str | bool | int]:
    """Names: https://opentelemetry.io/docs/specs/semconv/http/http-spans/"""
    host = re.fullmatch(r"\w+://(\[[^\]]*\]|[^/:]*)(?::([0-9]+))?(?:/.*)?", span.url)
    facts: dict[str, str | bool | int] = {
        "http.request.method": span.method,
        "http.route" if span.kind == SERVER else "url.template": span.route,
        "server.address": host.group(1).strip("[]") if host else "",
        "server.port": int(host.group(2) or 0) if host else 0,
        "http.response.status_code": span.status,
        "error.type": span.outcome if span.failed else "",
    }
    facts = {name: value for name, value in facts.items() if value}
    return {**facts, **{f"gatewright.{name}": value for name, value in span.notes.items()}}


def _attributes(values: Mapping[str, str | bool | int]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in values.items()]


def _value(value: str | bool | int) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def _nanoseconds(seconds: float) -> str:
    return str(int(seconds * 1_000_000) * 1000)  # a clock as a float knows no more than microseconds


class Exporter:
    """One collector. Not for several threads; its own one outlives a wait that was too long.

    Args:
        endpoint: the whole address.
        write: gets one line for each time that the collector fails, until it answers again.
    """

    def __init__(
        self,
        endpoint: str,
        who: Mapping[str, str],
        *,
        write: Callable[[str], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint, self._who, self._write, self._clock = endpoint, who, write, clock
        path = endpoint.partition("://")[2].partition("/")[2]
        self._target = f"/{path}"
        self._waiting: list[Span] = []
        self._paused_until = 0.0
        self._failing = False
        self._peer: Any = None
        self._thread: Any = None
        self._fault = ""

    def add(self, span: Span) -> None:
        self._waiting.append(span)
        del self._waiting[:-_MOST_WAITING]

    def flush(self, seconds: float = LONGEST_SECONDS) -> None:
        """Sends what there is. Never raises; ends after `seconds`, and after 150 ms, at the latest."""
        seconds = min(seconds, LONGEST_SECONDS)
        if not self._waiting:
            return
        if self._clock() < self._paused_until or (self._thread is not None and self._thread.is_alive()):
            self._waiting.clear()
            return
        if seconds < _SHORTEST_SECONDS:
            return
        spans, self._waiting = self._waiting, []
        try:
            fault = self._send(encode(self._who, spans), seconds)
        except Exception as error:  # a trace is not worth an answer
            fault = type(error).__name__
        if not fault:
            self._failing = False
            return
        self._paused_until = self._clock() + PAUSE_SECONDS
        if not self._failing:
            self._failing = True
            line = {"level": "WARN", "message": "traces are not exported", "reason": fault, "spans": len(spans)}
            self._write(json.dumps(line) + "\n")

    def _send(self, body: bytes, seconds: float) -> str:
        """What went wrong; empty: nothing. In a thread, because the look-up of a name cannot be bounded otherwise."""
        import threading

        self._fault = "timeout"
        self._thread = threading.Thread(target=self._post, args=(body, seconds), daemon=True)
        self._thread.start()
        self._thread.join(seconds)
        return self._fault

    def _post(self, body: bytes, seconds: float) -> None:
        from .wire import Late, Peer, Unreachable

        try:
            if self._peer is None:
                self._peer = Peer(self._endpoint)
            headers = {"Content-Type": "application/json", "User-Agent": "gatewright"}
            answer = self._peer.exchange("POST", self._target, headers, body, seconds=seconds, repeatable=True)
            self._fault = "" if 200 <= answer.status < 300 else f"status {answer.status}"
        except Late:
            self._fault = "timeout"
        except Unreachable as error:
            self._fault = f"unreachable: {error}"
        except Exception as error:
            self._fault = type(error).__name__
