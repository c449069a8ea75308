"""Integration request of HTTP, AWS and MOCK: template, content handling, mappings and overrides. Pure.

https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from infra.local.gateway.compiled import Integration
from infra.local.gateway.context import template_context
from infra.local.gateway.exchange import Exchange
from infra.local.gateway.faults import internal_error, unsupported_media_type
from infra.local.gateway.forwarding import refuse_illegal
from infra.local.gateway.mapping import Mapped
from infra.local.gateway.payloads import to_integration
from infra.local.gateway.templates import Template, render

__all__ = ["Outgoing", "prepare"]


@dataclass(slots=True)
class Outgoing:
    """``text`` is the payload as sent, bytes when it is binary."""

    mapped: Mapped
    text: str | bytes

    @property
    def body(self) -> bytes:
        return self.text.encode("utf-8", "replace") if isinstance(self.text, str) else self.text


def prepare(exchange: Exchange, integration: Integration) -> Outgoing:
    """Raises GatewayFault: 415 by passthrough behaviour, 500 for a failing template or an illegal header."""
    template = select_template(exchange, integration)
    mapped = integration.mappings.apply(exchange)
    binary = exchange.compiled.binary.matches(exchange.header("content-type"))
    payload = to_integration(exchange.body, binary=binary, handling=integration.content_handling)
    if template is not None:
        if isinstance(payload, bytes):
            raise internal_error("A mapping template cannot read a binary payload")
        payload = render(template, payload, exchange, template_context(exchange))
        _override(exchange, mapped)
    refuse_illegal(mapped.header, integration.type)
    return Outgoing(mapped, payload)


def select_template(exchange: Exchange, integration: Integration) -> Template | None:
    """The template for the request's content type, ``application/json`` when it has none."""
    templates = integration.templates
    media_type = exchange.header("content-type") or "application/json"
    template = templates.get(media_type) or templates.get(media_type.partition(";")[0].strip())
    template = template or templates.get("$default")
    if template is None:
        behaviour = integration.passthrough
        if behaviour == "NEVER" or (behaviour == "WHEN_NO_TEMPLATES" and templates):
            raise unsupported_media_type()
    return template


def _override(exchange: Exchange, mapped: Mapped) -> None:
    """``$context.requestOverride`` wins over parameter mappings."""
    overrides: dict[str, Any] = (exchange.overrides or {}).get("requestOverride") or {}
    for place in ("header", "path", "querystring"):
        for name, value in (overrides.get(place) or {}).items():
            getattr(mapped, place)[name] = [str(v) for v in value] if isinstance(value, list) else str(value)
