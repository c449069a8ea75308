"""Space-delimited filter patterns: ``[ip, user, ..., status=5*, size > 1000]``. Pure.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
("Using filter patterns to match terms in space-delimited log events"). Text in double quotes or square brackets is
one field; ``...`` stands for any number of fields. Without it the last column takes all that is left, as AWS's example
``[w1=ERROR, w2]`` shows; an event with fewer fields than columns does not match (unsure).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from infra.local.telemetry.filter_lexer import InvalidPattern, Token, tokens
from infra.local.telemetry.filter_values import NUMBER, Test, comparison

__all__ = ["FieldsPattern", "parse_fields_pattern", "split_fields"]

_FIELD = re.compile(r'"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|(\S+)')


def split_fields(message: str) -> list[str]:
    """The fields of an event."""
    return [next(group for group in match.groups() if group is not None) for match in _FIELD.finditer(message)]


def number_of(value: Any) -> float | None:
    return float(value) if isinstance(value, str) and NUMBER.match(value) else None


class FieldsPattern:
    """A compiled pattern. ``names`` are the fields' names, None for the ellipsis."""

    def __init__(self, names: Sequence[str | None], tests: Sequence[Callable[[dict[str, str]], bool]]) -> None:
        self.names = tuple(names)
        self._tests = tuple(tests)

    def fields(self, message: str) -> dict[str, str] | None:
        """The named fields of an event, with a ``$`` before each name; None when it does not match."""
        values = split_fields(message)
        if len(values) < len(self.names) - (None in self.names):
            return None
        gap = self.names.index(None) if None in self.names else None
        if gap is None:
            last = len(self.names) - 1
            pairs = list(zip(self.names, [*values[:last], " ".join(values[last:])], strict=True))
        else:
            after = len(self.names) - gap - 1
            tail = values[len(values) - after :] if after else []
            pairs = [*zip(self.names, values[:gap], strict=False), *zip(self.names[gap + 1 :], tail, strict=True)]
        found = {name: value for name, value in pairs if name is not None}
        if not all(test(found) for test in self._tests):
            return None
        return {f"${name}": value for name, value in found.items()}


def _columns(found: Sequence[Token]) -> list[list[Token]]:
    columns: list[list[Token]] = [[]]
    depth = 0
    for token in found:
        if token.kind == "operator" and token.text == "," and depth == 0:
            columns.append([])
            continue
        if token.kind == "operator" and token.text in "()":
            depth += 1 if token.text == "(" else -1
        columns[-1].append(token)
    return columns


def _operator(tokens_left: Sequence[Token], text: str) -> bool:
    return bool(tokens_left) and tokens_left[0].kind == "operator" and tokens_left[0].text == text


def _conditions(name: str, column: Sequence[Token]) -> Callable[[dict[str, str]], bool]:
    """``status = 4* || status = 5*``; and binds before or. Every part names the column's own field."""
    groups: list[list[Test]] = [[]]
    rest = list(column)
    while rest:
        if len(rest) < 3 or rest[0].text != name or rest[1].kind != "operator" or rest[2].kind == "operator":
            raise InvalidPattern(f"'{' '.join(token.text for token in rest)}' is no condition of {name}")
        groups[-1].append(comparison(rest[1].text, rest[2], number_of=number_of))
        rest = rest[3:]
        if _operator(rest, "||"):
            groups.append([])
        elif rest and not _operator(rest, "&&"):
            raise InvalidPattern(f"unexpected '{rest[0].text}' in the condition of {name}")
        if rest[:1] and len(rest) == 1:
            raise InvalidPattern(f"a condition of {name} is missing after '{rest[0].text}'")
        rest = rest[1:]
    return lambda fields: any(all(test(fields[name]) for test in group) for group in groups)


def parse_fields_pattern(text: str) -> FieldsPattern:
    """The inside of the square brackets.

    Raises:
        InvalidPattern: an empty column, two ellipses, a condition on another field.
    """
    names: list[str | None] = []
    tests = []
    for column in _columns(tokens(text)):
        while column and _operator(column, "(") and column[-1].text == ")":
            column = column[1:-1]
        if not column or column[0].kind not in ("word", "selector"):
            raise InvalidPattern("every column of [ ] has a name")
        name = column[0].text
        if name == "...":
            if None in names:
                raise InvalidPattern("'...' can stand only once")
            names.append(None)
            continue
        names.append(name)
        if len(column) > 1:
            tests.append(_conditions(name, column))
    return FieldsPattern(names, tests)
