"""Answers for the configured issuer over TLS, on a loopback port of its own: discovery document and keys, nothing else.

Touches that port and two files of `.gatewright/issuer`: the signing key, and the bundle that the workers trust. It gives no
tokens away over HTTP: `gatewright token` makes them from the same key, on the same machine, for its owner.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from infra.local.issuer import authority, home
from infra.local.issuer.home import FOLDER, Stand
from infra.local.issuer.keys import SigningKey

__all__ = ["Issuer", "documents"]

_HEAD_BYTES = 8_192
_PATIENCE_SECONDS = 5.0


class Issuer:
    """The stand-in of one engine. It follows `issuer.json`: a gateway that names another issuer needs no new engine.

    Args:
        folder: the project's `.gatewright`.
    """

    def __init__(self, folder: Path) -> None:
        self._home = folder
        self._stand: Stand | None = None
        self._context: ssl.SSLContext | None = None
        self._documents: dict[tuple[str, str], bytes] = {}
        self._server: asyncio.Server | None = None
        self.port = 0

    @property
    def bundle(self) -> Path:
        return self._home / FOLDER / "trust.pem"

    async def start(self) -> None:
        """Listens; what it answers for is looked up when a worker starts."""
        outer = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        outer.sni_callback = self._choose
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0, ssl=outer)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._server.wait_closed(), 1)
            self._server = None

    def surroundings(self) -> dict[str, str]:
        """Variables for a worker that starts now: whom to trust, and which names are here. Empty without an issuer."""
        stand = home.read(self._home)
        if stand is None or self._server is None:
            return {}
        if stand != self._stand:
            self._context, certificate = authority.served_for(stand.hosts)
            self._documents = documents(stand, SigningKey.kept(self._home, stand.algorithm))
            self.bundle.write_bytes(authority.trusted(certificate))
            self._stand = stand
        hosts = dict.fromkeys(stand.authorities, self.port)
        return {"SSL_CERT_FILE": str(self.bundle.resolve()), "_GATEWRIGHT_HOSTS": json.dumps(hosts)}

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
        if self._context is None or self._stand is None or (name is not None and name not in self._stand.hosts):
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = self._context
        return None

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._response(head[:_HEAD_BYTES].decode("latin-1")))
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # a client that leaves, drips or floods gets nothing
        finally:
            writer.close()

    def _response(self, head: str) -> bytes:
        first, *lines = head.split("\r\n")
        method, _, rest = first.partition(" ")
        path = rest.partition(" ")[0].partition("?")[0]
        host = next((line[5:].strip() for line in lines if line.lower().startswith("host:")), "")
        body = self._documents.get((host.removesuffix(":443"), path))
        if method != "GET" or body is None:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        headers = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        return b"HTTP/1.1 200 OK\r\n" + headers.encode() + body


def documents(stand: Stand, key: SigningKey) -> dict[tuple[str, str], bytes]:
    """(host, path) -> JSON: OpenID Connect Discovery 1.0, section 3, as far as a resource server reads it; RFC 7517."""
    configuration: dict[str, Any] = {
        "issuer": stand.issuer,
        "jwks_uri": stand.jwks_url,
        "id_token_signing_alg_values_supported": [stand.algorithm],
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
    }
    served = {stand.discovery_url: configuration, stand.jwks_url: {"keys": [key.jwk]}}
    return {
        (parts.netloc.removesuffix(":443"), parts.path or "/"): json.dumps(document).encode()
        for url, document in served.items()
        for parts in [urlsplit(url)]
    }
