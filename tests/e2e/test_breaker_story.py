"""The order service gets slow, and the gateway protects it: the shop as it is, by the commands of the README.

The tests of this module are one story: each begins where the one before ended. Nobody waits for a time to be over: what
ends then is moved to now, in the item that says when.
"""

from __future__ import annotations

import http.client
import itertools
import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from infra.breaker.cloud import BreakerCloud
from infra.breaker.names import breaker_table
from infra.breaker.view import Breaker
from infra.release.awsclient import AwsClient
from lambdas.breaker.circuit.aws import Service, dynamodb_call
from lambdas.breaker.circuit.rules import Rules
from lambdas.breaker.circuit.shared import Listener, SharedBreaker, Sharing
from lambdas.breaker.circuit.states import Outcome, Permit, State
from lambdas.breaker.circuit.table import Table
from lambdas.breaker.circuit.transitions import enter
from tests.e2e.conftest import Checkout

pytestmark = pytest.mark.e2e

US, EU = "us-east-1", "eu-west-1"
ORDERS = "/api/orders"
WHY = ("--reason", "the database moves", "--region", US)
TRIALS = 5  # of the shop's breaker, by default
CALLS = 20  # no rate of fewer


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def fallback(self) -> bool:
        return "x-gatewright-fallback" in self.headers


