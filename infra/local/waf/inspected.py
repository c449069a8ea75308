"""One request as WAF sees it. Memory only; parts that no rule asks for are never computed.

Two headers exist on the laptop only: ``X-Viewer-Address`` stands for the address that connects (the front puts it in place
of the socket's, so everything behind sees one address), ``X-Viewer-Country`` for the country that AWS would look up.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from http.cookies import CookieError, SimpleCookie
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import unquote_plus

from infra.local.ports import HttpRequest

__all__ = ["BODY_BYTES", "COUNTRY_HEADER", "Address", "Inspected", "parse_address"]

Address = IPv4Address | IPv6Address

COUNTRY_HEADER = "x-viewer-country"
# What WAF reads of a body in front of API Gateway unless AssociationConfig raises it.
# https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-setting-body-inspection-limit.html
BODY_BYTES = 16 * 1024


@lru_cache(maxsize=4096)
def parse_address(text: str) -> Address | None:
    """The address that a text is, None when it is none."""
    try:
        return ip_address(text.strip())
    except ValueError:
        return None


class Inspected:
    """A request on its way through the rules; ``labels`` grows.

    Args:
        uri: the path as WAF has it, with the stage in front unless the host is a custom domain.
        body_bytes: how much of the body is read.
    """

    def __init__(self, request: HttpRequest, *, uri: str, body_bytes: int = BODY_BYTES) -> None:
        self.request, self.uri, self.body_bytes = request, uri, body_bytes
        self.labels: list[str] = []

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        """As API Gateway hands them to WAF: the address that connects is appended to X-Forwarded-For."""
        found = [(name, value) for name, value in self.request.headers if name.lower() != "x-forwarded-for"]
        before = [value for name, value in self.request.headers if name.lower() == "x-forwarded-for"]
        return [*found, ("X-Forwarded-For", ", ".join([*before, self.request.source_ip]))]

    @cached_property
    def by_name(self) -> dict[str, str]:
        """First value by lower-case name."""
        found: dict[str, str] = {}
        for name, value in self.headers:
            found.setdefault(name.lower(), value)
        return found

    @cached_property
    def address(self) -> Address | None:
        return parse_address(self.request.source_ip)

    @cached_property
    def country(self) -> str | None:
        told = self.by_name.get(COUNTRY_HEADER, "").strip().upper()
        return told if len(told) == 2 and told.isalpha() else None

    @cached_property
    def arguments(self) -> list[tuple[str, str]]:
        """Decoded query arguments in order."""
        pairs = (part.partition("=") for part in self.request.query.split("&") if part)
        return [(unquote_plus(name), unquote_plus(value)) for name, _, value in pairs]

    @cached_property
    def cookies(self) -> list[tuple[str, str]]:
        try:
            return [(name, morsel.value) for name, morsel in SimpleCookie(self.by_name.get("cookie", "")).items()]
        except CookieError:
            return []

    @property
    def body(self) -> bytes:
        return self.request.body[: self.body_bytes]

    @property
    def oversize(self) -> bool:
        return len(self.request.body) > self.body_bytes

    def forwarded(self, header: str) -> list[str]:
        """The texts of an address header, first to last; empty when the header is not there."""
        value = self.by_name.get(header.lower())
        return [] if value is None else [part.strip() for part in value.split(",")]
