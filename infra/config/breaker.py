"""The `breaker` section of a service in gateway.yaml: its shape, and what it means. Pure.

The words are Resilience4j's, in the file's own spelling and with units, so that who knows its documentation knows this section:
https://resilience4j.readme.io/docs/circuitbreaker. Defaults differ where a service behind a gateway is not a method call
(docs/breaker.md). What needs more than one value is in `breaker_rules.py`.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from infra.config import breaker_model, model
from infra.config.section import Section
from infra.config.units import Quantity, Text, shown, wrong

__all__ = ["BreakerSwitch", "call_timeout_ms", "function_timeout_seconds", "to_breaker"]

_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}
# From the end of a call to the end of the breaker's function: the vote in the table, and the answer on its way.
_RESERVE_MS = 150
_WINDOW_RULE = "Write seconds (60s, 1s to 300s) or a number of calls (100 calls, 1 to 1000)"
_KINDS = "timeout|unreachable|throttled|function_error|bad_answer"
_WORD_RULE = f"A status (503), a class of them (5xx), or one of {_KINDS.replace('|', ', ')}"
_CACHED_DEFAULT = "60s"


def function_timeout_seconds(integration_timeout_ms: int) -> int:
    """The longest whole second below the integration's timeout, at least one (Lambda's smallest).

    Below, so that a slow function is stopped and logged before API Gateway gives up on it; else it would go on, and be
    paid for, after the client has its 504.
    """
    return max(1, (integration_timeout_ms - 1) // 1000)


def call_timeout_ms(integration_timeout_ms: int) -> int:
    """When the breaker gives a call up: its function then has time left to count it and to answer."""
    return function_timeout_seconds(integration_timeout_ms) * 1000 - _RESERVE_MS


def _window_problem(text: str) -> str | None:
    size, unit = _window(text)
    longest = breaker_model.WINDOW_SECONDS_MAX if unit == "seconds" else breaker_model.WINDOW_CALLS_MAX
    return None if 1 <= size <= longest else f"out of range, 1 to {longest} {unit}"


def _window(text: str) -> tuple[int, breaker_model.WindowUnit]:
    if text.endswith("calls"):
        return int(text.removesuffix("calls")), "calls"
    return (int(text[:-1]) * (60 if text.endswith("m") else 1)), "seconds"


class _Word:
    """Annotation of ``str``: a failure; a status may be written as the number that it is."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(self._text, handler(source))

    @staticmethod
    def _text(value: object) -> object:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    def __get_pydantic_json_schema__(
        self, inner: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"oneOf": [handler(inner), {"type": "integer", "minimum": 100, "maximum": 599}]}


