"""The X-Ray daemon: takes documents by UDP, as functions send them. Touches one loopback socket a region.

A datagram is ``{"format": "json", "version": 1}``, a line break, and a document:
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon. A document does not say its region, so
each region has a socket of its own. What cannot be read is dropped, as by the real one; nobody waits for an answer.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket

from infra.local.traces.store import InvalidSegment, TraceStore

__all__ = ["Daemon", "read"]

_BUFFER_BYTES = 4 * 1024 * 1024  # of bursts that come while the engine is busy
_log = logging.getLogger(__name__)


class Daemon:
    """Opens a region's socket when its first function starts."""

    def __init__(self, store: TraceStore) -> None:
        self._store = store
        self._open: dict[str, tuple[str, asyncio.DatagramTransport]] = {}

    async def address(self, region: str) -> str:
        """``127.0.0.1:port`` of the region. Raises OSError."""
        if region not in self._open:
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
                made.bind(("127.0.0.1", 0))
                made.setblocking(False)
                name = f"127.0.0.1:{made.getsockname()[1]}"
            except OSError:
                made.close()
                raise
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_datagram_endpoint(lambda: _Taker(self._store, region), sock=made)
            if region in self._open:  # another function of the region was quicker
                transport.close()
            else:
                self._open[region] = (name, transport)
        return self._open[region][0]

    def close(self) -> None:
        for _, transport in self._open.values():
            transport.close()
        self._open.clear()


class _Taker(asyncio.DatagramProtocol):
    def __init__(self, store: TraceStore, region: str) -> None:
        self._store, self._region = store, region

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        try:
            self._store.put(self._region, read(data))
        except InvalidSegment as problem:
            _log.debug("x-ray daemon: %s from %s: %s", self._region, addr, problem)


def read(data: bytes) -> dict[str, object]:
    """The document of a datagram.

    Raises:
        InvalidSegment: it is none.
    """
    head, _, body = data.partition(b"\n")
    try:
        told, document = json.loads(head), json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidSegment("the datagram is not JSON") from error
    if not isinstance(told, dict) or told.get("format") != "json" or not isinstance(document, dict):
        raise InvalidSegment('the first line says {"format": "json", "version": 1}, the rest is a document')
    return document
