"""The segment of a stage, made around the data plane: the header that goes in, the calls it makes, the answer that comes out.

What the data plane calls with (functions, upstreams, other services) is wrapped; a wrapper finds the request it works for in a
context variable. A request that is not sampled pays for a header and one look at that variable.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from infra.local.addresses import Target
from infra.local.control.store import RestApi
from infra.local.gateway.integrations.answer import Answer
from infra.local.gateway.integrations.http import Upstream
from infra.local.ports import (
    Cloud,
    FunctionForbidden,
    FunctionNotFound,
    Functions,
    FunctionThrottled,
    HttpRequest,
    HttpResponse,
    Invocation,
)
from infra.local.traces.documents import Call, flags, gateway_segment, lambda_call
from infra.local.traces.header import new_trace_id
from infra.local.traces.sampling import Sampler
from infra.local.traces.store import TraceStore
from lambdas.tracer.ids import Header, new_span_id, read_header

__all__ = ["Stages", "TracedCloud", "TracedFunctions", "TracedUpstream"]

HEADER = "X-Amzn-Trace-Id"
_LOWER, _LONG = HEADER.lower(), len(HEADER)
_AWS_NAMES = {"dynamodb": "DynamoDB", "sqs": "SQS", "sns": "SNS", "states": "StepFunctions", "s3": "S3"}
_REFUSED = {FunctionNotFound: 404, FunctionForbidden: 403, FunctionThrottled: 429}
_TIMED_OUT = 504


class _Open:
    """A request on its way through a stage that records it."""

    __slots__ = ("_store", "call", "closed", "subsegments")

    def __init__(self, call: Call, store: TraceStore) -> None:
        self.call, self._store, self.closed = call, store, False
        self.subsegments: list[dict[str, Any]] = []

    def header(self, parent: str) -> str:
        return str(Header(self.call.trace_id, parent, True))

    def add(self, subsegment: dict[str, Any]) -> None:
        """Within the segment; by itself when that is written already, as of an asynchronous call."""
        if not self.closed:
            self.subsegments.append(subsegment)
            return
        own = {"type": "subsegment", "trace_id": self.call.trace_id, "parent_id": self.call.segment_id}
        self._store.put(self.call.region, own | subsegment)


_current: ContextVar[_Open | None] = ContextVar("traced", default=None)


class Stages:
    """Args: clock: epoch seconds."""

    def __init__(self, store: TraceStore, sampler: Sampler, *, clock: Callable[[], float] = time.time) -> None:
        self._store, self._sampler, self._clock = store, sampler, clock

    async def record(
        self,
        request: HttpRequest,
        api: RestApi | None,
        target: Target,
        handle: Callable[[HttpRequest], Awaitable[HttpResponse]],
    ) -> HttpResponse:
        """Answers by ``handle``. Only a stage with ``tracingEnabled`` changes anything."""
        stage = api.stages.get(target.stage) if api is not None else None
        if api is None or stage is None or not stage.get("tracingEnabled"):
            return await handle(request)
        sent, own, parent_id = self._begun(request, api.region)
        if not own.sampled:
            return await handle(sent)
        opened = _Open(
            Call(
                trace_id=own.root,
                segment_id=own.parent,
                parent_id=parent_id,
                account=api.account,
                region=api.region,
                api_id=api.id,
                api_name=str(api.attributes.get("name", "")),
                stage=target.stage,
                method=request.method,
                url=_url(request, api, target),
                started=self._clock(),
            ),
            self._store,
        )
        return await self._recorded(opened, handle, sent)

    def _begun(self, request: HttpRequest, region: str) -> tuple[HttpRequest, Header, str | None]:
        """The request with the stage's own header, what that says, and the caller's segment. In the path of every request."""
        headers = request.headers
        given, parent_id, sampled = None, None, None
        incoming = [value for name, value in headers if len(name) == _LONG and name.lower() == _LOWER]
        if incoming:
            headers = [pair for pair in headers if pair[0].lower() != _LOWER]
            given = read_header(incoming[0])
        if given is not None:
            parent_id, sampled = given.parent or None, given.sampled
        if sampled is None:
            sampled = self._sampler.decide(region)
        own = Header(given.root if given else new_trace_id(self._clock()), new_span_id(), sampled)
        sent = HttpRequest(  # field by field: dataclasses.replace takes three times as long
            method=request.method,
            path=request.path,
            query=request.query,
            headers=[*headers, (HEADER, f"Root={own.root};Parent={own.parent};Sampled={int(sampled)}")],
            body=request.body,
            source_ip=request.source_ip,
            http_version=request.http_version,
        )
        return sent, own, parent_id

    async def _recorded(
        self, opened: _Open, handle: Callable[[HttpRequest], Awaitable[HttpResponse]], sent: HttpRequest
    ) -> HttpResponse:
        token = _current.set(opened)
        try:
            response = await handle(sent)
        finally:
            _current.reset(token)
        opened.closed = True
        request_id = next((value for name, value in response.headers if name.lower() == "x-amzn-requestid"), None)
        self._store.put(
            opened.call.region,
            gateway_segment(
                opened.call,
                ended=self._clock(),
                status=response.status,
                content_length=len(response.body),
                request_id=request_id,
                subsegments=opened.subsegments,
            ),
        )
        return response


def _url(request: HttpRequest, api: RestApi, target: Target) -> str:
    """As AWS would have been asked; without the query, which may hold what nobody else should read."""
    if target.custom_domain:
        host = (request.header("Host") or "").partition(":")[0].lower()
        return f"https://{host}{request.path}"
    return f"https://{api.id}.execute-api.{api.region}.amazonaws.com/{target.stage}{target.path}"


class _Outcome:
    """Filled in by who makes the call."""

    __slots__ = ("length", "status")

    def __init__(self) -> None:
        self.status: int | None = None
        self.length: int | None = None


@asynccontextmanager
async def _subsegment(
    opened: _Open, described: dict[str, Any], clock: Callable[[], float]
) -> AsyncIterator[tuple[str, _Outcome]]:
    """A call as a subsegment; yields its id. One that ends without an answer is a fault, of a timeout most likely."""
    segment_id, outcome, started = new_span_id(), _Outcome(), clock()
    try:
        yield segment_id, outcome
    except (FunctionNotFound, FunctionForbidden, FunctionThrottled) as error:
        outcome.status = _REFUSED[type(error)]
        raise
    finally:
        document: dict[str, Any] = {"id": segment_id, **described, "start_time": started, "end_time": clock()}
        if outcome.status is not None:
            answered = {"status": outcome.status, "content_length": outcome.length}
            response = {name: value for name, value in answered.items() if value is not None}
            document["http"] = {**described.get("http", {}), "response": response}
        opened.add(document | flags(outcome.status or _TIMED_OUT))


class TracedFunctions:
    """Implements ``ports.Functions`` for the data plane: an invocation is a subsegment named Lambda."""

    def __init__(self, functions: Functions, *, clock: Callable[[], float] = time.time) -> None:
        self._functions, self._clock = functions, clock

    async def invoke(self, arn: str, payload: bytes, *, trace_id: str | None = None) -> Invocation:
        """Raises what the functions raise."""
        opened = _current.get()
        if opened is None:
            return await self._functions.invoke(arn, payload, trace_id=trace_id)
        async with _subsegment(opened, lambda_call(arn), self._clock) as (segment_id, outcome):
            done = await self._functions.invoke(arn, payload, trace_id=opened.header(segment_id))
            outcome.status, outcome.length = 200, len(done.payload)
            return done


class TracedUpstream:
    """Implements the data plane's ``Upstream``: an HTTP call is a subsegment named as the host."""

    def __init__(self, upstream: Upstream, *, clock: Callable[[], float] = time.time) -> None:
        self._upstream, self._clock = upstream, clock

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, timeout_seconds: float
    ) -> Answer:
        """Raises what the upstream raises."""
        opened = _current.get()
        if opened is None:
            return await self._upstream.send(method, url, headers=headers, body=body, timeout_seconds=timeout_seconds)
        parts = urlsplit(url)
        host = parts.hostname or "unknown"
        described = {
            "name": host[:200],
            "namespace": "remote",
            "http": {"request": {"method": method, "url": f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"}},
        }
        async with _subsegment(opened, described, self._clock) as (segment_id, outcome):
            own = {**headers, HEADER: opened.header(segment_id)}
            answered = await self._upstream.send(method, url, headers=own, body=body, timeout_seconds=timeout_seconds)
            outcome.status, outcome.length = answered.status, len(answered.body)
            return answered

    async def close(self) -> None:
        await self._upstream.close()


class TracedCloud:
    """Implements ``ports.Cloud`` for the data plane: a call of another AWS service is a subsegment."""

    def __init__(self, cloud: Cloud, *, clock: Callable[[], float] = time.time) -> None:
        self._cloud, self._clock = cloud, clock

    async def call(
        self,
        service: str,
        region: str,
        *,
        method: str = "POST",
        path: str = "/",
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> HttpResponse:
        opened = _current.get()
        if opened is None:
            return await self._cloud.call(
                service, region, method=method, path=path, query=query, headers=headers, body=body
            )
        described = {"name": _AWS_NAMES.get(service, service), "namespace": "aws", "aws": {"region": region}}
        async with _subsegment(opened, described, self._clock) as (_, outcome):
            answered = await self._cloud.call(
                service, region, method=method, path=path, query=query, headers=headers, body=body
            )
            outcome.status, outcome.length = answered.status, len(answered.body)
            return answered

    async def json(self, service: str, region: str, target: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Raises CloudCallError."""
        return await self._cloud.json(service, region, target, parameters)
