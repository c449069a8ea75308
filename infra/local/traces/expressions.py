"""Filter expressions of GetTraceSummaries, as far as they are known here. Pure.

https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html. Known: conditions joined by AND on ``http.url``,
``http.method``, ``http.status``, ``responsetime``, ``duration``, ``fault``, ``error``, ``throttle``, ``ok``, ``partial``,
``annotation.name`` and ``service("name")``. Anything else is refused, so that nobody takes an empty list for an answer.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Facts", "UnknownExpression", "parse"]


class UnknownExpression(ValueError):
    """An expression that is wrong, or that AWS knows and the engine does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What conditions look at. Args: texts, numbers, booleans: keywords; services: names; annotations: every value of each."""

    texts: Mapping[str, str]
    numbers: Mapping[str, float]
    booleans: Mapping[str, bool]
    services: frozenset[str]
    annotations: Mapping[str, tuple[Any, ...]]


Condition = Callable[[Facts], bool]

_TEXTS = ("http.url", "http.method")
_NUMBERS = ("responsetime", "duration", "http.status")
_BOOLEANS = ("fault", "error", "throttle", "ok", "partial")
_TEXT_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "CONTAINS": operator.contains,
    "BEGINSWITH": str.startswith,
    "ENDSWITH": str.endswith,
}
_NUMBER_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])|(?P<word>[A-Za-z_][\w.]*)"""
    r"""|(?P<sign><=|>=|!=|=|<|>|!|\(|\)))"""
)


def parse(expression: str) -> Condition:
    """All of its conditions together.

    Raises:
        UnknownExpression: says where it stops being understood.
    """
    reader = _Reader(expression)
    conditions = [_condition(reader)]
    while reader.kind:
        if reader.upper() != "AND":
            raise reader.refuse("conditions are joined by AND alone")
        reader.next()
        conditions.append(_condition(reader))
    return lambda facts: all(condition(facts) for condition in conditions)


class _Reader:
    """Tokens of an expression, one ahead."""

    def __init__(self, expression: str) -> None:
        self._expression, self._at = expression, 0
        self.kind = self.value = ""
        self._start = 0
        self.next()

    def next(self) -> None:
        rest = self._expression[self._at :]
        self._start = self._at + len(rest) - len(rest.lstrip())
        if not rest.strip():
            self.kind = self.value = ""
            return
        match = _TOKEN.match(self._expression, self._at)
        if match is None:
            raise self.refuse("what is this?")
        self.kind, self._at = str(match.lastgroup), match.end()
        self.value = match[self.kind]

    def take(self, kind: str, wanted: str) -> str:
        if self.kind != kind:
            raise self.refuse(f"{wanted} is expected")
        value = self.value
        self.next()
        return re.sub(r"\\(.)", r"\1", value[1:-1]) if kind == "text" else value

    def accept(self, value: str) -> bool:
        if self.kind != "sign" or self.value != value:
            return False
        self.next()
        return True

    def upper(self) -> str:
        return self.value.upper() if self.kind == "word" else ""

    def refuse(self, why: str) -> UnknownExpression:
        place = self._expression[self._start : self._start + 40] or "the end"
        return UnknownExpression(
            f"the embedded X-Ray does not know this filter expression from {place!r} on: {why}. It knows http.url CONTAINS "
            '"..", http.method, http.status, responsetime, duration, fault, error, throttle, ok, partial, annotation.name '
            'and service(".."), joined by AND'
        )


def _condition(reader: _Reader) -> Condition:
    negated = reader.accept("!")
    keyword = reader.value
    if reader.kind != "word":
        raise reader.refuse("a keyword is expected")
    if keyword in _BOOLEANS:
        found = _boolean(reader, keyword)
    elif keyword == "service":
        found = _service(reader)
    elif keyword in _TEXTS and not negated:
        found = _text(reader, keyword)
    elif keyword in _NUMBERS and not negated:
        found = _number(reader, keyword)
    elif keyword.startswith("annotation.") and not negated:
        found = _annotation(reader, keyword.removeprefix("annotation."))
    else:
        raise reader.refuse("this keyword is not known")
    return (lambda facts: not found(facts)) if negated else found


def _boolean(reader: _Reader, keyword: str) -> Condition:
    reader.next()
    wanted = True
    if reader.kind == "sign" and reader.value in ("=", "!="):
        same = reader.value == "="
        reader.next()
        if reader.upper() not in ("TRUE", "FALSE"):
            raise reader.refuse("true or false is expected")
        wanted = (reader.upper() == "TRUE") is same
        reader.next()
    return lambda facts: facts.booleans.get(keyword, False) is wanted


def _service(reader: _Reader) -> Condition:
    reader.next()
    if not reader.accept("("):
        raise reader.refuse("( is expected")
    name = reader.take("text", "a name in quotes")
    if not reader.accept(")"):
        raise reader.refuse(") is expected")
    return lambda facts: name in facts.services


def _text(reader: _Reader, keyword: str) -> Condition:
    reader.next()
    compare = _TEXT_OPERATORS.get(reader.upper() or reader.value)
    if compare is None:
        raise reader.refuse("=, !=, CONTAINS, BEGINSWITH or ENDSWITH is expected")
    reader.next()
    wanted = reader.take("text", "a text in quotes")
    return lambda facts: compare(facts.texts.get(keyword, ""), wanted)


def _number(reader: _Reader, keyword: str) -> Condition:
    reader.next()
    compare = _NUMBER_OPERATORS.get(reader.value)
    if compare is None:
        raise reader.refuse("a comparison is expected")
    reader.next()
    wanted = float(reader.take("number", "a number"))
    return lambda facts: keyword in facts.numbers and compare(facts.numbers[keyword], wanted)


def _annotation(reader: _Reader, name: str) -> Condition:
    reader.next()
    sign = reader.upper() or reader.value
    reader.next()
    kind, raw = reader.kind, reader.value
    if kind == "number" and sign in _NUMBER_OPERATORS:
        number, compares = float(reader.take("number", "a number")), _NUMBER_OPERATORS[sign]
        return lambda facts: any(
            compares(value, number)
            for value in facts.annotations.get(name, ())
            if isinstance(value, (int, float)) and not isinstance(value, bool)
        )
    if kind == "word" and sign in ("=", "!=") and raw.upper() in ("TRUE", "FALSE"):
        reader.next()
        wanted = (raw.upper() == "TRUE") is (sign == "=")
        return lambda facts: any(value is wanted for value in facts.annotations.get(name, ()))
    if sign not in _TEXT_OPERATORS:
        raise reader.refuse("a comparison of an annotation is expected")
    text, compare = reader.take("text", "a value"), _TEXT_OPERATORS[sign]
    return lambda facts: any(
        compare(value, text) for value in facts.annotations.get(name, ()) if isinstance(value, str)
    )
