"""The services that ministack answers, mounted in our process and called without a socket.

May touch: this process's environment (ministack reads its settings from there when it is imported), nothing else.
It costs one import of ministack (about half a second), paid once, by the server alone.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import os
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Protocol

from infra.local.ports import CloudCallError, HttpResponse

__all__ = ["ACCOUNT", "Answer", "Asgi", "Message", "Ministack", "Receive", "Send", "configure"]

ACCOUNT = "000000000000"
"""The account that every request without a 12-digit access key id works in."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Asgi(Protocol):
    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None: ...


def configure(environment: MutableMapping[str, str], *, account: str, port: int) -> None:
    """Sets what ministack reads at import: our account and port; no listeners, containers or files of its own."""
    environment.update(
        MINISTACK_ACCOUNT_ID=account,
        GATEWAY_PORT=str(port),
        MINISTACK_HOST="127.0.0.1",
        DOCKER_HOST="unix:///nonexistent/docker.sock",  # never look for a Docker engine
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        PERSIST_STATE=environment.get("PERSIST_STATE", "0"),  # set by `persistence.configure`
        LOG_LEVEL=environment.get("LOG_LEVEL", "WARNING"),
    )


class Ministack:
    """Implements ``ports.Cloud`` on ministack's ASGI app.

    Args:
        app: the ASGI callable (``ministack.app:app``).
        account: the account that in-process calls are signed for.
    """

    def __init__(self, app: Asgi, *, account: str = ACCOUNT) -> None:
        self.app = app
        self._account = account

    @classmethod
    def load(cls, *, account: str, port: int) -> Ministack:
        """Imports ministack with our settings in place."""
        configure(os.environ, account=account, port=port)
        from ministack.app import app

        return cls(app, account=account)

    async def call(
        self,
        service: str,
        region: str,
        *,
        method: str = "POST",
        path: str = "/",
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> HttpResponse:
        """One request to ministack; the credential scope names account, region and service (SigV4's form, no signature)."""
        scope_of_credentials = f"{self._account}/20260101/{region}/{service}/aws4_request"
        all_headers = {
            "host": "127.0.0.1",
            "authorization": f"AWS4-HMAC-SHA256 Credential={scope_of_credentials}, SignedHeaders=host, Signature=local",
            **{name.lower(): value for name, value in (headers or {}).items()},
        }
        scope: Message = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in all_headers.items()],
            "client": ("127.0.0.1", 0),
        }
        answer = Answer(body)
        # ministack keeps account and region in context variables: a task of its own keeps ours untouched.
        await asyncio.create_task(self.app(scope, answer.receive, answer.send), context=contextvars.copy_context())
        return answer.response()

    async def json(self, service: str, region: str, target: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """An AWS-JSON call. Raises CloudCallError with the service's own code and message."""
        response = await self.call(
            service,
            region,
            headers={"x-amz-target": target, "content-type": "application/x-amz-json-1.1"},
            body=json.dumps(parameters).encode(),
        )
        document: dict[str, Any] = json.loads(response.body or b"{}")
        if response.status >= 400:
            code = str(document.get("__type", "Unknown")).rpartition("#")[2]
            raise CloudCallError(code, str(document.get("message", document.get("Message", ""))), response.status)
        return document


class Answer:
    """Both ends of one ASGI exchange: gives the body once, gathers the answer."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self._status = 500
        self._headers: list[tuple[str, str]] = []
        self._parts: list[bytes] = []

    async def receive(self) -> Message:
        if self._body is None:
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in message.get("headers", [])]
        elif message["type"] == "http.response.body":
            self._parts.append(message.get("body", b""))

    def response(self) -> HttpResponse:
        return HttpResponse(status=self._status, headers=self._headers, body=b"".join(self._parts))
