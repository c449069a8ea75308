"""The breakers of the embedded AWS for the console: seen and forced by the code of `gatewright breaker`, called in process.

That code is synchronous, so it runs in a thread; its calls run on the engine's loop.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from infra.breaker.cloud import BreakerCloud
from infra.breaker.plan import Order, Verb
from infra.local.ports import Cloud, CloudCallError
from infra.release.awsclient import AwsClient

__all__ = ["VERBS", "act"]

VERBS: dict[str, Verb] = {"open": "open", "close": "reset"}
_TARGETS = {"dynamodb": "DynamoDB_20120810", "cloudwatch": "GraniteServiceVersion20100801"}
_SIGNED = {"cloudwatch": "monitoring"}
_LASTS_SECONDS = 600
_PATIENCE_SECONDS = 10


class _Client:
    """As a boto3 client of one service, as far as the breaker's code uses one."""

    def __init__(self, cloud: Cloud, loop: asyncio.AbstractEventLoop, service: str, region: str) -> None:
        self._cloud, self._loop, self._service, self._region = cloud, loop, service, region

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        name = "".join(word.capitalize() for word in operation.split("_"))
        signed = _SIGNED.get(self._service, self._service)

        def call(**parameters: Any) -> Any:
            waiting = self._cloud.json(signed, self._region, f"{_TARGETS[self._service]}.{name}", parameters)
            try:
                return asyncio.run_coroutine_threadsafe(waiting, self._loop).result(_PATIENCE_SECONDS)
            except CloudCallError as error:
                raise ClientError({"Error": {"Code": error.code, "Message": error.message}}, name) from error

        return call


async def act(cloud: Cloud, *, region: str, gateway: str, service: str, verb: str) -> None:
    """Force a breaker open for ten minutes, or close it and forget its calls.

    Raises:
        KeyError: no such verb.
        GatewrightError: there is no such breaker, or it is so already.
    """
    loop = asyncio.get_running_loop()
    aws = AwsClient(
        region=region,
        factory=lambda name, place: _Client(cloud, loop, name, place),
        sleep=time.sleep,
        clock=time.time,
    )
    lasts_seconds = _LASTS_SECONDS if verb == "open" else 0
    order = Order(
        verb=VERBS[verb],
        gateway=gateway,
        by="console",
        why="by the console",
        id=uuid.uuid4().hex[:12],
        lasts_seconds=lasts_seconds,
    )
    breakers = BreakerCloud(aws=aws, gateway=gateway)
    await asyncio.to_thread(breakers.apply, order, service, lambda _: None)
