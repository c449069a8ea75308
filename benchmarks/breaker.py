"""What the breaker adds: microseconds a call, reads and writes of its table, its start, and what still gets through once it is open.

In all rows but the last two the table is in memory and the clock is ours, so that the figures are the breaker's own; those
two go through the local gateway, the same function with and without a breaker in front of it, in turns. Prices are the
on-demand ones of us-east-1 (November 2026: unsure, look them up). Powertools' reads are counted in its source: one eventually
consistent GetItem when a container's answer is five seconds old, no write while all is well
(aws-powertools/powertools-lambda-python, utilities/circuit_breaker, commit 68bcb01).
"""

from __future__ import annotations

import json
import random
import statistics
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.clocks import cold_start, microseconds
from benchmarks.servers import Server, api, function, load, running
from infra.blueprint.code import code_files
from lambdas.breaker.circuit.items import circuit_values
from lambdas.breaker.circuit.journal import Journal
from lambdas.breaker.circuit.proxy import Proxy
from lambdas.breaker.circuit.rules import Rules
from lambdas.breaker.circuit.settings import Settings
from lambdas.breaker.circuit.sigv4 import Credentials, Signer
from lambdas.breaker.circuit.states import Circuit, State
from lambdas.breaker.circuit.tracer.tracing import Tracer
from lambdas.breaker.circuit.transitions import enter
from lambdas.breaker.circuit.upstream import Upstream

FOLDER = Path(__file__).resolve().parent.parent / "lambdas" / "breaker"
ENVIRONMENT = {
    "GATEWRIGHT_BREAKER_GATEWAY": "shop",
    "GATEWRIGHT_BREAKER_SERVICE": "orders",
    "GATEWRIGHT_BREAKER_TABLE": "breakers",
    "GATEWRIGHT_BREAKER_TARGET": "arn:aws:lambda:eu-west-1:111122223333:function:orders:7",
    "GATEWRIGHT_BREAKER_TIMEOUT_MS": "3000",
}
EVENT = {"httpMethod": "GET", "path": "/api/orders/1", "multiValueHeaders": {"Accept": ["*/*"]}}
WRITE_DOLLARS, READ_DOLLARS = 0.625 / 1e6, 0.125 / 1e6
READ_UNIT_BYTES = 4096
REQUEST_DOLLARS, GIGABYTE_SECOND_DOLLARS = 0.20 / 1e6, 0.0000133334  # Lambda on arm64
MEMORY_GIGABYTES, CALL_SECONDS = 0.25, 0.05  # of the breaker's function, and what the service takes
POWERTOOLS_CACHE_SECONDS = 5
SERVICE = b"def handler(event, context):\n    return {'statusCode': 200, 'body': 'ok'}\n"


def measure(*, calls: int = 5000, starts: int = 11) -> list[dict[str, Any]]:
    """Microseconds are the best of several rounds, milliseconds are medians."""
    rows = [
        _added("added to a call, CLOSED, state known", Bench(), calls),
        _added("added to a call, CLOSED, last good answer kept", Bench(FALLBACK_CACHE_MS="60000"), calls),
        _refused("a refusal, OPEN", calls),
        _signature(calls),
    ]
    rows += [_traffic(rate) for rate in (1, 10, 100)]
    rows += [_leak(cache_ms) for cache_ms in (0, 250, 1000)]
    return rows + _starts(starts) + _through_the_gateway()


