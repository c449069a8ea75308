"""The one function that touches the network. https only, no redirects, one total deadline, a capped body, JSON.

Timeouts of libraries are per read: a server that sends a byte a second is never late for them. So the exchange runs
in a thread, and whoever waits for it closes its socket at the deadline. `http.client` and `ssl` are imported here,
at the first fetch: a container with warm keys never pays for them. Trust is the process's own (SSL_CERT_FILE).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket

__all__ = ["DEADLINE_SECONDS", "LARGEST_BYTES", "FetchError", "fetch_json"]

DEADLINE_SECONDS = 1.5  # what HTTP APIs' own JWT authorizer allows itself, and
LARGEST_BYTES = 150_000  # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html


class FetchError(OSError):
    """Nothing usable came; the message says why, and holds nothing that the server sent."""


def fetch_json(url: str, *, deadline_seconds: float = DEADLINE_SECONDS) -> Any:
    """The JSON value at `url`. Raises FetchError, after `deadline_seconds` at the latest."""
    import threading

    exchange = _Exchange(url)
    done = threading.Event()
    threading.Thread(target=exchange.run, args=(done, deadline_seconds), daemon=True).start()
    if not done.wait(deadline_seconds):
        exchange.abandon()
        raise FetchError(f"no whole answer within {deadline_seconds:g} s")
    if exchange.fault:
        raise FetchError(exchange.fault)
    try:
        return json.loads(exchange.body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise FetchError("the answer is not JSON in UTF-8") from None


class _Exchange:
    """One GET. `abandon` may be called from another thread at any moment."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._socket: socket.socket | None = None
        self._abandoned = False
        self.body, self.fault = b"", ""

    def run(self, done: Any, timeout_seconds: float) -> None:
        try:
            self.body = self._get(timeout_seconds)
        except FetchError as fault:
            self.fault = str(fault)
        except Exception as error:  # a hostile server can make http.client raise nearly anything
            self.fault = f"the request failed: {type(error).__name__}"
        finally:
            done.set()

    def abandon(self) -> None:
        import socket

        self._abandoned = True
        if self._socket is not None:
            try:
                # Not SSLSocket.shutdown: it drops the TLS layer, and the reader would read what was never verified.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            except OSError:
                return  # it is closed already

    def _get(self, timeout_seconds: float) -> bytes:
        import http.client
        import socket
        import ssl

        host, port, target = _parts(self._url)
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(host, port, timeout=timeout_seconds, context=context)
        try:
            plain = socket.create_connection((host, port), timeout_seconds)
            # Known before the handshake, so that a handshake that never ends can be ended too.
            secured = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
            self._socket = connection.sock = secured
            if self._abandoned:
                raise FetchError("too late")
            secured.do_handshake()
            headers = {"Accept": "application/json", "Accept-Encoding": "identity", "Connection": "close"}
            connection.request("GET", target, headers={**headers, "User-Agent": "gatewright-authorizer"})
            return _body(connection.getresponse())
        finally:
            connection.close()


def _body(response: Any) -> bytes:
    if response.status != 200:
        raise FetchError(f"status {response.status}")  # redirects too: they would choose our keys' source
    if response.getheader("Content-Encoding", "identity").lower() != "identity":
        raise FetchError("the answer is compressed")
    body: bytes = response.read(LARGEST_BYTES + 1)
    if len(body) > LARGEST_BYTES:
        raise FetchError(f"the answer is larger than {LARGEST_BYTES} bytes")
    if response.length:  # http.client tells a short body only when all of it is asked for
        raise FetchError("the answer is cut short")
    return body


def _parts(url: str) -> tuple[str, int, str]:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or not url.isascii():
        raise FetchError("not a plain https address")
    return parts.hostname, parts.port or 443, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
