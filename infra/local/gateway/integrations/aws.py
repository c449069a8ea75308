"""AWS (not proxy): a Lambda function behind templates, answered by error message; other services in `aws_service`.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-custom-integrations.html
"""

from __future__ import annotations

import asyncio
import contextlib
import json

from infra.local.gateway.compiled import Integration
from infra.local.gateway.exchange import Exchange, new_request_id
from infra.local.gateway.faults import GatewayFault, internal_error
from infra.local.gateway.integrations import outgoing, returning
from infra.local.gateway.integrations.answer import Answer
from infra.local.gateway.integrations.invoking import call_function
from infra.local.ports import Functions

__all__ = ["answer"]

_background: set[asyncio.Task[None]] = set()  # keeps asynchronous invocations alive until they end


async def answer(exchange: Exchange, integration: Integration, functions: Functions) -> Answer:
    """Raises GatewayFault as `call_function`."""
    request = outgoing.prepare(exchange, integration)
    payload = request.body or b"{}"
    _require_json(payload)
    if _is_event(request.mapped.header):
        task = asyncio.get_running_loop().create_task(_fire(exchange, integration, functions, payload))
        _background.add(task)
        task.add_done_callback(_background.discard)
        exchange.integration_status = 202
        return returning.finish(exchange, integration, Answer(202, [], b""), "")
    result = await call_function(exchange, integration, functions, payload)
    exchange.integration_status, exchange.integration_request_id = 200, new_request_id()
    message = _error_message(result.payload)
    if result.function_error is not None:
        exchange.integration_error = message
    raw = Answer(200, [("Content-Type", "application/json")], result.payload)
    return returning.finish(exchange, integration, raw, message)


def _is_event(headers: dict[str, str]) -> bool:
    return any(k.lower() == "x-amz-invocation-type" and v == "Event" for k, v in headers.items())


async def _fire(exchange: Exchange, integration: Integration, functions: Functions, payload: bytes) -> None:
    with contextlib.suppress(GatewayFault):
        await call_function(exchange, integration, functions, payload)


def _require_json(payload: bytes) -> None:
    """Lambda refuses a payload that is not JSON (InvalidRequestContentException), which is a 500 here."""
    try:
        json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise internal_error(f"Lambda invocation failed with status: 400. {error}") from error


def _error_message(payload: bytes) -> str:
    """``errorMessage`` of any object, failed or not: that is what patterns are matched with (recorded)."""
    try:
        document = json.loads(payload)
    except ValueError:
        return ""
    message = document.get("errorMessage") if isinstance(document, dict) else None
    return message if isinstance(message, str) else ""
