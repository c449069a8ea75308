"""CloudWatch Logs filter patterns: terms, JSON and space-delimited. Pure.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html. Patterns are compiled
once and kept; a JSON event is decoded once for all patterns of its group.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from infra.local.telemetry.filter_fields import parse_fields_pattern
from infra.local.telemetry.filter_json import parse_json_pattern, selector
from infra.local.telemetry.filter_lexer import InvalidPattern
from infra.local.telemetry.filter_values import compile_regex

__all__ = ["Event", "InvalidPattern", "Match", "Pattern", "compile_pattern"]

_UNREAD: Any = object()
_TERM = re.compile(r'\s*([-?]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]*)%|([^\s"%]+))(?=\s|$)')


class Event:
    """A log message, decoded at most once."""

    __slots__ = ("_decoded", "message")

    def __init__(self, message: str) -> None:
        self.message = message
        self._decoded: Any = _UNREAD

    @property
    def decoded(self) -> Any:
        """The message as JSON; None when it is not a JSON object or array."""
        if self._decoded is _UNREAD:
            self._decoded = None
            if self.message.lstrip()[:1] in ("{", "["):
                with contextlib.suppress(ValueError):
                    self._decoded = json.loads(self.message)
        return self._decoded


class Match:
    """An event that a pattern matched; gives the values that a metric asks for."""

    def __init__(self, event: Event, fields: dict[str, str] | None = None) -> None:
        self._event = event
        self._fields = fields

    def value(self, reference: str) -> Any:
        """What ``$.latency`` or ``$size`` points at; None when it is not there."""
        if self._fields is not None:
            return self._fields.get(reference)
        if self._event.decoded is None:
            return None
        found = cached_selector(reference)(self._event.decoded)
        return found[0] if found else None


cached_selector = lru_cache(maxsize=1024)(selector)
Pattern = Callable[[Event], Match | None]


@lru_cache(maxsize=1024)
def compile_pattern(text: str) -> Pattern:
    """A pattern as a function of an event.

    Raises:
        InvalidPattern: with what is wrong and where.
    """
    stripped = text.strip()
    if not stripped.strip('"').strip():  # nothing, or the documented " "
        return Match
    if stripped.startswith("{"):
        if not stripped.endswith("}"):
            raise InvalidPattern("'{' is not closed")
        test = parse_json_pattern(stripped[1:-1])
        return lambda event: Match(event) if event.decoded is not None and test(event.decoded) else None
    if stripped.startswith("["):
        if not stripped.endswith("]"):
            raise InvalidPattern("'[' is not closed")
        columns = parse_fields_pattern(stripped[1:-1])
        return lambda event: None if (f := columns.fields(event.message)) is None else Match(event, f)
    return _terms(stripped)


def _term(quoted: str | None, regex: str | None, word: str | None) -> Callable[[str], bool]:
    if regex is not None:
        matcher = compile_regex(regex)
        return lambda message: matcher.search(message) is not None
    text = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else str(word)
    return lambda message: text in message


def _terms(text: str) -> Pattern:
    """All plain terms and no excluded one. Optional terms count only when they stand alone: beside others the
    question mark ones are ignored, as documented."""
    needed: list[Callable[[str], bool]] = []
    excluded: list[Callable[[str], bool]] = []
    optional: list[Callable[[str], bool]] = []
    at = 0
    while at < len(text):
        match = _TERM.match(text, at)
        if match is None:
            raise InvalidPattern(f"unexpected '{text[at:].strip()[:20]}' at offset {at}")
        sign, quoted, regex, word = match.groups()
        {"": needed, "-": excluded, "?": optional}[sign].append(_term(quoted, regex, word))
        at = match.end()

    def matches(event: Event) -> Match | None:
        message = event.message
        if any(test(message) for test in excluded) or not all(test(message) for test in needed):
            return None
        alone = optional and not needed and not excluded
        return Match(event) if not alone or any(test(message) for test in optional) else None

    return matches
