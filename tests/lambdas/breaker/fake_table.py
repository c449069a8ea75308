"""A DynamoDB table that evaluates the expressions it is given, one call at a time, as DynamoDB serializes an item's writes."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

from lambdas.breaker.circuit.rules import Rules
from lambdas.breaker.circuit.shared import Listener, SharedBreaker, Sharing
from lambdas.breaker.circuit.states import Circuit, Event, Kind
from lambdas.breaker.circuit.store import StoreError
from lambdas.breaker.circuit.table import ConditionFailed, Table

__all__ = ["WRITES", "FakeTable", "Fleet"]

Item = dict[str, Any]
_METHODS = {"GetItem": "_get_item", "Query": "_query", "PutItem": "_put_item", "UpdateItem": "_update_item"}
WRITES = ("UpdateItem", "PutItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem")


class FakeTable:
    """`fault`: what every call raises; `before`: runs before a call, as somebody else would."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Item] = {}
        self.calls: list[tuple[str, Item]] = []
        self.fault: str = ""
        self.before: Callable[[str, Item], None] = lambda operation, body: None
        self._lock = threading.RLock()

    def __call__(self, operation: str, body: Item) -> Item:
        self.before(operation, body)
        with self._lock:
            self.calls.append((operation, body))
            if self.fault:
                raise StoreError(self.fault)
            answer: Item = getattr(self, _METHODS[operation])(body)
            return answer

    @property
    def writes(self) -> list[tuple[str, Item]]:
        return [call for call in self.calls if call[0] in WRITES]

    def _get_item(self, body: Item) -> Item:
        assert body["ConsistentRead"]
        item = self.items.get(_key(body["Key"]))
        return {"Item": dict(item)} if item else {}

    def _query(self, body: Item) -> Item:
        assert body["ConsistentRead"]
        assert body["KeyConditionExpression"] == "pk = :pk AND sk BETWEEN :first AND :last"
        pk, first, last = (body["ExpressionAttributeValues"][name]["S"] for name in (":pk", ":first", ":last"))
        assert first <= last, "DynamoDB refuses such a range"
        found = [dict(i) for k, i in sorted(self.items.items()) if k[0] == pk and first <= k[1] <= last]
        found = found if body.get("ScanIndexForward", True) else found[::-1]
        return {"Items": found[: body.get("Limit", len(found))]}

    def _put_item(self, body: Item) -> Item:
        assert "ConditionExpression" not in body
        self.items[_key(body["Item"])] = dict(body["Item"])
        return {}

    def _update_item(self, body: Item) -> Item:
        names, values = body.get("ExpressionAttributeNames", {}), body.get("ExpressionAttributeValues", {})
        key = _key(body["Key"])
        item = self.items.get(key)
        condition = body.get("ConditionExpression", "")
        used = set(re.findall(r"[#:]\w+", body["UpdateExpression"] + " " + condition))
        assert used == set(names) | set(values), "DynamoDB refuses placeholders that are not used, or not given"
        if condition and not all(_holds(clause, item, names, values) for clause in condition.split(" AND ")):
            raise ConditionFailed("ConditionalCheckFailedException")
        item = dict(item) if item else dict(body["Key"])
        for verb, text in re.findall(r"(SET|ADD) (.*?)(?= SET | ADD |$)", body["UpdateExpression"]):
            for part in text.split(", "):
                name, value = part.split(" = " if verb == "SET" else " ")
                attribute, given = names[name], values[value]
                if verb == "ADD":
                    given = {"N": str(int(item.get(attribute, {"N": "0"})["N"]) + int(given["N"]))}
                item[attribute] = given
        self.items[key] = item
        return {"Attributes": dict(item)} if body.get("ReturnValues") == "ALL_NEW" else {}


def _holds(clause: str, item: Item | None, names: dict[str, str], values: Item) -> bool:
    if clause.startswith("attribute_"):
        return (item is not None) == clause.startswith("attribute_exists")
    name, sign, value = clause.split()
    if item is None or names[name] not in item:
        return False
    (kind, left), right = next(iter(item[names[name]].items())), next(iter(values[value].values()))
    if kind == "N":
        left, right = int(left), int(right)
    return bool(left == right if sign == "=" else left > right)


def _key(key: Item) -> tuple[str, str]:
    return key["pk"]["S"], key["sk"]["S"]


class Fleet:
    """Containers of one service on one table, each with a clock that may differ."""

    def __init__(
        self, rules: Rules, size: int, *, now_ms: int = 0, sharing: Sharing | None = None, call: Any = None
    ) -> None:
        self.rules, self.now = rules, now_ms
        self.table = FakeTable()
        self.told: list[str] = []
        self.failures: list[str] = []
        self.containers = [self.container(sharing or Sharing(), call or self.table) for _ in range(size)]

    def container(self, sharing: Sharing, call: Any) -> SharedBreaker:
        store = Table(call, table="breakers", service="orders", rules=self.rules, clock=lambda: self.now / 1000)
        listener = Listener(self.tell, self.failures.append)
        return SharedBreaker(self.rules, store, self.now, listener=listener, sharing=sharing)

    def tell(self, event: Event, circuit: Circuit) -> None:
        self.told.append(event.detail if event.kind is Kind.STATE_TRANSITION else event.kind.value)

    def state(self) -> Item:
        return self.table.items[("orders", "state")]
