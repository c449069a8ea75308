"""From an API Gateway proxy event (REST API, version 1.0) to logic and back. Touches the event only.

Event and answer: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any

from .faults import Faults
from .messages import Answer, Problem, Request

__all__ = ["Operation", "Service"]

Operation = Callable[[Request], Answer]


class Service:
    """A table of operations, by method and path template below the service's own path (`"GET /{userId}"`)."""

    def __init__(self, operations: Mapping[str, Operation], *, faults: Faults) -> None:
        self._operations, self._faults = operations, faults

    def answer(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """The proxy answer. A bug in an operation is not caught: Lambda reports it, API Gateway says 502."""
        try:
            self._faults.strike()
            answer = self._operation(event)(_request(event))
        except Problem as problem:
            answer = problem.as_answer()
        version = getattr(context, "function_version", "unknown")  # which release of the code answered
        return {
            "statusCode": answer.status,
            "headers": {"Content-Type": "application/json", **answer.headers, "X-Function-Version": version},
            "body": json.dumps(answer.body, separators=(",", ":")),
            "isBase64Encoded": False,
        }

    def _operation(self, event: Mapping[str, Any]) -> Operation:
        template = _template(event["resource"])
        operation = self._operations.get(f"{event['httpMethod']} {template}")
        if operation:
            return operation
        allowed = sorted(key.split()[0] for key in self._operations if key.split()[1] == template)
        if allowed:
            raise Problem(405, f"This resource answers {', '.join(allowed)}.")
        raise Problem(404, "There is no such resource.")


def _template(resource: str) -> str:
    """`/api/users/{userId}` -> `/{userId}`: where a service is mounted is gateway.yaml's business, not the code's."""
    start = resource.find("/{")
    return resource[start:] if start >= 0 else "/"


def _request(event: Mapping[str, Any]) -> Request:
    return Request(
        method=event["httpMethod"],
        # With the stage in front when the client used the stage URL: a Location header must lead back here.
        url_path=(event.get("requestContext") or {}).get("path") or event["path"],
        parameters=event.get("pathParameters") or {},
        query=event.get("queryStringParameters") or {},
        body=_body(event),
    )


def _body(event: Mapping[str, Any]) -> Mapping[str, Any] | None:
    text = event.get("body")
    if not text:
        return None
    try:
        decoded = json.loads(base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text)
    except (ValueError, RecursionError, binascii.Error) as error:
        raise Problem(400, "The body is not JSON.") from error
    if not isinstance(decoded, dict):
        raise Problem(400, "The body must be a JSON object.")
    return decoded
