"""What the containers of a service share, and the little that may be asked of it. Pure; the implementation is `table.py`.

Whatever goes wrong on the way there is a `StoreError`: the caller then decides on its own, and does not ask again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from .rules import Rules
from .states import Circuit, Totals
from .windows import sum_seconds

__all__ = ["Change", "Reading", "Store", "StoreError", "Stored", "window_totals"]


class StoreError(Exception):
    """No answer that can be used, in time. The message is a short word: it becomes part of a log line."""


class Change(NamedTuple):
    """A transition that was. `before` and `after` are names of states."""

    at_ms: int
    before: str
    after: str
    by: str
    why: str


class Stored(NamedTuple):
    """The shared state, with the latest transitions, oldest first."""

    circuit: Circuit
    changes: tuple[Change, ...] = ()


class Reading(NamedTuple):
    """The state and the calls that its window shows: by second, or in order."""

    stored: Stored
    seconds: dict[int, Totals]
    outcomes: tuple[Totals, ...] = ()


class Store(Protocol):
    """Every method is one or two calls of one attempt each, and raises StoreError."""

    def read(self, known: Circuit | None, now_ms: int) -> Reading:
        """The state, strongly consistent; makes it when there is none yet."""

    def swap(self, before: Stored, after: Circuit) -> Stored | None:
        """A transition, if the state is still what it was before; None: somebody else was faster."""

    def take(self, circuit: Circuit, lease_until_ms: int) -> Stored | None:
        """One permit of this generation; None: there is none any more."""

    def give_back(self, generation: int) -> Stored | None:
        """A permit that was not used; None: its generation is over."""

    def vote(self, generation: int, one: Totals) -> Stored | None:
        """Adds the result of a trial call; None: its generation is over."""

    def add(self, generation: int, second: int, totals: Totals) -> Totals:
        """Adds calls to a second of a time window. Returns all that this second has now."""

    def push(self, generation: int, outcomes: list[Totals]) -> None:
        """Appends calls to a count window."""


def window_totals(
    reading: Reading, rules: Rules, now_ms: int, pending: Mapping[int, Totals], calls: list[Totals]
) -> Totals:
    """What the window shows: what all containers have counted, and what this one has not told yet."""
    if rules.time_based:
        shared = sum_seconds(reading.seconds, now_ms, rules.size)
        return shared.plus(sum_seconds(dict(pending), now_ms, rules.size))
    result = Totals()
    for one in [*reading.outcomes, *calls][-rules.size :]:
        result = result.plus(one)
    return result
