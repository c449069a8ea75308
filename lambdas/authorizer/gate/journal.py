"""One line of JSON for what an operator needs to know: why not. Writes to what it is given.

A line holds words from a closed set, our own failures and the request's trace: nothing of a token, an address or a person.
"""

from __future__ import annotations

import json
from collections.abc import Callable

__all__ = ["Journal"]


class Journal:
    """The lines of one container.

    Args:
        trace_id: of the request that is being decided, asked for when a line is written; empty: there is none.
    """

    def __init__(self, write: Callable[[str], object], *, trace_id: Callable[[], str] = str) -> None:
        self._write, self._trace_id = write, trace_id
        self._lines: dict[tuple[str, str, str], str] = {}

    def refused(self, reason: str) -> None:
        self._say("INFO", "refused", reason)

    def denied(self, reason: str) -> None:
        self._say("INFO", "denied", reason)

    def keys_failed(self, reason: str) -> None:
        self._say("ERROR", "the issuer's keys could not be fetched", reason)

    def secret_failed(self, reason: str) -> None:
        self._say("ERROR", "the key secret could not be read", reason)

    def broken(self, kind: str) -> None:
        self._say("ERROR", "the authorizer failed and refused", kind)

    def _say(self, level: str, message: str, reason: str) -> None:
        key = (level, message, reason)
        line = self._lines.get(key)
        if line is None:
            line = json.dumps({"level": level, "message": message, "reason": reason}) + "\n"
            if len(self._lines) < 64:
                self._lines[key] = line
        trace_id = self._trace_id()  # hexadecimal digits and hyphens: nothing in it needs an escape
        self._write(f'{line[:-2]}, "traceId": "{trace_id}"}}\n' if trace_id else line)