class Bench:
    """A proxy on a table in memory, with a service that answers at once."""

    def __init__(self, circuit: Circuit | None = None, **settings: str) -> None:
        self.now = 1_790_000_000.0
        self.calls: Counter[str] = Counter()
        self.read_units = 0
        self.circuit = circuit or Circuit()
        self.buckets: dict[str, dict[str, Any]] = {}
        self.good = {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": '{"id": 1}'}
        environment = {**ENVIRONMENT, **{f"GATEWRIGHT_BREAKER_{name}": value for name, value in settings.items()}}
        self._settings = Settings.from_environment(environment)
        self.proxy = Proxy(
            self._settings,
            call=self.call,
            upstream=self,
            journal=Journal(lambda line: None, gateway="shop", service="orders", clock=lambda: self.now),  # noqa: ARG005
            clock=lambda: self.now,
        )

    def with_tracer(self, tracer: Tracer, upstream: Upstream) -> Proxy:
        """Another proxy on the same table, with a service of its own."""
        return Proxy(
            self._settings,
            call=self.call,
            upstream=upstream,
            journal=Journal(lambda line: None, gateway="shop", service="orders", clock=lambda: self.now),  # noqa: ARG005
            clock=lambda: self.now,
            tracer=tracer,
        )

    def call(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        self.calls[operation] += 1
        state = {"pk": {"S": "orders"}, "sk": {"S": "state"}, **circuit_values(self.circuit)}
        if operation == "GetItem":
            return {"Item": state}
        if operation == "Query":
            first = body["ExpressionAttributeValues"][":first"]["S"]
            found = [state, *(item for key, item in self.buckets.items() if key >= first)]
            self.read_units += -(-len(json.dumps(found)) // READ_UNIT_BYTES)
            return {"Items": found}
        key = body["Key"]["sk"]["S"]
        if key == "state":
            return {}
        item = self.buckets.setdefault(key, {"sk": {"S": key}, "n": {"N": "0"}, "f": {"N": "0"}, "s": {"N": "0"}})
        for name in ("n", "f", "s"):
            item[name] = {"N": str(int(item[name]["N"]) + int(body["ExpressionAttributeValues"][f":{name}"]["N"]))}
        return {"Attributes": item}

    def answer(self, event: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        return self.good


def _added(what: str, bench: Bench, calls: int) -> dict[str, Any]:
    bench.proxy.answer(EVENT)
    whole = microseconds(lambda: bench.proxy.answer(EVENT), calls)
    alone = microseconds(lambda: bench.answer(EVENT, 1), calls)
    return {"what": what, "us": round(whole - alone, 1)}


def _refused(what: str, calls: int) -> dict[str, Any]:
    bench = Bench()
    bench.circuit = enter(Rules(), bench.circuit, State.OPEN, int(bench.now * 1000))
    assert bench.proxy.answer(EVENT)["statusCode"] == 503
    return {"what": what, "us": round(microseconds(lambda: bench.proxy.answer(EVENT), calls), 1)}


def _signature(calls: int) -> dict[str, Any]:
    signer = Signer(Credentials("AKID", "secret", "token" * 200), service="dynamodb", region="eu-west-1")
    headers = {"host": "dynamodb.eu-west-1.amazonaws.com", "content-type": "application/x-amz-json-1.0"}
    body = b"x" * 400
    us = microseconds(lambda: signer.sign("POST", "/", "", headers, body, 1_790_000_000), calls)
    return {"what": "signing a call of the table", "us": round(us, 1)}


def _traffic(rate: int, *, seconds: int = 60) -> dict[str, Any]:
    """One healthy container at this many calls a second, with the default window of 60 s."""
    bench = Bench()
    bench.proxy.warm()
    bench.calls.clear()
    for number in range(rate * seconds):
        bench.now = 1_790_000_000.0 + number / rate
        bench.proxy.answer(EVENT)
    made = rate * seconds
    writes, reads = bench.calls["UpdateItem"], bench.calls["Query"]
    dollars = (writes * WRITE_DOLLARS + bench.read_units * READ_DOLLARS) / made * 1e6
    powertools = min(1.0, 1 / (POWERTOOLS_CACHE_SECONDS * rate)) * 0.5 * READ_DOLLARS * 1e6
    waiting = (REQUEST_DOLLARS + CALL_SECONDS * MEMORY_GIGABYTES * GIGABYTE_SECOND_DOLLARS) * 1e6
    return {
        "what": f"healthy container, {rate} calls/s",
        "writes/call": round(writes / made, 4),
        "reads/call": round(reads / made, 4),
        "$/million, table": round(dollars, 3),
        "Powertools' table": round(powertools, 4),
        "$/million, invocation": round(waiting, 3),
        "goal": "<= 2 writes a second",
    }


def _leak(cache_ms: int, *, rate: int = 200, containers: int = 50, rounds: int = 10) -> dict[str, Any]:
    """Calls that reach the service after OPEN is in the table; the rest of the fleet learns of it by its cache."""
    draw, passed = random.Random(7), []  # noqa: S311 (traffic, not a secret)
    for _ in range(rounds):
        fleet = [Bench(CACHE_MS=str(cache_ms), FLUSH_MS="1000") for _ in range(containers)]
        opened_at = fleet[0].now
        for bench in fleet:
            bench.now = opened_at - draw.random() * cache_ms / 1000
            bench.proxy.warm()
            bench.circuit = Circuit(State.OPEN, 2, retry_after_ms=int((opened_at + 60) * 1000))
        through = 0
        for number in range(int(rate * 1.5)):
            bench = draw.choice(fleet)
            bench.now = opened_at + number / rate
            through += bench.proxy.answer(EVENT)["statusCode"] == 200
        passed.append(through)
    return {
        "what": f"leak after opening, cache {cache_ms} ms, {rate}/s over {containers}",
        "calls": round(statistics.mean(passed), 1),
        "goal": f"<= {rate * cache_ms // 1000}",
    }


def _starts(starts: int) -> list[dict[str, Any]]:
    client = "import boto3\nboto3.client('dynamodb', region_name='eu-west-1')"
    rows = []
    for what, code, goal, count in (
        ("import of the handler, CPU", "import handler", "<= 60 ms", starts),
        ("boto3 with a DynamoDB client, CPU", client, "", min(starts, 5)),
    ):
        runs = [cold_start(code, folder=FOLDER, environment=ENVIRONMENT) for _ in range(count + 1)][
            1:
        ]  # the first one writes bytecode
        row = {"what": what, "ms": round(statistics.median(seconds for seconds, _ in runs) * 1000, 1), "goal": goal}
        if "handler" in code:
            row["note"] = f"loads {'boto' if 'botocore' in runs[0][1] else 'no boto'}"
        rows.append(row)
    return rows


def _through_the_gateway(*, seconds: float = 2.0, rounds: int = 3) -> list[dict[str, Any]]:
    """What a client waits more, at 1 and 4 connections: two calls of functions in place of one, and the table.

    The best of several rounds, in turns: whatever else the machine does is in neither.
    """
    rows = []
    with running("gatewright") as server:
        urls = {"without": api(server, _service(server)), "with": api(server, _protected(server))}
        for url in urls.values():
            load(url, connections=4, seconds=2)  # warm containers
        for connections in (1, 4):
            runs = [
                {name: load(url, connections=connections, seconds=seconds) for name, url in urls.items()}
                for _ in range(rounds)
            ]
            row: dict[str, Any] = {"what": f"local gateway, {connections} connections"}
            for percentile in ("p50", "p99"):
                best = {name: min(run[name][f"{percentile}_ms"] for run in runs) for name in urls}
                row |= {f"{percentile} ms {name}": value for name, value in best.items()}
                row[f"{percentile} added"] = round(best["with"] - best["without"], 2)
            rows.append({**row, "errors": sum(result["errors"] for run in runs for result in run.values())})
    return rows


def _service(server: Server) -> str:
    return function(server, "service", {"handler.py": SERVICE})


def _protected(server: Server) -> str:
    """A breaker in front of a version of the same service."""
    server.client("dynamodb").create_table(
        TableName="breakers",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    function(server, "behind", {"handler.py": SERVICE})
    target = server.client("lambda").publish_version(FunctionName="behind")["FunctionArn"]
    files = {name: path.read_bytes() for name, path in code_files(FOLDER)}  # links followed, as in its zip
    return function(server, "breaker", files, environment={**ENVIRONMENT, "GATEWRIGHT_BREAKER_TARGET": target})
