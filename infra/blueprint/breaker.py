"""Model -> the breaker's function: environment, times, permissions, and the table. Pure.

What the variables mean is in `lambdas/breaker/circuit/settings.py`. Nothing here decides for a container: a wrong value ends
its start, so a test holds every value that gateway.yaml accepts against those settings.
"""

from __future__ import annotations

import json
from typing import Any

from infra.blueprint.access import every_version, function_policies, invoke_policy, policy
from infra.blueprint.functions import Captured, function_captured
from infra.blueprint.names import logical
from infra.blueprint.tracing import tracing_environment
from infra.breaker.names import BREAKER_SUFFIX, breaker_function, breaker_table
from infra.config.breaker import function_timeout_seconds
from infra.config.breaker_model import Breaker
from infra.config.model import Gateway, Service

__all__ = [
    "BREAKER_TABLE_KEYS",
    "breaker_call_policy",
    "breaker_captured",
    "breaker_concurrency",
    "breaker_environment",
    "breaker_policies",
    "breaker_prefix",
    "breaker_timeout_seconds",
]

BREAKER_TABLE_KEYS = {"pk": "HASH", "sk": "RANGE"}

# Its work is to wait, and its start is 35 ms of processor; Lambda gives processor time by memory.
MEMORY_MB = 256


def breaker_environment(gateway: Gateway, service: Service, *, target: str) -> dict[str, str]:
    """The variables of one service's breaker.

    Args:
        service: with a breaker.
        target: ARN of the exact version of its function, or what stands for it; not used for a service with an address.
    """
    breaker = _of(service)
    variables = {
        "GATEWAY": gateway.name,
        "SERVICE": service.name,
        "TABLE": breaker_table(gateway.name),
        "TARGET": service.url or target,
        "PREFIX": service.path.rstrip("/"),
        "TIMEOUT_MS": str(breaker.call_timeout_ms),
        "WINDOW": f"{breaker.window_size}{'s' if breaker.window_unit == 'seconds' else ''}",
        "MINIMUM_CALLS": str(breaker.minimum_calls),
        "FAILURE_PERCENT": _decimal(breaker.failure_rate_percent),
        "SLOW_PERCENT": _decimal(breaker.slow_call_rate_percent),
        "SLOW_MS": str(breaker.slow_call_ms),
        "WAIT_MS": str(breaker.wait_ms),
        "WAIT_FACTOR": _decimal(breaker.wait_factor),
        "WAIT_MAX_MS": str(breaker.wait_max_ms),
        "TRIAL_CALLS": str(breaker.trial_calls),
        "TRIAL_MAX_MS": str(breaker.trial_max_ms),
        "AUTOMATIC": "true" if breaker.automatic else "false",
        "RECORDED": _compact(list(breaker.recorded)),
        "IGNORED": _compact(list(breaker.ignored)),
        "FALLBACK_CACHE_MS": str(breaker.fallback_cache_ms),
        "FALLBACK_BODY": _compact(breaker.fallback_body) if breaker.fallback_body else "",
    }
    own = {f"GATEWRIGHT_BREAKER_{name}": value for name, value in sorted(variables.items()) if value != ""}
    if (
        gateway.tracing.mode == "off"
    ):  # Lambda's trace header alone does not say so, and a client's traceparent is not ours to replace
        own["OTEL_SDK_DISABLED"] = "true"
    return {**own, **tracing_environment(gateway, f"{service.name}{BREAKER_SUFFIX}")}


def breaker_timeout_seconds(service: Service) -> int:
    """Above what a call may take, so that the breaker counts it and answers, and below the integration's timeout."""
    return function_timeout_seconds(service.timeout_ms)


def breaker_concurrency(service: Service) -> dict[str, int]:
    """The bulkhead: reserved concurrency of ``service`` (its own function) or of ``breaker``; empty without one.

    At the service's own function, where it has one: its refusal comes to the breaker, which answers 503 with Retry-After and
    counts nothing. A refusal of the breaker's function would be API Gateway's 500, and would refuse the refusals too.
    """
    breaker = service.active_breaker
    if breaker is None or breaker.max_concurrent_calls is None:
        return {}
    return {"service" if service.lambda_folder is not None else "breaker": breaker.max_concurrent_calls}


def breaker_captured(gateway: Gateway, service: Service, *, target: str) -> Captured:
    """What a version of the breaker captures.

    Args:
        target: as for `breaker_environment`; for a fingerprint the version's logical id, which has the hash of the service's
            code and configuration in it.
    """
    return function_captured(
        gateway,
        breaker_function(gateway.name, service.name),
        memory_mb=MEMORY_MB,
        timeout_seconds=breaker_timeout_seconds(service),
        environment={"variables": breaker_environment(gateway, service, target=target)},
    )


def breaker_policies(gateway: Gateway, service: Service, *, log_group: str, table: Any) -> list[dict[str, Any]]:
    """What a breaker may do: logs, traces, its own items of the table, and any version of exactly its service.

    Any version: older breaker versions, which a rollback returns to and which a canary runs beside, have this role too and
    call older versions of the service.

    Args:
        log_group: logical id.
        table: its ARN.
    """
    state = policy("state", ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"], table)
    (statement,) = state["PolicyDocument"]["Statement"]
    statement["Condition"] = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [service.name]}}
    found = [*function_policies(log_group, gateway.tracing), state]
    if service.lambda_folder is not None:
        found.append(policy("service", ["lambda:InvokeFunction"], every_version(gateway.name, service.name)))
    return found


def breaker_call_policy(gateway: Gateway) -> dict[str, Any]:
    """What API Gateway's role for breakers may do: invoke any version of exactly these."""
    protected = [service.name for service in gateway.services if service.breaker is not None]
    return invoke_policy([every_version(gateway.name, f"{name}{BREAKER_SUFFIX}") for name in protected])


def breaker_prefix(service: str) -> str:
    """Of the logical ids."""
    return f"{logical(service)}Breaker"


def _of(service: Service) -> Breaker:
    if service.breaker is None:
        raise ValueError(f"service {service.name!r} has no breaker")
    return service.breaker


def _decimal(value: float) -> str:
    """Without an exponent, which the settings do not read."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
