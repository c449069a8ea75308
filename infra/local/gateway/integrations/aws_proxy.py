"""AWS_PROXY: the Lambda proxy event of format 1.0, and the rules for what a function may answer. Invokes functions.

The event is recorded key for key (test_lambda_aws_proxy_integration); the answer's rules are
test_aws_proxy_response_payload_format_validation and test_aws_proxy_binary_response.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import orjson

from infra.local.gateway.compiled import Integration
from infra.local.gateway.context import request_context
from infra.local.gateway.exchange import Exchange, new_request_id
from infra.local.gateway.faults import GatewayFault, integration_failure, internal_error
from infra.local.gateway.forwarding import event_headers, is_header_name, refuse_illegal, returned
from infra.local.gateway.integrations.answer import Answer
from infra.local.gateway.integrations.invoking import call_function
from infra.local.gateway.payloads import decode_base64
from infra.local.ports import Functions

__all__ = ["answer", "build_event", "read_answer"]

_KEYS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})


def _encode(event: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(event)
    except orjson.JSONEncodeError:  # an authorizer's number beyond 64 bits, half of a surrogate pair
        return json.dumps(event, separators=(",", ":")).encode()


async def answer(exchange: Exchange, integration: Integration, functions: Functions) -> Answer:
    """Raises GatewayFault: 500 (not POST, no permission), 502 (function error, malformed answer), 504 (timeout)."""
    if (integration.http_method or exchange.request.method) != "POST":
        raise integration_failure("An AWS_PROXY integration can only be used with the POST integration method")
    if integration.mappings.entries:
        refuse_illegal((name for place, name, _ in integration.mappings.entries if place == "header"), integration.type)
    event = _encode(build_event(exchange))
    result = await call_function(exchange, integration, functions, event)
    exchange.integration_request_id = new_request_id()
    if result.function_error is not None:
        raise _customer_error(exchange, result.payload)
    answered = read_answer(result.payload, exchange)
    exchange.integration_status = answered.status
    return answered


def build_event(exchange: Exchange) -> dict[str, Any]:
    method = exchange.method
    headers, multi_headers = event_headers(exchange)
    query = exchange.query
    body: str | None = None
    encoded = False
    if exchange.body:
        encoded = exchange.compiled.binary.matches(exchange.header("content-type"))
        body = base64.b64encode(exchange.body).decode() if encoded else exchange.body.decode("utf-8", "replace")
    return {
        "resource": method.path if method else None,
        "path": exchange.event_path,
        "httpMethod": exchange.request.method,
        "headers": headers,
        "multiValueHeaders": multi_headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": exchange.path_parameters or None,
        "stageVariables": exchange.stage_variables or None,
        "requestContext": request_context(exchange),
        "body": body,
        "isBase64Encoded": encoded,
    }


def read_answer(payload: bytes, exchange: Exchange) -> Answer:
    """A function's answer as a response; every key is optional, an unknown one is refused."""
    try:
        result = json.loads(payload)
    except ValueError:
        raise _malformed(exchange) from None
    if not isinstance(result, dict) or not _KEYS.issuperset(result):
        raise _malformed(exchange)
    status = _status(result.get("statusCode"), exchange)
    headers = _headers(result, exchange)
    body = result.get("body")
    if isinstance(body, (dict, list)):
        raise _malformed(exchange)
    data = _scalar(body).encode("utf-8", "replace") if body is not None else b""
    if data and _truthy(result.get("isBase64Encoded")) and exchange.compiled.binary.matches(exchange.header("accept")):
        data = decode_base64(data)
    return Answer(status, headers, data)


def _status(value: Any, exchange: Exchange) -> int:
    if value is None:
        return 200
    try:
        status = int(value) if isinstance(value, (int, str)) or (isinstance(value, float) and value.is_integer()) else 0
    except ValueError:
        status = 0
    if not 100 <= status <= 599:
        raise _malformed(exchange)
    return status


def _headers(result: dict[str, Any], exchange: Exchange) -> list[tuple[str, str]]:
    """``multiValueHeaders`` first and in their spelling, ``headers`` merged in; the same pair only once (documented)."""
    single, multiple = result.get("headers") or {}, result.get("multiValueHeaders") or {}
    if not isinstance(single, dict) or not isinstance(multiple, dict):
        raise _malformed(exchange)
    if not all(map(is_header_name, (*single, *multiple))):
        raise _malformed(exchange)
    if not multiple:
        pairs = [(name, _header(value, exchange)) for name, value in single.items() if value is not None]
        return returned(pairs, "AWS_PROXY") if pairs else pairs
    pairs = []
    lower_single = {name.lower(): (name, value) for name, value in single.items() if value is not None}
    for name, values in multiple.items():
        if not isinstance(values, list):
            raise _malformed(exchange)
        texts = [_header(value, exchange) for value in values]
        own = lower_single.pop(name.lower(), None)
        if own is not None and (text := _header(own[1], exchange)) not in texts:
            texts.append(text)
        pairs += [(name, text) for text in texts]
    pairs += [(name, _header(value, exchange)) for name, value in lower_single.values()]
    return returned(pairs, "AWS_PROXY")


def _header(value: Any, exchange: Exchange) -> str:
    if value is None or isinstance(value, (dict, list)):
        raise _malformed(exchange)
    text = _scalar(value)
    if "\n" in text or "\r" in text or "\0" in text:
        raise _malformed(exchange)  # unsure how AWS treats these; they may never reach the wire
    return text


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return value
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _truthy(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _malformed(exchange: Exchange) -> GatewayFault:
    exchange.integration_error = "Malformed Lambda proxy response"
    return internal_error("Execution failed due to configuration error: Malformed Lambda proxy response", status=502)


def _customer_error(exchange: Exchange, payload: bytes) -> GatewayFault:
    try:
        message = json.loads(payload).get("errorMessage")
    except (ValueError, AttributeError):
        message = None
    exchange.integration_error = "The Lambda function returned the following error: " + str(message)
    return internal_error(
        f"Lambda execution failed with status 200 due to customer function error: {message}", status=502
    )
