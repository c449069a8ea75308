"""What logs and samples must not show: fields of the logging configuration, and the web ACL's data protection. Pure.

https://docs.aws.amazon.com/waf/latest/APIReference/API_DataProtectionConfig.html
The form of AWS's hash is not documented (unsure); here it is SHA-256.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Redaction", "redaction"]

Shape = Mapping[str, Any]
Hide = Callable[[str], str]


def _substituted(_: str) -> str:
    return "REDACTED"


def _hashed(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Redaction:
    """How to write down a request's parts.

    Args:
        headers: by lower-case name.
        whole: ``query``, ``uri`` and ``method``.
        arguments: query arguments by lower-case name.
        cookies: by name.
    """

    headers: Mapping[str, Hide] = field(default_factory=dict)
    whole: Mapping[str, Hide] = field(default_factory=dict)
    arguments: Mapping[str, Hide] = field(default_factory=dict)
    cookies: Mapping[str, Hide] = field(default_factory=dict)

    def header(self, name: str, value: str) -> str:
        hide = self.headers.get(name.lower())
        if hide is not None:
            return hide(value)
        if self.cookies and name.lower() == "cookie":
            return _each(value, "; ", self.cookies)
        return value

    def part(self, name: str, value: str) -> str:
        """A whole part; a missing one stays empty."""
        hide = self.whole.get(name)
        if hide is not None:
            return hide(value) if value else value
        if name == "query" and self.arguments:
            return _each(value, "&", self.arguments)
        return value


def _each(text: str, separator: str, hidden: Mapping[str, Hide]) -> str:
    pairs = (part.partition("=") for part in text.split(separator))
    return separator.join(
        f"{name}={hidden[name.lower()](value)}" if name.lower() in hidden else name + mark + value
        for name, mark, value in pairs
    )


_PARTS = {"QueryString": "query", "UriPath": "uri", "Method": "method"}


def redaction(protection: Shape | None, fields: Sequence[Shape] = ()) -> Redaction:
    """The union of a DataProtectionConfig and of RedactedFields."""
    found = Redaction({}, {}, {}, {})
    headers, whole = dict(found.headers), dict(found.whole)
    arguments: dict[str, Hide] = {}
    cookies: dict[str, Hide] = {}
    for entry in (protection or {}).get("DataProtections") or ():
        hide = _hashed if entry["Action"] == "HASH" else _substituted
        kind, keys = entry["Field"]["FieldType"], entry["Field"].get("FieldKeys") or ()
        target = {"SINGLE_HEADER": headers, "SINGLE_QUERY_ARGUMENT": arguments, "SINGLE_COOKIE": cookies}.get(kind)
        if target is not None:
            target.update({key.lower(): hide for key in keys})
        elif kind == "QUERY_STRING":
            whole["query"] = hide
    for field_ in fields:
        name, settings = next(iter(field_.items()))
        if name == "SingleHeader":
            headers[settings["Name"].lower()] = _substituted
        elif name in _PARTS:
            whole[_PARTS[name]] = _substituted
    return Redaction(headers, whole, arguments, cookies)
