"""A gateway whose traces go to a collector of OpenTelemetry's: the whole road of a protected order is one tree, and a client's trace goes on."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import Checkout, new_checkout, started

pytestmark = pytest.mark.e2e
US = "us-east-1"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    checkout = new_checkout(tmp_path_factory.mktemp("traced"))
    file = checkout.folder / "gateway.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count("gateway: shop\n") == 1
    traces = 'tracing: {otlp: "https://collector.example:4318", sample: 100%}\n'
    file.write_text(text.replace("gateway: shop\n", f"gateway: shop\n{traces}"), encoding="utf-8")
    with started(checkout) as up:
        yield up


def ask(checkout: Checkout, path: str, **headers: str) -> dict[str, str]:
    """The headers of the answer, by their small names."""
    outputs = checkout.stack(US)
    url = f"{checkout.environment['AWS_ENDPOINT_URL']}/_aws/execute-api/{outputs['RestApiId']}/{outputs['StageName']}{path}"
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
        answer.read()
        assert answer.status == 200
        return {name.lower(): value for name, value in answer.headers.items()}


def trace(checkout: Checkout, trace_id: str) -> dict[str, Any]:
    for _ in range(20):
        done = checkout.run("trace", trace_id, "--region", US, "--output", "json")
        if done.code == 0:
            found = done.json()
            assert isinstance(found, dict)
            return found
        time.sleep(0.05)
    raise AssertionError(done.err)


def test_an_order_is_one_tree_in_the_trace_of_its_client(traced: Checkout) -> None:
    sent = {"authorization": f"Bearer {traced.token('orders:read')}", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    assert ask(traced, "/api/orders", **sent)["traceparent"].split("-")[1] == TRACE
    found = trace(traced, TRACE)
    assert found["id"] == "1-4bf92f35-77b34da6a3ce929d0e0e4736"
    assert [(span["depth"], span["name"]) for span in found["spans"]] == [
        (0, "request"),
        (1, "shop-authorizer"),
        (1, "shop-orders_cb"),
        (2, "orders"),
        (3, "shop-orders"),
    ]
    call = found["spans"][3]
    assert (call["kind"], call["annotations"]["gatewright_breaker"]) == ("call", "CLOSED")
    assert abs(sum(part["ms"] for part in found["where"]) - found["duration_ms"]) < 0.1


def test_without_a_client_s_trace_the_answer_names_one(traced: Checkout) -> None:
    answered = ask(traced, "/api/users/1")
    found = trace(traced, answered["traceparent"])
    assert answered["x-amzn-trace-id"].split(";")[0] == f"Root={found['id']}", "so that access log and spans meet"


def test_nobody_pays_for_x_ray(traced: Checkout) -> None:
    assert traced.stage(US).get("tracingEnabled") in (False, None)
    functions = traced.client("lambda", US)
    for one in functions.list_functions()["Functions"]:
        if one["FunctionName"].startswith("gatewright-shop-"):
            assert one.get("TracingConfig", {}).get("Mode", "PassThrough") == "PassThrough", one["FunctionName"]


def test_nothing_personal_is_in_a_span(traced: Checkout) -> None:
    token = traced.token("orders:read")
    answered = ask(
        traced, "/api/orders?customer=c-7421", authorization=f"Bearer {token}", **{"x-viewer-address": "198.51.100.77"}
    )
    text = str(trace(traced, answered["traceparent"]))
    for secret in (token, "198.51.100.77", "c-7421", "Python-urllib"):
        assert secret not in text
