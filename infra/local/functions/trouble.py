"""Functions that are slow or fail because somebody on this machine wants to see what becomes of it. Pure, but for the waiting.

A published version has its environment for good, so a release cannot be given trouble from outside; on a laptop the engine
can. Nothing that is deployed knows of it, and AWS has no such switch.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from infra.local.functions.process import Answer
from infra.local.ports import HttpRequest, HttpResponse

__all__ = ["LONGEST_MS", "PATH", "Trouble", "Troubles"]

PATH = "/_gatewright/troubles"
LONGEST_MS = 60_000
_ERROR = {
    "errorType": "Gatewright.Trouble",
    "errorMessage": "made to fail on this machine by `gatewright service fail`",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What befalls the calls of a function, in every version of it.

    Args:
        slow_ms: how much longer each takes; Lambda's own timeout counts it.
        fail_percent: how many end in an error, instead of in the handler.
    """

    slow_ms: int = 0
    fail_percent: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.slow_ms <= LONGEST_MS or not 0 <= self.fail_percent <= 100:
            raise ValueError(f"slow_ms from 0 to {LONGEST_MS} and fail_percent from 0 to 100 are needed")

    async def befall(self, call: Callable[[], Awaitable[Answer]], *, draw: Callable[[], float]) -> Answer:
        if self.slow_ms:
            await asyncio.sleep(self.slow_ms / 1000)
        if draw() * 100 < self.fail_percent:
            return Answer(json.dumps(_ERROR).encode(), True, 0)
        return await call()


class Troubles:
    """Which function has which trouble, by region.

    Args:
        draw: uniform in [0, 1).
    """

    def __init__(self, *, draw: Callable[[], float] = random.random) -> None:
        self.draw = draw
        self._by: dict[tuple[str, str], Trouble] = {}

    def of(self, region: str, function: str) -> Trouble | None:
        return self._by.get((region, function)) if self._by else None

    def put(self, regions: Iterable[str], function: str, trouble: Trouble) -> None:
        """From now on; calls under way are left alone. No trouble at all takes it away."""
        for region in regions:
            if trouble == Trouble():
                self._by.pop((region, function), None)
            else:
                self._by[region, function] = trouble

    def answer(self, request: HttpRequest) -> HttpResponse:
        """``GET`` lists, ``PUT .../{function}`` sets: ``{"regions": [...], "slow_ms": 0, "fail_percent": 0}``."""
        if request.method == "PUT":
            try:
                wanted = json.loads(request.body)
                function = request.path.removeprefix(PATH).strip("/")
                regions = [str(region) for region in wanted.pop("regions")]
                self.put(regions, function, Trouble(**wanted))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                return _json(400, {"message": f"{PATH}/<function> with regions, slow_ms, fail_percent: {error}"})
        elif request.method != "GET":
            return _json(405, {"message": "GET or PUT"})
        return _json(200, {"troubles": self._listed()})

    def _listed(self) -> list[dict[str, Any]]:
        return [
            {"region": region, "function": function, **asdict(trouble)}
            for (region, function), trouble in sorted(self._by.items())
        ]


def _json(status: int, document: object) -> HttpResponse:
    return HttpResponse(
        status=status, headers=[("content-type", "application/json")], body=json.dumps(document).encode()
    )
