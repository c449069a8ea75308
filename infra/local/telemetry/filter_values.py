"""Comparing a logged value with what a pattern asks: wildcards, numbers, regular expressions. Pure.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from infra.local.telemetry.filter_lexer import InvalidPattern, Token

__all__ = ["NUMBER", "Test", "comparison", "compile_regex"]

Test = Callable[[Any], bool]
NUMBER = re.compile(r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$")
# Letters, digits, these symbols and these operators; "(" and ")" are not supported.
_REGEX_ALPHABET = re.compile(r"^(?:\\.|[A-Za-z0-9_#=@/;,\-:^$?\[\]{}|*+.\s\\~])*$")
_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def compile_regex(text: str) -> re.Pattern[str]:
    """A ``%regex%``; matches anywhere in the value, as CloudWatch Logs does without anchors.

    Raises:
        InvalidPattern: an unsupported character, or no regular expression.
    """
    if not _REGEX_ALPHABET.match(text):
        raise InvalidPattern(f"regular expression %{text}% has characters that are not supported")
    try:
        return re.compile(text, re.ASCII)
    except re.error as problem:
        raise InvalidPattern(f"regular expression %{text}%: {problem}") from problem


def wildcard(text: str) -> re.Pattern[str]:
    """``*`` stands for any characters, everything else for itself."""
    return re.compile(".*".join(re.escape(part) for part in text.split("*")), re.DOTALL)


def as_number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    return None


def as_text(value: Any) -> str | None:
    """A scalar as patterns see it. Objects and arrays have no text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return repr(value)
    return None


def comparison(sign: str, right: Token, *, number_of: Callable[[Any], float | None] = as_number) -> Test:
    """A test of one value.

    Args:
        number_of: how the logged value becomes a number; space-delimited fields are text and are parsed.

    Raises:
        InvalidPattern: an order asked of something that is no number.
    """
    if sign in _ORDER:
        return _ordered(sign, right, number_of)
    negate = sign == "!="
    if right.kind == "regex":
        matcher = compile_regex(right.text)
        return lambda value: (text := as_text(value)) is not None and bool(matcher.search(text)) is not negate
    if right.kind == "word" and NUMBER.match(right.text):
        wanted = float(right.text)
        return lambda value: (number := number_of(value)) is not None and (number == wanted) is not negate
    if right.kind == "word" and right.text.lower() == "null":
        raise InvalidPattern("compare with null by 'IS NULL'")
    exact = right.text
    if "*" not in exact:
        return lambda value: (text := as_text(value)) is not None and (text == exact) is not negate
    pattern = wildcard(exact)
    return lambda value: (text := as_text(value)) is not None and bool(pattern.fullmatch(text)) is not negate


def _ordered(sign: str, right: Token, number_of: Callable[[Any], float | None]) -> Test:
    if right.kind not in ("word", "string") or not NUMBER.match(right.text):
        raise InvalidPattern(f"'{sign}' needs a number, not '{right.text}'")
    wanted, compare = float(right.text), _ORDER[sign]
    return lambda value: (number := number_of(value)) is not None and compare(number, wanted)
