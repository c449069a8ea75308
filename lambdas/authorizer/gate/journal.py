"""One line of JSON for what an operator needs to know: why not. Writes to what it is given.

A line holds words from a closed set and our own failures: nothing of a token, an address or a person.
"""

from __future__ import annotations

import json
from collections.abc import Callable

__all__ = ["Journal"]


class Journal:
    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
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
        self._write(line)
