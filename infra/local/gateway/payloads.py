"""Text or binary: media types, content handling, base64 and compression. Pure.

Tables: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
"""

from __future__ import annotations

import base64
import binascii
import gzip
import zlib
from collections.abc import Iterable

from infra.local.gateway.faults import internal_error, malformed_request, request_too_large

__all__ = [
    "MAX_PAYLOAD_BYTES",
    "BinaryTypes",
    "compress",
    "decode_base64",
    "decompress",
    "from_integration",
    "to_integration",
]

MAX_PAYLOAD_BYTES = 10 * 1024 * 1024  # documented REST limit, both directions


class BinaryTypes:
    """The API's ``binaryMediaTypes``.

    Recorded: only the first type of a header counts; ``image/*`` in the list matches any image, ``*/test`` matches
    nothing. ``*/*`` in the list is documented to make everything binary.
    """

    __slots__ = ("_all", "_exact", "_families")

    def __init__(self, types: Iterable[str]) -> None:
        names = [t.split(";")[0].strip().lower() for t in types]
        self._all = "*/*" in names
        self._exact = frozenset(n for n in names if not n.startswith("*/"))
        self._families = frozenset(n[:-1] for n in names if n.endswith("/*") and not n.startswith("*/"))

    def matches(self, header: str | None) -> bool:
        if self._all:
            return True
        if not header or not self._exact:
            return False
        kind = header.split(",", 1)[0].split(";", 1)[0].strip().lower()
        family, slash, _ = kind.partition("/")
        return kind in self._exact or family + slash in self._families


def decode_base64(text: str | bytes) -> bytes:
    """Strict base64; a payload that is none is API Gateway's 500 (recorded for Lambda proxies)."""
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise internal_error("Unable to base64 decode the body.") from error


def to_integration(body: bytes, *, binary: bool, handling: str | None) -> bytes | str:
    """The request payload as an integration gets it: str is text that templates may read, bytes is opaque."""
    if binary:
        return base64.b64encode(body).decode() if handling == "CONVERT_TO_TEXT" else body
    if handling == "CONVERT_TO_BINARY":
        return decode_base64(body)
    return body.decode("utf-8", "replace")


def from_integration(body: bytes, *, binary: bool, accepts_binary: bool, handling: str | None) -> bytes | str:
    """The response payload on its way to the client, by the documented table."""
    as_text = handling == "CONVERT_TO_TEXT" or (not handling and not accepts_binary)
    if binary:
        return base64.b64encode(body).decode() if as_text else body
    return body.decode("utf-8", "replace") if as_text else decode_base64(body)


def compress(body: bytes, accept_encoding: str | None, minimum: int | None) -> tuple[bytes, str | None]:
    """Compresses a response of at least `minimum` bytes when the client accepts gzip, deflate or identity."""
    if minimum is None or not accept_encoding or len(body) < minimum or not body:
        return body, None
    offers = [offer.split(";")[0].strip().lower() for offer in accept_encoding.split(",")]
    for offer in offers:
        if offer in ("gzip", "*"):
            return gzip.compress(body, 6), "gzip"
        if offer == "deflate":
            return zlib.compress(body), "deflate"
    return body, None


def decompress(body: bytes, encoding: str) -> bytes:
    """Undoes a request's Content-Encoding; never gives back more than the payload limit."""
    window = {"gzip": 31, "deflate": 15}.get(encoding.strip().lower())
    if window is None:
        return body
    unpacker = zlib.decompressobj(window)
    try:
        plain = unpacker.decompress(body, MAX_PAYLOAD_BYTES + 1)
    except zlib.error as error:
        raise malformed_request("Unable to decompress the request body") from error  # unsure: the text
    if len(plain) > MAX_PAYLOAD_BYTES:
        raise request_too_large()
    return plain
