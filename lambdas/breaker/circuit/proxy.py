"""One request through the breaker: permit, call, outcome, answer. Touches what it is given.

The time that the store takes is the request's; the call gets the rest of it, so that the client has an answer before API
Gateway gives up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .fallback import Fallback, marked
from .journal import Journal
from .outcomes import classify, words_of_status
from .settings import Settings
from .shared import Listener, Refusal, SharedBreaker
from .states import Outcome, Permit, State
from .table import Call, Table
from .tracer.settings import Settings as TraceSettings
from .tracer.tracing import Call as TracedCall
from .tracer.tracing import Tracer
from .tracer.tracing import from_environment as tracer_from_environment
from .upstream import Answer, Failure, FunctionUpstream, HttpUpstream, Upstream

__all__ = ["Proxy", "from_environment"]

# Between the end of a call and the end of the function: the vote in the table, and the answer on its way.
_RESERVE_MS = 150
_SHORTEST_CALL_MS = 50
_ANSWER_MS = 50
# Before the first request nobody waits, and a first connection takes a TLS handshake.
_WARM_SECONDS = 1.0


class Patience:
    """How long a call of the table may take, in seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class Proxy:
    """The breaker in front of one service, in one container."""

    def __init__(
        self,
        settings: Settings,
        *,
        call: Call,
        upstream: Upstream,
        journal: Journal,
        clock: Callable[[], float],
        patience: Patience | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        self._tracer = tracer or Tracer(TraceSettings.from_environment({}), {}, clock=clock, send=lambda _: None)
        self._origin = "" if settings.target.startswith("arn:") else "/".join(settings.target.split("/")[:3])
        self._settings, self._upstream, self._journal, self._clock = settings, upstream, journal, clock
        self._patience = patience or Patience(settings.store_timeout_ms / 1000)
        store = Table(call, table=settings.table, service=settings.service, rules=settings.rules, clock=clock)
        listener = Listener(journal.event, journal.store_failed)
        self.breaker = SharedBreaker(settings.rules, store, self._now_ms(), listener=listener, sharing=settings.sharing)
        self._fallback = Fallback(settings.service, keep_ms=settings.fallback_cache_ms, static=settings.fallback_body)

    def warm(self) -> None:
        """Before the first request: the connection to the table, and the state."""
        usual, self._patience.seconds = self._patience.seconds, _WARM_SECONDS
        try:
            self.breaker.warm(self._now_ms())
        finally:
            self._patience.seconds = usual

    def answer(self, event: Mapping[str, Any], remaining_ms: int | None = None) -> Answer:
        """The service's answer, or one in its place.

        Args:
            remaining_ms: until Lambda ends the function; None: not known.
        """
        began_ms = self._now_ms()
        self._journal.trace_id = self._tracer.begin(event).log_id
        try:
            answer = self._answered(event, remaining_ms)
        except BaseException:
            self._tracer.end(event, seconds=self._export_seconds(began_ms, remaining_ms), outcome="error")
            raise
        seconds = self._export_seconds(began_ms, remaining_ms)
        self._tracer.end(event, seconds=seconds, status=int(answer["statusCode"]))
        return self._tracer.answered(answer)

    def _export_seconds(self, began_ms: int, remaining_ms: int | None) -> float:
        """What is left of the function's time: a trace that is late must not cost the answer."""
        whole_ms = self._settings.timeout_ms + _RESERVE_MS if remaining_ms is None else remaining_ms
        return (whole_ms - (self._now_ms() - began_ms) - _ANSWER_MS) / 1000

    def _answered(self, event: Mapping[str, Any], remaining_ms: int | None) -> Answer:
        began_ms = self._now_ms()
        permit = self.breaker.acquire(began_ms)
        if isinstance(permit, Refusal):
            self._journal.refused(began_ms)
            self._called(self._tracer.call(), event, permit.state, outcome="refused")
            return self._refused(event, permit, began_ms)
        self._journal.settle()
        permit = permit._replace(at_ms=self._now_ms())  # what the store took is not the service's
        return self._permitted(event, permit, self._seconds_left(began_ms, remaining_ms))

    def _permitted(self, event: Mapping[str, Any], permit: Permit, seconds: float) -> Answer:
        state, call = self._state(permit), self._tracer.call()
        try:
            answer = self._upstream.answer(event, seconds)
        except Failure as failure:
            self._called(call, event, state, outcome=failure.kind)
            self.breaker.record(permit, self._outcome((failure.kind,)), self._now_ms())
            return self._failed(event, failure)
        except BaseException:  # a bug of ours says nothing of the service; the permit comes back
            self._called(call, event, state, outcome="error")
            self.breaker.record(permit, Outcome.IGNORED, self._now_ms())
            raise
        now_ms = self._now_ms()
        self._called(call, event, state, status=answer["statusCode"])
        self.breaker.record(permit, self._outcome(words_of_status(answer["statusCode"])), now_ms)
        self._fallback.remember(event, answer, now_ms)
        return answer

    def _state(self, permit: Permit) -> State:
        """In which the call was permitted."""
        if permit.probe:
            return State.HALF_OPEN
        known = None if permit.own else self.breaker.known
        return (known or self.breaker.own.circuit).state

    def _called(
        self, call: TracedCall, event: Mapping[str, Any], state: State, *, status: int = 0, outcome: str = ""
    ) -> None:
        if not self._tracer.records:
            return
        service = self._settings.service
        notes: dict[str, str | bool] = {"service": service, "breaker": state.value}
        if outcome == "refused":
            notes["refused"] = True
        self._tracer.called(
            call, name=service, event=event, url=self._origin, status=status, outcome=outcome, notes=notes
        )

    def _outcome(self, words: tuple[str, ...]) -> Outcome:
        return classify(words, recorded=self._settings.recorded, ignored=self._settings.ignored)

    def _seconds_left(self, began_ms: int, remaining_ms: int | None) -> float:
        spent_ms = max(self._now_ms() - began_ms, 0)
        left_ms = self._settings.timeout_ms - spent_ms
        if remaining_ms is not None:
            left_ms = min(left_ms, remaining_ms - spent_ms - _RESERVE_MS)
        return max(left_ms, _SHORTEST_CALL_MS) / 1000

    def _refused(self, event: Mapping[str, Any], refusal: Refusal, now_ms: int) -> Answer:
        detail = f"{self._settings.service} gets no requests just now."
        answer = self._fallback.answer(
            event, now_ms, status=503, kind="breaker-open", detail=detail, retry_in_ms=refusal.retry_in_ms
        )
        return marked(answer, {"X-Gatewright-Breaker": refusal.state.value.lower().replace("_", "-")})

    def _failed(self, event: Mapping[str, Any], failure: Failure) -> Answer:
        service, now_ms = self._settings.service, self._now_ms()
        if failure.kind == "throttled":
            detail = f"{service} takes no more requests at once."
            return self._fallback.answer(
                event, now_ms, status=503, kind="bulkhead-full", detail=detail, retry_in_ms=1000
            )
        late = failure.kind == "timeout"
        detail = f"{service} did not answer {'in time' if late else 'as it should'}."
        return self._fallback.answer(event, now_ms, status=504 if late else 502, kind="backend-failed", detail=detail)

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def from_environment(
    environment: Mapping[str, str], *, write: Callable[[str], object], clock: Callable[[], float]
) -> Proxy:
    """The proxy of this container. Raises SettingsError."""
    from .aws import Service, dynamodb_call

    settings = Settings.from_environment(environment)
    patience = Patience(settings.store_timeout_ms / 1000)
    tracer = tracer_from_environment(environment, clock=clock, write=write)
    upstream: Upstream
    if settings.target.startswith("arn:"):
        service = Service("lambda", environment, clock)
        upstream = FunctionUpstream(settings.target, service, tracer.header_for_function, tracer.event_for_function)
    else:
        upstream = HttpUpstream(settings.target, settings.prefix, tracer.event_for_address)
    return Proxy(
        settings,
        call=dynamodb_call(Service("dynamodb", environment, clock), lambda: patience.seconds),
        upstream=upstream,
        journal=Journal(write, gateway=settings.gateway, service=settings.service, clock=clock),
        clock=clock,
        patience=patience,
        tracer=tracer,
    )
