"""What an expression of metric math gives. Pure.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html . A value is a number, a series, or several
series. A series has no value where its metric has no data. Between a series and a series there is a result where both have a
value, and dividing by zero gives none (both unsure: the page says neither). SEARCH, METRICS with a pattern of labels beyond a
plain text, ANOMALY_DETECTION_BAND and the functions of other services are not here: an expression with one of them is an error.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.local.telemetry import math_functions
from infra.local.telemetry.math_functions import Grid, Series, Several, Value
from infra.local.telemetry.math_syntax import (
    Binary,
    Call,
    InvalidExpression,
    Name,
    Node,
    Number,
    Sequence,
    Text,
    names_in,
    parse,
)

__all__ = ["Asked", "evaluate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One entry of a request: a metric's series, or an expression."""

    id: str
    label: str = ""
    series: Series | None = None
    expression: str = ""


@dataclass(slots=True)
class _Run:
    entries: Mapping[str, Asked]
    grid: Grid
    known: dict[str, Value] = field(default_factory=dict)
    under_way: set[str] = field(default_factory=set)

    def of(self, key: str) -> Value:
        """The value of an entry; each is computed once."""
        if key in self.known:
            return self.known[key]
        entry = self.entries.get(key)
        if entry is None:
            raise InvalidExpression(f"there is no id {key!r}")
        if entry.series is not None:
            self.known[key] = entry.series
            return entry.series
        if key in self.under_way:
            raise InvalidExpression(f"{key!r} refers to itself")
        self.under_way.add(key)
        try:
            self.known[key] = value = self.value(parse(entry.expression))
        finally:
            self.under_way.discard(key)
        return value

    def value(self, node: Node) -> Value:
        if isinstance(node, Number):
            return node.value
        if isinstance(node, Name):
            return self.of(node.value)
        if isinstance(node, Sequence):
            return [series for item in node.items for series in self._series(self.value(item))]
        if isinstance(node, Binary):
            return _combined(node.operator, self.value(node.left), self.value(node.right), self.grid)
        if isinstance(node, Call):
            return self._call(node)
        raise InvalidExpression(f"a text stands alone: {node.value!r}")

    def _series(self, value: Value) -> Several:
        if isinstance(value, list):
            return value
        return [value if isinstance(value, dict) else self.grid.constant(value)]

    def _call(self, node: Call) -> Value:
        if node.function == "METRICS":
            return self._metrics(node)
        if node.function == "METRIC_COUNT":
            return float(len(self._series(self.value(node.arguments[0])) if node.arguments else self._metrics(node)))
        arguments: list[Any] = [self._argument(argument) for argument in node.arguments]
        return math_functions.call(node.function, arguments, self.grid)

    def _argument(self, node: Node) -> Any:
        if isinstance(node, Text):
            return node.value
        if isinstance(node, Name) and node.value in math_functions.KEYWORDS and node.value not in self.entries:
            return node.value
        return self.value(node)

    def _metrics(self, node: Call) -> Several:
        """All metrics of the request, or those whose id has this text."""
        wanted = node.arguments[0].value if node.arguments and isinstance(node.arguments[0], Text) else ""
        return [entry.series for entry in self.entries.values() if entry.series is not None and str(wanted) in entry.id]


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
    "==": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
    "<": lambda a, b: float(a < b),
    ">": lambda a, b: float(a > b),
    "<=": lambda a, b: float(a <= b),
    ">=": lambda a, b: float(a >= b),
    "AND": lambda a, b: float(bool(a) and bool(b)),
    "OR": lambda a, b: float(bool(a) or bool(b)),
}


def _combined(sign: str, left: Value, right: Value, grid: Grid) -> Value:
    if isinstance(left, list) and isinstance(right, list):
        raise InvalidExpression(f"{sign} between two arrays")
    if isinstance(left, list):
        return [one for each in left if isinstance(one := _combined(sign, each, right, grid), dict)]
    if isinstance(right, list):
        return [one for each in right if isinstance(one := _combined(sign, left, each, grid), dict)]
    if not isinstance(left, dict) and not isinstance(right, dict):
        result = _applied(sign, left, right)
        return math.nan if result is None else result
    found: Series = {}
    for at in grid.times:
        a = left.get(at) if isinstance(left, dict) else left
        b = right.get(at) if isinstance(right, dict) else right
        if a is not None and b is not None and (value := _applied(sign, a, b)) is not None:
            found[at] = value
    return found


def _applied(sign: str, a: float, b: float) -> float | None:
    try:
        value = _ARITHMETIC[sign](a, b)
    except (ZeroDivisionError, OverflowError):
        return None
    return value if isinstance(value, float | int) and math.isfinite(value) else None


def evaluate(entries: Mapping[str, Asked], wanted: str, grid: Grid) -> list[Series]:
    """The series of one entry; several when its expression gives several, and one without points from a number alone.

    Raises:
        InvalidExpression: with CloudWatch's reason in our words.
    """
    value = _Run(entries, grid).of(wanted)
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return [value]
    if not names_in(parse(entries[wanted].expression)) and "METRICS" not in entries[wanted].expression:
        raise InvalidExpression("an expression needs at least one metric")
    return [grid.constant(value) if math.isfinite(value) else {}]
