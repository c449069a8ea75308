"""Which room answers what; a fake for each room, ministack as a recording ASGI app."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from infra.local.addresses import Credentials, Target
from infra.local.cloud import Message, Receive, Send
from infra.local.edge.route import Routed
from infra.local.front import MAX_GATEWAY_BODY_BYTES, Forward, Front
from infra.local.ports import HttpRequest, HttpResponse


@dataclass
class FakeEdge:
    rooms: FakeRooms

    def serves(self, host: str) -> bool:
        return host.endswith("shop.example")

    async def route(self, host: str, raw_path: str, country: str) -> Routed:
        headers = (("X-Gatewright-Region", country or "unplaceable"),)
        if host == "api.shop.example":
            return Routed(target=Target("abc", "live", raw_path), headers=headers)
        return Routed(response=HttpResponse(status=503, body=b"nobody"), headers=headers)

    async def route53(self, request: HttpRequest, forward: Callable[[], Awaitable[HttpResponse]]) -> HttpResponse:
        self.rooms.seen.append(("route53", request.path))
        return await forward()

    def own(self, request: HttpRequest) -> HttpResponse | None:
        return HttpResponse(status=200, body=b"own") if request.path == "/_gatewright/regions" else None


@dataclass
class FakeRooms:
    account: str = "000000000000"
    seen: list[tuple[str, Any]] = field(default_factory=list)
    fail: bool = False

    async def data_plane(self, request: HttpRequest, target: Target) -> HttpResponse:
        if self.fail:
            raise RuntimeError("a defect")
        self.seen.append(("data", (target, request)))
        return HttpResponse(status=200, headers=[("x-room", "data")], body=b"data")

    async def control_plane(self, request: HttpRequest, credentials: Credentials) -> HttpResponse:
        self.seen.append(("control", credentials))
        return HttpResponse(status=200, body=b"control")

    async def invoke(self, request: HttpRequest, credentials: Credentials) -> HttpResponse:
        self.seen.append(("invoke", credentials))
        return HttpResponse(status=200, body=b"invoke")

    @property
    def edge(self) -> FakeEdge:
        return FakeEdge(self)

    def function_changed(self, region: str, name: str | None) -> None:
        self.seen.append(("changed", (region, name)))

    async def logs(
        self, credentials: Credentials, operation: str, parameters: dict[str, Any], forward: Forward
    ) -> HttpResponse:
        self.seen.append((operation, parameters))
        return await forward({**parameters, "limit": 1} if operation == "FilterLogEvents" else parameters)

    async def waf(
        self, credentials: Credentials, operation: str, parameters: dict[str, Any], forward: Forward
    ) -> HttpResponse:
        self.seen.append((operation, parameters))
        return await forward(parameters)

    async def console(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=200, body=b"console")

    async def metrics(self) -> HttpResponse:
        return HttpResponse(status=200, body=b"metrics")

    def troubles(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=200, body=b"troubles")

    def health(self) -> dict[str, Any]:
        return {"service": "gatewright"}


@dataclass
class FakeMinistack:
    calls: list[str] = field(default_factory=list)
    status: int = 200
    bodies: list[bytes] = field(default_factory=list)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.calls.append(scope["path"])
            self.bodies.append((await receive()).get("body", b""))
            await send({"type": "http.response.start", "status": self.status, "headers": []})
            await send({"type": "http.response.body", "body": b"ministack"})
        else:
            self.calls.append(scope["type"])


async def ask(
    front: Front, path: str, *, method: str = "GET", host: str = "127.0.0.1:4566", service: str = "", body: bytes = b"",
    target: str = "",
) -> tuple[int, bytes, dict[str, str]]:  # fmt: skip
    headers = [(b"host", host.encode())]
    if service:
        scope_text = f"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, Signature=x"
        headers.append((b"authorization", scope_text.encode()))
    if target:
        headers.append((b"x-amz-target", target.encode()))
    chunks = [body[i : i + 1_000_000] for i in range(0, len(body), 1_000_000)] or [b""]
    messages = [{"type": "http.request", "body": c, "more_body": i < len(chunks) - 1} for i, c in enumerate(chunks)]
    out: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        out.append(message)

    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
             "headers": headers, "client": ("10.0.0.9", 1)}  # fmt: skip
    await front(scope, receive, send)
    given = {k.decode().lower(): v.decode() for k, v in out[0]["headers"]}
    return out[0]["status"], b"".join(m.get("body", b"") for m in out[1:]), given


@pytest.fixture
def rooms() -> FakeRooms:
    return FakeRooms()


@pytest.fixture
def ministack() -> FakeMinistack:
    return FakeMinistack()


@pytest.fixture
def front(rooms: FakeRooms, ministack: FakeMinistack) -> Front:
    return Front(rooms, ministack)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        pytest.param({"path": "/_aws/execute-api/abc/live/x"}, b"data", id="gateway by path"),
        pytest.param({"path": "/live/x", "host": "abc.execute-api.localhost:4566"}, b"data", id="gateway by host"),
        pytest.param({"path": "/x", "host": "api.shop.example"}, b"data", id="gateway by custom domain"),
        pytest.param({"path": "/x", "host": "off.shop.example"}, b"nobody", id="a domain that leads nowhere"),
        pytest.param({"path": "/_gatewright/regions"}, b"own", id="a route of the edge"),
        pytest.param({"path": "/_gatewright/metrics"}, b"metrics", id="metrics"),
        pytest.param({"path": "/metrics"}, b"metrics", id="metrics where Prometheus looks"),
        pytest.param({"path": "/metrics", "service": "s3"}, b"ministack", id="a bucket called metrics"),
        pytest.param({"path": "/metrics", "method": "PUT"}, b"ministack", id="to make such a bucket"),
        pytest.param({"path": "/metrics", "host": "shop.s3.localhost"}, b"ministack", id="an object called metrics"),
        pytest.param({"path": "/_gatewright/console/state"}, b"console", id="the console"),
        pytest.param({"path": "/_gatewright/troubles"}, b"troubles", id="a service that is made slow"),
        pytest.param({"path": "/2013-04-01/hostedzone", "service": "route53"}, b"ministack", id="Route 53"),
        pytest.param({"path": "/restapis", "service": "apigateway"}, b"control", id="control plane"),
        pytest.param({"path": "/v2/apis", "service": "apigateway"}, b"ministack", id="HTTP APIs are not ours"),
        pytest.param({"path": "/restapis"}, b"ministack", id="unsigned"),
        pytest.param(
            {"path": "/2015-03-31/functions/f/invocations", "service": "lambda", "method": "POST"},
            b"invoke",
            id="invoke",
        ),
        pytest.param({"path": "/2015-03-31/functions/f", "service": "lambda"}, b"ministack", id="get function"),
        pytest.param({"path": "/", "service": "dynamodb"}, b"ministack", id="everything else"),
    ],
)
async def test_who_answers(front: Front, request_: dict[str, Any], answer: bytes) -> None:
    _, body, _ = await ask(front, **request_)
    assert body == answer


async def test_health(front: Front) -> None:
    status, body, _ = await ask(front, "/_gatewright/health")
    assert (status, json.loads(body)["service"]) == (200, "gatewright")


async def test_a_changed_function_is_told_to_the_workers(front: Front, rooms: FakeRooms) -> None:
    await ask(front, "/2015-03-31/functions/f/code", method="PUT", service="lambda")
    assert rooms.seen == [("changed", ("us-east-1", "f"))]


@pytest.mark.parametrize(
    ("operation", "forwarded"),
    [
        pytest.param("PutLogEvents", b'{ "logGroupName":"g"}', id="the bytes as they came"),
        pytest.param("FilterLogEvents", b'{"logGroupName": "g", "limit": 1}', id="changed by the room"),
    ],
)
async def test_calls_of_logs_pass_through_our_room(
    front: Front, rooms: FakeRooms, ministack: FakeMinistack, operation: str, forwarded: bytes
) -> None:
    body = b'{ "logGroupName":"g"}'
    _, answer, _ = await ask(front, "/", method="POST", service="logs", body=body, target=f"Logs_20140328.{operation}")
    assert (rooms.seen, answer) == ([(operation, {"logGroupName": "g"})], b"ministack")
    assert ministack.bodies == [forwarded]


async def test_a_body_over_the_limit_is_drained_and_cut_to_one_byte_more(front: Front, rooms: FakeRooms) -> None:
    await ask(front, "/_aws/execute-api/abc/live/x", method="POST", body=b"x" * (11 * 1024 * 1024))
    _, (_, request) = rooms.seen[0]
    assert len(request.body) == MAX_GATEWAY_BODY_BYTES + 1


async def test_a_defect_is_a_500_without_a_stack_trace(front: Front, rooms: FakeRooms) -> None:
    rooms.fail = True
    status, body, _ = await ask(front, "/_aws/execute-api/abc/live/x")
    assert (status, json.loads(body)) == (500, {"message": "Internal server error"})


async def test_head_has_the_length_but_no_body(front: Front) -> None:
    _, body, headers = await ask(front, "/_aws/execute-api/abc/live/x", method="HEAD")
    assert (body, headers["content-length"]) == (b"", "4")


async def test_the_client_address_and_header_case_reach_the_data_plane(front: Front, rooms: FakeRooms) -> None:
    await ask(front, "/_aws/execute-api/abc/live/x")
    _, (target, request) = rooms.seen[0]
    assert (target, request.source_ip) == (Target("abc", "live", "/x"), "10.0.0.9")


async def test_waf_calls_pass_by_the_firewall(front: Front, rooms: FakeRooms, ministack: FakeMinistack) -> None:
    target = "AWSWAF_20190729.ListWebACLs"
    status, body, _ = await ask(front, "/", method="POST", service="wafv2", body=b'{"Scope":"REGIONAL"}', target=target)
    assert (status, body) == (200, b"ministack")
    assert rooms.seen == [("ListWebACLs", {"Scope": "REGIONAL"})]
    assert ministack.bodies == [b'{"Scope":"REGIONAL"}']


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        pytest.param("203.0.113.9", "203.0.113.9", id="IPv4"),
        pytest.param(" 2001:DB8::1 ", "2001:db8::1", id="IPv6"),
        pytest.param("localhost", "10.0.0.9", id="no address"),
        pytest.param("203.0.113.9, 10.0.0.1", "10.0.0.9", id="a list"),
    ],
)
async def test_another_client_can_be_tried(front: Front, rooms: FakeRooms, told: str, seen: str) -> None:
    """``X-Viewer-Address`` stands for the socket's address, and no handler sees it when it was taken."""
    out: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        out.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"x-viewer-address", told.encode()), (b"x-other", b"1")]
    scope = {"type": "http", "method": "GET", "path": "/_aws/execute-api/abc/live/x", "query_string": b"",
             "headers": headers, "client": ("10.0.0.9", 1)}  # fmt: skip
    await front(scope, receive, send)
    (_, (_, request)) = rooms.seen[0]
    assert request.source_ip == seen
    assert (request.header("x-viewer-address") is None) == (seen != "10.0.0.9")
    assert request.header("x-other") == "1"
