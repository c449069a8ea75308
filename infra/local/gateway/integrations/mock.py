"""MOCK: the request template names a status code, the integration response does the rest. Pure.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
"""

from __future__ import annotations

import json
import re

from infra.local.gateway.compiled import Integration
from infra.local.gateway.exchange import Exchange
from infra.local.gateway.faults import internal_error
from infra.local.gateway.integrations import outgoing, returning
from infra.local.gateway.integrations.answer import Answer

__all__ = ["answer"]

_STATUS = re.compile(r"""^\s*\{(?:.*?[,{\s])?["']?statusCode["']?\s*:\s*(\d{3})\s*[,}]""", re.DOTALL)


async def answer(exchange: Exchange, integration: Integration) -> Answer:
    """Raises GatewayFault 500 when the template gives no integer ``statusCode`` (recorded)."""
    request = outgoing.prepare(exchange, integration)
    status = status_of(request.body.decode("utf-8", "replace"))
    if status is None:
        raise internal_error(
            "Unable to parse statusCode. It should be an integer that is defined in the request template."
        )
    exchange.integration_status = status
    return returning.finish(exchange, integration, Answer(status, [], b""), str(status))


def status_of(text: str) -> int | None:
    """Reads ``statusCode``; the text need not be strict JSON: ``{statusCode: 200}`` works (recorded)."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        match = _STATUS.match(text)
        return int(match[1]) if match else None
    status = document.get("statusCode") if isinstance(document, dict) else None
    return status if isinstance(status, int) and not isinstance(status, bool) else None
