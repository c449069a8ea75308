"""Integration response of HTTP, AWS and MOCK: selection, parameters, template, content handling, overrides. Pure.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html
"""

from __future__ import annotations

import functools
import re

from infra.local.gateway.compiled import Integration, IntegrationResponse
from infra.local.gateway.context import template_context
from infra.local.gateway.exchange import Exchange
from infra.local.gateway.faults import internal_error
from infra.local.gateway.forwarding import header_value, is_header_name, returned
from infra.local.gateway.integrations.answer import Answer
from infra.local.gateway.mapping import map_response_headers
from infra.local.gateway.payloads import from_integration
from infra.local.gateway.templates import Template, render

__all__ = ["finish", "select"]


def finish(exchange: Exchange, integration: Integration, answer: Answer, selector: str) -> Answer:
    """The method response for an integration's answer; `selector` is a status code or a Lambda error message."""
    chosen = select(integration.responses, selector)
    by_name: dict[str, list[str]] = {}
    for name, value in answer.headers:
        by_name.setdefault(name.lower(), []).append(value)
    headers = map_response_headers(chosen.parameters, exchange, by_name, answer.body)
    payload = from_integration(
        answer.body,
        binary=exchange.compiled.binary.matches((by_name.get("content-type") or [""])[-1]),
        accepts_binary=exchange.compiled.binary.matches(exchange.header("accept")),
        handling=chosen.content_handling,
    )
    template = _template(chosen, exchange)
    if template is not None:
        if isinstance(payload, bytes):
            raise internal_error("A mapping template cannot read a binary payload")
        payload = render(template, payload, exchange, template_context(exchange))
    status = _override(exchange, headers) or chosen.status
    safe = [(name, header_value(value)) for name, value in headers.items() if is_header_name(name)]
    return Answer(
        status,
        returned(safe, integration.type),
        payload.encode("utf-8", "replace") if isinstance(payload, str) else payload,
    )


def select(responses: tuple[IntegrationResponse, ...], selector: str) -> IntegrationResponse:
    """The first response whose pattern matches the whole selector, else the one without a pattern."""
    for response in responses:
        if response.selection_pattern and _pattern(response.selection_pattern).fullmatch(selector):
            return response
    for response in responses:
        if not response.selection_pattern:
            return response
    raise internal_error(
        "No match for output mapping and no default output mapping configured. "
        f"Endpoint Response Status Code: {selector}",
        response_type="API_CONFIGURATION_ERROR",
    )


@functools.lru_cache(maxsize=1024)
def _pattern(expression: str) -> re.Pattern[str]:
    try:
        return re.compile(expression)
    except re.error:
        return re.compile(re.escape(expression))


def _template(chosen: IntegrationResponse, exchange: Exchange) -> Template | None:
    """By the Accept header, else ``application/json``, else the first."""
    templates = chosen.templates
    if not templates:
        return None
    accept = exchange.header("accept") or ""
    return templates.get(accept) or templates.get("application/json") or next(iter(templates.values()))


def _override(exchange: Exchange, headers: dict[str, str]) -> int | None:
    """Applies ``$context.responseOverride``; a status that is no integer of 100 to 599 is ignored (recorded)."""
    override = (exchange.overrides or {}).get("responseOverride")
    if not override:
        return None
    headers.update({str(name): str(value) for name, value in (override.get("header") or {}).items()})
    status = override.get("status")
    return status if isinstance(status, int) and 100 <= status < 600 else None
