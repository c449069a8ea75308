"""HTTP/1.1 on loopback by uvicorn, with one difference: header names keep their case, both ways.

ASGI lower-cases header names; API Gateway hands them to backends as they came, and handlers see the difference. May touch: sockets
that uvicorn opens.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["HEADER_NAMES", "config", "response_name"]

HEADER_NAMES = "gatewright.header_names"
"""Key of the ASGI scope: the header names as they came, in the order of ``scope["headers"]``."""

_KEEP_ALIVE_SECONDS = 75


_FRAMING = frozenset({b"connection", b"content-length", b"transfer-encoding"})


class _Cased(bytes):
    """A header name that uvicorn writes as it is: it lower-cases every name, to compare it with the framing ones."""

    def lower(self) -> bytes:
        return self


class _Framing(_Cased):
    """One that uvicorn has to recognise."""

    def __eq__(self, other: object) -> bool:
        return bytes.lower(self) == other

    def __hash__(self) -> int:
        return hash(bytes.lower(self))


@lru_cache(maxsize=1024)
def response_name(name: str) -> bytes:
    """A response header's name for ASGI, with its case kept on the wire."""
    encoded = name.encode("latin-1")
    return _Framing(encoded) if encoded.lower() in _FRAMING else _Cased(encoded)


class _Corked:
    """A transport that sends what one turn of the loop wrote in one piece.

    uvicorn writes head and body apart: two system calls, two packets and two wake-ups of the client for every answer.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def _flush(self) -> None:
        if self._parts:
            self._transport.write(b"".join(self._parts))
            self._parts.clear()

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class CaseKeeping(HttpToolsProtocol):
    """uvicorn's protocol, noting each header's name before it is lower-cased, on a corked transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast("asyncio.Transport", _Corked(transport, asyncio.get_running_loop())))

    def on_header(self, name: bytes, value: bytes) -> None:
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope.setdefault(HEADER_NAMES, []).append(name)
        super().on_header(name, value)


def config(app: Any, *, port: int) -> uvicorn.Config:
    """Settings of the one server: loopback only, no access log, no Server header, uvloop where there is one."""
    return uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        http=CaseKeeping,
        loop="auto",
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        proxy_headers=False,  # X-Forwarded-For is for the data plane to read, as API Gateway reads it
        server_header=False,
        date_header=False,  # ministack writes its own; a second one makes the JavaScript SDK lose its clock
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=2,
        h11_max_incomplete_event_size=64 * 1024,
    )
