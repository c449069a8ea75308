"""Lambda authorizers (TOKEN, REQUEST), Cognito's refusal, and IAM's header check. Invokes functions; caches in memory.

What is cached is the returned policy, per authorizer, stage and identity; it is evaluated again for every method, so a
policy that names one method denies the next one (the wildcard trap). Sources: the authorizer pages of the developer
guide, https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html and
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.control.store import Store
from infra.local.gateway import policies
from infra.local.gateway.compiled import function_of
from infra.local.gateway.context import lookup, request_context
from infra.local.gateway.exchange import Exchange
from infra.local.gateway.faults import (
    access_denied,
    authorizer_failure,
    authorizer_misconfigured,
    missing_authentication_token,
    unauthorized,
)
from infra.local.gateway.forwarding import event_headers
from infra.local.gateway.uris import render_stage_variables
from infra.local.ports import FunctionForbidden, FunctionNotFound, Functions, FunctionThrottled

__all__ = ["Authorizers", "Grant", "read_result"]

DEFAULT_TTL_SECONDS = 300  # documented default of authorizerResultTtlInSeconds
MAX_CACHED = 20_000


@dataclass(frozen=True, slots=True)
class Grant:
    """A usable answer of an authorizer function."""

    principal_id: str
    policy: Mapping[str, Any]
    context: Mapping[str, str]
    usage_key: str | None


class Authorizers:
    """Authorizes exchanges; one per data plane."""

    def __init__(self, store: Store, functions: Functions, clock: Callable[[], float]) -> None:
        self._store, self._functions, self._clock = store, functions, clock
        self._cache: dict[tuple[Any, ...], tuple[float, Grant]] = {}

    async def authorize(self, exchange: Exchange) -> None:
        """Lets the exchange pass or raises the fault; sets ``authorizer`` and ``usage_key``."""
        method = exchange.method
        kind = method.authorization if method else "NONE"
        if kind == "NONE" or method is None:
            return
        if kind == "AWS_IAM":
            _require_signature(exchange)
        elif kind == "CUSTOM" and method.authorizer is not None:
            await self._authorize_by_function(exchange, method.authorizer)
        elif kind == "COGNITO_USER_POOLS":
            # No user pool is here to check a token against, so every token is refused rather than trusted.
            raise unauthorized()
        else:
            raise authorizer_misconfigured("The method's authorizer does not exist")

    async def _authorize_by_function(self, exchange: Exchange, authorizer: Mapping[str, Any]) -> None:
        identity = identity_of(authorizer, exchange)
        ttl = authorizer.get("authorizerResultTtlInSeconds")
        ttl = DEFAULT_TTL_SECONDS if ttl is None else int(ttl)
        key = (authorizer["id"], exchange.api.id, exchange.stage_name, self._epoch(exchange), identity)
        now = self._clock()
        cached = self._cache.get(key) if ttl > 0 and identity else None
        if cached is not None and cached[0] > now:
            grant = cached[1]
            exchange.authorizer_latency_ms = 0
        else:
            grant = await self.ask(exchange, authorizer)
            if ttl > 0 and identity:
                self._remember(key, now + ttl, grant)
        _admit(exchange, grant)

    def _epoch(self, exchange: Exchange) -> int:
        region = self._store.region(exchange.api.account, exchange.api.region)
        return region.authorizer_epoch.get((exchange.api.id, exchange.stage_name), 0)

    def _remember(self, key: tuple[Any, ...], expires: float, grant: Grant) -> None:
        if len(self._cache) >= MAX_CACHED:
            del self._cache[next(iter(self._cache))]
        self._cache[key] = (expires, grant)

    async def test(self, exchange: Exchange, authorizer: Mapping[str, Any]) -> Grant:
        """Identity check and function, for TestInvokeAuthorizer. Cognito's always fails, as in `authorize`."""
        if authorizer.get("type") == "COGNITO_USER_POOLS":
            raise unauthorized()
        identity_of(authorizer, exchange)
        return await self.ask(exchange, authorizer)

    async def ask(self, exchange: Exchange, authorizer: Mapping[str, Any]) -> Grant:
        """Invokes the authorizer function now, without the cache."""
        uri = render_stage_variables(authorizer.get("authorizerUri") or "", exchange.stage_variables)
        arn = function_of(uri)
        if arn is None:
            raise authorizer_misconfigured("authorizerUri names no function")
        event = authorizer_event(authorizer, exchange)
        started = self._clock()
        try:
            result = await self._functions.invoke(
                arn, json.dumps(event, separators=(",", ":")).encode(), trace_id=exchange.trace_root
            )
        except (FunctionNotFound, FunctionForbidden) as error:
            raise authorizer_misconfigured("Invalid permissions on Lambda function") from error
        except FunctionThrottled as error:
            raise authorizer_failure("The authorizer function was throttled") from error
        exchange.authorizer_latency_ms = round((self._clock() - started) * 1000)
        exchange.authorizer_status = 200
        if result.function_error is not None:
            raise _function_error(result.payload)
        return read_result(result.payload)


