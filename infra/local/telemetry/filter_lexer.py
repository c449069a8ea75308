"""Splits a filter pattern's JSON or space-delimited form into tokens. Pure.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["InvalidPattern", "Token", "tokens"]


MAX_REGEX = 2  # in a JSON or space-delimited pattern


class InvalidPattern(ValueError):
    """The pattern is not one; CloudWatch Logs answers InvalidParameterException with this message."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"Invalid filter pattern: {detail}")


@dataclass(frozen=True, slots=True)
class Token:
    """``kind``: operator, string, regex, selector or word. ``at``: offset, for messages."""

    kind: str
    text: str
    at: int


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<operator>&&|\|\||!=|<=|>=|[=<>(),])
      | "(?P<string>(?:[^"\\]|\\.)*)"
      | %(?P<regex>[^%]*)%
      | (?P<selector>\$(?:\.[^\s=<>!()\[\].,&|"]+|\.?\[(?:\d+|\*|"[^"]*"|'[^']*')\])*)
      | (?P<word>[^\s=<>!()&|,"%]+)
    )""",
    re.VERBOSE,
)


def tokens(text: str) -> list[Token]:
    """All tokens of a pattern's inside (without its brackets).

    Raises:
        InvalidPattern: something that is no token.
    """
    found: list[Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise InvalidPattern(f"unexpected '{text[at:].strip()[:20]}' at offset {at}")
        content = match[match.lastgroup]
        if match.lastgroup == "string":
            content = re.sub(r"\\(.)", r"\1", content)
        found.append(Token(match.lastgroup, content, match.start(match.lastgroup)))
        at = match.end()
    if sum(token.kind == "regex" for token in found) > MAX_REGEX:
        raise InvalidPattern(f"it has more than {MAX_REGEX} regular expressions")
    return found
