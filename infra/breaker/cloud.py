"""The breakers of a gateway in one region: read them, and carry a plan out. Touches DynamoDB and CloudWatch.

Reading one costs three calls. A transition that loses against the breaker's own is planned again from what is so then.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.breaker.names import breaker_table
from infra.breaker.plan import Order, plan
from infra.breaker.view import Breaker
from infra.errors import CloudError, Conflict, NotFound, NothingToDo
from infra.release.awsclient import AwsClient, ConditionFailed
from infra.release.plan import Plan
from lambdas.breaker.circuit.rules import Rules
from lambdas.breaker.circuit.states import Circuit
from lambdas.breaker.circuit.store import StoreError, window_totals
from lambdas.breaker.circuit.table import Table

__all__ = ["BreakerCloud"]

_TRIES = 5
_AUDITS = 10
_OPERATIONS = {"Query": "query", "GetItem": "get_item", "UpdateItem": "update_item"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerCloud:
    aws: AwsClient
    gateway: str

    @property
    def region(self) -> str:
        return self.aws.region

    def look(self, service: str) -> Breaker:
        """One service's breaker as it is now.

        Raises:
            NothingToDo: the gateway has no breakers in this region.
            CloudError: its state cannot be read.
        """
        now_ms = int(self.aws.clock() * 1000)
        key = {"pk": {"S": service}, "sk": {"S": "state"}}
        try:
            answer = self._call("get_item", Key=key, ConsistentRead=True)
        except NotFound as error:
            raise NothingToDo(
                f"{self.gateway} in {self.region}: there is no table {breaker_table(self.gateway)}, so no service has a "
                f"breaker here. Give one `breaker:` in gateway.yaml and run `gatewright deploy --region {self.region}`."
            ) from error
        item = answer.get("Item")
        if item is None:
            return Breaker(region=self.region, service=service, now_ms=now_ms, audit=self._audit(service))
        rules = _rules(item)
        table = Table(self._json, table=breaker_table(self.gateway), service=service, rules=rules, clock=self.aws.clock)
        try:
            # The window is the item's; read() needs only that of the circuit.
            known = Circuit(window=int(item["window"]["N"]))
            reading = table.read(known, now_ms)
        except (StoreError, KeyError, ValueError) as error:
            raise CloudError(
                f"{service} in {self.region}: the state in {breaker_table(self.gateway)} cannot be read ({error}). "
                "Delete the item (pk the service, sk state): the breaker begins anew, CLOSED."
            ) from error
        return Breaker(
            region=self.region,
            service=service,
            now_ms=now_ms,
            stored=reading.stored,
            rules=rules,
            window=window_totals(reading, rules, now_ms, {}, []),
            audit=self._audit(service),
        )

    def apply(self, order: Order, service: str, progress: Callable[[str], None]) -> Plan:
        """Plans from what is so and does it; once more when the breaker itself was faster.

        Raises:
            NothingToDo, CloudError.
        """
        for _ in range(_TRIES):
            made = plan(order, self.look(service))
            try:
                for step in made.steps:
                    progress(f"{self.region}: {step.service} {step.operation}: {step.reason}")
                    self.aws.call(step.service, step.operation, **step.parameters)
            except ConditionFailed:
                continue
            return made
        raise Conflict(
            f"{service} in {self.region}: the breaker changed its state each of {_TRIES} times. Run the command again."
        )

    def _audit(self, service: str) -> tuple[dict[str, str], ...]:
        answer = self._call(
            "query",
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": {"S": service},
                ":first": {"S": "audit#"},
                ":last": {"S": "audit$"},  # the sign after #
            },
            ScanIndexForward=False,
            Limit=_AUDITS,
            ConsistentRead=True,
        )
        names = ("at", "verb", "before", "after", "until", "by", "why")
        return tuple({name: item.get(name, {}).get("S", "") for name in names} for item in answer.get("Items", ()))

    def _call(self, operation: str, **parameters: Any) -> Any:
        return self.aws.call("dynamodb", operation, TableName=breaker_table(self.gateway), **parameters)

    def _json(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        """boto3 takes what DynamoDB's JSON API takes."""
        answer: dict[str, Any] = self.aws.call("dynamodb", _OPERATIONS[operation], **body)
        return answer


def _rules(item: dict[str, Any]) -> Rules:
    """Those that the proxy wrote down; of another version, those of them that we know."""
    written = json.loads(item.get("rules", {}).get("S") or "{}")
    return Rules(**{name: value for name, value in written.items() if name in Rules._fields})
