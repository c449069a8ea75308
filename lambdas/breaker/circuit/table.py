"""The shared state in DynamoDB: one item for the state, one a second (or a ring) for the counts. Calls, through `call`.

Counts are atomic ADDs; transitions, permits and votes are conditional writes on the generation. Nothing is read to be
written back. A healthy container costs one ADD and one consistent query a second, whatever its calls.

One partition takes about 1000 writes a second, and so as many containers of one service and region.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from .items import (
    LIVES_SECONDS,
    STATE_KEY,
    Item,
    bucket_key,
    changed,
    circuit_values,
    logged,
    number,
    ring_key,
    stored_of,
    text,
    totals_of,
    totals_of_mask,
    window_start,
)
from .rules import Rules
from .states import Circuit, State, Totals
from .store import Reading, Stored, StoreError

__all__ = ["Call", "ConditionFailed", "Table", "transition"]

Call = Callable[[str, Item], Item]


class ConditionFailed(StoreError):
    """A conditional write found another state: an answer, and no failure of the store."""


class Table:
    """One service's items.

    Args:
        call: operation of DynamoDB's JSON API and its body -> its answer; raises StoreError, ConditionFailed.
        clock: epoch seconds, for `expires` and a circuit that begins.
    """

    def __init__(self, call: Call, *, table: str, service: str, rules: Rules, clock: Callable[[], float]) -> None:
        self._call, self._table, self._service, self._rules, self._clock = call, table, service, rules, clock
        self._described = text(json.dumps(rules._asdict(), separators=(",", ":")))

    # --- reading ---------------------------------------------------------------------------------------------

    def read(self, known: Circuit | None, now_ms: int) -> Reading:
        circuit = known or self._begin()
        first = now_ms // 1000 - self._rules.size + 1 if self._rules.time_based else 0
        answer = self._call(
            "Query",
            {
                "TableName": self._table,
                "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
                "ExpressionAttributeValues": {
                    ":pk": text(self._service),
                    ":first": text(window_start(circuit.window, first)),
                    ":last": text(STATE_KEY),
                },
                "ConsistentRead": True,
            },
        )
        return self._reading(answer)

    def _begin(self) -> Circuit:
        """The state as it is, or a first one. That it runs by other rules than ours is written into it."""
        answer = self._call("GetItem", {"TableName": self._table, "Key": self._key(STATE_KEY), "ConsistentRead": True})
        item = answer.get("Item")
        if item is not None:
            if item.get("rules") != self._described:
                self._update(STATE_KEY, {"rules": self._described}, "attribute_exists(pk)", {})
            return _stored(item).circuit
        circuit = Circuit(since_ms=round(self._clock() * 1000))
        try:
            values = {**circuit_values(circuit), "rules": self._described}
            self._update(STATE_KEY, values, "attribute_not_exists(pk)", {})
        except ConditionFailed:
            return circuit  # another container began it: what it is comes with the query
        return circuit

    def _reading(self, answer: Mapping[str, Any]) -> Reading:
        items = {item["sk"]["S"]: item for item in answer.get("Items", ())}
        if STATE_KEY not in items:
            raise StoreError("the state is gone")
        stored = _stored(items[STATE_KEY])
        window = stored.circuit.window
        ring = items.get(ring_key(window, self._rules.size), {})
        prefix = bucket_key(window, 0)[:-12]
        seconds = {
            int(key[len(prefix) :]): totals_of(item)
            for key, item in items.items()
            if key.startswith(prefix) and key[len(prefix) :].isdigit()
        }
        return Reading(stored, seconds, self._outcomes(ring))

    def _outcomes(self, ring: Mapping[str, Any]) -> tuple[Totals, ...]:
        count, size = int(ring.get("seq", {}).get("N", 0)), self._rules.size
        places = (ring.get(f"o{index % size}") for index in range(max(0, count - size), count))
        return tuple(totals_of_mask(int(place["N"])) for place in places if place is not None)

    # --- transitions, permits, votes -------------------------------------------------------------------------

    def swap(self, before: Stored, after: Circuit) -> Stored | None:
        body = transition(self._table, self._service, before, after, rules=self._described["S"])
        try:
            self._call("UpdateItem", body)
        except ConditionFailed:
            return None
        return Stored(after, changed(before, after))

    def take(self, circuit: Circuit, lease_until_ms: int) -> Stored | None:
        return self._if_half_open(
            circuit.generation,
            "SET #lease_until_ms = :lease ADD #permits :less",
            {":lease": number(lease_until_ms), ":less": number(-1), ":none": number(0)},
            " AND #permits > :none",
        )

    def give_back(self, generation: int) -> Stored | None:
        return self._if_half_open(generation, "ADD #permits :more", {":more": number(1)})

    def vote(self, generation: int, one: Totals) -> Stored | None:
        return self._if_half_open(
            generation,
            "ADD #probes :n, #probes_failed :f, #probes_slow :s",
            {":n": number(one.total), ":f": number(one.failed), ":s": number(one.slow)},
        )

    def _if_half_open(self, generation: int, update: str, values: Item, condition: str = "") -> Stored | None:
        holds = "#generation = :g AND #state = :half" + condition
        body = {
            "UpdateExpression": update,
            "ConditionExpression": holds,
            "ExpressionAttributeNames": _names(update + " " + holds),
            "ExpressionAttributeValues": {**values, ":g": number(generation), ":half": text(State.HALF_OPEN.value)},
            "ReturnValues": "ALL_NEW",
        }
        try:
            answer = self._call("UpdateItem", {"TableName": self._table, "Key": self._key(STATE_KEY), **body})
        except ConditionFailed:
            return None
        return _stored(answer.get("Attributes", {}))

    def _update(self, sort_key: str, attributes: Item, condition: str, values: Item) -> None:
        self._call("UpdateItem", _update_body(self._table, self._service, sort_key, attributes, condition, values))

    # --- counts ----------------------------------------------------------------------------------------------

    def add(self, generation: int, second: int, totals: Totals) -> Totals:
        answer = self._add(
            bucket_key(generation, second),
            "ADD #n :n, #f :f, #s :s SET #expires = :expires",
            {":n": number(totals.total), ":f": number(totals.failed), ":s": number(totals.slow)},
        )
        return totals_of(answer)

    def push(self, generation: int, outcomes: list[Totals]) -> None:
        """First the places, by an atomic ADD, then what goes there: whatever runs beside it has other places."""
        size = self._rules.size
        outcomes = outcomes[-size:]
        key = ring_key(generation, size)
        answer = self._add(key, "ADD #seq :k SET #expires = :expires", {":k": number(len(outcomes))})
        first = int(answer["seq"]["N"]) - len(outcomes)
        places = {f"o{(first + i) % size}": one.failed + 2 * one.slow for i, one in enumerate(outcomes)}
        self._update(key, {name: number(mask) for name, mask in places.items()}, "attribute_exists(pk)", {})

    def _add(self, sort_key: str, update: str, values: Item) -> Item:
        answer = self._call(
            "UpdateItem",
            {
                "TableName": self._table,
                "Key": self._key(sort_key),
                "UpdateExpression": update,
                "ExpressionAttributeNames": _names(update),
                "ExpressionAttributeValues": {**values, ":expires": number(int(self._clock()) + LIVES_SECONDS)},
                "ReturnValues": "ALL_NEW",
            },
        )
        attributes: Item = answer.get("Attributes", {})
        return attributes

    def _key(self, sort_key: str) -> Item:
        return {"pk": text(self._service), "sk": text(sort_key)}


def transition(table: str, service: str, before: Stored | None, after: Circuit, *, rules: str = "") -> Item:
    """The one UpdateItem of a transition; the operator's side makes its own by it.

    Args:
        before: what the write is conditional on; None: that there is no state yet.
        rules: what the breaker runs by, as JSON; empty: left as it is.
    """
    attributes = {**circuit_values(after), "changes": logged(before, after)}
    if rules:
        attributes["rules"] = text(rules)
    if before is None:
        return _update_body(table, service, STATE_KEY, attributes, "attribute_not_exists(pk)", {})
    was = before.circuit
    condition = "#generation = :was AND #state = :from AND #exceeded = :told"
    values = {":was": number(was.generation), ":from": text(was.state.value), ":told": text(was.exceeded)}
    if was.state is after.state is State.HALF_OPEN:  # permits are given again: no result may come in between
        condition += " AND #permits = :out AND #probes = :voted"
        values |= {":out": number(was.permits), ":voted": number(was.probes.total)}
    return _update_body(table, service, STATE_KEY, attributes, condition, values)


def _update_body(table: str, service: str, sort_key: str, attributes: Item, condition: str, values: Item) -> Item:
    update = "SET " + ", ".join(f"#{name} = :{name}" for name in attributes)
    return {
        "TableName": table,
        "Key": {"pk": text(service), "sk": text(sort_key)},
        "UpdateExpression": update,
        "ConditionExpression": condition,
        "ExpressionAttributeNames": _names(update + " " + condition),
        "ExpressionAttributeValues": {**{f":{name}": value for name, value in attributes.items()}, **values},
    }


def _stored(item: Mapping[str, Any]) -> Stored:
    try:
        return stored_of(item)
    except (KeyError, ValueError, TypeError):
        raise StoreError("the state cannot be read") from None


def _names(expression: str) -> dict[str, str]:
    """A placeholder for every name, because DynamoDB reserves hundreds of words (state, by, window ...)."""
    words = (word.strip(",") for word in expression.split())
    return {word: word[1:] for word in words if word.startswith("#")}
