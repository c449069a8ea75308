"""The ``$context`` variables: for proxy events, templates, mappings, gateway responses and access logs. Pure.

Names: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html and
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from infra.local.gateway.exchange import Exchange, epoch_ms, request_time

__all__ = ["log_context", "lookup", "request_context", "template_context"]


def request_context(exchange: Exchange) -> dict[str, Any]:
    """``requestContext`` of a Lambda proxy or REQUEST authorizer event, key for key as recorded."""
    api, method, domain = exchange.api, exchange.method, exchange.domain_name
    context: dict[str, Any] = {
        "resourceId": method.resource_id if method else None,
        "resourcePath": method.path if method else None,
        "httpMethod": exchange.request.method,
        "extendedRequestId": exchange.extended_request_id,
        "requestTime": request_time(exchange.started),
        "path": exchange.context_path,
        "accountId": api.account,
        "protocol": "HTTP/" + exchange.request.http_version,
        "stage": exchange.stage_name,
        "domainPrefix": domain.partition(".")[0],
        "requestTimeEpoch": epoch_ms(exchange.started),
        "requestId": exchange.request_id,
        "identity": _identity(exchange),
        "domainName": domain,
        "deploymentId": exchange.deployment_id,
        "apiId": api.id,
    }
    if exchange.authorizer is not None:
        context["authorizer"] = exchange.authorizer
    return context


def _identity(exchange: Exchange) -> dict[str, Any]:
    identity: dict[str, Any] = {
        "cognitoIdentityPoolId": None,
        "accountId": None,
        "cognitoIdentityId": None,
        "caller": None,
        "sourceIp": exchange.request.source_ip,
        "principalOrgId": None,
        "accessKey": None,
        "cognitoAuthenticationType": None,
        "cognitoAuthenticationProvider": None,
        "userArn": None,
        "userAgent": exchange.lower_headers.get("user-agent"),
        "user": None,
    }
    if exchange.api_key is not None:
        identity["apiKey"] = exchange.api_key
        identity["apiKeyId"] = exchange.api_key_id
    return identity


def template_context(exchange: Exchange) -> dict[str, Any]:
    """``$context`` of a mapping template; one object per request, so overrides set in the request template are seen
    by the response template (recorded for MOCK)."""
    if exchange.overrides is None:
        exchange.overrides = {
            "requestOverride": {"header": {}, "path": {}, "querystring": {}},
            "responseOverride": {"header": {}},
        }
    context = request_context(exchange)
    if exchange.stage.get("tracingEnabled"):
        context["xrayTraceId"] = _trace_id(exchange)
    if exchange.is_canary is not None:
        context["isCanaryRequest"] = "true" if exchange.is_canary else "false"
    context.update(exchange.overrides)
    return context


Variable = Callable[[Exchange], Any]


def _trace_id(exchange: Exchange) -> str:
    """The root alone, whatever else the client or the stage has put into the header."""
    parts = (part.strip() for part in exchange.trace_root.split(";"))
    return next((part.removeprefix("Root=") for part in parts if part.startswith("Root=")), exchange.trace_root)


def _latency(exchange: Exchange) -> Any:
    value = exchange.integration_latency_ms
    return None if value is None else round(value)


_VARIABLES: dict[str, Variable] = {
    "accountId": lambda x: x.api.account,
    "apiId": lambda x: x.api.id,
    "authorizer.latency": lambda x: x.authorizer_latency_ms,
    "authorizer.integrationLatency": lambda x: x.authorizer_latency_ms,
    "authorizer.status": lambda x: x.authorizer_status,
    "authorizer.integrationStatus": lambda x: x.authorizer_status,
    "awsEndpointRequestId": lambda x: x.integration_request_id,
    "deploymentId": lambda x: x.deployment_id,
    "domainName": lambda x: x.domain_name,
    "domainPrefix": lambda x: x.domain_name.partition(".")[0],
    "error.message": lambda x: x.fault.message if x.fault else None,
    "error.messageString": lambda x: json.dumps(x.fault.message) if x.fault else None,
    "error.responseType": lambda x: x.fault.response_type if x.fault else None,
    "error.validationErrorString": lambda x: x.fault.validation or None if x.fault else None,
    "extendedRequestId": lambda x: x.extended_request_id,
    "httpMethod": lambda x: x.request.method,
    "identity.apiKey": lambda x: x.api_key,
    "identity.apiKeyId": lambda x: x.api_key_id,
    "identity.sourceIp": lambda x: x.request.source_ip,
    "identity.userAgent": lambda x: x.lower_headers.get("user-agent"),
    "integration.error": lambda x: x.integration_error,
    "integration.integrationStatus": lambda x: x.integration_status,
    "integration.latency": _latency,
    "integration.requestId": lambda x: x.integration_request_id,
    # Lambda's own answer to the Invoke call, not the function's status code; only proxies reach one without a fault
    "integration.status": lambda x: 200 if x.integration_request_id else x.integration_status,
    "integrationErrorMessage": lambda x: x.integration_error,
    "integrationLatency": _latency,
    "integrationStatus": lambda x: x.integration_status,
    "isCanaryRequest": lambda x: None if x.is_canary is None else ("true" if x.is_canary else "false"),
    "path": lambda x: x.context_path,
    "protocol": lambda x: "HTTP/" + x.request.http_version,
    "requestId": lambda x: x.request_id,
    "requestTime": lambda x: request_time(x.started),
    "requestTimeEpoch": lambda x: epoch_ms(x.started),
    "resourceId": lambda x: x.method.resource_id if x.method else None,
    "resourcePath": lambda x: x.method.path if x.method else None,
    "responseLength": lambda x: x.response_length,
    "stage": lambda x: x.stage_name,
    "status": lambda x: x.response_status,
    "waf.status": lambda x: 200 if x.filtered else None,
    "wafResponseCode": lambda x: ("WAF_BLOCK" if x.filtered.blocked else "WAF_ALLOW") if x.filtered else None,
    "webaclArn": lambda x: x.filtered.web_acl_arn if x.filtered else None,
    "xrayTraceId": lambda x: _trace_id(x),
}


def lookup(exchange: Exchange, name: str) -> Any:
    """One variable by its name without ``$context.``, or None when it is unknown or unset."""
    variable = _VARIABLES.get(name)
    if variable is not None:
        return variable(exchange)
    if name.startswith("authorizer.") and exchange.authorizer:
        return _dig(exchange.authorizer, name[len("authorizer.") :])
    return None


def _dig(tree: Mapping[str, Any], name: str) -> Any:
    value: Any = tree.get(name)
    if value is None and "." in name:
        head, _, rest = name.partition(".")
        inner = tree.get(head)
        value = _dig(inner, rest) if isinstance(inner, Mapping) else None
    return value


@functools.lru_cache(maxsize=256)
def _names(access_log_format: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.findall(r"\$\{?context\.([A-Za-z0-9_.\-]*[A-Za-z0-9_])", access_log_format)))


def log_context(exchange: Exchange, access_log_format: str, latency_ms: float) -> dict[str, Any]:
    """Only the variables that the format names; those without a value are left out (the log prints ``-``)."""
    found: dict[str, Any] = {}
    for name in _names(access_log_format):
        value = round(latency_ms) if name == "responseLatency" else lookup(exchange, name)
        if value is not None:
            found[name] = value
    return found
