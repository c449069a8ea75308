"""Values with a unit: one declaration gives the parser, the message and the JSON schema. Pure; touches nothing.

Every quantity in gateway.yaml says its unit (``5s``, ``256MB``, ``10%``): a bare number is an error, since nobody
remembers whether a timeout was in seconds or milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

__all__ = ["Quantity", "Text", "wrong"]


def wrong(problem: str, advice: str) -> PydanticCustomError:
    """An error whose message is ours: what is wrong, and the rule with what to do."""
    # Passed as data, never as the template: a value may hold braces.
    return PydanticCustomError("rule", "{problem}", {"problem": problem, "advice": advice})


def shown(value: object) -> str:
    """A value for a message: short, on one line."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with a unit, as an annotation of the number's type.

    Args:
        units: how much of the attribute's unit each unit is, for example ``{"ms": 1, "s": 1000}``.
        lowest, highest: inclusive, in the attribute's unit.
        range_text: the range as a person says it, for the message.
        whole: only whole numbers of the attribute's unit.
        above_lowest: the lowest value itself is excluded.
        allowed: when only these values are accepted; then there is one unit.
    """

    units: Mapping[str, int] = field(hash=False)
    lowest: float
    highest: float
    range_text: str
    whole: bool = True
    above_lowest: bool = False
    allowed: Sequence[int] = ()

    @property
    def pattern(self) -> str:
        """Anchored, in the common part of Python's and JavaScript's regular expressions."""
        # Ten digits at most: larger numbers are out of every range, and stay exact as floats.
        return rf"^[0-9]{{1,10}}(\.[0-9]{{1,6}})?({'|'.join(self.units)})$"

    @property
    def example(self) -> str:
        first = self.allowed[0] if self.allowed else max(self.lowest, 1)
        return f"{first:g}{next(iter(self.units))}"

    def parse(self, value: object) -> int | float:
        """The value in the attribute's unit; PydanticCustomError when it is not one."""
        advice = f"Write a number with a unit ({', '.join(self.units)}), {self.range_text}"
        match = re.fullmatch(self.pattern[1:-1], value) if isinstance(value, str) else None
        if match is None:
            unitless = isinstance(value, (int, float)) and not isinstance(value, bool)
            what = "has no unit" if unitless else "is not a quantity"
            raise wrong(f"{shown(value)} {what}", advice)
        unit = match.group(2)
        # Decimal: 0.29s is 290 ms, and not 289.99999999999994.
        number = float(Decimal(match.group(0).removesuffix(unit)) * self.units[unit])
        if self.whole and number != int(number):
            raise wrong(f"{shown(value)} is not a whole number of {next(iter(self.units))}", advice)
        too_low = number <= self.lowest if self.above_lowest else number < self.lowest
        if too_low or number > self.highest or (self.allowed and number not in self.allowed):
            raise wrong(f"{shown(value)} is out of range", f"Allowed: {self.range_text}")
        return int(number) if self.whole else number

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(self.parse, handler(source))

    def __get_pydantic_json_schema__(self, _: core_schema.CoreSchema, __: GetJsonSchemaHandler) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string", "examples": [self.example]}
        if self.allowed:
            schema["enum"] = [f"{value}{unit}" for unit in self.units for value in self.allowed]
        else:
            schema["pattern"] = self.pattern
        return schema


@dataclass(frozen=True, slots=True)
class Text:
    """Text that must match a pattern, as an annotation of ``str``.

    Args:
        pattern: unanchored; the whole text must match.
        rule: what the pattern means, for the message.
        check: further rule; returns the problem, or None.
    """

    pattern: str
    rule: str
    longest: int
    check: Callable[[str], str | None] | None = None

    def parse(self, value: str) -> str:
        if len(value) > self.longest:
            raise wrong(f"{shown(value)} has {len(value)} characters", f"At most {self.longest}")
        if re.fullmatch(self.pattern, value) is None:
            raise wrong(f"{shown(value)} is not accepted", self.rule)
        if self.check is not None and (problem := self.check(value)):
            raise wrong(f"{shown(value)}: {problem}", self.rule)
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self.parse, handler(source))

    def __get_pydantic_json_schema__(
        self, inner: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^(?:{self.pattern})$", "maxLength": self.longest}
