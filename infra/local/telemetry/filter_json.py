"""JSON filter patterns: ``{ $.status >= 500 && ($.isCanaryRequest = "true" || $.user IS NULL) }``. Pure.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
("Using filter patterns to match terms in JSON log events"). An event that is not a JSON object does not match.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from infra.local.telemetry.filter_lexer import InvalidPattern, Token, tokens
from infra.local.telemetry.filter_values import Test, comparison

__all__ = ["Selector", "parse_json_pattern", "selector"]

_EVERY: Any = object()
Selector = Callable[[Any], list[Any]]
_STEP = re.compile(r"""\.?\[(?:(\d+)|(\*)|"([^"]*)"|'([^']*)')\]|\.([^.\[\]]+)""")


def selector(text: str) -> Selector:
    """``$.a.b[0].c``, ``$.list[*]``: gives the values it points at; a missing one gives none.

    Raises:
        InvalidPattern: it does not begin with ``$`` and steps.
    """
    steps: list[Any] = []
    at = 1
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise InvalidPattern(f"'{text}' is no property selector")
        steps.append(_step(match))
        at = match.end()
    if not text.startswith("$") or not steps:
        raise InvalidPattern(f"'{text}' is no property selector")
    if steps.count(_EVERY) > 1:
        raise InvalidPattern(f"'{text}' has more than one wildcard")
    if len(steps) == 1 and isinstance(steps[0], str):
        name = steps[0]
        return lambda event: [event[name]] if isinstance(event, dict) and name in event else []
    return lambda event: _walk([event], steps)


def _step(match: re.Match[str]) -> Any:
    index, every, *names = match.groups()
    if index is not None:
        return int(index)
    name = next((name for name in names if name is not None), "*")
    return _EVERY if every or name == "*" else name


def _walk(values: list[Any], steps: Sequence[Any]) -> list[Any]:
    for step in steps:
        found: list[Any] = []
        for value in values:
            if step is _EVERY:
                found.extend(value.values() if isinstance(value, dict) else value if isinstance(value, list) else [])
            elif isinstance(step, int):
                found.extend(value[step : step + 1] if isinstance(value, list) else [])
            elif isinstance(value, dict) and step in value:
                found.append(value[step])
        values = found
    return values


class Parser:
    """Recursive descent: or-expressions of and-expressions of conditions."""

    def __init__(self, found: Sequence[Token]) -> None:
        self._tokens = list(found)
        self._at = 0

    def parse(self) -> Test:
        test = self._any()
        if self._at < len(self._tokens):
            raise InvalidPattern(f"unexpected '{self._tokens[self._at].text}'")
        return test

    def _next(self, what: str) -> Token:
        if self._at >= len(self._tokens):
            raise InvalidPattern(f"it ends where {what} is expected")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, text: str) -> bool:
        if self._at < len(self._tokens):
            token = self._tokens[self._at]
            if token.kind in ("operator", "word") and token.text.upper() == text:
                self._at += 1
                return True
        return False

    def _any(self) -> Test:
        tests = [self._all()]
        while self._take("||"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda event: any(test(event) for test in tests)

    def _all(self) -> Test:
        tests = [self._condition()]
        while self._take("&&"):
            tests.append(self._condition())
        return tests[0] if len(tests) == 1 else lambda event: all(test(event) for test in tests)

    def _condition(self) -> Test:
        if self._take("("):
            inner = self._any()
            if not self._take(")"):
                raise InvalidPattern("a '(' is not closed")
            return inner
        left = self._next("a property selector")
        if left.kind != "selector":
            raise InvalidPattern(f"'{left.text}' is no property selector; it begins with $")
        values = selector(left.text)
        if self._take("IS"):
            return self._is(values)
        if self._take("NOT"):
            if not self._take("EXISTS"):
                raise InvalidPattern("NOT is followed by EXISTS")
            return lambda event: not values(event)
        return self._compared(values)

    def _is(self, values: Selector) -> Test:
        wanted = self._next("NULL, TRUE or FALSE").text.upper()
        if wanted not in ("NULL", "TRUE", "FALSE"):
            raise InvalidPattern(f"IS is followed by NULL, TRUE or FALSE, not '{wanted}'")
        value = {"NULL": None, "TRUE": True, "FALSE": False}[wanted]
        return lambda event: any(found is value for found in values(event))

    def _compared(self, values: Selector) -> Test:
        sign = self._next("an operator")
        if sign.kind != "operator" or sign.text not in ("=", "!=", "<", ">", "<=", ">="):
            raise InvalidPattern(f"'{sign.text}' is no comparison operator")
        right = self._next("a value")
        if right.kind in ("operator", "selector"):
            raise InvalidPattern(f"'{right.text}' is no value to compare with")
        test = comparison(sign.text, right)
        if sign.text == "=" and right.text == "*" and right.kind != "regex":
            # Asks whether the property is there; one that is an object or array never matches. Null: unsure.
            return lambda event: any(not isinstance(found, dict | list) for found in values(event))
        return lambda event: any(test(found) for found in values(event))


def parse_json_pattern(text: str) -> Test:
    """The inside of the braces as a test of a decoded event.

    Raises:
        InvalidPattern: with the place.
    """
    found = tokens(text)
    if not found:
        raise InvalidPattern("{ } is empty")
    return Parser(found).parse()
