"""The circuit breaker of a service, after validation. Pure data; touches nothing."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from infra.config.frozen import Model

WindowUnit = Literal["seconds", "calls"]

# A gateway sees fewer calls of a service than a JVM sees of a method, so half of 20 calls are evidence enough;
# what is slow for half of a minute's calls will not be fast for the next one. A count window is one item that each flush
# writes whole, a time window as many items to read as it has seconds.
FAILURE_PERCENT_DEFAULT, SLOW_PERCENT_DEFAULT = 50.0, 50.0
WINDOW_SECONDS_DEFAULT, WINDOW_SECONDS_MAX, WINDOW_CALLS_MAX = 60, 300, 1_000
MINIMUM_CALLS_DEFAULT, MINIMUM_CALLS_MAX = 20, 100_000
# Ten seconds are a restart of a small service; each time that it fails again it gets twice as long, up to two minutes.
WAIT_MS_DEFAULT, WAIT_FACTOR_DEFAULT, WAIT_MAX_MS_DEFAULT, WAIT_MS_MAX = 10_000, 2.0, 120_000, 3_600_000
TRIAL_CALLS_DEFAULT, TRIAL_CALLS_MAX = 5, 100
RECORDED_DEFAULT = ("5xx", "timeout", "unreachable", "function_error", "bad_answer")
# A bulkhead that is full says nothing of the service's health.
IGNORED_DEFAULT = ("throttled",)
# Reserved concurrency is taken from the account's; ten thousand is more than any account has without asking.
CONCURRENT_CALLS_MAX = 10_000


class Breaker(Model):
    """The circuit breaker in front of one service: Resilience4j's rules, on a state that all containers share.

    Args:
        enabled: False leaves function and state where they are and lets requests go past them.
        call_timeout_ms: when a call is given up.
        failure_rate_percent, slow_call_rate_percent: at or above it opens.
        slow_call_ms: a call that takes longer is slow.
        window_size: of the last seconds, or of the last calls.
        minimum_calls: no rate is computed of fewer.
        wait_ms, wait_factor, wait_max_ms: how long it stays open, how much longer each time, and at most.
        trial_calls: in the half-open state.
        trial_max_ms: of the half-open state; 0 for ever.
        automatic: open ends by the clock, and not by the next call.
        recorded, ignored: kinds of failure and statuses; ignored wins.
        max_concurrent_calls: reserved concurrency; None reserves none.
        fallback_cache_ms: how old a last good answer may be; 0 keeps none.
        fallback_body: in place of the problem of a 503.
    """

    enabled: bool = True
    call_timeout_ms: int
    failure_rate_percent: float = FAILURE_PERCENT_DEFAULT
    slow_call_rate_percent: float = SLOW_PERCENT_DEFAULT
    slow_call_ms: Annotated[int, Field(ge=1)]
    window_size: int = WINDOW_SECONDS_DEFAULT
    window_unit: WindowUnit = "seconds"
    minimum_calls: Annotated[int, Field(ge=1, le=MINIMUM_CALLS_MAX)] = MINIMUM_CALLS_DEFAULT
    wait_ms: Annotated[int, Field(ge=1, le=WAIT_MS_MAX)] = WAIT_MS_DEFAULT
    wait_factor: Annotated[float, Field(ge=1, le=10)] = WAIT_FACTOR_DEFAULT
    wait_max_ms: int = WAIT_MAX_MS_DEFAULT
    trial_calls: Annotated[int, Field(ge=1, le=TRIAL_CALLS_MAX)] = TRIAL_CALLS_DEFAULT
    trial_max_ms: Annotated[int, Field(ge=0, le=WAIT_MS_MAX)] = 0
    automatic: bool = False
    recorded: tuple[str, ...] = RECORDED_DEFAULT
    ignored: tuple[str, ...] = IGNORED_DEFAULT
    max_concurrent_calls: Annotated[int, Field(ge=1, le=CONCURRENT_CALLS_MAX)] | None = None
    fallback_cache_ms: int = 0
    fallback_body: dict[str, Any] | None = None
