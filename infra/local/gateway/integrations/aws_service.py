"""AWS integrations with services other than Lambda: the call goes to the service that the engine has. Calls ``ports.Cloud``.

URIs: ``arn:aws:apigateway:{region}:{service}:path/{path}`` and ``...:action/{Action}``, see
https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html. Recorded: test_apigateway_dynamodb. Not emulated:
the query protocol that SSM is answered in, and VPC links.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from infra.local.gateway.compiled import Integration
from infra.local.gateway.exchange import Exchange
from infra.local.gateway.execution_log import note_call
from infra.local.gateway.faults import integration_timeout, internal_error, not_emulated
from infra.local.gateway.forwarding import refuse_illegal
from infra.local.gateway.integrations import outgoing, returning
from infra.local.gateway.integrations.answer import Answer
from infra.local.gateway.uris import render_path, render_stage_variables
from infra.local.ports import Cloud, HttpResponse

__all__ = ["ServiceUri", "answer", "parse"]

# Services that name their operation in X-Amz-Target: (target prefix, JSON version), from AWS's service models.
_JSON_SERVICES = {
    "dynamodb": ("DynamoDB_20120810", "1.0"),
    "events": ("AWSEvents", "1.1"),
    "kinesis": ("Kinesis_20131202", "1.1"),
    "logs": ("Logs_20140328", "1.1"),
    "secretsmanager": ("secretsmanager", "1.1"),
    "states": ("AWSStepFunctions", "1.0"),
}


@dataclass(frozen=True, slots=True)
class ServiceUri:
    region: str
    service: str
    kind: str  # "path" or "action"
    rest: str


def parse(uri: str) -> ServiceUri | None:
    """Reads an integration URI; None when it is none."""
    parts = uri.split(":", 5)
    if len(parts) < 6 or parts[2] != "apigateway":
        return None
    kind, slash, rest = parts[5].partition("/")
    service = parts[4].rpartition(".")[2]  # a sub-domain may come before it
    return ServiceUri(parts[3], service, kind, rest) if slash and kind in ("path", "action") else None


async def answer(exchange: Exchange, integration: Integration, cloud: Cloud | None) -> Answer:
    """Raises GatewayFault: 500 for a bad URI, 501 without the engine's services, 504 on timeout."""
    request = outgoing.prepare(exchange, integration)
    rendered = render_path(render_stage_variables(integration.uri, exchange.stage_variables), request.mapped.path)
    target = parse(rendered)
    if target is None:
        raise internal_error("Invalid ARN of the integration", response_type="API_CONFIGURATION_ERROR")
    if cloud is None:
        raise not_emulated(f"The AWS service integration with {target.service}")
    refuse_illegal(request.mapped.header, integration.type)
    headers = dict(request.mapped.header)
    query = dict(request.mapped.querystring)
    if target.kind == "action":
        _name_action(target, headers, query)
    response = await _call(exchange, integration, cloud, target, headers, urlencode(query, doseq=True), request.body)
    exchange.integration_status = response.status
    received = Answer(response.status, list(response.headers), response.body)
    return returning.finish(exchange, integration, received, str(response.status))


def _name_action(target: ServiceUri, headers: dict[str, str], query: dict[str, str | list[str]]) -> None:
    """An action travels as ``X-Amz-Target`` for JSON services, as ``Action`` in the query for the others."""
    action = target.rest.partition("&")[0]
    known = _JSON_SERVICES.get(target.service)
    if known is None:
        query["Action"] = action
        return
    prefix, version = known
    names = {name.lower() for name in headers}
    if "x-amz-target" not in names:
        headers["X-Amz-Target"] = f"{prefix}.{action}"
    if "content-type" not in names:
        headers["Content-Type"] = f"application/x-amz-json-{version}"


async def _call(
    exchange: Exchange,
    integration: Integration,
    cloud: Cloud,
    target: ServiceUri,
    headers: dict[str, str],
    query: str,
    body: bytes,
) -> HttpResponse:
    path = "/" + quote(target.rest, safe="/%-._~") if target.kind == "path" else "/"
    method = integration.http_method
    if not method or method == "ANY":
        method = exchange.request.method
    try:
        async with asyncio.timeout(integration.timeout_seconds):
            response = await cloud.call(
                target.service, target.region, method=method, path=path, query=query, headers=headers, body=body
            )
    except TimeoutError:
        raise integration_timeout() from None
    if exchange.log is not None:
        endpoint = f"https://{target.service}.{target.region}.amazonaws.com{path}"
        note_call(exchange, endpoint, headers, body, response.status, dict(response.headers), response.body)
    return response
