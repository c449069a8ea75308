"""HTTP/1.1 with one connection that is kept, and a deadline for the whole exchange. Touches the network.

Timeouts of sockets are per read: a server that sends a byte a second is never late for them. So every read gets what is
left until the deadline. A request is sent once; only one that may be repeated, on a kept connection that turns out to be
closed, is sent a second time. What the deadline does not bound is the look-up of a name (getaddrinfo has no timeout).
"""

from __future__ import annotations

import http.client
import io
import select
import socket
import time
from typing import Any, NamedTuple

__all__ = ["Late", "Peer", "Response", "Unreachable"]

LARGEST_BYTES = 6 * 1024 * 1024 + 4096  # an answer of Lambda has 6 MB at most, and so has ours
IDLE_SECONDS = 20.0  # below what load balancers allow (60 s) with room for a container that was frozen meanwhile


class Late(Exception):
    """No whole answer until the deadline."""


class Unreachable(Exception):
    """No connection, or no HTTP on it."""


class Response(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Peer:
    """One host. Not for several threads."""

    def __init__(self, url: str) -> None:
        """`url`: ``https://host[:port]`` or ``http://...``; a path in it is the caller's affair."""
        scheme, _, rest = url.partition("://")
        self.secure, self.host = scheme == "https", rest.partition("/")[0]
        self._context: Any = None
        self._connection: http.client.HTTPConnection | None = None
        self._timed: _Timed | None = None
        self._idle_since = 0.0

    def exchange(
        self,
        method: str,
        target: str,
        headers: dict[str, str],
        body: bytes,
        *,
        seconds: float,
        repeatable: bool = False,
    ) -> Response:
        """Sends a request and reads its answer.

        Raises:
            Late, Unreachable.
        """
        until = time.monotonic() + seconds
        kept = self._kept()
        try:
            try:
                return self._once(method, target, headers, body, until)
            except (http.client.RemoteDisconnected, ConnectionError):
                self.close()
                if not (kept and repeatable):
                    raise
                return self._once(method, target, headers, body, until)
        except TimeoutError:
            self.close()
            raise Late from None
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Unreachable(type(error).__name__) from None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _kept(self) -> bool:
        """Whether there is a connection to use; one that was closed, or holds what nobody asked for, is dropped."""
        if self._connection is None:
            return False
        if (
            time.monotonic() - self._idle_since < IDLE_SECONDS
            and not select.select([self._connection.sock], [], [], 0)[0]
        ):
            return True
        self.close()
        return False

    def _once(self, method: str, target: str, headers: dict[str, str], body: bytes, until: float) -> Response:
        connection = self._connection or self._connect(until)
        if self._timed is not None:
            self._timed.until = until
        connection.request(method, target, body or None, headers)
        answer = connection.getresponse()
        content = answer.read(LARGEST_BYTES + 1)
        if len(content) > LARGEST_BYTES:
            raise http.client.HTTPException("the answer is too large")
        if answer.length:  # http.client tells a short body only when all of it is asked for
            raise http.client.HTTPException("the answer is cut short")
        if answer.will_close:
            self.close()
        else:
            self._idle_since = time.monotonic()
        return Response(answer.status, answer.getheaders(), content)

    def _connect(self, until: float) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(self.host)
        named = ":" in self.host.rpartition("]")[2]  # and not within the brackets of an IPv6 address
        port = connection.port if named or not self.secure else 443
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        plain = socket.create_connection((connection.host, port), left)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.secure:
            plain.settimeout(max(until - time.monotonic(), 0.001))
            plain = self._tls().wrap_socket(plain, server_hostname=connection.host)
        self._timed = connection.sock = _Timed(plain)
        self._connection = connection
        return connection

    def _tls(self) -> Any:
        if self._context is None:
            import ssl

            self._context = ssl.create_default_context()
        return self._context


class _Timed:
    """As much of a socket as http.client uses; every operation ends at `until` (monotonic seconds)."""

    def __init__(self, plain: socket.socket) -> None:
        self._socket, self.until = plain, 0.0
        self._readers, self._closing = 0, False

    def fileno(self) -> int:
        return self._socket.fileno()

    def sendall(self, data: bytes) -> None:
        self._arm()
        self._socket.sendall(data)  # its timeout is for all of the data

    def receive(self, into: Any) -> int:
        self._arm()
        return self._socket.recv_into(into)

    def makefile(self, _mode: str) -> io.BufferedReader:
        self._readers += 1
        return io.BufferedReader(_Reader(self))

    def done(self) -> None:
        self._readers -= 1
        if self._closing and not self._readers:
            self._socket.close()

    def close(self) -> None:
        """http.client closes before it has read an answer that ends with the connection."""
        self._closing = True
        if not self._readers:
            self._socket.close()

    def _arm(self) -> None:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)


class _Reader(io.RawIOBase):
    def __init__(self, owner: _Timed) -> None:
        self._owner = owner

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        return self._owner.receive(into)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._owner.done()
