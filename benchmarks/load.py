"""A small closed-loop HTTP load generator: so many connections, each sending its next request when the last is answered.

Runs as a process of its own (``python -m benchmarks.load URL --connections 8 --seconds 5``) so that it does not share the
interpreter with what it measures; prints one JSON object. Raw asyncio protocol: about 10 microseconds of work a request,
the same for every server it is pointed at. Talks to loopback only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from urllib.parse import urlsplit

import uvloop


class Connection(asyncio.Protocol):
    """One keep-alive connection in a closed loop. Needs answers with Content-Length (or none on 204)."""

    def __init__(self, request: bytes, deadline: float, latencies: list[float], errors: list[str]) -> None:
        self._request, self._deadline = request, deadline
        self._latencies, self._errors = latencies, errors
        self._buffer = b""
        self._sent = 0.0
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator or len(rest) < _content_length(head):
            return
        now = time.perf_counter()
        self._latencies.append(now - self._sent)
        if not head.startswith((b"HTTP/1.1 2", b"HTTP/1.0 2")):
            self._errors.append(head[:15].decode("latin-1"))
        self._buffer = b""
        if now < self._deadline:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)


def _content_length(head: bytes) -> int:
    lowered = head.lower()
    at = lowered.find(b"content-length:")
    return int(lowered[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


async def run(url: str, *, connections: int, seconds: float, headers: dict[str, str]) -> dict[str, float | int | str]:
    """Sends for ``seconds`` and gives requests a second and latency percentiles in milliseconds."""
    parts = urlsplit(url)
    if parts.hostname not in ("127.0.0.1", "localhost") or parts.port is None:
        raise SystemExit(f"load is for loopback URLs with a port, not {url}")
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"GET {target} HTTP/1.1", f"host: {headers.pop('host', parts.netloc)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    errors: list[str] = []
    started = time.perf_counter()
    opened = [
        (
            await loop.create_connection(
                lambda: Connection(request, started + seconds, latencies, errors), "127.0.0.1", parts.port
            )
        )[1]
        for _ in range(connections)
    ]
    await asyncio.wait([connection.closed for connection in opened], timeout=seconds + 30)
    took = time.perf_counter() - started
    ordered = sorted(latencies) or [0.0]
    return {
        "requests": len(latencies),
        "errors": len(errors),
        "first_error": errors[0] if errors else "",
        "per_second": round(len(latencies) / took, 1),
        "p50_ms": round(ordered[len(ordered) // 2] * 1000, 3),
        "p99_ms": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--header", action="append", default=[], metavar="NAME:VALUE")
    options = parser.parse_args()
    headers = dict(header.split(":", 1) for header in options.header)
    print(
        json.dumps(
            uvloop.run(run(options.url, connections=options.connections, seconds=options.seconds, headers=headers))
        )
    )


if __name__ == "__main__":
    main()