class Client:
    """Users of the shop, each from an address of its own."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout, self.token = checkout, checkout.token("orders:read")
        self.endpoint = urlsplit(checkout.environment["AWS_ENDPOINT_URL"])
        outputs = checkout.stack(US)
        self.prefix = f"/_aws/execute-api/{outputs['RestApiId']}/{outputs['StageName']}"
        self.addresses = (f"198.18.{n // 250}.{n % 250 + 1}" for n in itertools.count())

    def get(self, path: str = ORDERS) -> Reply:
        connection = http.client.HTTPConnection(self.endpoint.hostname or "", self.endpoint.port, timeout=30)
        headers = {"Authorization": f"Bearer {self.token}", "X-Viewer-Address": next(self.addresses)}
        began = time.perf_counter()
        connection.request("GET", self.prefix + path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - began
        connection.close()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body, took)

    def until(self, holds: Callable[[Reply], bool], *, tries: int = 200) -> Reply:
        """Asks until an answer is as wanted; what is waited for is a time of the breaker."""
        for _ in range(tries):
            reply = self.get()
            if holds(reply):
                return reply
            time.sleep(0.05)
        raise AssertionError(f"never so: {reply}")


@pytest.fixture(scope="module")
def client(shop: Checkout) -> Iterator[Client]:
    """At the end orders is as it was, whatever went wrong: the engine is that of all stories."""
    yield Client(shop)
    trouble(shop)
    shop.run("breaker", "reset", "orders", *WHY)


def trouble(shop: Checkout, **wanted: int) -> None:
    body = json.dumps({"regions": [US], **wanted}).encode()
    url = f"{shop.environment['AWS_ENDPOINT_URL']}/_gatewright/troubles/gatewright-shop-orders"
    with urllib.request.urlopen(urllib.request.Request(url, data=body, method="PUT")) as answer:
        assert answer.status == 200


def seen(shop: Checkout) -> Breaker:
    aws = AwsClient(region=US, factory=shop.client, sleep=time.sleep, clock=time.time)
    return BreakerCloud(aws=aws, gateway="shop").look("orders")


def steps(shop: Checkout) -> list[tuple[str, str, str]]:
    """What changed, the latest first."""
    stored = seen(shop).stored
    assert stored is not None
    return [(change.before, change.after, change.by) for change in reversed(stored.changes)]


def over(shop: Checkout, attribute: str) -> None:
    """The time is over."""
    shop.client("dynamodb").update_item(
        TableName=breaker_table("shop"),
        Key={"pk": {"S": "orders"}, "sk": {"S": "state"}},
        UpdateExpression=f"SET {attribute} = :now",
        ExpressionAttributeValues={":now": {"N": str(int(time.time() * 1000) - 1000)}},
    )


def act(shop: Checkout, *arguments: str) -> None:
    done = shop.run(*arguments)
    assert done.code == 0, done.out + done.err


def is_a_problem(reply: Reply) -> bool:
    problem = json.loads(reply.body)
    return (
        reply.status == problem["status"] == 503
        and problem["type"] == "urn:gatewright:problem:breaker-open"
        and reply.headers["content-type"] == "application/problem+json"
        and int(reply.headers["retry-after"]) >= 1
        and reply.headers["x-gatewright-fallback"] == "static"
    )


def test_01_orders_are_answered_through_the_breaker_to_those_who_may(shop: Checkout, client: Client) -> None:
    assert client.get().status == 200
    assert shop.get(US, ORDERS)[0] == 401, "the authorizer stands before the breaker"
    done = shop.run("breaker", "status", "orders", "--output", "json")
    assert [(one["region"], one["state"]) for one in done.json()["breakers"]] == [(US, "CLOSED"), (EU, "CLOSED")]


def test_02_slow_orders_open_it_by_the_slow_call_rate(shop: Checkout, client: Client) -> None:
    act(shop, "service", "slow", "orders", "3s", "--region", US)
    with ThreadPoolExecutor(CALLS) as pool:
        slow = list(pool.map(lambda _: client.get(), range(CALLS)))
    assert {reply.status for reply in slow} <= {200, 503, 504}
    client.until(lambda reply: reply.headers.get("x-gatewright-breaker") == "open")
    assert steps(shop)[0] == ("CLOSED", "OPEN", "breaker")
    assert seen(shop).rates.slow >= 50


def test_03_users_get_a_fallback_at_once(shop: Checkout, client: Client) -> None:
    keep_open(shop)
    client.until(lambda reply: is_a_problem(reply) and int(reply.headers["retry-after"]) > 60)
    replies = [client.get() for _ in range(40)]
    assert all(is_a_problem(reply) for reply in replies)
    # The best of forty: this machine has other work, and what is measured is the breaker. Orders takes 3 s.
    assert min(reply.seconds for reply in replies) < 0.05
    assert sorted(reply.seconds for reply in replies)[20] < 1
    assert client.get("/api/orders/o1").status == 503
    assert client.get("/api/users/1").status == 200, "the other services notice nothing"


def keep_open(shop: Checkout) -> None:
    """So that no wait ends between the requests of a test."""
    shop.client("dynamodb").update_item(
        TableName=breaker_table("shop"),
        Key={"pk": {"S": "orders"}, "sk": {"S": "state"}},
        UpdateExpression="SET retry_after_ms = :later",
        ExpressionAttributeValues={":later": {"N": str(int(time.time() * 1000) + 120_000)}},
    )


def store_failures(shop: Checkout) -> int:
    """Of all containers, so far."""
    answer = shop.client("cloudwatch").get_metric_statistics(
        Namespace="Gatewright/shop",
        MetricName="BreakerStoreFailed",
        Dimensions=[{"Name": "service", "Value": "orders"}],
        StartTime=0,
        EndTime="2100-01-01T00:00:00Z",
        Period=86400,
        Statistics=["Sum"],
    )
    return int(sum(point["Sum"] for point in answer["Datapoints"]))


def test_04_while_orders_is_slow_the_trial_calls_open_it_again(shop: Checkout, client: Client) -> None:
    over(shop, "retry_after_ms")
    with ThreadPoolExecutor(2 * TRIALS) as pool:
        tried = list(pool.map(lambda _: client.until(lambda r: r.status != 503 or r.fallback), range(2 * TRIALS)))
    reached = sum(reply.status == 200 for reply in tried)
    # A busy machine's table may answer after the breaker's 100 ms; that container then goes by itself for one call (D9).
    assert 1 <= reached <= TRIALS + store_failures(shop), "no more than the permits get to orders"
    client.until(lambda reply: reply.headers.get("x-gatewright-breaker") == "open")
    assert [step[:2] for step in steps(shop)[:2]] == [("HALF_OPEN", "OPEN"), ("OPEN", "HALF_OPEN")]
    assert seen(shop).circuit.attempt == 2, "the second wait is longer"


def test_05_orders_recovers_and_the_trial_calls_close_it(shop: Checkout, client: Client) -> None:
    trouble(shop)
    over(shop, "retry_after_ms")
    client.until(lambda reply: reply.status == 200)
    for _ in range(TRIALS):
        client.get()
    assert [step[:2] for step in steps(shop)[:2]] == [("HALF_OPEN", "CLOSED"), ("OPEN", "HALF_OPEN")]
    assert client.get().status == 200


def test_06_what_an_operator_forces_ends_by_itself_and_is_kept(shop: Checkout, client: Client) -> None:
    act(shop, "breaker", "open", "orders", *WHY, "--for", "2m")
    refused = client.until(lambda reply: reply.headers.get("x-gatewright-breaker") == "forced-open")
    assert is_a_problem(refused)
    assert 1 <= int(refused.headers["retry-after"]) <= 121
    over(shop, "until_ms")
    client.until(lambda reply: reply.status == 200)
    assert steps(shop)[0] == ("FORCED_OPEN", "CLOSED", "breaker")
    (audit, *_) = seen(shop).audit
    assert (audit["verb"], audit["before"], audit["after"], audit["why"]) == ("open", "CLOSED", "FORCED_OPEN", WHY[1])


def test_07_every_change_is_a_metric(shop: Checkout) -> None:
    metrics = shop.client("cloudwatch")
    wanted = {"OPEN", "HALF_OPEN", "CLOSED", "FORCED_OPEN"}
    told: set[str] = set()
    for _ in range(100):
        found = metrics.list_metrics(Namespace="Gatewright/shop", MetricName="BreakerTransition")["Metrics"]
        told = {d["Value"] for metric in found for d in metric["Dimensions"] if d["Name"] == "to"}
        if wanted <= told:
            return
        time.sleep(0.05)
    raise AssertionError(told)


RULES = Rules(time_based=True, size=10, minimum_calls=5, permitted=5, wait_ms=1, lease_ms=60_000)


def container(shop: Checkout, service: str) -> SharedBreaker:
    """As a container has it: the same client, over HTTP, to the embedded DynamoDB."""
    endpoint = shop.environment["AWS_ENDPOINT_URL"]
    environment = {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": US, "AWS_ACCESS_KEY_ID": "000000000000"}
    call = dynamodb_call(Service("dynamodb", environment, time.time), lambda: 30.0)
    store = Table(call, table=breaker_table("shop"), service=service, rules=RULES, clock=time.time)
    listener = Listener(lambda event, circuit: None, lambda reason: pytest.fail(reason))
    sharing = Sharing(cache_ms=0, flush_ms=0)
    return SharedBreaker(RULES, store, int(time.time() * 1000), listener=listener, sharing=sharing)


def test_08_fifty_containers_race_for_the_permits_and_never_get_more(shop: Checkout) -> None:
    now_ms = int(time.time() * 1000)
    first = container(shop, "raced")
    first.warm(now_ms)
    store = first._store
    stored = store.read(first.known, now_ms).stored
    assert store.swap(stored, enter(RULES, stored.circuit, State.OPEN, now_ms - 60_000, why="test")) is not None
    fleet = [container(shop, "raced") for _ in range(50)]
    with ThreadPoolExecutor(50) as pool:
        granted = list(pool.map(lambda one: (one, one.acquire(int(time.time() * 1000))), fleet))
    permits = [(one, permit) for one, permit in granted if isinstance(permit, Permit)]
    assert all(permit.probe for _, permit in permits)
    assert len({permit.generation for _, permit in permits}) == 1, "one of fifty made the transition"
    assert len(permits) == RULES.permitted
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda pair: pair[0].record(pair[1], Outcome.SUCCESS, int(time.time() * 1000)), permits))
    assert store.read(first.known, int(time.time() * 1000)).stored.circuit.state is State.CLOSED
