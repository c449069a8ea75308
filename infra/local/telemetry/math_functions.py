"""The functions of metric math. Pure.

Over one series, SUM, AVG, MIN, MAX and STDDEV give a number; over several, one series: at each time, over those that have a value
there. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from infra.local.telemetry.math_syntax import InvalidExpression

__all__ = ["KEYWORDS", "Grid", "Series", "Several", "Value", "call"]

Series = dict[int, float]
"""Epoch second at which a period begins -> value; a period without data is not there."""
Several = list[Series]
Value = float | Series | Several

KEYWORDS = frozenset({"REPEAT", "LINEAR", "SUM", "AVG", "MIN", "MAX", "ASC", "DSC"})


@dataclass(frozen=True, slots=True)
class Grid:
    """The periods of a request: where each begins, and how long one is."""

    times: tuple[int, ...]
    period_seconds: int

    def constant(self, value: float) -> Series:
        return dict.fromkeys(self.times, value)


_REDUCED: dict[str, Callable[[Sequence[float]], float]] = {
    "SUM": math.fsum,
    "AVG": statistics.fmean,
    "MIN": min,
    "MAX": max,
    "STDDEV": statistics.pstdev,
    "DATAPOINT_COUNT": lambda values: float(len(values)),
}
_EACH: dict[str, Callable[[float], float]] = {
    "ABS": abs,
    "CEIL": math.ceil,
    "FLOOR": math.floor,
    "LOG": math.log,
    "LOG10": math.log10,
}
_OF_TIME: dict[str, Callable[[datetime], float]] = {
    "MINUTE": lambda at: at.minute,
    "HOUR": lambda at: at.hour,
    "DAY": lambda at: at.isoweekday(),
    "DATE": lambda at: at.day,
    "MONTH": lambda at: at.month,
    "YEAR": lambda at: at.year,
    "EPOCH": lambda at: at.timestamp(),
}


def call(function: str, arguments: Sequence[Any], grid: Grid) -> Value:
    """The value of a function.

    Raises:
        InvalidExpression: no such function here, or other arguments than it takes.
    """
    if not arguments:
        raise InvalidExpression(f"{function} needs an argument, or is not known here")
    if function in _REDUCED:
        return _reduced(_REDUCED[function], arguments[0], grid)
    if function in _EACH or function in _OF_TIME or function in _SERIES:
        return _over(arguments[0], lambda one: _one(function, one, arguments, grid))
    if function == "IF":
        return _if(arguments, grid)
    if function in ("FIRST", "LAST") and isinstance(arguments[0], list) and arguments[0]:
        return arguments[0][0 if function == "FIRST" else -1]  # type: ignore[no-any-return]
    if function == "REMOVE_EMPTY" and isinstance(arguments[0], list):
        return [one for one in arguments[0] if one]
    if function == "PERIOD":
        return float(grid.period_seconds)
    raise InvalidExpression(f"{function} is not known here, or takes other arguments")


def _one(function: str, series: Series, arguments: Sequence[Any], grid: Grid) -> Series:
    if function in _EACH:
        return _mapped(series, _EACH[function])
    if function in _OF_TIME:
        return {at: float(_OF_TIME[function](datetime.fromtimestamp(at, UTC))) for at in grid.times}
    return _SERIES[function](series, arguments, grid)


def _mapped(series: Series, change: Callable[[float], float]) -> Series:
    found: Series = {}
    for at, value in series.items():
        try:
            found[at] = float(change(value))
        except ValueError:  # the logarithm of nothing
            continue
    return found


def _over(value: Any, change: Callable[[Series], Series]) -> Value:
    if isinstance(value, list):
        return [change(one) for one in value]
    if not isinstance(value, dict):
        raise InvalidExpression("a series is needed, not a number or a text")
    return change(value)


def _reduced(reduce: Callable[[Sequence[float]], float], value: Any, grid: Grid) -> Value:
    if isinstance(value, list):
        found: Series = {}
        for at in grid.times:
            if here := [one[at] for one in value if at in one]:
                found[at] = float(reduce(here))
        return found
    if isinstance(value, dict):
        return float(reduce(list(value.values()))) if value else math.nan
    raise InvalidExpression("a series is needed, not a number or a text")


def _if(arguments: Sequence[Any], grid: Grid) -> Value:
    """``IF(condition, then)`` has no value where the condition fails; with a third argument it has that."""
    if len(arguments) not in (2, 3) or any(isinstance(argument, list | str) for argument in arguments):
        raise InvalidExpression("IF takes a condition, a value, and perhaps another value: numbers or single series")
    condition, then = arguments[0], arguments[1]
    other = arguments[2] if len(arguments) == 3 else None
    if not any(isinstance(argument, dict) for argument in arguments):
        chosen = then if condition else other
        return math.nan if chosen is None else float(chosen)
    found: Series = {}
    for at in grid.times:
        test = condition.get(at) if isinstance(condition, dict) else condition
        if test is None:
            continue
        chosen = then if test else other
        value = chosen.get(at) if isinstance(chosen, dict) else chosen
        if value is not None:
            found[at] = float(value)
    return found


def _fill(series: Series, arguments: Sequence[Any], grid: Grid) -> Series:
    if len(arguments) != 2:
        raise InvalidExpression("FILL takes a series and what to put where there is none")
    filler = arguments[1]
    if filler == "REPEAT":
        return _repeated(series, grid)
    if filler == "LINEAR":
        return _linear(series, grid)
    if isinstance(filler, dict):
        return {**{at: filler[at] for at in grid.times if at in filler}, **series}
    if isinstance(filler, float | int):
        return {at: series.get(at, float(filler)) for at in grid.times}
    raise InvalidExpression("FILL takes a number, a series, REPEAT or LINEAR")


def _repeated(series: Series, grid: Grid) -> Series:
    found: Series = {}
    last: float | None = None
    for at in grid.times:
        last = series.get(at, last)
        if last is not None:
            found[at] = last
    return found


def _linear(series: Series, grid: Grid) -> Series:
    known = sorted(series)
    found = dict(series)
    for before, after in pairwise(known):
        for at in (t for t in grid.times if before < t < after):
            found[at] = series[before] + (series[after] - series[before]) * (at - before) / (after - before)
    return found


def _steps(series: Series, change: Callable[[float, float, int, int], float]) -> Series:
    known = sorted(series)
    return {b: change(series[a], series[b], a, b) for a, b in pairwise(known)}


def _running_sum(series: Series, _: Sequence[Any], __: Grid) -> Series:
    total, found = 0.0, {}
    for at in sorted(series):
        total += series[at]
        found[at] = total
    return found


_SERIES: dict[str, Callable[[Series, Sequence[Any], Grid], Series]] = {
    "FILL": _fill,
    "DIFF": lambda series, _, __: _steps(series, lambda a, b, _s, _e: b - a),
    "DIFF_TIME": lambda series, _, __: _steps(series, lambda _a, _b, s, e: float(e - s)),
    "RATE": lambda series, _, __: _steps(series, lambda a, b, s, e: (b - a) / (e - s)),
    "RUNNING_SUM": _running_sum,
}
