"""Items of the table <-> values. Pure; the operator's side reads and writes the same items by this module.

    pk         sk                        what
    <service>  state                     the circuit, its latest changes, the rules it runs by
    <service>  bucket#<window>#<second>  time window: n calls, f failed, s slow, of all containers in that second
    <service>  bucket#<window>#ring<N>   count window: seq calls so far, o<i> the outcome of call i modulo N
    <service>  audit#<time>#<id>         what an operator did, when, and why

One range of sort keys, from a bucket to ``state``, is the window and the state in one consistent read. Buckets carry
`expires` for DynamoDB's TTL, which may delete days late: nothing is concluded from an item's absence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .states import Circuit, State, Totals
from .store import Change, Stored

__all__ = [
    "LIVES_SECONDS",
    "STATE_KEY",
    "bucket_key",
    "changed",
    "circuit_values",
    "logged",
    "number",
    "ring_key",
    "stored_of",
    "text",
    "totals_of",
    "totals_of_mask",
    "window_start",
]

Item = dict[str, Any]

STATE_KEY = "state"
LIVES_SECONDS = 86_400  # of a bucket: far beyond any window, and then TTL may have it
CHANGES_KEPT = 10

_NUMBERS = ("generation", "since_ms", "retry_after_ms", "attempt", "permits", "lease_until_ms", "window", "until_ms")
_TEXTS = ("exceeded", "by", "why")
_PROBES = ("probes", "probes_failed", "probes_slow")


def number(value: int) -> Item:
    return {"N": str(value)}


def text(value: str) -> Item:
    return {"S": value}


def bucket_key(window: int, second: int) -> str:
    return f"bucket#{window:012d}#{second:012d}"


def ring_key(window: int, size: int) -> str:
    return f"bucket#{window:012d}#ring{size}"


def window_start(window: int, first_second: int) -> str:
    """Where to begin reading; without a window only the state is left."""
    return bucket_key(window, max(first_second, 0)) if window else STATE_KEY


def circuit_values(circuit: Circuit) -> Item:
    """The circuit's attributes."""
    item = {name: number(getattr(circuit, name)) for name in _NUMBERS}
    item |= {name: text(getattr(circuit, name)) for name in _TEXTS}
    item |= {name: number(value) for name, value in zip(_PROBES, circuit.probes, strict=True)}
    return {"state": text(circuit.state.value), **item}


def stored_of(item: Mapping[str, Any]) -> Stored:
    """Raises KeyError or ValueError for an item that is none of ours."""
    values: dict[str, Any] = {name: int(item[name]["N"]) for name in _NUMBERS}
    values |= {name: item[name]["S"] for name in _TEXTS}
    probes = Totals(*(int(item[name]["N"]) for name in _PROBES))
    circuit = Circuit(state=State(item["state"]["S"]), probes=probes, **values)
    changes = json.loads(item.get("changes", {}).get("S") or "[]")
    return Stored(circuit, tuple(Change(*change) for change in changes))


def changed(before: Stored | None, after: Circuit) -> tuple[Change, ...]:
    """The latest changes after a transition."""
    if before is None:
        before = Stored(Circuit())
    if before.circuit.state is after.state:
        return before.changes
    one = Change(after.since_ms, before.circuit.state.value, after.state.value, after.by, after.why)
    return (*before.changes, one)[-CHANGES_KEPT:]


def logged(before: Stored | None, after: Circuit) -> Item:
    """The attribute of the latest changes; whole, because the write is conditional on `before`."""
    return text(json.dumps(changed(before, after), separators=(",", ":")))


def totals_of(item: Mapping[str, Any]) -> Totals:
    return Totals(*(int(item.get(name, {}).get("N", 0)) for name in ("n", "f", "s")))


def totals_of_mask(mask: int) -> Totals:
    """A call of a ring: 1 failed, 2 slow, 3 both."""
    return Totals(1, mask & 1, mask >> 1)
