"""An address of AWS -> its region, by the list that AWS publishes. Parsing is pure; `fetch_ranges` reads one address by HTTP.

https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-ranges.html
"""

from __future__ import annotations

import ipaddress
import json
import time
import urllib.error
import urllib.request
from typing import Any, Protocol

from infra.errors import CloudError
from infra.residency.endpoints import ANYWHERE

__all__ = ["PUBLIC_URL", "Ranges", "fetch_ranges", "read_ranges"]

PUBLIC_URL = "https://ip-ranges.amazonaws.com/ip-ranges.json"
# The list has about two megabytes; whatever is far larger is another thing.
MOST_BYTES, DEADLINE_SECONDS, _CHUNK_BYTES = 16 * 2**20, 20.0, 2**16
_SERVICE = "API_GATEWAY"
_OFFLINE = "Give the list as a file: --ip-ranges FILE."


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Ranges:
    """Looks addresses up: API Gateway's own networks first, then the smallest of any service."""

    def __init__(self, rows: list[tuple[Any, str, str]]) -> None:
        self._rows = rows
        self._known: dict[str, str] = {}

    def region(self, address: str) -> str:
        """The region; ``anywhere`` for what AWS calls global, "" for an address of nobody known."""
        if address not in self._known:
            self._known[address] = self._look(ipaddress.ip_address(address))
        return self._known[address]

    def _look(self, address: Any) -> str:
        hits = [(service == _SERVICE, net.prefixlen, region) for net, region, service in self._rows if address in net]
        region = max(hits)[2] if hits else ""
        return ANYWHERE if region == "GLOBAL" else region


def read_ranges(text: str | bytes, source: str) -> Ranges:
    """The list.

    Raises:
        CloudError: it has another shape.
    """
    try:
        data = json.loads(text)
        rows = [
            (ipaddress.ip_network(row[member]), str(row["region"]), str(row["service"]))
            for key, member in (("prefixes", "ip_prefix"), ("ipv6_prefixes", "ipv6_prefix"))
            for row in data[key]
        ]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CloudError(f"{source}: this is not AWS's ip-ranges.json ({error!r:.120}). {_OFFLINE}") from error
    return Ranges(rows)


def fetch_ranges(url: str) -> Ranges:
    """The list from an address: no redirects, at most 16 MiB, at most 20 seconds.

    Raises:
        CloudError: it does not come, or is something else.
    """
    opener = urllib.request.build_opener(_NoRedirect())
    until = time.monotonic() + DEADLINE_SECONDS
    try:
        with opener.open(url, timeout=10) as answer:
            text = _body(answer, url, until)
    except (OSError, ValueError) as error:
        raise CloudError(f"{url}: {error}. {_OFFLINE}") from error
    return read_ranges(text, url)


def _body(answer: _Readable, url: str, until: float) -> bytes:
    found = b""
    while chunk := answer.read(_CHUNK_BYTES):
        found += chunk
        if len(found) > MOST_BYTES or time.monotonic() > until:
            raise CloudError(f"{url}: more than {MOST_BYTES} bytes, or {DEADLINE_SECONDS:g} seconds. {_OFFLINE}")
    return found


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None
