"""Velocity mapping templates with ``$input``, ``$context``, ``$stageVariables`` and ``$util``. Pure, through airspeed.

A template is parsed at its first use and kept. Reference:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import airspeed
from airspeed import operators

from infra.local.gateway import jsonpath
from infra.local.gateway.exchange import Exchange
from infra.local.gateway.faults import internal_error

__all__ = ["Template", "render"]


class VelocityMap(dict[str, Any]):
    """Prints like a Java map, ``{foo=bar}``; a list inside prints as JSON (recorded: ``test_input_path_template_formatting``)."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__({key: as_velocity(value) for key, value in values.items()})

    def __str__(self) -> str:
        return "{" + ", ".join(f"{key}={_print(value)}" for key, value in self.items()) + "}"


class VelocityList(list[Any]):
    """Prints as compact JSON all the way down (recorded)."""

    def __init__(self, values: list[Any]) -> None:
        super().__init__(as_velocity(value) for value in values)

    def __str__(self) -> str:
        return json.dumps(self, separators=(",", ":"), ensure_ascii=False)


class Nothing:
    """What ``$input.path`` finds where nothing is: prints as nothing, equals null and the empty text (recorded)."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return other is None or other == "" or isinstance(other, Nothing)

    def __hash__(self) -> int:
        return hash("")

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return ""


NOTHING = Nothing()


def _print(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def as_velocity(value: Any) -> Any:
    if isinstance(value, dict):
        return VelocityMap(value)
    if isinstance(value, list):
        return VelocityList(value)
    return value


# airspeed finds Java's methods by exact class.
_METHODS: dict[type, dict[str, Any]] = operators.__additional_methods__
_METHODS[dict] = {
    **_METHODS[dict],
    "containsKey": lambda self, key: key in self,
    "entrySet": lambda self: VelocityList([{"key": k, "value": v} for k, v in self.items()]),
    "isEmpty": lambda self: not self,
    "size": len,
}
_METHODS[str] = {
    **_METHODS[str],
    "equals": lambda self, other: self == other,
    "equalsIgnoreCase": lambda self, other: self.lower() == str(other).lower(),
    "endsWith": lambda self, suffix: self.endswith(suffix),
    "isEmpty": lambda self: not self,
    "toLowerCase": lambda self: self.lower(),
    "toString": lambda self: self,
    "toUpperCase": lambda self: self.upper(),
    "trim": lambda self: self.strip(),
}
_METHODS[VelocityMap] = {**_METHODS[dict], "toString": str}
_METHODS[VelocityList] = {**_METHODS[list], "toString": str}


class Input:
    """``$input``."""

    def __init__(self, text: str | None, exchange: Exchange) -> None:
        self._text, self._exchange = text, exchange
        self._document: Any = None
        self._parsed = False

    @property
    def body(self) -> str:
        return self._text or "{}"  # recorded: an empty body is {}

    def params(self, name: str | None = None) -> Any:
        """Path, then query string, then header; the empty string when none has it."""
        exchange = self._exchange
        if name is None:
            query = {key: values[-1] for key, values in exchange.query.items()}
            return VelocityMap(
                {"path": exchange.path_parameters, "querystring": query, "header": dict(exchange.headers)}
            )
        if name in exchange.path_parameters:
            return exchange.path_parameters[name]
        if name in exchange.query:
            return exchange.query[name][-1]
        return exchange.headers.get(name) or exchange.header(name) or ""

    def path(self, expression: str) -> Any:
        value = self._find(expression)
        return NOTHING if value is None else as_velocity(value)

    def json(self, expression: str) -> str:
        """The value as JSON text; ``""`` in quotes when nothing is there."""
        value = self._find(expression)
        return json.dumps("" if value is None else value, separators=(",", ":"), ensure_ascii=False)

    def _find(self, expression: str) -> Any:
        if not self._parsed:
            self._parsed = True
            try:
                self._document = json.loads(self._text) if self._text else None
            except ValueError:
                self._document = None
        return None if self._document is None else jsonpath.find(self._document, expression or "$")


_JAVASCRIPT = {
    '"': '\\"',
    "'": "\\'",
    "\\": "\\\\",
    "/": "\\/",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\b": "\\b",
    "\f": "\\f",
}


class Util:
    """``$util``."""

    def escapeJavaScript(self, value: Any) -> str:  # noqa: N802 - the template's name
        """Escapes as Java's StringEscapeUtils does: single quotes too, as the reference says; the rest is unsure."""
        if value is None or value is NOTHING:
            return "null"
        return "".join(_escape(char) for char in _print(value))

    def parseJson(self, text: str) -> Any:  # noqa: N802
        return as_velocity(json.loads(text))

    def urlEncode(self, text: Any) -> str:  # noqa: N802
        return "" if text is None else quote_plus(_print(text))

    def urlDecode(self, text: Any) -> str:  # noqa: N802
        return "" if text is None else unquote_plus(_print(text))

    def base64Encode(self, text: Any) -> str:  # noqa: N802
        return base64.b64encode(_print(text).encode()).decode()

    def base64Decode(self, text: Any) -> str:  # noqa: N802
        return base64.b64decode(_print(text)).decode("utf-8", "replace")


def _escape(char: str) -> str:
    if char in _JAVASCRIPT:
        return _JAVASCRIPT[char]
    return char if " " <= char <= "~" else "".join(f"\\u{unit:04X}" for unit in _utf16(char))


def _utf16(char: str) -> list[int]:
    raw = char.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2)]


_UTIL = Util()


class Template:
    """One mapping template; parsing waits for the first use."""

    __slots__ = ("_parsed", "text")

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self._parsed: Any = None

    def merge(self, namespace: dict[str, Any]) -> str:
        if self._parsed is None:
            self._parsed = airspeed.Template(self.text)
        merged: str = self._parsed.merge(namespace)
        return merged


def render(template: Template, text: str | None, exchange: Exchange, context: dict[str, Any]) -> str:
    """Renders a template over `text`.

    Raises:
        GatewayFault: the template cannot be parsed or failed while it ran (500, as AWS answers).
    """
    namespace = {
        "input": Input(text, exchange),
        "context": context,
        "stageVariables": dict(exchange.stage_variables or {}),
        "util": _UTIL,
    }
    try:
        return template.merge(namespace)
    except Exception as error:  # a template is the user's program: whatever it raises is a configuration error
        raise internal_error(f"Unable to transform request: {error}") from error
