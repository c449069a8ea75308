"""The control plane: one HTTP request in, one answer out. Memory only.

Every operation runs under one lock, because CloudFormation handlers call ``perform`` from worker threads while the loop
serves ``handle``; an operation is in-memory work of well under a millisecond (an import some milliseconds per hundred
paths). Only the test invocations leave the lock to await the data plane.
"""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import logging
import secrets
import string
import threading
import time
import uuid
from collections.abc import Awaitable, Callable

from botocore.model import OperationModel

from infra.local.control import routes, validation, wire
from infra.local.control.call import Call, Invoker
from infra.local.control.errors import AwsError, not_implemented
from infra.local.control.store import Shape, Store
from infra.local.ports import HttpRequest, HttpResponse

_LOG = logging.getLogger(__name__)
_ID_ALPHABET = string.ascii_lowercase + string.digits


def random_id(length: int) -> str:
    """An identifier in the service's form."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(length))


class ControlPlane:
    """API Gateway v1's management API over a store.

    Args:
        clock: epoch seconds.
        ids: gives n random characters of ``[a-z0-9]``.
        invoker: the data plane, for test invocations; without it they answer 501.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], float] = time.time,
        ids: Callable[[int], str] = random_id,
        invoker: Invoker | None = None,
    ) -> None:
        self.store = store
        self.invoker = invoker
        self._clock, self._ids = clock, ids
        self._lock = threading.RLock()

    async def handle(self, request: HttpRequest, *, account: str, region: str) -> HttpResponse:
        """Answers one REST-JSON request; never raises."""
        answer = await self._answer(request, account, region)
        return dataclasses.replace(answer, headers=[*answer.headers, ("x-amzn-RequestId", str(uuid.uuid4()))])

    async def _answer(self, request: HttpRequest, account: str, region: str) -> HttpResponse:
        try:
            found = routes.match(request.method, request.path, request.query)
            if found is None:
                raise AwsError(404, "UnknownOperationException", f"No operation at {request.method} {request.path}")
            operation, path_values = found
            params = wire.read(operation, path_values, request)
            answer = self._run(operation, params, account, region)
            if inspect.isawaitable(answer):
                answer = await answer
            return wire.write(operation, answer)
        except AwsError as error:
            return wire.write_error(error)
        except Exception:
            _LOG.exception("unexpected failure in %s %s", request.method, request.path)
            return wire.write_error(
                AwsError(500, "InternalFailure", "Internal failure; the engine's log has the cause.")
            )

    def perform(self, name: str, params: Shape, *, account: str, region: str) -> Shape:
        """The same operation for in-process callers in any thread, by SDK member names.

        Raises:
            AwsError: what a client would get.
        """
        operation = routes.operations()[name]
        given = {key: value for key, value in params.items() if value is not None}
        if operation.input_shape is not None:
            validation.check(name, operation.input_shape, given)
        answer = self._run(operation, given, account, region)
        if inspect.isawaitable(answer):
            return asyncio.run(_awaited(answer))
        return answer or {}

    def _run(
        self, operation: OperationModel, params: Shape, account: str, region: str
    ) -> Shape | Awaitable[Shape] | None:
        function = routes.implementations().get(operation.name)
        if function is None:
            raise not_implemented(operation.name)
        with self._lock:
            call = Call(
                operation=operation.name,
                params=params,
                state=self.store.region(account, region),
                store=self.store,
                now=self._clock(),
                new_id=self._ids,
                invoker=self.invoker,
            )
            return function(call)


async def _awaited(answer: Awaitable[Shape]) -> Shape:
    return await answer
