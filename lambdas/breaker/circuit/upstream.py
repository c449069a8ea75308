"""The protected service: a Lambda function's exact version, or an HTTP(S) endpoint. Touches the network.

Either way an API Gateway proxy event goes in and a proxy answer comes out; what went wrong instead is a `Failure` with its
kind. Answer format: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from .aws import Service
from .tracer.wire import Late, Peer, Response, Unreachable

__all__ = ["SAFE", "Failure", "FunctionUpstream", "HttpUpstream", "Upstream"]

SAFE = ("GET", "HEAD")
# RFC 9112: of one connection only. Host and lengths are made anew.
_OF_THE_CONNECTION = frozenset(
    [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
        "content-length",
    ]
)
_REPEATABLE = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS")  # idempotent, RFC 9110 section 9.2.2

Event = Mapping[str, Any]
Answer = dict[str, Any]


class Failure(Exception):
    """No answer of the service.

    Attributes:
        kind: timeout, unreachable, throttled, function_error or bad_answer.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Upstream(Protocol):
    def answer(self, event: Event, seconds: float) -> Answer:
        """Raises Failure, after `seconds` at the latest."""


class FunctionUpstream:
    """A Lambda function; the event goes through as it is, but for what `passed` changes.

    Args:
        trace: the trace header of the call that is being made; empty without one.
        passed: the event with the headers of the call's trace.
    """

    def __init__(
        self,
        arn: str,
        service: Service,
        trace: Callable[[], str] = str,
        passed: Callable[[Event], Event] = lambda event: event,
    ) -> None:
        parts = arn.split(":")
        self._path = f"/2015-03-31/functions/{quote(':'.join(parts[:7]), safe='')}/invocations"
        self._query = urlencode({"Qualifier": parts[7]}) if len(parts) > 7 else ""
        self._service, self._trace, self._passed = service, trace, passed

    def answer(self, event: Event, seconds: float) -> Answer:
        body = json.dumps(self._passed(event), separators=(",", ":")).encode()
        headers, trace = {"content-type": "application/json"}, self._trace()
        unsigned = {"x-amzn-trace-id": trace} if trace else {}
        response = _exchanged(
            lambda: self._service.post(self._path, headers, body, seconds=seconds, query=self._query, unsigned=unsigned)
        )
        if response.status == 429:
            raise Failure("throttled")
        if response.status != 200:
            raise Failure("unreachable")
        if any(name.lower() == "x-amz-function-error" for name, _ in response.headers):
            raise Failure("function_error")
        try:
            answer = json.loads(response.body)
        except ValueError:
            raise Failure("bad_answer") from None
        if not isinstance(answer, dict) or not str(answer.get("statusCode", "")).isdecimal():
            raise Failure("bad_answer")
        return {**answer, "statusCode": int(answer["statusCode"])}


class HttpUpstream:
    """An HTTP(S) endpoint; what is below the service's prefix is joined to its path.

    Args:
        prefix: ``/api/orders``; may have variables in braces.
        passed: the event with the headers of the call's trace.
    """

    def __init__(self, url: str, prefix: str, passed: Callable[[Event], Event] = lambda event: event) -> None:
        self._peer, self._passed = Peer(url), passed
        # Its segments are counted, not compared: a prefix may have variables.
        self._above = re.compile(f"(?:/+[^/]+){{{len(prefix.strip('/').split('/')) if prefix.strip('/') else 0}}}")
        path = url.partition("://")[2].partition("/")[2]
        self._base = f"/{path}".rstrip("/")

    def answer(self, event: Event, seconds: float) -> Answer:
        method = str(event.get("httpMethod", "GET"))
        headers = _request_headers(self._passed(event))
        body = _request_body(event)
        if body or method not in SAFE:
            headers["Content-Length"] = str(len(body))
        response = _exchanged(
            lambda: self._peer.exchange(
                method, self._target(event), headers, body, seconds=seconds, repeatable=method in _REPEATABLE
            )
        )
        return _proxy_answer(response)

    def _target(self, event: Event) -> str:
        path = self._above.sub("", str(event.get("path") or "/"), count=1)
        target = quote(f"{self._base}{path}" or "/", safe="/-._~!$&'()*+,;=:@")
        query = event.get("multiValueQueryStringParameters") or {}
        return f"{target}?{urlencode(query, doseq=True, quote_via=quote)}" if query else target


def _exchanged(exchange: Callable[[], Response]) -> Response:
    try:
        return exchange()
    except Late:
        raise Failure("timeout") from None
    except Unreachable:
        raise Failure("unreachable") from None


def _request_headers(event: Event) -> dict[str, str]:
    headers: dict[str, list[str]] = dict(event.get("multiValueHeaders") or {})
    kept = {name: ", ".join(values) for name, values in headers.items() if name.lower() not in _OF_THE_CONNECTION}
    return {name: value for name, value in kept.items() if "\r" not in value and "\n" not in value}


def _request_body(event: Event) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode()
    try:
        return base64.b64decode(body)
    except (binascii.Error, ValueError):
        raise Failure("bad_answer") from None


def _proxy_answer(response: Response) -> Answer:
    headers: dict[str, list[str]] = {}
    for name, value in response.headers:
        if name.lower() not in _OF_THE_CONNECTION:
            headers.setdefault(name, []).append(value)
    try:
        body, encoded = response.body.decode("utf-8"), False
    except UnicodeDecodeError:
        body, encoded = base64.b64encode(response.body).decode(), True
    return {"statusCode": response.status, "multiValueHeaders": headers, "body": body, "isBase64Encoded": encoded}
