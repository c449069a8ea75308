"""The segments of Lambda: one of the service and one of the function, made by the workers when an invocation ends.

Implements ``ports.InvocationTraces``. Who decides (https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html): a caller's
``Sampled`` wins; without one, a function with active tracing is sampled here by the default rule. unsure: that PassThrough records
a sampled request too, as the API reference of TracingConfig says it does.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from infra.local.traces.documents import Ran, function_segments
from infra.local.traces.header import new_trace_id
from infra.local.traces.sampling import Sampler
from infra.local.traces.store import TraceStore
from lambdas.tracer.ids import Header, new_span_id, read_header

__all__ = ["Invocations"]


class _Recorded:
    """Implements ``ports.TracedInvocation``."""

    __slots__ = ("_account", "_arn", "_asked", "_clock", "_function", "_given", "_id", "_invocation_id", "_region", "_service_id", "_store", "header")  # fmt: skip

    def __init__(
        self,
        given: Header,
        *,
        region: str,
        account: str,
        function: str,
        arn: str,
        store: TraceStore,
        clock: Callable[[], float],
    ) -> None:
        self._given, self._region, self._account, self._function, self._arn = given, region, account, function, arn
        self._store, self._clock = store, clock
        self._asked, self._service_id, self._id = clock(), new_span_id(), new_span_id()
        self._invocation_id = new_span_id()
        self.header = str(Header(given.root, self._invocation_id, True))

    def finish(
        self, *, request_id: str, started: bool, duration_ms: float, init_ms: float | None, failed: bool
    ) -> None:
        ended = self._clock()
        self._keep(
            self._ran(
                request_id,
                ended=ended,
                began=max(self._asked, ended - duration_ms / 1000) if started else None,
                init_seconds=None if init_ms is None else init_ms / 1000,
                failed=failed,
            )
        )

    def refuse(self, *, request_id: str) -> None:
        self._keep(self._ran(request_id, ended=self._clock(), status=429))

    def _ran(
        self,
        request_id: str,
        *,
        ended: float,
        began: float | None = None,
        init_seconds: float | None = None,
        failed: bool = False,
        status: int = 200,
    ) -> Ran:
        return Ran(
            trace_id=self._given.root,
            parent_id=self._given.parent or None,
            service_id=self._service_id,
            function_id=self._id,
            invocation_id=self._invocation_id,
            arn=self._arn,
            account=self._account,
            function=self._function,
            request_id=request_id,
            asked=self._asked,
            ended=ended,
            began=began,
            init_seconds=init_seconds,
            failed=failed,
            status=status,
        )

    def _keep(self, ran: Ran) -> None:
        for document in function_segments(ran, new_span_id):
            self._store.put(self._region, document)


class Invocations:
    """Args: clock: epoch seconds."""

    def __init__(self, store: TraceStore, sampler: Sampler, *, clock: Callable[[], float] = time.time) -> None:
        self._store, self._sampler, self._clock = store, sampler, clock

    def begin(
        self, header: str | None, *, region: str, account: str, function: str, arn: str, active: bool
    ) -> _Recorded | None:
        """The invocation that begins now, None when it is not recorded."""
        told = header or ""
        if "Sampled=0" in told or not (active or "Sampled=1" in told):  # most calls: not worth a look at the rest
            return None
        given = read_header(header or "")
        sampled = given.sampled if given is not None else None
        if sampled is None:
            sampled = active and self._sampler.decide(region)
        if not sampled:
            return None
        known = given or Header(new_trace_id(self._clock()))
        return _Recorded(
            known, region=region, account=account, function=function, arn=arn, store=self._store, clock=self._clock
        )
