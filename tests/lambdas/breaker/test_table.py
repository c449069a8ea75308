"""The expressions, as real evaluators take them: moto's DynamoDB and ministack's, each called in this process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lambdas.breaker.circuit.rules import Rules
from lambdas.breaker.circuit.shared import Listener, SharedBreaker, Sharing
from lambdas.breaker.circuit.states import Circuit, Outcome, Permit, State, Totals
from lambdas.breaker.circuit.store import StoreError
from lambdas.breaker.circuit.table import ConditionFailed, Table
from lambdas.breaker.circuit.transitions import enter, renew, take
from tests.lambdas.breaker.driver import rules

Call = Callable[[str, dict[str, Any]], dict[str, Any]]
TABLE: dict[str, Any] = {
    "TableName": "breakers",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
}
SNAKE = {"Query": "query", "GetItem": "get_item", "UpdateItem": "update_item", "PutItem": "put_item"}


def by_moto() -> Iterator[Call]:
    import boto3
    from botocore.exceptions import ClientError
    from moto import mock_aws

    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
        client.create_table(**TABLE)

        def call(operation: str, body: dict[str, Any]) -> dict[str, Any]:
            try:
                answer: dict[str, Any] = getattr(client, SNAKE[operation])(**body)
            except ClientError as error:
                raise _failed(error.response["Error"]["Code"]) from error
            return answer

        yield call


def by_ministack() -> Iterator[Call]:
    from ministack.services import dynamodb

    def post(operation: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        headers = {
            "x-amz-target": f"DynamoDB_20120810.{operation}",
            "authorization": "AWS4-HMAC-SHA256 Credential=111122223333/20260101/eu-west-1/dynamodb/aws4_request",
        }
        status, _, content = asyncio.run(dynamodb.handle_request("POST", "/", headers, json.dumps(body).encode(), {}))
        return status, json.loads(content)

    def call(operation: str, body: dict[str, Any]) -> dict[str, Any]:
        status, answer = post(operation, body)
        if status != 200:
            raise _failed(answer["__type"].rpartition("#")[2])
        return answer

    post("CreateTable", TABLE)
    yield call
    post("DeleteTable", {"TableName": "breakers"})


def _failed(code: str) -> StoreError:
    return ConditionFailed(code) if code == "ConditionalCheckFailedException" else StoreError(code)


@pytest.fixture(params=[by_moto, by_ministack], ids=["moto", "ministack"])
def call(request: pytest.FixtureRequest) -> Iterator[Call]:
    yield from request.param()


def table(call: Call, now_ms: int = 0, **changes: Any) -> Table:
    made: Rules = rules(**{"time_based": True, "size": 5, **changes})
    return Table(call, table="breakers", service="orders", rules=made, clock=lambda: now_ms / 1000)


def test_the_state_begins_once_and_is_found_again(call: Call) -> None:
    first = table(call, 5000).read(None, 5000)
    assert first.stored.circuit == Circuit(since_ms=5000)
    assert table(call, 9000, permitted=7).read(None, 9000).stored.circuit == first.stored.circuit
    item = call("GetItem", {"TableName": "breakers", "Key": {"pk": {"S": "orders"}, "sk": {"S": "state"}}})["Item"]
    assert json.loads(item["rules"]["S"])["permitted"] == 7


def test_a_transition_holds_once(call: Call) -> None:
    one = table(call)
    stored = one.read(None, 0).stored
    after = enter(rules(), stored.circuit, State.OPEN, 7, why="a rate is too high")
    made = one.swap(stored, after)
    assert made is not None
    assert made.circuit == after
    assert one.swap(stored, after) is None
    assert one.read(None, 0).stored == made
    assert [change.after for change in made.changes] == ["OPEN"]


def test_permits_votes_and_what_is_too_late(call: Call) -> None:
    one = table(call)
    stored = one.read(None, 0).stored
    half = enter(rules(), stored.circuit._replace(state=State.OPEN), State.HALF_OPEN, 10)._replace(permits=2)
    assert one.swap(stored, half) is not None
    taken = one.take(half, 99)
    assert taken is not None
    assert (taken.circuit.permits, taken.circuit.lease_until_ms) == (1, 99)
    one.give_back(half.generation)
    assert one.take(half, 100) is not None
    assert one.take(half, 101) is not None
    assert one.take(half, 102) is None
    voted = one.vote(half.generation, Totals(1, 1, 0))
    assert voted is not None
    assert voted.circuit.probes == Totals(1, 1, 0)
    assert one.vote(half.generation - 1, Totals(1, 0, 0)) is None
    one.give_back(half.generation - 1)
    assert one.read(None, 0).stored.circuit == voted.circuit


def test_permits_are_given_again_only_if_no_result_came_meanwhile(call: Call) -> None:
    one = table(call)
    stored = one.read(None, 0).stored
    half = enter(rules(), stored.circuit._replace(state=State.OPEN), State.HALF_OPEN, 10)._replace(permits=0)
    seen = one.swap(stored, half)
    assert seen is not None
    again = take(rules(), renew(rules(), half), 20)
    one.vote(half.generation, Totals(1, 0, 0))
    assert one.swap(seen, again) is None
    current = one.read(None, 0).stored
    assert one.swap(current, take(rules(), renew(rules(), current.circuit), 20)) is not None


def test_seconds_add_up_and_one_query_has_them_with_the_state(call: Call) -> None:
    one = table(call)
    circuit = one.read(None, 0).stored.circuit
    assert one.add(1, 100, Totals(2, 1, 0)) == Totals(2, 1, 0)
    assert one.add(1, 100, Totals(1, 1, 1)) == Totals(3, 2, 1)
    one.add(1, 96, Totals(4, 0, 0))
    one.add(1, 95, Totals(9, 9, 9))  # has left the window
    one.add(2, 100, Totals(9, 9, 9))  # is another window's
    reading = one.read(circuit, 100_500)
    assert reading.seconds == {96: Totals(4, 0, 0), 100: Totals(3, 2, 1)}


def test_a_ring_keeps_the_latest_calls_in_order(call: Call) -> None:
    one = table(call, time_based=False, size=3)
    circuit = one.read(None, 0).stored.circuit
    ok, bad = Totals(1, 0, 0), Totals(1, 1, 1)
    one.push(1, [ok, bad])
    assert one.read(circuit, 0).outcomes == (ok, bad)
    one.push(1, [ok, ok])
    assert one.read(circuit, 0).outcomes == (bad, ok, ok)
    one.push(1, [bad] * 9)
    assert one.read(circuit, 0).outcomes == (bad, bad, bad)


def test_a_bucket_ends_by_itself_and_the_state_never(call: Call) -> None:
    one = table(call, 1000)
    one.read(None, 0)
    one.add(1, 1, Totals(1, 0, 0))
    key = {"pk": {"S": "orders"}, "sk": {"S": f"bucket#{1:012d}#{1:012d}"}}
    assert int(call("GetItem", {"TableName": "breakers", "Key": key})["Item"]["expires"]["N"]) == 1 + 86_400
    key["sk"] = {"S": "state"}
    assert "expires" not in call("GetItem", {"TableName": "breakers", "Key": key})["Item"]


def test_d3_on_a_real_evaluator_too_no_more_than_the_permits(call: Call) -> None:
    made = rules(time_based=True, size=5, permitted=3, minimum_calls=2)
    listener = Listener(lambda event, circuit: None, lambda reason: pytest.fail(reason))
    fleet = [
        SharedBreaker(made, table(call, permitted=3), 0, listener=listener, sharing=Sharing(cache_ms=1000, flush_ms=0))
        for _ in range(50)
    ]
    for one in fleet:
        one.warm(0)
    for now in (0, 0):
        permit = fleet[0].acquire(now)
        assert isinstance(permit, Permit)
        fleet[0].record(permit, Outcome.FAILURE, now)
    for one in fleet:
        one.warm(500)
    assert sum(isinstance(one.acquire(1001), Permit) for one in fleet) == 3  # all of them believe that it is OPEN
