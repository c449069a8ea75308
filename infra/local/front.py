"""The one ASGI app of the embedded AWS: decides which room answers a request.

Order: a REST API's URL or a custom domain (data plane); our own routes; a request signed for API Gateway (control plane); Lambda's
Invoke (our workers); everything else goes to ministack, and what passed by is told to those who depend on it (metric filters see
log events, workers see changed functions, the firewall sees changed web ACLs, the edge sees changed records). May touch: nothing.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from email.utils import formatdate
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Protocol

from infra.local.addresses import Credentials, Target, execute_api_target, signed_for
from infra.local.cloud import Answer, Asgi, Message, Receive, Send
from infra.local.edge.route import Routed, with_headers
from infra.local.functions.trouble import PATH as TROUBLES
from infra.local.ports import HttpRequest, HttpResponse
from infra.local.traces.surroundings import OTLP
from infra.local.wire import HEADER_NAMES, response_name

__all__ = ["MAX_GATEWAY_BODY_BYTES", "Forward", "Front", "Rooms"]

Forward = Callable[[dict[str, Any]], Awaitable[HttpResponse]]
"""Sends an AWS-JSON call on to ministack, with these parameters."""

MAX_GATEWAY_BODY_BYTES = 10 * 1024 * 1024
"""API Gateway's payload limit; the data plane answers 413 to anything longer."""

VIEWER_ADDRESS = b"x-viewer-address"
"""Local only: the client's address instead of the socket's, for trying other clients. It goes no further than here."""

VIEWER_COUNTRY = b"x-viewer-country"
"""Local only: the country that the client's address would be placed in, for DNS and for the firewall."""

METRICS = "/_gatewright/metrics"
"""Where Prometheus finds us, besides `/metrics`, which it asks by default; see `_is_scrape`."""

CONSOLE = "/_gatewright/console"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_MAX_CONTROL_BODY_BYTES = 64 * 1024 * 1024
_ROUTING_RULES = re.compile(r"^/v2/domainnames/[^/]+/routingrules(/|$)")
_INVOKE = re.compile(r"^/2015-03-31/functions/[^/]+/invocations/?$")
_FUNCTION = re.compile(r"^/20\d\d-\d\d-\d\d/functions/([^/]+)")
_LOGGER = logging.getLogger(__name__)


class Edge(Protocol):
    """The road to a region; `infra.local.edge.room` is the real one."""

    def serves(self, host: str) -> bool: ...

    async def route(self, host: str, raw_path: str, country: str) -> Routed: ...

    async def route53(self, request: HttpRequest, forward: Callable[[], Awaitable[HttpResponse]]) -> HttpResponse: ...

    def own(self, request: HttpRequest) -> HttpResponse | None: ...


class Rooms(Protocol):
    """What the front dispatches to; the server provides it."""

    account: str

    async def data_plane(self, request: HttpRequest, target: Target) -> HttpResponse: ...

    async def control_plane(self, request: HttpRequest, credentials: Credentials) -> HttpResponse: ...

    async def invoke(self, request: HttpRequest, credentials: Credentials) -> HttpResponse: ...

    async def xray(self, request: HttpRequest, credentials: Credentials) -> HttpResponse: ...

    @property
    def edge(self) -> Edge: ...

    def function_changed(self, region: str, name: str | None) -> None: ...

    async def logs(
        self, credentials: Credentials, operation: str, parameters: dict[str, Any], forward: Forward
    ) -> HttpResponse: ...

    async def waf(
        self, credentials: Credentials, operation: str, parameters: dict[str, Any], forward: Forward
    ) -> HttpResponse: ...

    def health(self) -> dict[str, Any]: ...

    def troubles(self, request: HttpRequest) -> HttpResponse: ...

    def otlp(self, request: HttpRequest) -> HttpResponse: ...

    async def metrics(self) -> HttpResponse: ...

    async def console(self, request: HttpRequest) -> HttpResponse: ...


