"""The state of every breaker, read from the gateways' tables in the embedded DynamoDB. Reads only; one call for each service.

A breaker that no request has gone through yet has no state: then its function says that it is there, and it is CLOSED.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from infra.breaker.names import breaker_function, breaker_table
from infra.breaker.view import Breaker
from infra.local.ports import Cloud, CloudCallError
from lambdas.breaker.circuit.items import STATE_KEY, stored_of
from lambdas.breaker.circuit.rules import Rules
from lambdas.breaker.circuit.states import State

__all__ = ["BreakerStates", "breaker_of"]

_GET = "DynamoDB_20120810.GetItem"
_FRESH_SECONDS = 5.0  # whether a breaker is deployed is asked no more often


class BreakerStates:
    """Args: clock: epoch seconds."""

    def __init__(self, cloud: Cloud, *, clock: Callable[[], float]) -> None:
        self._cloud, self._clock = cloud, clock
        self._deployed: dict[tuple[str, str], tuple[float, bool]] = {}

    async def read(self, wanted: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], str]:
        """State by (region, gateway, service), of those among these that have a breaker."""
        found = {}
        for region, gateway, service in wanted:
            item = await self._item(region, gateway, service)
            if item is not None:
                seen = breaker_of(item, region=region, service=service, now_ms=int(self._clock() * 1000))
                found[region, gateway, service] = seen.circuit.state.value
            elif await self._is_deployed(region, breaker_function(gateway, service)):
                found[region, gateway, service] = State.CLOSED.value
        return found

    async def _is_deployed(self, region: str, function: str) -> bool:
        asked_at, known = self._deployed.get((region, function), (float("-inf"), False))
        if self._clock() - asked_at > _FRESH_SECONDS:
            answer = await self._cloud.call("lambda", region, method="GET", path=f"/2015-03-31/functions/{function}")
            known = answer.status == 200
            self._deployed[region, function] = self._clock(), known
        return known

    async def _item(self, region: str, gateway: str, service: str) -> dict[str, Any] | None:
        key = {"pk": {"S": service}, "sk": {"S": STATE_KEY}}
        try:
            answer = await self._cloud.json("dynamodb", region, _GET, {"TableName": breaker_table(gateway), "Key": key})
        except CloudCallError:  # the gateway has no breakers
            return None
        return answer.get("Item")


def breaker_of(item: dict[str, Any], *, region: str, service: str, now_ms: int) -> Breaker:
    """The breaker of a state item, without the counts of its window; as new when the item is none of ours."""
    try:
        written = json.loads(item.get("rules", {}).get("S") or "{}")
        rules = Rules(**{name: value for name, value in written.items() if name in Rules._fields})
        return Breaker(region=region, service=service, now_ms=now_ms, stored=stored_of(item), rules=rules)
    except (KeyError, ValueError, TypeError):
        return Breaker(region=region, service=service, now_ms=now_ms)
