"""The compact serialization of a JWS (RFC 7515): text -> header, payload and signature, strictly. Pure.

Cheap checks come first, so that what is not a token at all costs microseconds, however long it is.
"""

from __future__ import annotations

import json
from binascii import Error as BinasciiError
from binascii import a2b_base64
from typing import Any, NamedTuple, NoReturn

from .answers import Refused

__all__ = ["LONGEST_TOKEN", "Header", "Token", "decode_base64url", "decode_object", "parse", "read_header"]

LONGEST_TOKEN = 8192  # API Gateway takes 10,240 bytes of headers altogether
_MOST_HEADERS_KEPT = 64
_PADDING = ("", None, "==", "=")  # by length modulo 4; one character over is no base64
_LAST_OF_TWO = frozenset("AQgw")  # the unused bits of the last character must be zero: one text per signature
_LAST_OF_THREE = frozenset("AEIMQUYcgkosw048")
_TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})


class Header(NamedTuple):
    algorithm: str
    key_id: str | None


class Token(NamedTuple):
    header: Header
    payload: str  # base64url, not decoded yet
    signature: bytes
    signed: bytes  # what the signature is over


def parse(text: str, algorithms: frozenset[str], known: dict[str, Header]) -> Token:
    """Raises Refused. `known` remembers headers: an issuer has one per key, and an attacker may fill it only so far."""
    if len(text) > LONGEST_TOKEN:
        raise Refused("token too long")
    if not text.isascii() or text.count(".") != 2:
        raise Refused("not a token")
    head, payload, signature = text.split(".")
    header = known.get(head)
    if header is None:
        header = read_header(head, algorithms)
        if len(known) < _MOST_HEADERS_KEPT:
            known[head] = header
    return Token(header, payload, decode_base64url(signature), text[: -len(signature) - 1].encode("ascii"))


def read_header(segment: str, algorithms: frozenset[str]) -> Header:
    """Raises Refused for an algorithm that is not allowed, a critical header, or a token of another kind.

    `jwk`, `jku`, `x5u` and `x5c` are not read: keys come from the configured set only (RFC 8725 section 3.5).
    """
    members = decode_object(segment, "header")
    algorithm, key_id = members.get("alg"), members.get("kid")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise Refused("algorithm not allowed")
    if key_id is not None and not (isinstance(key_id, str) and key_id):
        raise Refused("malformed header")
    # b64 without crit would still be a change of what is signed (RFC 7797 section 6).
    if "crit" in members or members.get("b64", True) is not True:
        raise Refused("critical header")
    kind = members.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise Refused("not an access token")
    return Header(algorithm, key_id)


def decode_base64url(segment: str) -> bytes:
    """RFC 4648 section 5 without padding, one text per value. Raises Refused."""
    over = len(segment) % 4
    padding = _PADDING[over]
    if padding is None or not segment or "+" in segment or "/" in segment or "=" in segment:
        raise Refused("not base64url")
    if over and segment[-1] not in (_LAST_OF_TWO if over == 2 else _LAST_OF_THREE):
        raise Refused("not base64url")
    try:
        return a2b_base64(segment.replace("-", "+").replace("_", "/") + padding, strict_mode=True)
    except (BinasciiError, ValueError):
        raise Refused("not base64url") from None


def decode_object(segment: str, what: str) -> dict[str, Any]:
    """A JSON object in UTF-8 (never guessed as UTF-16), without NaN and Infinity. Raises Refused."""
    data = decode_base64url(segment)
    try:
        value = _DECODER.decode(data.decode("utf-8"))
    except (ValueError, RecursionError):  # ValueError: bad UTF-8, bad JSON, integers of more than 4300 digits
        raise Refused(f"malformed {what}") from None
    if not isinstance(value, dict):
        raise Refused(f"malformed {what}")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_no_constant)
