"""Who may use the console: a page of its own origin on a loopback name. Pure.

A web site that somebody visits can send requests to 127.0.0.1, and by DNS rebinding its own name can be 127.0.0.1. So the Host must be
a loopback name (rebinding keeps the site's), a change must carry a header that a foreign page cannot send without asking first (a CORS
preflight, which nobody answers here), and an Origin that is there must be ours.
https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html#custom-request-headers
"""

from __future__ import annotations

from infra.local.ports import HttpRequest

__all__ = ["HEADER", "refusal"]

HEADER = "X-Gatewright-Console"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_READS = ("GET", "HEAD")
_OURS = ("same-origin", "none")


def refusal(request: HttpRequest) -> str | None:
    """Why a request is not answered; None when it is."""
    host = request.header("host") or ""
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if name.lower() not in _LOOPBACK:
        return f"the console answers at 127.0.0.1 and localhost, not at {host[:60]!r}"
    if request.method in _READS:
        return None
    origin = request.header("origin")
    if origin is not None and origin != f"http://{host}":
        return f"a page of {origin[:60]!r} may not change anything here"
    if (request.header("sec-fetch-site") or "same-origin") not in _OURS:
        return "another site may not change anything here"
    if request.header(HEADER) is None:
        return f"changes need the header {HEADER}"
    return None
