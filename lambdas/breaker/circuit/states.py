"""The words of the breaker: states, outcomes, events, permits. Pure data; touches nothing.

Semantics are Resilience4j's 2.4.0, except for generations: a permit carries the generation that it was given in, and a
result counts only there. Times are whole milliseconds since the epoch, so that every container computes the same.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

__all__ = ["FORCED", "Circuit", "Event", "Kind", "Outcome", "Permit", "State", "Totals"]


class State(str, Enum):  # noqa: UP042 (StrEnum would print the same; str keeps JSON and DynamoDB plain)
    """What the breaker does with a call."""

    CLOSED = "CLOSED"  # calls pass and are counted; the rates decide
    OPEN = "OPEN"  # calls are refused until the wait is over
    HALF_OPEN = "HALF_OPEN"  # a few calls pass on trial, the others are refused
    FORCED_OPEN = "FORCED_OPEN"  # an operator refuses all calls
    DISABLED = "DISABLED"  # an operator lets all calls pass, uncounted
    METRICS_ONLY = "METRICS_ONLY"  # all calls pass and are counted; nothing is decided


FORCED = (State.FORCED_OPEN, State.DISABLED, State.METRICS_ONLY)


class Outcome(str, Enum):  # noqa: UP042
    SUCCESS = "success"
    FAILURE = "failure"
    IGNORED = "ignored"  # as if the call had not been made


class Kind(str, Enum):  # noqa: UP042
    """What is told to listeners, in this order when one call causes several."""

    SUCCESS = "SUCCESS"
    ERROR = "ERROR"
    IGNORED_ERROR = "IGNORED_ERROR"
    NOT_PERMITTED = "NOT_PERMITTED"
    FAILURE_RATE_EXCEEDED = "FAILURE_RATE_EXCEEDED"
    SLOW_CALL_RATE_EXCEEDED = "SLOW_CALL_RATE_EXCEEDED"
    RESET = "RESET"
    STATE_TRANSITION = "STATE_TRANSITION"


class Event(NamedTuple):
    """`detail`: ``CLOSED -> OPEN`` of a transition, the percentage of an exceeded rate, else empty."""

    kind: Kind
    at_ms: int
    detail: str = ""


class Totals(NamedTuple):
    """Calls of a window. A slow failure is in both `failed` and `slow`, and once in `total`."""

    total: int = 0
    failed: int = 0
    slow: int = 0

    def plus(self, other: Totals) -> Totals:
        return Totals(self.total + other.total, self.failed + other.failed, self.slow + other.slow)

    @classmethod
    def one(cls, *, failed: bool, slow: bool) -> Totals:
        return cls(1, int(failed), int(slow))


class Permit(NamedTuple):
    """The right to make one call; give it back with the call's outcome.

    Attributes:
        generation: in which it was given; in another one its result has no vote.
        at_ms: when; the call's duration runs from here.
        probe: it is one of the trial calls of HALF_OPEN.
        counted: False while DISABLED.
        own: it was given by the container's own breaker, because the shared state could not be had.
    """

    generation: int
    at_ms: int
    probe: bool = False
    counted: bool = True
    own: bool = False


class Circuit(NamedTuple):
    """The state of one breaker. Immutable; every change of `generation` is one conditional write in the shared store.

    Attributes:
        since_ms: when the state began.
        retry_after_ms: OPEN: calls are refused up to and including this moment.
        attempt: how many times in a row it opened without closing between.
        permits: HALF_OPEN: trial calls that may still begin.
        lease_until_ms: HALF_OPEN: when the last permit given runs out.
        probes: HALF_OPEN: results of the trial calls; kept while OPEN after it.
        window: the generation whose calls the window shows; 0: `probes` are shown.
        until_ms: when a forced state ends by itself; 0: never.
        exceeded: METRICS_ONLY: the rates that were told already: "", "f", "s" or "fs".
        by, why: of the last change: ``breaker`` or who asked for it, and the reason.
    """

    state: State = State.CLOSED
    generation: int = 1
    since_ms: int = 0
    retry_after_ms: int = 0
    attempt: int = 0
    permits: int = 0
    lease_until_ms: int = 0
    probes: Totals = Totals()
    window: int = 1
    until_ms: int = 0
    exceeded: str = ""
    by: str = "breaker"
    why: str = ""
