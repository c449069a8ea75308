"""The data plane: stage, canary, route, authorizer, key, throttle, validation, integration, record. Invokes functions,
calls upstreams, counts usage in the store.

The order of the rules is AWS's: firewall (decided before, see `infra.local.waf`), resource policy, authorizer, API key
and plan, stage throttle, validation, integration (facts in `docs/`, and the module of each rule). Every finished request is recorded once, a refused one too.
"""

from __future__ import annotations

import logging
import random as random_module
import time
from collections.abc import Callable, Mapping
from typing import Any

from infra.local.control.store import Definition, RestApi, Shape, Store
from infra.local.gateway import canary, invoke_test
from infra.local.gateway.authorizers import Authorizers
from infra.local.gateway.compiled import CompiledApi, CompiledMethod, Integration, compile_api
from infra.local.gateway.exchange import Exchange, new_extended_id, new_request_id
from infra.local.gateway.faults import (
    GatewayFault,
    header_too_large,
    internal_error,
    malformed_request,
    missing_authentication_token,
    request_too_large,
    throttled,
    waf_filtered,
)
from infra.local.gateway.forwarding import edge_response_headers, is_edge
from infra.local.gateway.integrations import aws, aws_proxy, aws_service, http, mock
from infra.local.gateway.integrations.answer import Answer
from infra.local.gateway.integrations.http import AiohttpUpstream, Upstream
from infra.local.gateway.payloads import MAX_PAYLOAD_BYTES, compress, decompress
from infra.local.gateway.plans import Plans
from infra.local.gateway.recording import record
from infra.local.gateway.resource_policy import check_resource_policy
from infra.local.gateway.throttling import Throttles, method_setting
from infra.local.ports import Cloud, Filtered, Functions, HttpRequest, HttpResponse, Telemetry

__all__ = ["DataPlane"]

MAX_HEADER_BYTES = 10_240  # request line and header values together, documented quota
OWN_TRACE_BYTES = 74  # of X-Amzn-Trace-Id, which a stage that traces has added before: not the client's
MAX_COMPILED = 256

_log = logging.getLogger(__name__)


