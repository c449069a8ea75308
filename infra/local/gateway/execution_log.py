"""The execution log that TestInvokeMethod shows, line for line as recorded (test_invoke_test_method). Pure."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from infra.local.gateway.exchange import Exchange
from infra.local.gateway.faults import GatewayFault

__all__ = ["failure", "note_call", "render_log", "show"]

_MAX_HEADERS_SHOWN = 998  # recorded: longer header maps end in [TRUNCATED]


def show(values: Mapping[str, str]) -> str:
    """A map the way Java prints it."""
    text = "{" + ", ".join(f"{name}={value}" for name, value in values.items()) + "}"
    return text if len(text) <= _MAX_HEADERS_SHOWN else text[:_MAX_HEADERS_SHOWN] + " [TRUNCATED]"


def note_call(
    exchange: Exchange,
    endpoint: str,
    headers: Mapping[str, str],
    body: bytes,
    status: int,
    answered: Mapping[str, str],
    answer: bytes,
) -> None:
    """The lines of one call to an integration endpoint."""
    exchange.note(
        f"Endpoint request URI: {endpoint}",
        f"Endpoint request headers: {show(headers)}",
        f"Endpoint request body after transformations: {body.decode('utf-8', 'replace')}",
        f"Sending request to {endpoint}",
        f"Received response. Status: {status}, Integration latency: {{latency}} ms",
        f"Endpoint response headers: {show(answered)}",
        f"Endpoint response body before transformations: {answer.decode('utf-8', 'replace')}",
    )


def failure(fault: GatewayFault) -> str:
    """The line for a fault."""
    reason = fault.reason or str(fault.message)
    if reason.startswith(("Execution failed", "Lambda execution failed")):
        return reason
    return f"Execution failed due to configuration error: {reason}"


def render_log(request_id: str, started: float, lines: Iterable[str], latency_ms: float | None) -> str:
    stamp = time.strftime("%a %b %d %H:%M:%S UTC %Y", time.gmtime(started))
    head = f"Execution log for request {request_id}\n"
    latency = str(round(latency_ms or 0))
    return head + "".join(f"{stamp} : {line.replace('{latency}', latency)}\n" for line in lines)
