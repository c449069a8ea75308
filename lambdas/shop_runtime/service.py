"""From an API Gateway proxy event (REST API, version 1.0) to logic and back. Touches the event, the trace and the log.

Event and answer: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
import binascii
import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from .faults import Faults, FaultSettings
from .messages import Answer, Problem, Request
from .tracer.tracing import Tracer, from_environment

__all__ = ["Operation", "Service"]

Operation = Callable[[Request], Answer]


class Service:
    """A table of operations, by method and path template below the service's own path (`"GET /{userId}"`)."""

    def __init__(
        self,
        operations: Mapping[str, Operation],
        *,
        faults: Faults,
        tracer: Tracer,
        write: Callable[[str], object] = lambda line: sys.stdout.write(line),
    ) -> None:
        self._operations, self._faults, self._tracer, self._write = operations, faults, tracer, write

    @classmethod
    def from_environment(cls, operations: Mapping[str, Operation], environment: Mapping[str, str]) -> Service:
        """The service of this container. Raises BadSetting."""
        tracer = from_environment(environment, clock=time.time, write=lambda line: sys.stdout.write(line))
        return cls(operations, faults=Faults(FaultSettings.from_environment(environment)), tracer=tracer)

    def answer(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """The proxy answer. A bug in an operation is not caught: Lambda reports it, API Gateway says 502."""
        trace_id = self._tracer.begin(event).log_id
        try:
            answer = self._answer(event, context)
        except Exception as error:
            self._failed(type(error).__name__, trace_id)
            self._tracer.end(event, seconds=_seconds_left(context), outcome="error")
            raise
        if answer["statusCode"] >= 500:
            self._failed(f"status {answer['statusCode']}", trace_id)
        self._tracer.end(event, seconds=_seconds_left(context), status=answer["statusCode"])
        return self._tracer.answered(answer)

    def _failed(self, reason: str, trace_id: str) -> None:
        line = {"level": "ERROR", "message": "a request failed", "reason": reason}
        self._write(json.dumps({**line, "traceId": trace_id} if trace_id else line) + "\n")

    def _answer(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
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


def _seconds_left(context: Any) -> float:
    """For a trace, before a breaker in front of the function gives it up (150 ms before its time) or Lambda does."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return (remaining() - 200) / 1000 if remaining else 1.0


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
