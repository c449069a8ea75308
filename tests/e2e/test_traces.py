"""One request of the shop, followed: through gateway, authorizer, breaker and service, in X-Ray's form and as OpenTelemetry's spans."""

from __future__ import annotations

import http.client
import itertools
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from tests.e2e.conftest import Checkout, new_checkout, started

pytestmark = pytest.mark.e2e
REGION = "us-east-1"
_ADDRESSES = itertools.count(1)


def orders(checkout: Checkout, token: str, **headers: str) -> dict[str, str]:
    """Headers of the answer to one request."""
    outputs, parts = checkout.stack(REGION), urlsplit(checkout.environment["AWS_ENDPOINT_URL"])
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    sent = {"authorization": f"Bearer {token}", "x-viewer-address": f"203.0.113.{next(_ADDRESSES)}", **headers}
    path = f"/_aws/execute-api/{outputs['RestApiId']}/{outputs['StageName']}/api/orders/o1?user=zoe"
    connection.request("GET", path, headers=sent)
    answer = connection.getresponse()
    assert (answer.status, b'"o1"' in answer.read()) == (200, True)
    connection.close()
    return {name.lower(): value for name, value in answer.getheaders()}


def recorded(checkout: Checkout, trace_id: str, enough: Callable[[str], bool]) -> list[dict[str, Any]]:
    """Documents of a trace, once everybody has told of it: a datagram may come after the answer."""
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
    xray = session.client("xray", endpoint_url=checkout.environment["AWS_ENDPOINT_URL"])
    until = time.monotonic() + 10
    while True:
        traces = xray.batch_get_traces(TraceIds=[trace_id])["Traces"]
        documents = [json.loads(segment["Document"]) for trace in traces for segment in trace["Segments"]]
        if enough(json.dumps(documents)):
            return documents
        assert time.monotonic() < until, documents
        time.sleep(0.05)


def everything(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = list(documents)
    for document in found:
        found += document.get("subsegments", [])
    return found


def test_x_ray_has_the_breakers_call_and_what_it_caused(shop: Checkout) -> None:
    token = shop.token("orders:read")
    number = f"{time.time_ns():024x}"
    root = f"1-{int(time.time()):08x}-{number}"
    answer = orders(shop, token, **{"x-amzn-trace-id": f"Root={root};Sampled=1"})
    assert answer["traceparent"].startswith(f"00-{root[2:10]}{number}-")
    assert answer["traceparent"].endswith("-01")
    documents = recorded(shop, root, lambda text: '"breaker"' in text and "gatewright-shop-orders_cb" in text)
    spans = {span["id"]: span for span in everything(documents)}
    (call,) = [span for span in spans.values() if span.get("annotations", {}).get("breaker")]
    assert call["annotations"] == {"service": "orders", "breaker": "CLOSED", "outcome": "ok"}
    assert answer["traceparent"].split("-")[2] in spans, "the breaker's own segment"
    caused = [span for span in documents if span.get("parent_id") == call["id"]]
    assert [span["name"] for span in caused] == ["gatewright-shop-orders"]
    assert "zoe" not in json.dumps(documents)


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """The shop with a collector, which records what its client records and nothing else."""
    checkout = new_checkout(tmp_path_factory.mktemp("collected"))
    file = checkout.folder / "gateway.yaml"
    file.write_text(f"{file.read_text()}\ntracing: {{otlp: 'https://collector.example.com:4318', sample: 0%}}\n")
    with started(checkout) as up:
        yield up


def test_a_collector_gets_spans_of_authorizer_breaker_and_service(collected: Checkout) -> None:
    trace, client, token = f"{time.time_ns():032x}", "00000000000000aa", collected.token("orders:read")
    answer = orders(collected, token, traceparent=f"00-{trace}-{client}-01", tracestate="a=1")
    assert answer["traceparent"].startswith(f"00-{trace}-")
    root = f"1-{trace[:8]}-{trace[8:]}"
    names = ("shop-orders_cb", "shop-orders", "shop-authorizer")
    documents = recorded(collected, root, lambda text: all(f'"{name}"' in text for name in names))
    spans = {span["id"]: span for span in everything(documents)}
    breaker = spans[answer["traceparent"].split("-")[2]]
    assert breaker.get("parent_id") == client
    for personal in ("zoe", "203.0.113.", token):
        assert personal not in json.dumps(documents)
    _is_one_tree(collected, root)


def _is_one_tree(collected: Checkout, root: str) -> None:
    """As `gatewright trace` shows it: API Gateway wrote nothing, so the request stands above its parts."""
    found = collected.run("trace", root, "--region", REGION, "--output", "json").json()
    assert [(span["depth"], span["name"]) for span in found["spans"]] == [
        (0, "request"),
        (1, "shop-authorizer"),
        (1, "shop-orders_cb"),
        (2, "orders"),
        (3, "shop-orders"),
    ]
    assert found["spans"][3]["annotations"]["gatewright_breaker"] == "CLOSED"
    assert abs(sum(part["ms"] for part in found["where"]) - found["duration_ms"]) < 0.1


def test_what_nobody_asked_for_is_not_recorded_and_has_the_id_of_the_access_log(collected: Checkout) -> None:
    answer = orders(collected, collected.token("orders:read"))
    assert answer["traceparent"].endswith("-00"), "nobody asked for it, and the share is 0 %"
    _, trace, *_ = answer["traceparent"].split("-")
    assert answer["x-amzn-trace-id"].split(";")[0] == f"Root=1-{trace[:8]}-{trace[8:]}"


def test_nobody_pays_for_x_ray(collected: Checkout) -> None:
    assert not collected.stage(REGION).get("tracingEnabled")
    functions = collected.client("lambda", REGION).list_functions()["Functions"]
    ours = {one["FunctionName"]: one for one in functions if one["FunctionName"].startswith("gatewright-shop-")}
    assert len(ours) >= 5
    assert {one.get("TracingConfig", {}).get("Mode", "PassThrough") for one in ours.values()} == {"PassThrough"}
