"""Lets ministack's Step Functions call functions as everybody else does: by our workers, and not by its own.

One private place of ministack: the function that a Task state calls a Lambda by. It runs in the execution's own thread, so it may wait.
What Step Functions reports of a failed function (Error: its errorType, Cause: its error object as JSON) is as ministack does it.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from typing import Any

from infra.errors import SeamChanged
from infra.local.ports import FunctionNotFound, Functions, FunctionThrottled

__all__ = ["install"]

_LONGEST_SECONDS = 900.0  # Lambda's own limit


def install(module: Any, functions: Functions, loop: Callable[[], asyncio.AbstractEventLoop | None]) -> None:
    """Route Task states to our workers.

    Args:
        module: ``ministack.services.stepfunctions``.
        loop: the engine's loop, once it runs.

    Raises:
        SeamChanged: the place is not there as this version has it.
    """
    original = getattr(module, "_call_lambda", None)
    failed = getattr(module, "_ExecutionError", None)
    if original is None or failed is None or len(inspect.signature(original).parameters) != 2:
        raise SeamChanged(
            "ministack: how its Step Functions call a function has changed. Run `make setup` to install the one of requirements.lock."
        )

    def call(func_ref: Any, event: Any) -> Any:
        running = loop()
        if running is None:
            raise failed("Lambda.ServiceException", "the engine has not started")
        arn = str(func_ref.get("arn") or func_ref) if isinstance(func_ref, dict) else str(func_ref)
        work = functions.invoke(arn, json.dumps(event).encode())
        try:
            answer = asyncio.run_coroutine_threadsafe(_awaited(work), running).result(_LONGEST_SECONDS)
        except FunctionNotFound as error:
            raise failed("Lambda.ResourceNotFoundException", str(error)) from error
        except FunctionThrottled as error:
            raise failed("Lambda.TooManyRequestsException", str(error)) from error
        document = json.loads(answer.payload or b"null")
        if answer.function_error:
            kind = document.get("errorType", "Lambda.Unknown") if isinstance(document, dict) else "Lambda.Unknown"
            raise failed(kind, json.dumps(document))
        return document

    module._call_lambda = call


async def _awaited(work: Any) -> Any:
    return await work