class _Short:
    """Annotation of a section that has a short form: a word that stands for a mapping."""

    def __init__(self, short: dict[str, dict[str, object]], advice: str, *, booleans: bool = False) -> None:
        self._short, self._advice, self._booleans = short, advice, booleans

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(self._spelled_out, handler(source))

    def _spelled_out(self, value: object) -> object:
        if isinstance(value, bool) and self._booleans:
            value = "on" if value else "off"
        if isinstance(value, dict):
            return value
        if isinstance(value, str) and value in self._short:
            return self._short[value]
        raise wrong(f"{shown(value)} is not accepted", self._advice)

    def __get_pydantic_json_schema__(
        self, inner: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        words: list[object] = [*self._short, *((True, False) if self._booleans else ())]
        return {"oneOf": [{"enum": words}, handler(inner)]}


Percent = Annotated[float, Quantity({"%": 1}, 0, 100, "above 0% and up to 100%", whole=False, above_lowest=True)]
Word = Annotated[str, Text(rf"[1-5]xx|[1-5][0-9][0-9]|{_KINDS}", _WORD_RULE, 20), _Word()]


class FallbackEntry(Section):
    """What clients get while the service gets no requests. Default: 503, Retry-After and problem+json."""

    cached: Annotated[int | None, Quantity(_MS, 1000, 86_400_000, "from 1s to 24h")] = None
    """How old a last good answer to the same GET or HEAD of the same caller may be. Default: none is kept."""
    body: Annotated[dict[str, Any], Field(min_length=1)] | None = None
    """A JSON object that the 503 has in place of the problem; no secrets. Default: problem+json."""


class BreakerEntry(Section):
    """A circuit breaker in front of the service: `on`, `off`, or rules in Resilience4j's words."""

    enabled: bool = True
    """false: requests go past it, and its function stays for older releases. Default: true."""
    failure_rate_threshold: Percent = breaker_model.FAILURE_PERCENT_DEFAULT
    """Opens at this share of failed calls. Default: 50%."""
    slow_call_rate_threshold: Percent = breaker_model.SLOW_PERCENT_DEFAULT
    """Opens at this share of slow calls. Default: 50%."""
    slow_call_duration_threshold: Annotated[int | None, Quantity(_MS, 1, model.TIMEOUT_MS_MAX, "from 1ms to 29s")] = (
        None
    )
    """A call that takes longer is slow. Default: half of what a call may take."""
    sliding_window: Annotated[str, Text(r"[0-9]{1,4}(s|m| ?calls)", _WINDOW_RULE, 12, _window_problem)] = (
        f"{breaker_model.WINDOW_SECONDS_DEFAULT}s"
    )
    """What the rates are of: seconds (`60s`, up to 300s) or the last calls (`100 calls`, up to 1000). Default: 60s."""
    minimum_number_of_calls: Annotated[int, Field(ge=1, le=breaker_model.MINIMUM_CALLS_MAX)] = (
        breaker_model.MINIMUM_CALLS_DEFAULT
    )
    """No rate is computed of fewer calls. Default: 20."""
    wait_duration_in_open_state: Annotated[int, Quantity(_MS, 100, breaker_model.WAIT_MS_MAX, "from 100ms to 1h")] = (
        breaker_model.WAIT_MS_DEFAULT
    )
    """How long it stays open the first time. Default: 10s."""
    exponential_backoff_multiplier: Annotated[float, Field(ge=1, le=10)] = breaker_model.WAIT_FACTOR_DEFAULT
    """How much longer each further time, 1 to 10. Default: 2."""
    exponential_max_wait_duration_in_open_state: Annotated[
        int | None, Quantity(_MS, 100, 86_400_000, "from 100ms to 24h")
    ] = None
    """And at most. Default: 2m, or the first wait when that is longer."""
    permitted_number_of_calls_in_half_open_state: Annotated[int, Field(ge=1, le=breaker_model.TRIAL_CALLS_MAX)] = (
        breaker_model.TRIAL_CALLS_DEFAULT
    )
    """Trial calls, of all containers together, 1 to 100. Default: 5."""
    max_wait_duration_in_half_open_state: Annotated[
        int, Quantity(_MS, 0, breaker_model.WAIT_MS_MAX, "from 0s to 1h")
    ] = 0
    """Opens again when the trial calls have not decided by then; 0s: leases of the trial calls alone. Default: 0s."""
    automatic_transition_from_open_to_half_open_enabled: bool = False
    """true: the open state ends by the clock, and not at the first call after its wait. Default: false."""
    record: list[Word] = Field(default_factory=lambda: list(breaker_model.RECORDED_DEFAULT), min_length=1)
    """What counts as failed. Default: [5xx, timeout, unreachable, function_error, bad_answer]."""
    ignore: list[Word] = Field(default_factory=lambda: list(breaker_model.IGNORED_DEFAULT))
    """What counts as nothing, neither failed nor good; wins over `record`. Default: [throttled]."""
    max_concurrent_calls: Annotated[int, Field(ge=1, le=breaker_model.CONCURRENT_CALLS_MAX)] | None = None
    """Bulkhead: calls of the service at the same time, in each region; more get a 503. Default: no limit of its own."""
    fallback: (
        Annotated[
            FallbackEntry,
            _Short(
                {"cached": {"cached": _CACHED_DEFAULT}}, "Write 'cached', or 'cached: 60s' and 'body: {...}' below it"
            ),
        ]
        | None
    ) = None
    """What clients get while it is open: `cached` (60s), or `cached` and `body`. Default: a problem."""


BreakerSwitch = Annotated[
    BreakerEntry,
    _Short(
        {"on": {}, "off": {"enabled": False}},
        "Write 'on', 'off', or rules below it, for example 'failure_rate_threshold: 50%'",
        booleans=True,
    ),
]


def to_breaker(entry: BreakerEntry | None, *, timeout_ms: int) -> breaker_model.Breaker | None:
    """What the section means for a service with this integration timeout."""
    if entry is None:
        return None
    size, unit = _window(entry.sliding_window)
    wait_ms = entry.wait_duration_in_open_state
    fallback = entry.fallback or FallbackEntry()
    return breaker_model.Breaker(
        enabled=entry.enabled,
        call_timeout_ms=call_timeout_ms(timeout_ms),
        failure_rate_percent=entry.failure_rate_threshold,
        slow_call_rate_percent=entry.slow_call_rate_threshold,
        slow_call_ms=entry.slow_call_duration_threshold or max(call_timeout_ms(timeout_ms) // 2, 1),
        window_size=size,
        window_unit=unit,
        minimum_calls=entry.minimum_number_of_calls,
        wait_ms=wait_ms,
        wait_factor=entry.exponential_backoff_multiplier,
        wait_max_ms=entry.exponential_max_wait_duration_in_open_state
        or max(breaker_model.WAIT_MAX_MS_DEFAULT, wait_ms),
        trial_calls=entry.permitted_number_of_calls_in_half_open_state,
        trial_max_ms=entry.max_wait_duration_in_half_open_state,
        automatic=entry.automatic_transition_from_open_to_half_open_enabled,
        recorded=tuple(entry.record),
        ignored=tuple(entry.ignore),
        max_concurrent_calls=entry.max_concurrent_calls,
        fallback_cache_ms=fallback.cached or 0,
        fallback_body=fallback.body,
    )