class Front:
    """The ASGI callable. ``ministack`` gets what none of our rooms answers, and the lifespan."""

    def __init__(self, rooms: Rooms, ministack: Asgi) -> None:
        self._rooms = rooms
        self._ministack = ministack

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._ministack(scope, receive, send)
            return
        raw_path = scope.get("raw_path", b"").decode("latin-1") or scope["path"]
        raw_path = raw_path.partition("?")[0]
        host = authorization = viewer = ""
        for name, value in scope["headers"]:
            if name == b"host":
                host = value.decode("latin-1").rpartition(":")[0] or value.decode("latin-1")
            elif name == b"authorization":
                authorization = value.decode("latin-1")
            elif name == VIEWER_ADDRESS:
                viewer = value.decode("latin-1")
        target = execute_api_target(host, raw_path)
        if target is not None:
            await self._gateway(scope if not viewer else _seen_from(scope, viewer), receive, send, raw_path, target)
        elif self._rooms.edge.serves(host):
            await self._by_dns(scope if not viewer else _seen_from(scope, viewer), receive, send, raw_path, host)
        elif raw_path.startswith("/_gatewright/") or (
            raw_path == "/metrics" and _is_scrape(scope, host, authorization)
        ):
            await self._own(scope, receive, send, raw_path)
        else:
            await self._aws(scope, receive, send, raw_path, authorization)

    async def _own(self, scope: Message, receive: Receive, send: Send, raw_path: str) -> None:
        """Paths that AWS does not have."""
        request = _request(scope, raw_path, await _body(receive, MAX_GATEWAY_BODY_BYTES))
        if raw_path == "/_gatewright/health":
            response: HttpResponse | None = _json(200, self._rooms.health())
        elif raw_path in (METRICS, "/metrics"):
            response = await self._rooms.metrics()
        elif raw_path == CONSOLE or raw_path.startswith(f"{CONSOLE}/"):
            response = await self._rooms.console(request)
        elif raw_path.startswith(TROUBLES):
            response = self._rooms.troubles(request)
        elif raw_path.startswith(f"{OTLP}/"):
            response = self._rooms.otlp(request)
        else:
            response = self._rooms.edge.own(request)
        await _respond(send, response or _json(404, {"message": "Not Found"}), head=request.method == "HEAD")

    async def _by_dns(self, scope: Message, receive: Receive, send: Send, raw_path: str, host: str) -> None:
        """A custom domain: to the region that DNS would have sent the client to."""
        country = next((v for k, v in scope["headers"] if k == VIEWER_COUNTRY), b"").decode("latin-1")
        try:
            routed = await self._rooms.edge.route(host, raw_path, country)
        except Exception:
            _LOGGER.exception("edge: %s %s", host, raw_path)
            routed = Routed(response=_json(500, {"message": "Internal server error"}))
        if routed.target is not None:
            await self._gateway(scope, receive, send, raw_path, routed.target, routed.headers)
            return
        await _body(receive, MAX_GATEWAY_BODY_BYTES)
        response = routed.response or _json(502, {"message": "No region answers"})
        await _respond(send, with_headers(response, routed.headers), head=scope["method"] == "HEAD")

    async def _gateway(
        self,
        scope: Message,
        receive: Receive,
        send: Send,
        raw_path: str,
        target: Target,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        request = _request(scope, raw_path, await _body(receive, MAX_GATEWAY_BODY_BYTES))
        try:
            response = await self._rooms.data_plane(request, target)
            if headers:
                response = with_headers(response, headers)
        except Exception:
            _LOGGER.exception("data plane: %s %s", request.method, raw_path)
            response = _json(500, {"message": "Internal server error"})
        await _respond(send, response, head=request.method == "HEAD")

    async def _aws(self, scope: Message, receive: Receive, send: Send, raw_path: str, authorization: str) -> None:
        credentials = signed_for(authorization, default_account=self._rooms.account)
        service = credentials.service if credentials else ""
        if (
            credentials
            and service == "apigateway"
            and (not raw_path.startswith("/v2/") or _ROUTING_RULES.match(raw_path))
        ):
            await self._ours(scope, receive, send, raw_path, credentials, self._rooms.control_plane)
        elif credentials and service == "xray":
            await self._ours(scope, receive, send, raw_path, credentials, self._rooms.xray)
        elif credentials and service == "lambda" and _INVOKE.match(raw_path):
            await self._ours(scope, receive, send, raw_path, credentials, self._rooms.invoke)
        elif credentials and service == "lambda" and scope["method"] != "GET":
            await self._ministack(scope, receive, send)
            name = _FUNCTION.match(raw_path)
            self._rooms.function_changed(credentials.region, name[1] if name else None)
        elif credentials and service == "route53":
            await self._route53(scope, receive, send, raw_path)
        elif credentials and service == "logs":
            await self._watched(scope, receive, send, credentials, self._rooms.logs)
        elif credentials and service == "wafv2":
            await self._watched(scope, receive, send, credentials, self._rooms.waf)
        else:
            await self._ministack(scope, receive, send)

    async def _ours(
        self,
        scope: Message,
        receive: Receive,
        send: Send,
        raw_path: str,
        credentials: Credentials,
        room: Callable[[HttpRequest, Credentials], Awaitable[HttpResponse]],
    ) -> None:
        request = _request(scope, raw_path, await _body(receive, _MAX_CONTROL_BODY_BYTES))
        try:
            response = await room(request, credentials)
        except Exception:
            _LOGGER.exception("%s: %s %s", credentials.service, request.method, raw_path)
            response = _json(500, {"message": "Internal server error"}, error="InternalFailure")
        await _respond(send, response, head=request.method == "HEAD")

    async def _route53(self, scope: Message, receive: Receive, send: Send, raw_path: str) -> None:
        """Route 53 is ministack's; the edge answers what it lacks, and sees what changes."""
        request = _request(scope, raw_path, await _body(receive, _MAX_CONTROL_BODY_BYTES))

        async def forward() -> HttpResponse:
            answer = Answer(request.body)
            await self._ministack(scope, answer.receive, answer.send)
            return answer.response()

        await _respond(send, await self._rooms.edge.route53(request, forward))

    async def _watched(
        self,
        scope: Message,
        receive: Receive,
        send: Send,
        credentials: Credentials,
        room: Callable[[Credentials, str, dict[str, Any], Forward], Awaitable[HttpResponse]],
    ) -> None:
        """CloudWatch Logs and WAF are ministack's; our room looks at each call on the way there and back."""
        target = next((v for k, v in scope["headers"] if k == b"x-amz-target"), b"").decode("latin-1")
        body = await _body(receive, _MAX_CONTROL_BODY_BYTES)

        async def forward(parameters: dict[str, Any]) -> HttpResponse:
            changed = json.dumps(parameters).encode() if parameters is not given else body
            answer = Answer(changed)
            headers = [(k, v) for k, v in scope["headers"] if k != b"content-length"]
            headers.append((b"content-length", str(len(changed)).encode()))
            await self._ministack({**scope, "headers": headers}, answer.receive, answer.send)
            return answer.response()

        given = _parameters(body)
        await _respond(send, await room(credentials, target.rpartition(".")[2], given, forward))


def _is_scrape(scope: Message, host: str, authorization: str) -> bool:
    """Whether a request for /metrics is none to S3: that is signed, by a header or in the query, or its host names a bucket.

    What this takes away is the listing of a bucket called "metrics" by somebody who does not sign.
    """
    ours = host in _LOOPBACK and not authorization and not scope.get("query_string")
    return ours and scope["method"] in ("GET", "HEAD")


def _seen_from(scope: Message, viewer: str) -> Message:
    """The request as if it came from another address, and without the header; a text that is no address changes nothing."""
    try:
        address = str(ip_address(viewer.strip()))
    except ValueError:
        return scope
    names = scope.get(HEADER_NAMES) or [name for name, _ in scope["headers"]]
    kept = [(name, pair) for name, pair in zip(names, scope["headers"], strict=True) if pair[0] != VIEWER_ADDRESS]
    headers = [pair for _, pair in kept]
    return {**scope, "client": (address, 0), "headers": headers, HEADER_NAMES: [name for name, _ in kept]}


def _request(scope: Message, raw_path: str, body: bytes) -> HttpRequest:
    client = scope.get("client") or ("127.0.0.1", 0)
    names = scope.get(HEADER_NAMES) or [name for name, _ in scope["headers"]]
    return HttpRequest(
        method=scope["method"],
        path=raw_path,
        query=scope.get("query_string", b"").decode("latin-1"),
        headers=[
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, (_, value) in zip(names, scope["headers"], strict=True)
        ],
        body=body,
        source_ip=client[0],
        http_version=scope.get("http_version", "1.1"),
    )


async def _body(receive: Receive, limit: int) -> bytes:
    """The request's body; beyond ``limit`` it is drained and only ``limit + 1`` bytes are kept."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    parts, length = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if length <= limit:
            parts.append(message.get("body", b""))
            length += len(parts[-1])
    return b"".join(parts)[: limit + 1]


@lru_cache(maxsize=1)
def _date(epoch_second: int) -> bytes:
    return formatdate(epoch_second, usegmt=True).encode()


async def _respond(send: Send, response: HttpResponse, *, head: bool = False) -> None:
    headers = [(response_name(name), value.encode("latin-1", "replace")) for name, value in response.headers]
    if not any(name.lower() == "date" for name, _ in response.headers):
        headers.append((response_name("Date"), _date(int(time.time()))))
    if not any(name.lower() == "content-length" for name, _ in response.headers):
        headers.append((response_name("Content-Length"), str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else response.body})


def _json(status: int, document: object, *, error: str | None = None) -> HttpResponse:
    headers = [("content-type", "application/json")] + ([("x-amzn-errortype", error)] if error else [])
    return HttpResponse(status=status, headers=headers, body=json.dumps(document).encode())


def _parameters(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
