"""Rules about breakers that need more than one value of gateway.yaml. Pure; touches nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic_core import PydanticCustomError

from infra.config import breaker_model, model
from infra.config.breaker import call_timeout_ms
from infra.config.source import Source, Where
from infra.config.units import Quantity, shown
from infra.errors import Finding

__all__ = ["FALLBACK_BODY_BYTES_MAX", "RULES"]

# Lambda keeps 4 kB of environment, names and values together; the breaker's other settings take less than half of it.
FALLBACK_BODY_BYTES_MAX = 2_048
_MS = Quantity({"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}, 0, 1e12, "")


def _breakers(source: Source) -> Iterator[tuple[Where, dict[str, Any], dict[str, Any]]]:
    """Place, service, and the breaker's mapping, which is empty for a short form."""
    services = source.plain.get("services") if isinstance(source.plain, dict) else None
    for name, entry in services.items() if isinstance(services, dict) else ():
        if isinstance(entry, dict) and "breaker" in entry:
            breaker = entry["breaker"]
            yield ("services", name, "breaker"), entry, breaker if isinstance(breaker, dict) else {}


def _ms(value: object) -> int | None:
    """None for what is no time; that has its own finding."""
    try:
        return int(_MS.parse(value))
    except PydanticCustomError:
        return None


def timeouts(source: Source) -> Iterator[Finding]:
    """The breaker must be able to answer before API Gateway gives up, and Lambda counts in whole seconds."""
    for where, entry, breaker in _breakers(source):
        timeout_ms = _ms(entry["timeout"]) if "timeout" in entry else model.TIMEOUT_MS_DEFAULT
        if timeout_ms is None:
            continue
        if timeout_ms <= 1000:
            yield source.finding(
                (*where[:2], "timeout"),
                f"{shown(entry['timeout'])} leaves the breaker no time to answer: its function ends after whole seconds, "
                "before API Gateway gives up",
                "With a breaker, give more than 1s; 'slow_call_duration_threshold' may be as short as you like",
            )
            continue
        slow_ms = _ms(breaker.get("slow_call_duration_threshold"))
        if slow_ms is not None and slow_ms >= call_timeout_ms(timeout_ms):
            yield source.finding(
                (*where, "slow_call_duration_threshold"),
                f"{shown(breaker['slow_call_duration_threshold'])} is never reached: a call is given up after "
                f"{call_timeout_ms(timeout_ms)}ms of the service's timeout",
                "Give less, or raise the service's timeout",
            )


def waits(source: Source) -> Iterator[Finding]:
    """The longest wait is not shorter than the first."""
    for where, _, breaker in _breakers(source):
        longest = _ms(breaker.get("exponential_max_wait_duration_in_open_state"))
        first = _ms(breaker["wait_duration_in_open_state"]) if "wait_duration_in_open_state" in breaker else None
        first = breaker_model.WAIT_MS_DEFAULT if "wait_duration_in_open_state" not in breaker else first
        if longest is not None and first is not None and longest < first:
            yield source.finding(
                (*where, "exponential_max_wait_duration_in_open_state"),
                f"{shown(breaker['exponential_max_wait_duration_in_open_state'])} is shorter than the first wait",
                "Give at least 'wait_duration_in_open_state' (default 10s)",
            )


def outcomes(source: Source) -> Iterator[Finding]:
    """A failure is recorded or ignored, and each is listed once."""
    for where, _, breaker in _breakers(source):
        words = {
            key: [str(word) for word in breaker[key]] if isinstance(breaker.get(key), list) else []
            for key in ("record", "ignore")
        }
        for key, listed in words.items():
            if len(set(listed)) < len(listed):
                yield source.finding((*where, key), "a failure is listed twice", "List each once")
        if both := sorted(set(words["record"]) & set(words["ignore"])):
            yield source.finding(
                (*where, "ignore"), f"{', '.join(both)} is also in 'record', and 'ignore' wins", "Keep one of them"
            )


def fallbacks(source: Source) -> Iterator[Finding]:
    """The body goes into the function's environment."""
    for where, _, breaker in _breakers(source):
        fallback = breaker.get("fallback")
        body = fallback.get("body") if isinstance(fallback, dict) else None
        size = len(json.dumps(body, separators=(",", ":")).encode()) if body is not None else 0
        if size > FALLBACK_BODY_BYTES_MAX:
            yield source.finding(
                (*where, "fallback", "body"),
                f"it has {size} bytes as JSON",
                f"At most {FALLBACK_BODY_BYTES_MAX}: Lambda keeps it with the function's other settings",
                at_key=True,
            )


RULES = (timeouts, waits, outcomes, fallbacks)
