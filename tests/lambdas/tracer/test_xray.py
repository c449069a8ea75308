"""Subsegments and the datagram that carries one."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from lambdas.tracer.spans import CLIENT, Span
from lambdas.tracer.xray import Daemon, document

SPAN = Span(
    trace_id="5759e988bd862e3fe1be46a994272793",
    root="1-5759e988-bd862e3fe1be46a994272793",
    id="53995c3f42cd8ad8",
    parent_id="1f2e3d4c5b6a7980",
    name="orders",
    kind=CLIENT,
    started=1_790_000_000.25,
    ended=1_790_000_000.5,
    method="GET",
    route="/api/orders/{orderId}",
    status=200,
    notes={"service": "orders", "breaker": "CLOSED", "outcome": "ok"},
)


def test_a_call_of_a_function() -> None:
    assert document(SPAN) == {
        "type": "subsegment",
        "id": "53995c3f42cd8ad8",
        "trace_id": "1-5759e988-bd862e3fe1be46a994272793",
        "parent_id": "1f2e3d4c5b6a7980",
        "name": "orders",
        "namespace": "aws",
        "start_time": 1_790_000_000.25,
        "end_time": 1_790_000_000.5,
        "http": {"response": {"status": 200}},
        "aws": {"operation": "Invoke"},
        "annotations": {"service": "orders", "breaker": "CLOSED", "outcome": "ok"},
    }


def test_a_call_of_an_address() -> None:
    made = document(SPAN._replace(url="https://orders.example.com/api/orders/{orderId}"))
    assert made["namespace"] == "remote"
    assert made["http"]["request"] == {"method": "GET", "url": "https://orders.example.com/api/orders/{orderId}"}
    assert "aws" not in made


@pytest.mark.parametrize(
    ("changes", "marks"),
    [
        pytest.param({"status": 200}, set(), id="good"),
        pytest.param({"status": 302}, set(), id="elsewhere"),
        pytest.param({"status": 404}, {"error"}, id="the-clients-error"),
        pytest.param({"status": 429}, {"error", "throttle"}, id="too-many"),
        pytest.param({"status": 503}, {"fault"}, id="the-services-error"),
        pytest.param({"status": 0, "outcome": "timeout"}, {"fault"}, id="late"),
        pytest.param({"status": 0, "outcome": "throttled"}, {"error", "throttle"}, id="throttled"),
        pytest.param({"status": 0, "outcome": "refused"}, set(), id="never-made"),
    ],
)
def test_whose_fault_it_is(changes: dict[str, Any], marks: set[str]) -> None:
    made = document(SPAN._replace(**changes))
    assert {name for name in ("error", "fault", "throttle") if made.get(name)} == marks
    assert ("http" in made) is bool(changes["status"])


@pytest.mark.parametrize("form", ["{0}", "tcp:127.0.0.1:1 udp:{0}", "udp:{0} tcp:127.0.0.1:1"])
def test_one_datagram_with_the_header_of_the_daemon(form: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(5)
        sender = Daemon(form.format(f"127.0.0.1:{daemon.getsockname()[1]}"))
        for span in (SPAN, SPAN._replace(id="0" * 15 + "2")):
            sender.send(span)
            head, _, body = daemon.recv(65_536).partition(b"\n")
            assert head == b'{"format": "json", "version": 1}'
            assert json.loads(body) == document(span)


@pytest.mark.parametrize("address", ["", "nonsense", "host:", "127.0.0.1:99999", "127.0.0.1:0", "udp:", "::1:2000"])
def test_nobody_there_is_no_trouble(address: str) -> None:
    Daemon(address).send(SPAN)
    Daemon(address).send(SPAN._replace(name="x" * 100_000))  # larger than a datagram
