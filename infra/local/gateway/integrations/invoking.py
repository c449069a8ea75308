"""Invokes the function of an integration within its timeout, and turns refusals into faults. Invokes functions."""

from __future__ import annotations

import asyncio

from infra.local.gateway.compiled import Integration, function_of
from infra.local.gateway.exchange import Exchange
from infra.local.gateway.execution_log import note_call
from infra.local.gateway.faults import integration_timeout, internal_error
from infra.local.gateway.uris import render_stage_variables
from infra.local.ports import FunctionForbidden, FunctionNotFound, Functions, FunctionThrottled, Invocation

__all__ = ["MAX_FUNCTION_PAYLOAD_BYTES", "call_function", "target_of"]

MAX_FUNCTION_PAYLOAD_BYTES = (
    6 * 1024 * 1024 + 0x10000
)  # Lambda's 6 MB, with the envelope it grants (6,291,556 measured)


def target_of(exchange: Exchange, integration: Integration) -> str:
    """The function ARN, stage variables filled in.

    Raises:
        GatewayFault: the URI names no function, for example because a stage variable is missing.
    """
    arn = integration.function_arn
    if arn is not None and "${" in integration.uri:
        arn = function_of(render_stage_variables(integration.uri, exchange.stage_variables))
    if not arn or arn.endswith(":"):
        raise internal_error("Invalid lambda function", response_type="API_CONFIGURATION_ERROR")
    return arn


async def call_function(
    exchange: Exchange, integration: Integration, functions: Functions, payload: bytes
) -> Invocation:
    """One synchronous invocation. A function that outlives the integration timeout is left to the workers to end.

    Raises:
        GatewayFault: 504 on the integration timeout; 500 when the function is missing, forbidden or throttled (Lambda's
            own 4xx is an API configuration error; the status for throttling is unsure).
    """
    arn = target_of(exchange, integration)
    if len(payload) > MAX_FUNCTION_PAYLOAD_BYTES:
        raise internal_error("Lambda invocation failed with status: 413")  # unsure: the status
    try:
        async with asyncio.timeout(integration.timeout_seconds):
            result = await functions.invoke(arn, payload, trace_id=exchange.trace_root)
            if exchange.log is not None:
                _note(exchange, arn, payload, result)
            return result
    except TimeoutError:
        exchange.integration_error = "Execution failed due to a timeout error"
        raise integration_timeout() from None
    except FunctionForbidden as error:
        raise internal_error("Invalid permissions on Lambda function") from error
    except FunctionNotFound as error:
        raise internal_error("Lambda invocation failed with status: 404. Invalid function") from error
    except FunctionThrottled as error:
        exchange.integration_error = "Rate Exceeded."
        raise internal_error("Lambda invocation failed with status: 429. Rate Exceeded.") from error


def _note(exchange: Exchange, arn: str, payload: bytes, result: Invocation) -> None:
    region = arn.split(":")[3]
    endpoint = f"https://lambda.{region}.amazonaws.com/2015-03-31/functions/{arn}/invocations"
    headers = {
        "x-amzn-lambda-integration-tag": exchange.request_id,
        "Authorization": "*" * 24,
        "x-amzn-apigateway-api-id": exchange.api.id,
        "Accept": "application/json",
        "User-Agent": f"AmazonAPIGateway_{exchange.api.id}",
    }
    answered = {
        "Content-Type": "application/json",
        "Content-Length": str(len(result.payload)),
        "X-Amz-Executed-Version": result.executed_version,
        "X-Amzn-Trace-Id": exchange.trace_header,
    }
    note_call(exchange, endpoint, headers, payload, 200, answered, result.payload)
