"""Lets rules of ministack's EventBridge call functions as everybody else does: by our workers, and not by its own.

One private place of ministack: the function that a rule's target is called by. AWS calls asynchronously, so nobody waits here;
what fails is logged (AWS tries twice more, which is left out: docs/adr/0006-what-the-laptop-does-not-enforce.md).
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable
from typing import Any

from infra.errors import SeamChanged
from infra.local.ports import FunctionNotFound, Functions, FunctionThrottled

__all__ = ["install", "publisher"]

_log = logging.getLogger(__name__)


def install(module: Any, functions: Functions, loop: Callable[[], asyncio.AbstractEventLoop | None]) -> None:
    """Route targets that are functions to our workers.

    Args:
        module: ``ministack.services.eventbridge``.
        loop: the engine's loop, once it runs.

    Raises:
        SeamChanged: the place is not there as this version has it.
    """
    _check(module, "_dispatch_to_lambda", ("arn", "payload"))

    def call(arn: str, payload: Any) -> None:
        running = loop()
        if running is None:
            _log.warning("a rule called %s before the engine had started", arn)
            return
        body = payload.encode() if isinstance(payload, str) else bytes(payload)
        asyncio.run_coroutine_threadsafe(_called(functions, arn, body), running)

    module._dispatch_to_lambda = call


def publisher(module: Any) -> Callable[[dict[str, Any]], None]:
    """Puts one event of an AWS service on the bus of the current account and region.

    Raises:
        SeamChanged: as in `install`.
    """
    _check(module, "_put_events", ("data", "allow_aws_source"))

    def publish(entry: dict[str, Any]) -> None:
        module._put_events({"Entries": [entry]}, allow_aws_source=True)

    return publish


async def _called(functions: Functions, arn: str, payload: bytes) -> None:
    try:
        done = await functions.invoke(arn, payload)
    except (FunctionNotFound, FunctionThrottled) as error:
        _log.warning("a rule's target %s was not called: %s", arn, error)
        return
    if done.function_error:
        _log.warning("a rule's target %s failed: %s", arn, done.payload[:200])


def _check(module: Any, name: str, parameters: tuple[str, ...]) -> None:
    function = getattr(module, name, None)
    if not callable(function) or tuple(inspect.signature(function).parameters)[: len(parameters)] != parameters:
        raise SeamChanged(
            f"ministack: its EventBridge has changed ({name}). Run `make setup` to install the one of requirements.lock."
        )
