"""Renders a stage's access log line from its format. Pure.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html and
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

__all__ = ["log_group_of", "render"]

_VARIABLE = re.compile(r"\$context\.([A-Za-z_][\w-]*(?:\.[\w-]+)*)")
_GROUP_ARN = re.compile(r"^arn:aws[a-z-]*:logs:([a-z0-9-]+):\d{12}:log-group:([^:*]+)(?::\*)?$")
_ABSENT = "-"


def log_group_of(arn: str) -> tuple[str, str] | None:
    """Region and name of a log group ARN; None for other destinations (Firehose), which the engine does not serve."""
    match = _GROUP_ARN.match(arn)
    return (match[1], match[2]) if match else None


def as_text(value: Any) -> str:
    if value is None or value == "":
        return _ABSENT
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


@lru_cache(maxsize=256)
def _parts(template: str) -> tuple[tuple[str, str | None, bool], ...]:
    """(literal before, variable, whether it stands inside quotes of a JSON format)."""
    is_json = template.lstrip().startswith("{")
    parts: list[tuple[str, str | None, bool]] = []
    at, quoted = 0, False
    for match in _VARIABLE.finditer(template):
        literal = template[at : match.start()]
        quoted ^= bool(len(re.findall(r'(?<!\\)"', literal)) % 2)
        parts.append((literal, match[1], is_json and quoted))
        at = match.end()
    parts.append((template[at:], None, False))
    return tuple(parts)


def render(template: str, context: Mapping[str, Any]) -> str:
    """One access log line. An unknown or empty variable prints as ``-``.

    In a JSON format a value inside quotes is escaped, so that a client's header cannot break the line; a value that
    stands without quotes is printed as it is, as AWS does, ``-`` included.
    """
    out: list[str] = []
    for literal, name, escaped in _parts(template.strip()):
        out.append(literal)
        if name is not None:
            text = as_text(context.get(name))
            out.append(encode_basestring(text)[1:-1] if escaped else text)
    return "".join(out)