class DataPlane:
    """Answers requests below stages.

    Args:
        store: the control plane's state; only usage counts are written.
        clock: epoch seconds.
        random: a float in [0, 1) per call; splits canary traffic.
        http: upstream of HTTP integrations; aiohttp unless given.
        cloud: where AWS integrations with other services go; without it they answer 501.
    """

    def __init__(
        self,
        store: Store,
        functions: Functions,
        telemetry: Telemetry,
        *,
        clock: Callable[[], float] = time.time,
        random: Callable[[], float] = random_module.random,
        http: Upstream | None = None,
        cloud: Cloud | None = None,
    ) -> None:
        self._store, self._functions, self._telemetry = store, functions, telemetry
        self._clock, self._random, self._cloud = clock, random, cloud
        self._upstream: Upstream = http or AiohttpUpstream()
        self._throttles = Throttles(clock)
        self._plans = Plans(store, self._throttles, clock)
        self.authorizers = Authorizers(store, functions, clock)
        self._compiled: dict[tuple[str, str], tuple[Definition, CompiledApi]] = {}

    async def close(self) -> None:
        """Closes kept connections."""
        await self._upstream.close()

    async def handle(
        self,
        request: HttpRequest,
        *,
        api_id: str,
        stage: str,
        path: str,
        custom_domain: bool | None = None,
        default_endpoint: bool | None = None,
        filtered: Filtered | None = None,
    ) -> HttpResponse:
        """Answers one request; never raises for what a client or a backend did.

        Args:
            path: the raw path below the stage, query string excluded.
            custom_domain: whether the host was a custom domain; guessed from the path when not given.
            default_endpoint: whether the host was AWS's own name of the API; any but a custom domain when not given.
            filtered: what the stage's firewall decided; None when it has none.
        """
        api = self._store.find_api(api_id)
        shape = api.stages.get(stage) if api is not None else None
        if custom_domain is None:
            custom_domain = not request.path.endswith(f"/{stage}{path}") and not request.path.endswith(f"/{stage}")
        if default_endpoint is None:
            default_endpoint = not custom_domain
        if api is None or shape is None or (api.attributes.get("disableExecuteApiEndpoint") and default_endpoint):
            return _forbidden()
        choice = canary.choose(shape, self._random)
        compiled = self._compile(api, choice.deployment_id)
        if compiled is None:
            return _forbidden()
        exchange = Exchange(
            request,
            api=api,
            compiled=compiled,
            stage_name=stage,
            stage=shape,
            path=path or "/",
            started=self._clock(),
            deployment_id=choice.deployment_id,
            stage_variables=choice.variables,
            is_canary=choice.is_canary,
            custom_domain=custom_domain,
        )
        exchange.filtered = filtered
        response = await self._respond(exchange)
        self._telemetry.request(record(exchange, (self._clock() - exchange.started) * 1000))
        return response

    async def test_invoke_method(self, api: RestApi, resource_id: str, http_method: str, request: Shape) -> Shape:
        """TestInvokeMethod on the live definition; see `invoke_test`."""
        return await invoke_test.invoke_method(self.run, self._clock, api, resource_id, http_method, request)

    async def test_invoke_authorizer(self, api: RestApi, authorizer: Shape, request: Shape) -> Shape:
        """TestInvokeAuthorizer, without the cache; see `invoke_test`."""
        return await invoke_test.invoke_authorizer(self.authorizers, self._clock, api, authorizer, request)

    def _compile(self, api: RestApi, deployment_id: str | None) -> CompiledApi | None:
        key = (api.id, deployment_id or "")
        deployment = api.deployments.get(deployment_id or "")
        if deployment is None:
            return None
        known = self._compiled.get(key)
        # the identity check keeps a restored or re-created deployment from being served by an old compilation
        if known is not None and known[0] is deployment.definition:
            return known[1]
        if len(self._compiled) >= MAX_COMPILED:
            del self._compiled[next(iter(self._compiled))]
        compiled = compile_api(deployment.definition)
        self._compiled[key] = (deployment.definition, compiled)
        return compiled

    async def _respond(self, exchange: Exchange) -> HttpResponse:
        try:
            answer = await self._serve(exchange)
        except GatewayFault as fault:
            answer = _fault_answer(exchange, fault)
        except Exception:  # a bug of ours must look like AWS's 500, never like a stack trace
            _log.exception("request %s failed", exchange.request_id)
            answer = _fault_answer(exchange, internal_error("Internal failure"))
        return _finish(exchange, answer)

    async def _serve(self, exchange: Exchange) -> Answer:
        if exchange.filtered is not None and exchange.filtered.blocked:
            return _blocked(exchange, exchange.filtered)
        self._admit(exchange)
        await self.authorizers.authorize(exchange)
        method = exchange.method
        assert method is not None  # noqa: S101 - _admit routed it
        if method.api_key_required:
            self._plans.admit(exchange)
        self._throttle(exchange, method)
        return await self.run(exchange, method)

    def _admit(self, exchange: Exchange) -> None:
        """Sizes, route, encoding and resource policy."""
        request = exchange.request
        if len(request.body) > MAX_PAYLOAD_BYTES:
            raise request_too_large()
        limit = MAX_HEADER_BYTES + (OWN_TRACE_BYTES if exchange.stage.get("tracingEnabled") else 0)
        if sum([len(value) for _, value in request.headers]) + len(request.path) + len(request.query) > limit:
            raise header_too_large()
        found = exchange.compiled.router.find(request.method, exchange.path)
        if found is None:
            raise missing_authentication_token()
        exchange.method, exchange.path_parameters = found
        if exchange.compiled.policy:
            check_resource_policy(exchange.compiled.policy, exchange)
        encoding = exchange.lower_headers.get("content-encoding")
        if encoding and exchange.compiled.minimum_compression_size is not None:
            exchange.body = decompress(request.body, encoding)

    def _throttle(self, exchange: Exchange, method: CompiledMethod) -> None:
        settings: Mapping[str, Any] = exchange.stage.get("methodSettings") or {}
        setting = method_setting(settings, method.path, method.verb) if settings else None
        if setting is None:
            return
        key = ("stage", exchange.api.id, exchange.stage_name, method.resource_id, method.verb)
        if not self._throttles.allow(key, setting.get("throttlingRateLimit"), setting.get("throttlingBurstLimit")):
            raise throttled()

    async def run(self, exchange: Exchange, method: CompiledMethod) -> Answer:
        """Validation and integration: the part that TestInvokeMethod shares."""
        if method.rules is not None:
            method.rules.check(exchange)
        integration = method.integration
        if integration is None:
            raise internal_error("No integration defined for method", response_type="API_CONFIGURATION_ERROR")
        if integration.type == "MOCK":
            return await mock.answer(exchange, integration)
        started = self._clock()
        try:
            return await self._integrate(exchange, integration)
        finally:
            exchange.integration_latency_ms = (self._clock() - started) * 1000

    async def _integrate(self, exchange: Exchange, integration: Integration) -> Answer:
        kind = integration.type
        if kind == "AWS_PROXY":
            return await aws_proxy.answer(exchange, integration, self._functions)
        if kind == "HTTP_PROXY":
            return await http.answer_proxy(exchange, integration, self._upstream)
        if kind == "HTTP":
            return await http.answer(exchange, integration, self._upstream)
        if kind == "AWS":
            if integration.function_arn is None:
                return await aws_service.answer(exchange, integration, self._cloud)
            return await aws.answer(exchange, integration, self._functions)
        raise malformed_request(f"Unknown integration type {kind}")


