"""A control plane with a fake clock and fake ids, and a real botocore client that talks to it without a socket."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local.control.plane import ControlPlane
from infra.local.control.store import RestApi, Shape, Store
from infra.local.ports import HttpRequest, HttpResponse

ACCOUNT, REGION = "111111111111", "us-east-1"


@dataclass
class FakeInvoker:
    """Answers test invocations with what it was asked."""

    asked: list[tuple[str, str]] = field(default_factory=list)

    async def test_invoke_method(self, api: RestApi, resource_id: str, http_method: str, request: Shape) -> Shape:
        self.asked.append((resource_id, http_method))
        return {"status": 200, "body": request.get("body", ""), "headers": {"a": "b"}, "latency": 3, "log": "done"}

    async def test_invoke_authorizer(self, api: RestApi, authorizer: Shape, request: Shape) -> Shape:
        return {"clientStatus": 0, "principalId": authorizer["name"], "latency": 1}


@dataclass
class World:
    """A plane and how to call it."""

    plane: ControlPlane
    store: Store
    clock: list[float]

    def send(
        self, method: str, path: str, body: Any = None, *, query: str = "", raw: bytes | None = None
    ) -> HttpResponse:
        data = raw if raw is not None else (b"" if body is None else json.dumps(body).encode())
        request = HttpRequest(method=method, path=path, query=query, body=data)
        return asyncio.run(self.plane.handle(request, account=ACCOUNT, region=REGION))

    def json(self, method: str, path: str, body: Any = None, *, query: str = "") -> tuple[int, Any]:
        answer = self.send(method, path, body, query=query)
        return answer.status, json.loads(answer.body) if answer.body else None

    def perform(self, operation: str, **params: Any) -> Shape:
        return self.plane.perform(operation, params, account=ACCOUNT, region=REGION)


def counting_ids() -> Callable[[int], str]:
    numbers = itertools.count(1)
    return lambda length: f"x{next(numbers):0{length - 1}d}"[:length] if length > 1 else "x"


@pytest.fixture
def world() -> World:
    store, clock = Store(), [1_700_000_000.0]
    plane = ControlPlane(store, clock=lambda: clock[0], ids=counting_ids(), invoker=FakeInvoker())
    return World(plane, store, clock)


class _Raw:
    """What botocore streams a body from."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> list[bytes]:
        return [self._body]

    def read(self, *_: Any) -> bytes:
        body, self._body = self._body, b""
        return body


_CURRENT: list[World] = []


@pytest.fixture(scope="session")
def shared_client() -> Any:
    """botocore's own serializer and parser around the present test's plane; made once, because making one is slow."""
    session = botocore.session.get_session()
    session.set_credentials(ACCOUNT, "secret")
    made = session.create_client(
        "apigateway", region_name=REGION, config=Config(parameter_validation=False, retries={"max_attempts": 0})
    )

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        path, _sep, query = request.url.split("amazonaws.com", 1)[1].partition("?")
        body = request.body or b""
        got = HttpRequest(
            method=request.method,
            path=path,
            query=query,
            headers=[(k, v.decode() if isinstance(v, bytes) else v) for k, v in request.headers.items()],
            body=body.encode() if isinstance(body, str) else bytes(body),
        )
        found = asyncio.run(_CURRENT[-1].plane.handle(got, account=ACCOUNT, region=REGION))
        headers = {key.lower(): value for key, value in found.headers}
        return AWSResponse(request.url, found.status, headers, _Raw(found.body))

    made.meta.events.register("before-send.apigateway", answer)
    return made


@pytest.fixture
def client(world: World, shared_client: Any) -> Any:
    """What boto3 users see of the plane."""
    _CURRENT[:] = [world]
    return shared_client


@pytest.fixture
def refused() -> Callable[..., None]:
    """Asserts that a call is refused with a code and a message: ``refused(code, message, function, **arguments)``."""

    def check(code: str, message: str, function: Callable[..., Any], **arguments: Any) -> None:
        with pytest.raises(ClientError) as error:
            function(**arguments)
        assert error.value.response["Error"] == {"Code": code, "Message": message}

    return check


@pytest.fixture
def mock_api(client: Any) -> Shape:
    """An API with ``GET /`` on a mock, ready to be deployed: its ``restApiId`` and ``root``."""
    made = client.create_rest_api(name="shop")
    key = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "GET"}
    client.put_method(**key, authorizationType="NONE")
    client.put_integration(**key, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    return {"restApiId": made["id"], "root": made["rootResourceId"], "get": key}
