"""X-Ray: a call becomes a subsegment, and is one datagram to the daemon that Lambda runs beside a function. UDP.

A datagram is sent and forgotten: nobody waits for it, and nobody learns that it was lost. Formats:
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon
"""

from __future__ import annotations

import json
from typing import Any

from .spans import Span

__all__ = ["Daemon", "document"]

_HEAD = b'{"format": "json", "version": 1}\n'


def document(span: Span) -> dict[str, Any]:
    """The subsegment, by itself: its parent is a segment that somebody else wrote."""
    made: dict[str, Any] = {
        "type": "subsegment",
        "id": span.id,
        "trace_id": span.root,
        "parent_id": span.parent_id,
        "name": span.name,
        "namespace": "remote" if span.url else "aws",
        "start_time": span.started,
        "end_time": span.ended,
    }
    http: dict[str, Any] = {}
    if span.method and span.url:
        http["request"] = {"method": span.method, "url": span.url}
    if span.status:
        http["response"] = {"status": span.status}
    if http:
        made["http"] = http
    if not span.url:
        made["aws"] = {"operation": "Invoke"}
    # https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-errors
    if span.status == 429 or span.outcome == "throttled":
        made["error"] = made["throttle"] = True
    elif span.failed:
        made["fault"] = True
    elif span.status >= 400:
        made["error"] = True
    if span.notes:
        made["annotations"] = dict(span.notes)
    return made


class Daemon:
    """Where `AWS_XRAY_DAEMON_ADDRESS` says: ``host:port``, or ``tcp:host:port udp:host:port``."""

    def __init__(self, address: str) -> None:
        words = [word for word in address.split() if not word.startswith("tcp:")]
        host, _, port = (words[0] if words else "").removeprefix("udp:").rpartition(":")
        self._to = (host.strip("[]"), int(port)) if host and port.isdecimal() and int(port) < 65536 else None
        self._socket: Any = None

    def send(self, span: Span) -> None:
        """Never raises, never waits."""
        if self._to is None:
            return
        content = _HEAD + json.dumps(document(span), separators=(",", ":")).encode()
        try:
            if self._socket is None:
                import socket

                family = socket.AF_INET6 if ":" in self._to[0] else socket.AF_INET
                self._socket = socket.socket(family, socket.SOCK_DGRAM)
                self._socket.setblocking(False)
            self._socket.sendto(content, self._to)
        except (OSError, ValueError):
            return  # a trace is not worth an answer