def _fault_answer(exchange: Exchange, fault: GatewayFault) -> Answer:
    exchange.fault = fault
    if fault.reason:
        _log.debug("%s: %s", exchange.request_id, fault.reason)
    status, headers, body = exchange.compiled.gateway_responses.render(fault, exchange)
    return Answer(status, headers, body)


def _blocked(exchange: Exchange, filtered: Filtered) -> Answer:
    """The firewall's own answer, or API Gateway's when it has none. Counted and logged like every answer.

    Before any route is looked for, so the access log has no resource (unsure); a 4XX of the stage's metrics (unsure).
    """
    if filtered.response is None:
        raise waf_filtered()
    exchange.fault = waf_filtered()
    return Answer(filtered.response.status, list(filtered.response.headers), filtered.response.body)


def _finish(exchange: Exchange, answer: Answer) -> HttpResponse:
    """Compression and the headers of every answer. Content-Length, Date and Connection are the server's."""
    headers, body = answer.headers, answer.body
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers = [("Content-Type", "application/json"), *headers]
    minimum = exchange.compiled.minimum_compression_size
    if minimum is not None and not any(name.lower() == "content-encoding" for name, _ in headers):
        body, encoding = compress(body, exchange.lower_headers.get("accept-encoding"), minimum)
        if encoding:
            headers.append(("Content-Encoding", encoding))
    headers.append(("x-amzn-RequestId", exchange.request_id))
    headers.append(("x-amz-apigw-id", exchange.extended_request_id))
    if _shows_trace(exchange):
        headers.append(("X-Amzn-Trace-Id", exchange.trace_header))
    if is_edge(exchange):
        headers.extend(edge_response_headers(exchange, answer.status))
    exchange.response_status, exchange.response_length = answer.status, len(body)
    return HttpResponse(status=answer.status, headers=headers, body=body)


def _shows_trace(exchange: Exchange) -> bool:
    """Recorded: answers of AWS, AWS_PROXY and HTTP integrations carry it; MOCK, HTTP_PROXY and faults do not."""
    method = exchange.method
    if exchange.fault is not None or method is None or method.integration is None:
        return False
    return method.integration.type in ("AWS", "AWS_PROXY", "HTTP")


def _forbidden() -> HttpResponse:
    """No such API or stage: nothing is deployed, so no gateway response can be customised."""
    headers = [
        ("Content-Type", "application/json"),
        ("x-amzn-ErrorType", "ForbiddenException"),
        ("x-amzn-RequestId", new_request_id()),
        ("x-amz-apigw-id", new_extended_id()),
    ]
    return HttpResponse(status=403, headers=headers, body=b'{"message":"Forbidden"}')
