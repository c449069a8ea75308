"""CloudWatch's metric math as a tree. Pure; what a tree means is in `metric_math`.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html ("Metric math syntax and functions").
Precedence, loosest first: OR, AND, comparisons, + and -, * and /, ^, a sign. ``&&`` and ``||`` are AND and OR.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Binary", "Call", "InvalidExpression", "Name", "Node", "Number", "Sequence", "Text", "names_in", "parse"]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|(?P<name>[A-Za-z][A-Za-z0-9_]*)"
    r"""|(?P<text>"[^"]*"|'[^']*')|(?P<operator>&&|\|\||==|!=|<=|>=|[-+*/^<>(),\[\]]))"""
)
DEPTH_MAX = 40
# Loosest first; each level's operators, and whether they are words.
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("OR", "||"),
    ("AND", "&&"),
    ("==", "!=", "<=", ">=", "<", ">"),
    ("+", "-"),
    ("*", "/"),
    ("^",),
)


class InvalidExpression(ValueError):
    """CloudWatch would refuse the expression; the message says why."""


@dataclass(frozen=True, slots=True)
class Number:
    value: float


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """The id of a metric or of another expression; also a keyword of a function, as ``REPEAT``."""

    value: str


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: Node
    right: Node


Node = Number | Text | Name | Call | Sequence | Binary


class _Token(NamedTuple):
    kind: str
    text: str


def _tokens(expression: str) -> list[_Token]:
    found, at = [], 0
    text = expression.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise InvalidExpression(f"unexpected {text[at:].strip()[:10]!r}")
        kind = str(match.lastgroup)
        found.append(_Token(kind, match[kind]))
        at = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._level(0)
        if self._at < len(self._tokens):
            raise InvalidExpression(f"unexpected {self._tokens[self._at].text!r}")
        return node

    def _next(self, *texts: str) -> str | None:
        """Takes the next token when it is one of these."""
        if self._at < len(self._tokens):
            token = self._tokens[self._at]
            if token.kind != "text" and token.text in texts:
                self._at += 1
                return token.text
        return None

    def _expect(self, text: str) -> None:
        if self._next(text) is None:
            found = self._tokens[self._at].text if self._at < len(self._tokens) else "the end"
            raise InvalidExpression(f"{text!r} expected, not {found!r}")

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._sign()
        node = self._level(level + 1)
        while (operator := self._next(*_LEVELS[level])) is not None:
            node = Binary({"&&": "AND", "||": "OR"}.get(operator, operator), node, self._level(level + 1))
        return node

    def _sign(self) -> Node:
        if self._next("-"):
            return Binary("-", Number(0.0), self._operand())
        self._next("+")
        return self._operand()

    def _operand(self) -> Node:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise InvalidExpression("nested too deeply")
        try:
            return self._one()
        finally:
            self._depth -= 1

    def _one(self) -> Node:
        if self._next("("):
            node = self._level(0)
            self._expect(")")
            return node
        if self._next("["):
            return Sequence(self._list("]"))
        if self._at >= len(self._tokens):
            raise InvalidExpression("it ends too early")
        token = self._tokens[self._at]
        if token.kind == "operator":
            raise InvalidExpression(f"unexpected {token.text!r}")
        self._at += 1
        if token.kind == "number":
            return Number(float(token.text))
        if token.kind == "text":
            return Text(token.text[1:-1])
        return Call(token.text.upper(), self._list(")")) if self._next("(") else Name(token.text)

    def _list(self, end: str) -> tuple[Node, ...]:
        if self._next(end):
            return ()
        items = [self._level(0)]
        while self._next(","):
            items.append(self._level(0))
        self._expect(end)
        return tuple(items)


def parse(expression: str) -> Node:
    """Raises InvalidExpression."""
    if len(expression) > 2048:  # MetricDataQuery.Expression
        raise InvalidExpression("longer than 2048 characters")
    return _Parser(_tokens(expression)).whole()


def names_in(node: Node) -> set[str]:
    """Every id that an expression may need."""
    if isinstance(node, Name):
        return {node.value}
    inner: tuple[Node, ...] = ()
    if isinstance(node, Call):
        inner = node.arguments
    elif isinstance(node, Sequence):
        inner = node.items
    elif isinstance(node, Binary):
        inner = (node.left, node.right)
    return {name for one in inner for name in names_in(one)}
