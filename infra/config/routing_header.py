"""Which header conditions an API Gateway routing rule takes. Pure.

https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-routing-rules.html#rest-api-routing-rules-restrictions
"""

from __future__ import annotations

import re

__all__ = ["header_problem"]

# The name is a token of RFC 9110, 5.6.2; the value is a glob, of which ? is documented as a sign and not as a wildcard.
_NAME = re.compile(r"[A-Za-z0-9*\-!#$%&'.^_`|~+]+")
_SIGNS = re.compile(r"[A-Za-z0-9*?\-!#$%&'.^_`|~]+")
_NAME_BELOW, _GLOB_BELOW, _INFIX_BELOW = 40, 128, 40
_CLOSED = frozenset(
    [
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-location",
        "forwarded",
        "keep-alive",
        "origin",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailers",
        "transfer-encoding",
        "upgrade",
        "x-apigw-api-id",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-restapi",
        "via",
    ]
)
_CLOSED_PREFIXES = ("access-control-", "apigw-", "x-amz-", "x-amzn-")


def header_problem(header: str, glob: str) -> str:
    """Why AWS takes no such header condition; "" when it does."""
    name, inner = header.lower(), glob.removeprefix("*").removesuffix("*")
    if not _NAME.fullmatch(header) or not _SIGNS.fullmatch(header) or not _SIGNS.fullmatch(glob):
        return "Header names and values may hold letters, digits and *?-!#$%&'.^_`|~ only"
    if "*" in header or len(header) >= _NAME_BELOW:
        return f"Invalid header name {header}: no wildcard, and fewer than {_NAME_BELOW} characters"
    if name in _CLOSED or name.startswith(_CLOSED_PREFIXES):
        return f"The header {header} is not supported in a routing rule"
    if "*" in inner or glob == "**" or len(glob) >= _GLOB_BELOW:
        return f"Invalid header value {glob}: a wildcard at its beginning or end, fewer than {_GLOB_BELOW} characters"
    if len(glob) > 1 and glob[0] == glob[-1] == "*" and len(glob) >= _INFIX_BELOW:
        return f"Invalid header value {glob}: fewer than {_INFIX_BELOW} characters for a match in the middle"
    return ""
