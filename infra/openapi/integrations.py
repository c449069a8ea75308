"""What stands behind a route: the x-amazon-apigateway-integration objects. Pure; touches nothing.

Source: API Gateway developer guide, "x-amazon-apigateway-integration object", and PutIntegration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infra.config.model import Service

__all__ = ["FunctionRef", "join", "to_function", "to_url"]

# A body goes through as it came; there are no mapping templates that could match.
_PASSTHROUGH = "when_no_match"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionRef:
    """How the document names a function.

    Args:
        uri: the invocation URI with the exact version's ARN; text, or an intrinsic such as ``{"Fn::Sub": ...}``.
        credentials: ARN of the role that API Gateway invokes with; text or an intrinsic.
    """

    uri: Any
    credentials: Any


def to_function(service: Service, function: FunctionRef) -> dict[str, Any]:
    """Lambda proxy. The method is POST whatever the client's: it is that of Lambda's Invoke."""
    return {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": function.uri,
        "credentials": function.credentials,
        "timeoutInMillis": service.timeout_ms,
        "passthroughBehavior": _PASSTHROUGH,
    }


def to_url(service: Service, *, method: str, path: str, variables: Sequence[str]) -> dict[str, Any]:
    """HTTP proxy.

    Args:
        method: upper case, or ANY for the client's own.
        path: below the service's prefix, with ``{name}`` variables (``{proxy}`` for the greedy one).
        variables: their names.
    """
    integration: dict[str, Any] = {
        "type": "http_proxy",
        "httpMethod": method,
        "uri": join(service.url or "", path),
        "timeoutInMillis": service.timeout_ms,
        "passthroughBehavior": _PASSTHROUGH,
    }
    if variables:
        # Without this mapping the backend would receive the braces.
        integration["requestParameters"] = {
            f"integration.request.path.{name}": f"method.request.path.{name}" for name in variables
        }
    return integration


def join(prefix: str, path: str) -> str:
    """A prefix (path or URL) with a path below it: one slash between them, and ``/`` below is the prefix itself."""
    if path == "/":
        return prefix
    return prefix.rstrip("/") + path
