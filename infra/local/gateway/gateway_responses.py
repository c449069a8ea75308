"""Gateway responses: what a client gets when the gateway itself answers, default or customised. Pure.

A customised type wins; else a customised DEFAULT_4XX or DEFAULT_5XX by the status; else AWS's default. Templates of
gateway responses are not Velocity: ``$context`` variables are simply substituted.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.gateway.context import lookup
from infra.local.gateway.exchange import Exchange
from infra.local.gateway.faults import GatewayFault
from infra.local.gateway.forwarding import header_value
from infra.local.gateway.mapping import value_of

__all__ = ["GatewayResponses", "default_body"]

_VARIABLE = re.compile(
    r"\$(?P<brace>\{)?(?P<source>context|stageVariables)\.(?P<name>\w(?:[\w.\-]*\w)?)(?(brace)\})", re.ASCII
)
_DEFAULT_TEMPLATE = '{"message":$context.error.messageString}'


def default_body(fault: GatewayFault) -> bytes:
    """AWS's own body, byte for byte: ``Message`` for a policy's denial, a blank after the colon during execution."""
    key = "Message" if fault.response_type == "ACCESS_DENIED" else "message"
    colon = ": " if fault.in_execution else ":"
    return f'{{"{key}"{colon}{json.dumps(fault.message, ensure_ascii=False)}}}'.encode()


@dataclass(frozen=True, slots=True)
class _Custom:
    status: int | None
    parameters: Mapping[str, str]
    templates: Mapping[str, str]


class GatewayResponses:
    """The customised responses of one deployment.

    Args:
        shapes: GatewayResponse shapes by response type, only the customised ones.
    """

    def __init__(self, shapes: Mapping[str, Mapping[str, Any]]) -> None:
        self._custom = {kind: _read(shape) for kind, shape in shapes.items() if not shape.get("defaultResponse")}

    def render(self, fault: GatewayFault, exchange: Exchange) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers (Content-Type and ``x-amzn-ErrorType`` included) and body for a fault."""
        custom = self._find(fault)
        if custom is None:
            headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", fault.error_type)]
            return fault.status, headers, default_body(fault)
        kind, body = _body(custom, fault, exchange)
        headers = [("Content-Type", kind), ("x-amzn-ErrorType", fault.error_type)]
        for name, value in _headers(custom, exchange):
            headers = [(k, v) for k, v in headers if k.lower() != name.lower()]
            headers.append((name, value))
        return custom.status or fault.status, headers, body

    def _find(self, fault: GatewayFault) -> _Custom | None:
        if not self._custom:
            return None
        family = "DEFAULT_5XX" if fault.status >= 500 else "DEFAULT_4XX"
        return self._custom.get(fault.response_type) or self._custom.get(family)


def _read(shape: Mapping[str, Any]) -> _Custom:
    status = shape.get("statusCode")
    return _Custom(
        int(status) if status else None, shape.get("responseParameters") or {}, shape.get("responseTemplates") or {}
    )


def _body(custom: _Custom, fault: GatewayFault, exchange: Exchange) -> tuple[str, bytes]:
    templates = custom.templates
    if not templates or templates == {"application/json": _DEFAULT_TEMPLATE}:
        return "application/json", default_body(fault)
    accept = (exchange.header("accept") or "").split(",")[0].partition(";")[0].strip()
    kind = next((k for k in (accept, "application/json") if k in templates), next(iter(templates)))
    return kind, substitute(templates[kind], exchange, as_json="json" in kind).encode("utf-8", "replace")


def substitute(template: str, exchange: Exchange, *, as_json: bool) -> str:
    """Replaces ``$context.x`` and ``$stageVariables.x``. In JSON, values are escaped so that the result stays JSON;
    ``messageString`` brings its own quotes. A variable without a value becomes nothing (unsure)."""

    def replace(match: re.Match[str]) -> str:
        source, name = match["source"], match["name"]
        value = lookup(exchange, name) if source == "context" else (exchange.stage_variables or {}).get(name)
        if value is None:
            return "null" if name == "error.messageString" else ""
        text = value if isinstance(value, str) else json.dumps(value)
        return json.dumps(text)[1:-1] if as_json and name != "error.messageString" else text

    return _VARIABLE.sub(replace, template)


def _headers(custom: _Custom, exchange: Exchange) -> list[tuple[str, str]]:
    headers = []
    for target, expression in custom.parameters.items():
        value = value_of(expression, exchange)
        if value:
            text = value if isinstance(value, str) else ",".join(value)
            headers.append((target.removeprefix("gatewayresponse.header."), header_value(text)))
    return headers
