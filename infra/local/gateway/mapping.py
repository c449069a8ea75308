"""Parameter mapping expressions: ``method.request.*``, ``integration.response.*``, ``context.*``, ``stageVariables.*``,
``'static'``. Pure; expressions are read once per deployment.

https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.local.gateway import jsonpath
from infra.local.gateway.context import lookup
from infra.local.gateway.exchange import Exchange
from infra.local.gateway.faults import internal_error, malformed_request

__all__ = ["Mapped", "Mappings", "compile_request_mappings", "map_response_headers", "value_of"]

Value = str | list[str] | None
Read = Callable[[Exchange], Value]


@dataclass(slots=True)
class Mapped:
    """What the mappings of one request gave. A query value may be a list (``multivaluequerystring``)."""

    header: dict[str, str] = field(default_factory=dict)
    path: dict[str, str] = field(default_factory=dict)
    querystring: dict[str, str | list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mappings:
    """Compiled ``requestParameters`` of an integration: (place, name, how to read it)."""

    entries: tuple[tuple[str, str, Read], ...]

    def apply(self, exchange: Exchange) -> Mapped:
        """Reads every mapping; one without a value is left out (recorded: ``testEmptyQs``)."""
        mapped = Mapped()
        for place, name, read in self.entries:
            value = read(exchange)
            if value:
                getattr(mapped, place)[name] = value
        return mapped


def compile_request_mappings(parameters: Mapping[str, Any]) -> Mappings:
    """Compiles ``{"integration.request.{place}.{name}": expression}``; unknown places are ignored."""
    entries: list[tuple[str, str, Read]] = []
    for target, expression in parameters.items():
        place, _, name = target.removeprefix("integration.request.").partition(".")
        if place in ("header", "path", "querystring") and isinstance(expression, str):
            entries.append((place, name, _compile(expression)))
    return Mappings(tuple(entries))


def value_of(expression: str, exchange: Exchange) -> Value:
    """One expression, not compiled: for rare places such as gateway responses."""
    return _compile(expression)(exchange)


def _compile(expression: str) -> Read:
    if expression.startswith("'") and expression.endswith("'") and len(expression) > 1:
        static = expression[1:-1]
        return lambda _: static
    head, _, rest = expression.partition(".")
    if head == "method" and rest.startswith("request."):
        return _request_reader(rest[len("request.") :])
    if head == "context":
        return lambda exchange: _text(lookup(exchange, rest))
    if head == "stageVariables":
        return lambda exchange: (exchange.stage_variables or {}).get(rest)
    return lambda _: None


def _request_reader(expression: str) -> Read:
    place, _, name = expression.partition(".")
    readers: dict[str, Read] = {
        "path": lambda x: x.path_parameters.get(name),
        "querystring": lambda x: x.query[name][-1] if name in x.query else None,
        "multivaluequerystring": lambda x: _one_or_many(x.query.get(name)),
        "header": lambda x: _header(x, name),
        "multivalueheader": lambda x: _joined_header(x, name),
        "body": lambda x: _body(x, name),
    }
    return readers.get(place, lambda _: None)


def _one_or_many(values: list[str] | None) -> Value:
    return values[0] if values and len(values) == 1 else values


def _header(exchange: Exchange, name: str) -> str | None:
    value = exchange.headers.get(name)
    return value if value is not None else exchange.header(name)


def _joined_header(exchange: Exchange, name: str) -> str | None:
    lower = name.lower()
    values = [v for key, many in exchange.multi_headers.items() if key.lower() == lower for v in many]
    return ",".join(values) if values else None


def _body(exchange: Exchange, path: str) -> str | None:
    body = exchange.body.strip()
    if not path:
        return body.decode("utf-8", "replace") or "{}"
    try:
        return _text(jsonpath.find(_document(body), path))
    except (ValueError, RecursionError) as error:
        raise malformed_request("Invalid JSON in request body") from error  # unsure: the text


def _document(body: bytes) -> Any:
    """JSON only when it starts like JSON; any other text has no members (recorded)."""
    return json.loads(body) if body[:1] in (b"{", b"[", b'"', b"'") else {}


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, separators=(",", ":"))


def map_response_headers(
    parameters: Mapping[str, str], exchange: Exchange, headers: Mapping[str, list[str]], body: bytes
) -> dict[str, str]:
    """``{"method.response.header.{name}": expression}`` over an integration's answer; `headers` by lower-case name."""
    mapped: dict[str, str] = {}
    for target, expression in parameters.items():
        name = target.removeprefix("method.response.header.")
        if expression.startswith("integration.response."):
            value: Value = _response_value(expression[len("integration.response.") :], headers, body)
        else:
            value = value_of(expression, exchange)
        if value:
            mapped[name] = value if isinstance(value, str) else ",".join(value)
    return mapped


def _response_value(expression: str, headers: Mapping[str, list[str]], body: bytes) -> str | None:
    place, _, name = expression.partition(".")
    if place == "body":
        text = body.strip()
        if not name:
            return text.decode("utf-8", "replace") or "{}"
        try:
            return _text(jsonpath.find(_document(text), name))
        except (ValueError, RecursionError) as error:
            raise internal_error("Invalid JSON in integration response") from error
    values = headers.get(name.lower())
    if not values:
        return None
    return ",".join(values) if place == "multivalueheader" else values[-1]
