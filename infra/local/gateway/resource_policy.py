"""The API's own resource policy, checked before any authorizer. Pure.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from infra.local.gateway import policies
from infra.local.gateway.exchange import Exchange
from infra.local.gateway.faults import GatewayFault

__all__ = ["check_resource_policy"]


@functools.lru_cache(maxsize=256)
def _parse(policy: str, prefix: str) -> Mapping[str, Any]:
    """The policy as a document; the control plane stores the escaped text that AWS returns, so that is undone."""
    text = policy.replace('\\"', '"') if policy.lstrip().startswith('{\\"') else policy
    document = json.loads(text)
    for statement in _statements(document):
        resources = statement.get("Resource")
        if resources is not None:
            many = [resources] if isinstance(resources, str) else resources
            statement["Resource"] = [
                r.replace("execute-api:/", prefix, 1) if str(r).startswith("execute-api:/") else r for r in many
            ]
    return document if isinstance(document, dict) else {}


def _statements(document: Any) -> list[dict[str, Any]]:
    statements = document.get("Statement") or [] if isinstance(document, dict) else []
    return [statements] if isinstance(statements, dict) else statements


def check_resource_policy(policy: str, exchange: Exchange) -> None:
    """Raises GatewayFault ACCESS_DENIED with the recorded shape of AWS's sentence; an unreadable policy allows nothing."""
    api = exchange.api
    prefix = f"arn:aws:execute-api:{api.region}:{api.account}:{api.id}/"
    try:
        document = _parse(policy, prefix)
    except ValueError:
        document = {}
    verdict = policies.evaluate(document, exchange.method_arn, source_ip=exchange.request.source_ip)
    if verdict == policies.ALLOW:
        return
    masked = f"arn:aws:execute-api:{api.region}:********{api.account[-4:]}:{api.id}/"
    target = exchange.method_arn.replace(prefix, masked, 1)
    message = f"User: anonymous is not authorized to perform: execute-api:Invoke on resource: {target}"
    if verdict == policies.DENY:
        message += " with an explicit deny"
    raise GatewayFault("ACCESS_DENIED", 403, "AccessDeniedException", message)
