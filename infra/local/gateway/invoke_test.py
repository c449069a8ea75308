"""TestInvokeMethod and TestInvokeAuthorizer: the live definition, without stage, authorizer, key or throttle.

Invokes functions and upstreams. Answers have the SDK's shapes; recorded in test_invoke_test_method and
test_failed_invoke_test_method.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from infra.local.control.store import RestApi, Shape
from infra.local.gateway.authorizers import Authorizers
from infra.local.gateway.compiled import CompiledApi, CompiledMethod, compile_api
from infra.local.gateway.exchange import Exchange
from infra.local.gateway.execution_log import failure, render_log, show
from infra.local.gateway.faults import GatewayFault
from infra.local.gateway.integrations.answer import Answer
from infra.local.gateway.routing import Router
from infra.local.ports import HttpRequest

__all__ = ["invoke_authorizer", "invoke_method"]

METHOD_STAGE, AUTHORIZER_STAGE = "test-invoke-stage", "ESTestInvoke-stage"
_TEST_HOST = "testPrefix.testDomainName"

Clock = Callable[[], float]
Run = Callable[[Exchange, CompiledMethod], Awaitable[Answer]]


async def invoke_method(
    run: Run, clock: Clock, api: RestApi, resource_id: str, http_method: str, request: Shape
) -> Shape:
    """Runs validation and integration of one method and reports what a client would have got."""
    compiled = compile_api(api.live)
    method = compiled.methods.get((resource_id, http_method)) or compiled.methods[resource_id, "ANY"]
    exchange = _exchange(api, compiled, request, http_method, clock(), METHOD_STAGE, default_path=method.path)
    exchange.method = method
    # recorded: a path that does not fit the resource just has no parameters
    found = Router([(method.path, {http_method: True})]).find(http_method, exchange.path)
    exchange.path_parameters = found[1] if found else {}
    exchange.log = _opening(exchange)
    try:
        answer = await run(exchange, method)
        headers = _headers(exchange, answer, method)
        exchange.note(
            f"Method response body after transformations: {answer.body.decode('utf-8', 'replace')}",
            f"Method response headers: {show(dict(headers))}",
            "Successfully completed execution",
        )
    except GatewayFault as fault:
        exchange.fault = fault
        status, rendered, body = compiled.gateway_responses.render(fault, exchange)
        answer = Answer(status, rendered, body)
        headers = [(name, value) for name, value in rendered if name != "Content-Type"]
        exchange.note(failure(fault))
    exchange.note(f"Method completed with status: {answer.status}")
    return _method_result(exchange, answer, headers, clock)


def _method_result(exchange: Exchange, answer: Answer, headers: list[tuple[str, str]], clock: Clock) -> Shape:
    multiple: dict[str, list[str]] = {}
    for name, value in headers:
        multiple.setdefault(name, []).append(value)
    return {
        "status": answer.status,
        "body": answer.body.decode("utf-8", "replace"),
        "headers": dict(headers),
        "multiValueHeaders": multiple,
        "log": render_log(exchange.request_id, exchange.started, exchange.log or (), exchange.integration_latency_ms),
        "latency": round((clock() - exchange.started) * 1000),
    }


def _headers(exchange: Exchange, answer: Answer, method: CompiledMethod) -> list[tuple[str, str]]:
    headers = list(answer.headers)
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.insert(0, ("Content-Type", "application/json"))
    if method.integration is not None and method.integration.type in ("AWS", "AWS_PROXY", "HTTP"):
        headers.insert(0, ("X-Amzn-Trace-Id", exchange.trace_header))
    return headers


def _opening(exchange: Exchange) -> list[str]:
    query = {name: values[-1] for name, values in exchange.query.items()}
    return [
        f"Starting execution for request: {exchange.request_id}",
        f"HTTP Method: {exchange.request.method}, Resource Path: {exchange.path}",
        f"Method request path: {show(exchange.path_parameters)}",
        f"Method request query string: {show(query)}",
        f"Method request headers: {show(exchange.headers)}",
        f"Method request body before transformations: {exchange.body.decode('utf-8', 'replace')}",
    ]


def _exchange(
    api: RestApi,
    compiled: CompiledApi,
    request: Shape,
    http_method: str,
    now: float,
    stage: str,
    *,
    default_path: str,
) -> Exchange:
    path, _, query = (request.get("pathWithQueryString") or default_path).partition("?")
    exchange = Exchange(
        HttpRequest(
            method=http_method,
            path=path,
            query=query,
            headers=_request_headers(request),
            body=(request.get("body") or "").encode(),
            source_ip="test-invoke-source-ip",
        ),
        api=api,
        compiled=compiled,
        stage_name=stage,
        stage={},
        path=path,
        started=now,
        stage_variables=request.get("stageVariables") or None,
        custom_domain=True,  # its path is shown as given
    )
    exchange.lower_headers["host"] = _TEST_HOST
    return exchange


def _request_headers(request: Shape) -> list[tuple[str, str]]:
    headers = list((request.get("headers") or {}).items())
    names = {name.lower() for name, _ in headers}
    for name, values in (request.get("multiValueHeaders") or {}).items():
        if name.lower() not in names:
            headers += [(name, value) for value in values]
    return headers


async def invoke_authorizer(
    authorizers: Authorizers, clock: Clock, api: RestApi, authorizer: Mapping[str, Any], request: Shape
) -> Shape:
    """Asks an authorizer function once. ``clientStatus`` is 0 when it answered, whatever its policy says."""
    exchange = _exchange(api, compile_api(api.live), request, "GET", clock(), AUTHORIZER_STAGE, default_path="/")
    exchange.log = [f"Starting authorizer: {authorizer['id']} for request: {exchange.request_id}"]
    result: Shape = {"clientStatus": 0}
    try:
        grant = await authorizers.test(exchange, authorizer)
    except GatewayFault as fault:
        result["clientStatus"] = fault.status
        exchange.note(fault.reason or str(fault.message), fault.error_type)
    else:
        result |= {"principalId": grant.principal_id, "policy": json.dumps(grant.policy, separators=(",", ":"))}
        if grant.context:
            result["authorization"] = {name: [value] for name, value in grant.context.items()}
        exchange.note("Successfully completed authorizer execution")
    result["log"] = render_log(exchange.request_id, exchange.started, exchange.log, exchange.authorizer_latency_ms)
    result["latency"] = round((clock() - exchange.started) * 1000)
    return result
