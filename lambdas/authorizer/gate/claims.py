"""The claims of a token (RFC 7519, RFC 9068): strict types first, then what they say. Pure; the clock is passed in.

Checked before the signature, because refusing is cheaper than verifying; nothing of them is used before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .answers import Refused
from .settings import ClaimNames, Settings

__all__ = ["Subject", "check", "subject_of"]

_LATEST = 253_402_300_799  # the last second of the year 9999: also keeps 1e400, an infinity, out
_LONGEST_TEXT = 255  # OpenID Connect Core section 2: the longest `sub`


class Subject(NamedTuple):
    """What of a verified token is used."""

    principal: str
    scopes: frozenset[str]
    customer: str | None
    plan: str | None
    residency: frozenset[str] | None  # None: the token may be used anywhere


def check(claims: Mapping[str, Any], settings: Settings, now: float) -> None:
    """Raises Refused unless issuer, audience and times are right at `now` (seconds since 1970)."""
    if claims.get("iss") != settings.issuer:
        raise Refused("issuer")
    if not _is_for(claims.get("aud"), settings.audience):
        raise Refused("audience")
    leeway = settings.leeway_seconds
    if "exp" not in claims:
        raise Refused("no expiry")
    if now >= _time(claims["exp"]) + leeway:
        raise Refused("expired")
    for name in ("nbf", "iat"):
        if name in claims and _time(claims[name]) > now + leeway:
            raise Refused("not yet valid")


def _time(value: object) -> float:
    """A number: a bool is an int to Python, and NaN is in no range."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= _LATEST:
        raise Refused("malformed time")
    return value


def _is_for(audience: object, ours: frozenset[str]) -> bool:
    """`x in aud` is true for a part of a text and for a key of an object, so the type is asked first."""
    if isinstance(audience, str):
        return audience in ours
    if not isinstance(audience, list) or not all(isinstance(entry, str) for entry in audience):
        return False
    return not ours.isdisjoint(audience)


def subject_of(claims: Mapping[str, Any], names: ClaimNames) -> Subject:
    """Raises Refused when a claim that we use has another type than it must have."""
    subject = _text(claims, "sub")
    return Subject(
        principal=subject or "token",
        scopes=frozenset(_words(claims, names.scopes) or ()),
        customer=subject if names.customer == "sub" else _text(claims, names.customer),
        plan=_text(claims, names.plan),
        residency=_residency(claims, names.residency),
    )


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    if name not in claims:
        return None
    value = claims[name]
    # Unprintable also means lone surrogates, which JSON can say and UTF-8 cannot: Lambda could not return them.
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_TEXT or not value.isprintable():
        raise Refused("malformed claim")
    return value


def _words(claims: Mapping[str, Any], name: str) -> list[str] | None:
    """A list of texts, or one text in which only a space separates (RFC 6749 section 3.3)."""
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, str):
        return value.split(" ")
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise Refused("malformed claim")
    return value


def _residency(claims: Mapping[str, Any], name: str) -> frozenset[str] | None:
    """One jurisdiction as a text or several as a list; not split, and an empty one fits nowhere."""
    if isinstance(claims.get(name), str):
        return frozenset((claims[name].lower(),))
    words = _words(claims, name)
    return None if words is None else frozenset(word.lower() for word in words)