def _require_signature(exchange: Exchange) -> None:
    """IAM: a request without SigV4 is refused; a signature itself is not verified (there are no secrets here)."""
    header = exchange.header("authorization") or ""
    signed = header.startswith("AWS4-HMAC-SHA256 ") or "X-Amz-Signature" in exchange.query
    if not signed:
        raise missing_authentication_token()


def identity_of(authorizer: Mapping[str, Any], exchange: Exchange) -> tuple[str, ...]:
    """The identity sources' values.

    Raises:
        GatewayFault: 401 without invoking the function, when one is missing or empty, or a token does not fit
            ``identityValidationExpression``.
    """
    sources = [s.strip() for s in (authorizer.get("identitySource") or "").split(",") if s.strip()]
    values = []
    for source in sources:
        value = _source_value(source, exchange)
        if not value:
            raise unauthorized()
        values.append(value)
    expression = authorizer.get("identityValidationExpression")
    if authorizer.get("type") == "TOKEN" and expression and not re.fullmatch(expression, values[0] if values else ""):
        raise unauthorized()
    return tuple(values)


def _source_value(source: str, exchange: Exchange) -> str | None:
    head, _, name = source.rpartition(".")
    if head == "method.request.header":
        return exchange.header(name)
    if head == "method.request.querystring":
        return exchange.query.get(name, [""])[-1]
    if source.startswith("stageVariables."):
        return (exchange.stage_variables or {}).get(source.removeprefix("stageVariables."))
    if source.startswith("context."):
        value = lookup(exchange, source.removeprefix("context."))
        return None if value is None else str(value)
    return None


def authorizer_event(authorizer: Mapping[str, Any], exchange: Exchange) -> dict[str, Any]:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html"""
    if authorizer.get("type") == "TOKEN":
        token = _source_value((authorizer.get("identitySource") or "").strip(), exchange)
        return {"type": "TOKEN", "methodArn": exchange.method_arn, "authorizationToken": token}
    method, query = exchange.method, exchange.query
    headers, multi_headers = event_headers(exchange)
    return {
        "type": "REQUEST",
        "methodArn": exchange.method_arn,
        "resource": method.path if method else None,
        "path": exchange.event_path,
        "httpMethod": exchange.request.method,
        "headers": headers,
        "multiValueHeaders": multi_headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()},
        "multiValueQueryStringParameters": query,
        "pathParameters": exchange.path_parameters,
        "stageVariables": dict(exchange.stage_variables or {}),
        "requestContext": request_context(exchange),
    }


def _function_error(payload: bytes) -> Exception:
    """``Unauthorized``, exactly, is the documented way to a 401; any other error is a 500."""
    try:
        message = json.loads(payload).get("errorMessage")
    except (ValueError, AttributeError):
        message = None
    if message == "Unauthorized":
        return unauthorized()
    return authorizer_failure(f"The authorizer function failed: {message}")


def read_result(payload: bytes) -> Grant:
    """Reads an authorizer's answer.

    Raises:
        GatewayFault: AUTHORIZER_CONFIGURATION_ERROR when it is not a principal and a policy, or when ``context``
            holds anything but strings, numbers and booleans (documented).
    """
    try:
        result = json.loads(payload)
        principal, policy = result["principalId"], result["policyDocument"]
    except (ValueError, KeyError, TypeError) as error:
        raise authorizer_misconfigured("Could not parse policy") from error
    if not isinstance(principal, (str, int)) or not _is_policy(policy):
        raise authorizer_misconfigured("Could not parse policy")
    context = result.get("context") or {}
    if not isinstance(context, dict) or not all(isinstance(v, (str, int, float, type(None))) for v in context.values()):
        raise authorizer_misconfigured("Invalid context: only strings, numbers and booleans")
    texts = {name: _text(value) for name, value in context.items() if value is not None}
    return Grant(str(principal), policy, texts, result.get("usageIdentifierKey"))


def _is_policy(policy: Any) -> bool:
    if not isinstance(policy, dict) or "Statement" not in policy:
        return False
    statements = policy["Statement"]
    statements = [statements] if isinstance(statements, dict) else statements
    return isinstance(statements, list) and all(
        isinstance(s, dict) and s.get("Effect") in ("Allow", "Deny") for s in statements
    )


def _text(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _admit(exchange: Exchange, grant: Grant) -> None:
    exchange.authorizer = {
        **grant.context,
        "principalId": grant.principal_id,
        "integrationLatency": exchange.authorizer_latency_ms or 0,
    }
    verdict = policies.evaluate(grant.policy, exchange.method_arn, source_ip=exchange.request.source_ip)
    if verdict != policies.ALLOW:
        raise access_denied(explicit=verdict == policies.DENY)
    exchange.usage_key = grant.usage_key
