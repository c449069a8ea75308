"""One invocation in its trace: who called, what it calls, what the answer says of it. Sends through what it is given.

With X-Ray, Lambda itself writes the function's own segment; what is written here are the calls that the function makes. With
OpenTelemetry everything is. Not for several threads: Lambda gives a container one request at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

from . import ids
from .events import Answer, Event, only, passed_on, with_headers
from .settings import Settings
from .spans import CLIENT, SERVER, Span, outcome_of

__all__ = ["Call", "Trace", "Tracer", "from_environment"]


class Call(NamedTuple):
    """A call that was begun."""

    id: str
    started: float


class Trace(NamedTuple):
    """Where an invocation stands.

    Attributes:
        trace_id: in W3C's form; empty: nobody gave a trace, and none was begun.
        header: X-Ray's, as it came.
        parent_id: the caller's; empty: none, or X-Ray's, where Lambda knows it.
        span_id: the function's own.
        began: when, in seconds.
        continued: the client's `traceparent` is of this trace, so its `tracestate` is too.
        log_id: what log lines show; as the access log does, where that shows one.
    """

    trace_id: str
    header: ids.Header | None
    parent_id: str
    span_id: str
    sampled: bool
    continued: bool
    log_id: str
    began: float = 0.0

    @property
    def traceparent(self) -> str:
        return ids.traceparent(self.trace_id, self.span_id, sampled=self.sampled)


NO_TRACE = Trace("", None, "", "", False, False, "")
_NO_CALL = Call("", 0.0)


class Tracer:
    """The traces of one container.

    Attributes:
        writes_spans: the invocation itself is told of, too.

    Args:
        environment: Lambda changes `_X_AMZN_TRACE_ID` in it for each request.
        send: gets each span of a trace that is recorded.
        flush: sends what was kept, within these seconds.
    """

    def __init__(
        self,
        settings: Settings,
        environment: Mapping[str, str],
        *,
        clock: Callable[[], float],
        send: Callable[[Span], object],
        flush: Callable[[float], object] = lambda _: None,
    ) -> None:
        self._settings, self._environment, self._clock, self._send = settings, environment, clock, send
        self._flush, self.writes_spans = flush, bool(settings.endpoint)
        self._trace, self._call = NO_TRACE, _NO_CALL

    # --- one invocation --------------------------------------------------------------------------------------

    def begin(self, event: Event) -> Trace:
        """The trace of this invocation."""
        self._trace = self._continued(event) if self.writes_spans else self._found(event)
        return self._trace

    def _found(self, event: Event) -> Trace:
        """As Lambda says."""
        header = self._header(event, first=self._environment.get("_X_AMZN_TRACE_ID", ""))
        if header is None:
            return NO_TRACE
        trace_id, context = ids.to_w3c(header.root), ids.read_traceparent(only(event, "traceparent"))
        return Trace(
            trace_id,
            header,
            "",
            header.parent or ids.new_span_id(),
            sampled=header.sampled is True,
            continued=context is not None and context.trace_id == trace_id,
            log_id=header.root,
        )

    def _continued(self, event: Event) -> Trace:
        """As the client says, else one of our own that has the id of X-Ray's: API Gateway has it in its events."""
        context, sampler = ids.read_traceparent(only(event, "traceparent")), self._settings.sampler
        if context is not None:
            trace_id, parent_id = context.trace_id, context.span_id
            sampled = sampler.takes(trace_id, context.sampled)
        else:
            header = self._header(event, last=self._environment.get("_X_AMZN_TRACE_ID", ""))
            trace_id, parent_id = ids.to_w3c(header.root) if header else ids.new_trace_id(), ""
            sampled = sampler.takes(trace_id)
        return Trace(
            trace_id,
            None,
            parent_id,
            ids.new_span_id(),
            sampled=sampled,
            continued=context is not None,
            log_id=trace_id,
            began=self._clock() if sampled else 0.0,
        )

    @staticmethod
    def _header(event: Event, *, first: str = "", last: str = "") -> ids.Header | None:
        for text in (first, only(event, "x-amzn-trace-id"), last):
            header = ids.read_header(text) if text else None
            if header is not None:
                return header
        return None

    def log_id(self) -> str:
        """What log lines show of the request that is being answered; with X-Ray without a look at its event."""
        if self.writes_spans:
            return self._trace.log_id
        header = ids.read_header(self._environment.get("_X_AMZN_TRACE_ID", ""))
        return header.root if header else ""

    @property
    def seconds(self) -> float:
        """Since a recorded invocation began."""
        return max(self._clock() - self._trace.began, 0.0) if self._trace.began else 0.0

    def end(
        self,
        event: Event,
        *,
        seconds: float,
        status: int = 0,
        outcome: str = "",
        notes: Mapping[str, str | bool] | None = None,
    ) -> None:
        """Tells of the invocation itself, and sends what there is. With X-Ray Lambda does both.

        Args:
            seconds: how long the answer may wait for that.
        """
        trace = self._trace
        if not self.writes_spans or not trace.sampled:
            return
        method, route = str(event.get("httpMethod") or ""), str(event.get("resource") or "")
        request_id = (event.get("requestContext") or {}).get("requestId")
        known: dict[str, str | bool] = {"request_id": str(request_id)} if request_id else {}
        span = Span(
            trace_id=trace.trace_id,
            root="",
            id=trace.span_id,
            parent_id=trace.parent_id,
            name=f"{method} {route}".strip() or self._settings.service,
            kind=SERVER,
            started=trace.began,
            ended=self._clock(),
            method=method,
            route=route,
            status=status,
            outcome=outcome or outcome_of(status),
            notes={**known, **(notes or {})},
        )
        self._send(span)
        self._flush(seconds)

    def answered(self, answer: Answer) -> Answer:
        """The answer with `traceparent`, in place of one that it has."""
        trace = self._trace
        return with_headers(answer, {"traceparent": trace.traceparent}) if trace.trace_id else answer

    # --- its calls -------------------------------------------------------------------------------------------

    def call(self) -> Call:
        """Begins a call; what is passed on to it (`header_for_function`, `event_for_address`) names it."""
        self._call = Call(ids.new_span_id(), self._clock()) if self.records else _NO_CALL
        return self._call

    def header_for_function(self) -> str:
        """`X-Amzn-Trace-Id` of an invocation of the call; empty: none."""
        header = self._trace.header
        if header is None or not self.records:
            return self._environment.get("_X_AMZN_TRACE_ID", "")
        return str(header._replace(parent=self._call.id))

    def event_for_function(self, event: Event) -> Event:
        """The event that a function is to get. X-Ray's trace comes in the header of the invocation instead."""
        return self._with_traceparent(event) if self.writes_spans else event

    def event_for_address(self, event: Event) -> Event:
        """The event whose headers an HTTP backend is to get: of this trace, and with nothing of another one."""
        trace, header = self._trace, self._trace.header
        if self.writes_spans:
            return self._with_traceparent(event)
        if header is None or self._settings.disabled:
            return event
        caller = ids.Header(header.root, self._caller, trace.sampled)
        return self._with_traceparent(event, {"X-Amzn-Trace-Id": str(caller)})

    @property
    def _caller(self) -> str:
        return self._call.id if self.records else self._trace.span_id

    def _with_traceparent(self, event: Event, more: Mapping[str, str] | None = None) -> Event:
        trace = self._trace
        passed = {"traceparent": ids.traceparent(trace.trace_id, self._caller, sampled=trace.sampled), **(more or {})}
        return passed_on(event, passed, dropped=() if trace.continued else ("tracestate",))

    def called(
        self,
        call: Call,
        *,
        name: str,
        event: Event,
        url: str = "",
        status: int = 0,
        outcome: str = "",
        notes: Mapping[str, str | bool],
    ) -> None:
        """Tells of a call that has ended.

        Args:
            url: scheme and host of an address; empty: a function.
            status: of the answer; 0: there was none.
            outcome: what went wrong; empty: the status says it.
        """
        trace = self._trace
        if not self.records:
            return
        ended = call.started if outcome == "refused" else self._clock()
        word, route = outcome or outcome_of(status), str(event.get("resource") or "")
        span = Span(
            trace_id=trace.trace_id,
            root=trace.header.root if trace.header else "",
            id=call.id,
            parent_id=trace.span_id,
            name=name,
            kind=CLIENT,
            started=call.started,
            ended=ended,
            method=str(event.get("httpMethod") or ""),
            url=f"{url}{route}" if url else "",
            route=route,
            status=status,
            outcome=word,
            notes={**notes, "outcome": word},
        )
        self._send(span)

    @property
    def records(self) -> bool:
        """Whether anybody is told of this invocation's calls."""
        return self._trace.sampled and bool(self._settings.daemon or self._settings.endpoint)


def from_environment(
    environment: Mapping[str, str], *, clock: Callable[[], float], write: Callable[[str], object]
) -> Tracer:
    """The tracer of this container. What is wrong with its settings is written once."""
    settings = Settings.from_environment(environment)
    for problem in settings.problems:
        write(json.dumps({"level": "WARN", "message": "a setting of traces is not used", "reason": problem}) + "\n")
    if settings.endpoint:
        from .otlp import Exporter, resource

        exporter = Exporter(settings.endpoint, resource(environment, settings.service), write=write)
        return Tracer(settings, environment, clock=clock, send=exporter.add, flush=exporter.flush)
    from .xray import Daemon

    return Tracer(settings, environment, clock=clock, send=Daemon(settings.daemon).send)
