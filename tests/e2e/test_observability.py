"""An incident on the embedded AWS: every graph has data, the failing service's alarms fire, and one page goes out."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from infra.config import load
from infra.config.model import Gateway
from infra.observe import boards, queries
from infra.observe.graphs import Board, Graph
from infra.observe.metrics import Metric
from tests.e2e.conftest import Checkout, new_checkout, started
from tests.e2e.prometheus import BINARY, MISSING, prometheus

pytestmark = pytest.mark.e2e

REGION = "us-east-1"
PATHS = ("/api/users/1", "/api/products", "/api/checkout")


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """The shop with a checkout that fails for every second caller."""
    checkout = new_checkout(tmp_path_factory.mktemp("failing"))
    file = checkout.folder / "gateway.yaml"
    text = file.read_text(encoding="utf-8")
    entry = "    lambda: lambdas/checkout\n"
    assert entry in text
    faults = "    environment: {FAULT_ERROR_PERCENT: '50', FAULT_CHOICE: counter}\n"
    file.write_text(text.replace(entry, entry + faults), encoding="utf-8")
    with started(checkout) as up:
        yield up


@pytest.fixture(scope="module")
def gateway(failing: Checkout) -> Gateway:
    return load(failing.folder / "gateway.yaml")


@pytest.fixture(scope="module")
def inbox(failing: Checkout) -> str:
    """A queue that hears what the topic sends."""
    queues, topics = failing.client("sqs", REGION), failing.client("sns", REGION)
    url: str = queues.create_queue(QueueName="oncall")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    (topic,) = [one["TopicArn"] for one in topics.list_topics()["Topics"] if one["TopicArn"].endswith("-alarms")]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


@pytest.fixture(scope="module", autouse=True)
def traffic(failing: Checkout, inbox: str) -> None:
    """Enough of it in both regions, orders included."""
    token = failing.token("orders:read")
    for region in ("us-east-1", "eu-west-1"):
        answers = failing.many(region, [*PATHS] * 10)
        assert {status for status, _ in answers} == {200, 503}
        assert {status for status, _ in failing.many(region, ["/api/orders"] * 5, token=token)} == {200}
        assert failing.get(region, "/api/orders")[0] == 401


def state(checkout: Checkout, name: str) -> str:
    found = checkout.client("cloudwatch", REGION).describe_alarms(
        AlarmNames=[f"gatewright-shop-{name}"], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    (one,) = [*found["MetricAlarms"], *found["CompositeAlarms"]]
    return str(one["StateValue"])


def becomes(checkout: Checkout, name: str, wanted: str) -> bool:
    return any(state(checkout, name) == wanted or time.sleep(0.05) for _ in range(400))


def values(checkout: Checkout, board: Board, graph: Graph) -> dict[str, list[float]]:
    """The graph's visible lines, each from the region that it names."""
    found: dict[str, list[float]] = {}
    now = time.time()
    regions = {board.region} if board.region else {line.region for line in graph.lines if isinstance(line, Metric)}
    for region in regions:
        lines = tuple(
            line for line in graph.lines if board.region or not isinstance(line, Metric) or line.region == region
        )
        ids = {line.id for line in lines if isinstance(line, Metric)}
        asked = queries(lines, period_seconds=graph.period_seconds)
        asked = [one for one in asked if "Expression" not in one or any(key in one["Expression"] for key in ids)]
        answer = checkout.client("cloudwatch", region).get_metric_data(
            MetricDataQueries=asked,
            StartTime=datetime.fromtimestamp(now - 1800, UTC),
            EndTime=datetime.fromtimestamp(now + 60, UTC),
        )
        found |= {f"{region} {one['Label']}": one["Values"] for one in answer["MetricDataResults"]}
    return found


def test_the_alarms_of_the_failing_service_fire_and_no_others(failing: Checkout) -> None:
    assert becomes(failing, "page", "ALARM")
    assert state(failing, "checkout-incident") == "ALARM"
    for service in ("users", "products", "orders"):
        assert state(failing, f"{service}-incident") == "OK"


def test_one_page_says_what_to_do_first(failing: Checkout, inbox: str) -> None:
    assert becomes(failing, "page", "ALARM")
    queues = failing.client("sqs", REGION)
    messages: list[dict[str, Any]] = []
    for _ in range(5):
        messages += queues.receive_message(QueueUrl=inbox, MaxNumberOfMessages=10).get("Messages", [])
    told = [json.loads(json.loads(one["Body"])["Message"]) for one in messages]
    pages = [one for one in told if one["AlarmName"] == "gatewright-shop-page" and one["NewStateValue"] == "ALARM"]
    assert len(pages) == 1
    assert "docs/runbooks" in pages[0]["AlarmDescription"]
    assert {one["AlarmName"] for one in told} <= {"gatewright-shop-page", "gatewright-shop-ticket"}


def test_no_graph_is_empty_without_a_reason(failing: Checkout, gateway: Gateway) -> None:
    assert becomes(failing, "page", "ALARM")  # by then, all has been delivered
    empty = [
        f"{board.name}: {graph.question} {label}"
        for board in boards(gateway)
        for graph in board.graphs
        if not graph.quiet
        for label, found in values(failing, board, graph).items()
        if not found
    ]
    assert empty == []


def test_the_numbers_are_those_of_the_traffic(failing: Checkout, gateway: Gateway) -> None:
    assert becomes(failing, "page", "ALARM")
    board = next(one for one in boards(gateway) if one.region == REGION)
    by_question = {graph.question: graph for graph in board.graphs}
    counted = values(failing, board, by_question["How much traffic is there, and for which service?"])
    assert {label.split()[-1]: sum(found) for label, found in counted.items()} == {
        "users": 10.0,
        "products": 10.0,
        "checkout": 10.0,
        "orders": 6.0,
    }
    failed = values(failing, board, by_question["Which service fails?"])
    assert {label.split()[-1]: sum(found) for label, found in failed.items() if found} == {"checkout": 5.0}
    own = values(failing, board, by_question["How much of a request's time is the gateway's own?"])
    assert all(0 <= value < 1000 for found in own.values() for value in found)


def test_both_kinds_of_dashboard_are_there(failing: Checkout, gateway: Gateway) -> None:
    names = {
        entry["DashboardName"]
        for region in ("us-east-1", "eu-west-1")
        for entry in failing.client("cloudwatch", region).list_dashboards()["DashboardEntries"]
    }
    assert names == {board.name for board in boards(gateway)}


@pytest.mark.skipif(BINARY is None, reason=MISSING)
def test_prometheus_answers_the_same_questions(failing: Checkout, gateway: Gateway, tmp_path: Path) -> None:
    address = urlsplit(failing.environment["AWS_ENDPOINT_URL"]).netloc
    with prometheus(tmp_path, address) as server:
        server.scrapes(2)
        for region in ("us-east-1", "eu-west-1"):
            failing.many(region, [*PATHS] * 4)
            failing.get(region, "/api/orders")
        server.scrapes(3)
        empty = [
            f"{board.name}: {graph.question} {query.expression}"
            for board in boards(gateway)
            for graph in board.graphs
            for query in graph.prometheus
            if not server.ask(query.expression.replace("$__rate_interval", "30s")) and not graph.quiet
        ]
    assert empty == []
