"""Headers that API Gateway adds, refuses, drops or renames on either side of an integration. Pure.

Sources: recorded header tables (test_apigateway_header_remapping_*), and
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from infra.local.gateway.exchange import Exchange
from infra.local.gateway.faults import internal_error

__all__ = [
    "edge_response_headers",
    "event_headers",
    "forwarded",
    "is_edge",
    "outgoing_headers",
    "refuse_illegal",
    "returned",
]

_ILLEGAL = frozenset({"content-length", "transfer-encoding", "x-amzn-trace-id", "x-amzn-apigateway-api-id"})
_ILLEGAL_AWS = _ILLEGAL | {"authorization", "connection", "expect", "proxy-authenticate", "te"}
_DROPPED_OUTGOING = frozenset({"connection", "expect", "proxy-authenticate", "te", "via"})
_NO_BODY_VERBS = frozenset({"GET", "HEAD", "OPTIONS"})

_REMAPPED = frozenset({"connection", "content-length", "date", "server"})
_REMAPPED_TEMPLATED = _REMAPPED | {
    "authorization",
    "content-md5",
    "expect",
    "host",
    "max-forwards",
    "proxy-authenticate",
    "trailer",
    "upgrade",
    "user-agent",
    "www-authenticate",
}
# WWW-Authenticate of proxies: by AWS's notes and many reports, not by the recordings (unsure for HTTP_PROXY)
_REMAPPED_PROXY = _REMAPPED | {"www-authenticate", "x-amzn-requestid"}
_DROPPED_RETURNED = {
    "HTTP_PROXY": frozenset({"transfer-encoding", "content-encoding", "via"}),
}
_TRANSFER = frozenset({"transfer-encoding"})
_CANONICAL = {
    "authorization": "Authorization",
    "connection": "Connection",
    "content-length": "Content-Length",
    "content-md5": "Content-MD5",
    "date": "Date",
    "expect": "Expect",
    "host": "Host",
    "max-forwards": "Max-Forwards",
    "proxy-authenticate": "Proxy-Authenticate",
    "server": "Server",
    "trailer": "Trailer",
    "upgrade": "Upgrade",
    "user-agent": "User-Agent",
    "www-authenticate": "WWW-Authenticate",
    "x-amzn-requestid": "x-amzn-RequestId",
}


_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_LINE_BREAKS = re.compile(r"[\r\n\0]+")


def is_header_name(name: str) -> bool:
    """RFC 9110, section 5.6.2: a token."""
    return _TOKEN.fullmatch(name) is not None


def header_value(text: str) -> str:
    """A value that cannot end its own line: mapped values may come from a decoded query string."""
    return _LINE_BREAKS.sub(" ", text)


def is_edge(exchange: Exchange) -> bool:
    """Whether the API has CloudFront in front of it (``EDGE``, the default of CreateRestApi)."""
    types = (exchange.api.attributes.get("endpointConfiguration") or {}).get("types") or ("EDGE",)
    return "EDGE" in types and not exchange.custom_domain


def forwarded(exchange: Exchange) -> dict[str, str]:
    """``X-Forwarded-*`` as behind AWS's own TLS: the client's list, then its address."""
    before = exchange.lower_headers.get("x-forwarded-for")
    address = exchange.request.source_ip
    return {
        "X-Amzn-Trace-Id": exchange.trace_root,
        "X-Forwarded-For": f"{before}, {address}" if before else address,
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }


_ADDED = frozenset({"x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"})


def event_headers(exchange: Exchange) -> tuple[dict[str, str], dict[str, list[str]]]:
    """``headers`` and ``multiValueHeaders`` of an event. Values that CloudFront adds are stand-ins."""
    added = forwarded(exchange)
    if is_edge(exchange):
        added.update(_cloudfront(exchange))
    if exchange.lower_headers.keys() & _ADDED:
        single = {k: v for k, v in exchange.headers.items() if k.lower() not in _ADDED}
        multiple = {k: v for k, v in exchange.multi_headers.items() if k.lower() not in _ADDED}
    else:
        single, multiple = dict(exchange.headers), dict(exchange.multi_headers)
    single.update(added)
    for name, value in added.items():
        multiple[name] = [value]
    return single, multiple


def _cloudfront(exchange: Exchange) -> dict[str, str]:
    token = os.urandom(12).hex()
    return {
        "CloudFront-Forwarded-Proto": "https",
        "CloudFront-Is-Desktop-Viewer": "true",
        "CloudFront-Is-Mobile-Viewer": "false",
        "CloudFront-Is-SmartTV-Viewer": "false",
        "CloudFront-Is-Tablet-Viewer": "false",
        "CloudFront-Viewer-ASN": "64496",
        "CloudFront-Viewer-Country": "US",
        "Via": f"{exchange.request.http_version} {token}.cloudfront.net (CloudFront)",
        "X-Amz-Cf-Id": token + "==",
    }


def edge_response_headers(exchange: Exchange, status: int) -> list[tuple[str, str]]:
    token = os.urandom(12).hex()
    return [
        ("X-Cache", "Error from cloudfront" if status >= 400 else "Miss from cloudfront"),
        ("Via", f"{exchange.request.http_version} {token}.cloudfront.net (CloudFront)"),
        ("X-Amz-Cf-Pop", "IAD89-C1"),
        ("X-Amz-Cf-Id", token + "=="),
    ]


def refuse_illegal(names: Iterable[str], integration_type: str) -> None:
    """Recorded: mapping one of these headers is a 500, even for a Lambda proxy, which ignores mappings otherwise."""
    illegal = _ILLEGAL_AWS if integration_type.startswith("AWS") else _ILLEGAL
    for name in names:
        if name.lower() in illegal:
            raise internal_error(f"Execution failed due to configuration error: {name} header already present")


def outgoing_headers(headers: Mapping[str, str], exchange: Exchange, *, has_body: bool) -> dict[str, str]:
    """Headers of an HTTP call: what may not travel is dropped, AWS's own are added (recorded)."""
    sent = {name: header_value(value) for name, value in headers.items() if name.lower() not in _DROPPED_OUTGOING}
    present = {name.lower() for name in sent}
    content_type = exchange.header("content-type")
    defaults = {"Accept": "application/json", "User-Agent": f"AmazonAPIGateway_{exchange.api.id}"}
    if content_type and has_body and exchange.request.method not in _NO_BODY_VERBS:
        defaults["Content-Type"] = content_type
    sent |= {name: value for name, value in defaults.items() if name.lower() not in present}
    for name in [n for n in sent if n.lower() in ("x-amzn-trace-id", "x-amzn-apigateway-api-id")]:
        del sent[name]
    sent["X-Amzn-Apigateway-Api-Id"] = exchange.api.id
    sent["X-Amzn-Trace-Id"] = exchange.trace_root
    return sent


def returned(headers: Iterable[tuple[str, str]], integration_type: str) -> list[tuple[str, str]]:
    """Headers on their way to the client: renamed ``x-amzn-Remapped-*`` or dropped."""
    remapped = _REMAPPED_PROXY if integration_type.endswith("_PROXY") else _REMAPPED_TEMPLATED
    dropped = _DROPPED_RETURNED.get(integration_type, _TRANSFER)
    kept = []
    for name, value in headers:
        lower = name.lower()
        if lower in dropped:
            continue
        if lower in remapped:
            name = f"x-amzn-Remapped-{_CANONICAL.get(lower, name)}"
        kept.append((name, value))
    return kept
