"""The ledger on moto's DynamoDB: the real client, real condition expressions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.errors import Locked, NotFound, Refused
from infra.release.ledger import LEASE_SECONDS, Ledger
from infra.release.owner import Owner
from tests.infra.release.situations import intent

REGION, TABLE = "us-east-1", "gatewright-shop-ledger"


class Clock:
    now = 1_767_225_600.5

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        made = boto3.client("dynamodb", region_name=REGION)
        made.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        yield made


def ledger(client: Any, clock: Clock, *, pid: int, host: str = "laptop", dead: tuple[int, ...] = ()) -> Ledger:
    return Ledger(
        client=client,
        table=TABLE,
        region=REGION,
        owner=Owner(user="ann", host=host, pid=pid),
        clock=clock,
        is_alive=lambda other: other not in dead,
    )


def test_one_of_two_operators_gets_the_lock(client: Any) -> None:
    clock = Clock()
    first, second = ledger(client, clock, pid=1), ledger(client, clock, pid=2)
    assert first.acquire() == ""
    with pytest.raises(Locked, match="ann@laptop:1"):
        second.acquire()
    clock.now += 40
    first.renew()
    first.release()
    assert second.acquire() == ""


def test_expired_and_dead_locks_are_taken_over(client: Any) -> None:
    clock = Clock()
    first, other, here = (
        ledger(client, clock, pid=1),
        ledger(client, clock, pid=2, host="desk"),
        ledger(client, clock, pid=3, dead=(1,)),
    )
    first.acquire()
    assert here.acquire() == "ann@laptop:1"
    with pytest.raises(Locked):
        other.acquire()
    clock.now += LEASE_SECONDS + 1
    assert other.acquire() == "ann@laptop:3"
    here.release()
    assert other.lock() is not None
    with pytest.raises(Locked, match="taken over"):
        here.renew()


def test_intents_history_and_manifests(client: Any) -> None:
    book = ledger(client, Clock(), pid=1)
    assert book.intent() is None
    book.write_intent(intent("start", percent=12.5))
    assert book.intent() == intent("start", percent=12.5)
    other = type(intent("x"))(**{**_fields(intent("rollback")), "id": "i2"})
    with pytest.raises(Refused):
        book.write_intent(other)
    book.write_intent(other, replaces="i1")
    book.finish(other, {"seen": [1]})
    book.finish(other, {"seen": [1]})
    assert book.intent() is None
    assert [(e["operation"], e["evidence"]) for e in book.history()] == [("rollback", {"seen": [1]})]
    book.record_release("d-one", ["arn:1"])
    book.record_release("d-one", ["arn:2"])
    assert book.manifests() == {"d-one": ("arn:1",)}
    book.forget_release("d-one")
    assert book.manifests() == {}


def _fields(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


def test_a_long_history_is_paged(client: Any) -> None:
    book = ledger(client, Clock(), pid=1)
    for i in range(12):
        book.record({"id": str(i), "started": f"{i:03}", "operation": "prune", "filler": "x" * 200_000})
    assert [entry["id"] for entry in book.history(limit=11)] == [str(i) for i in range(11, 0, -1)]


def test_a_missing_table_is_told_apart(client: Any) -> None:
    client.delete_table(TableName=TABLE)
    with pytest.raises(NotFound):
        ledger(client, Clock(), pid=1).acquire()
