"""What a path prefix and a backend's URL may look like. Pure; touches nothing."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

__all__ = ["SEGMENT", "base_url", "comparable", "path_prefix", "segments", "url_problem"]

TextRule = tuple[str, str, int, Callable[[str], str | None]]

# API Gateway, CreateResource: a path part holds a-zA-Z0-9._-: or is a variable in braces, {name} or {name+}.
SEGMENT = r"([A-Za-z0-9._:-]+|\{[A-Za-z0-9._-]+\})"
# Kept by API Gateway for its own health checks, at the root of every stage.
RESERVED = ("ping", "sping")
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


def segments(path: str) -> tuple[str, ...]:
    """``/api/{id}`` -> ``("api", "{id}")``; ``/`` -> ``()``."""
    return tuple(part for part in path.split("/") if part)


def comparable(path: str) -> tuple[str, ...]:
    """The segments with every variable's name left out: API Gateway does not route by names."""
    return tuple("{}" if part.startswith("{") else part for part in segments(path))


def _path_problem(path: str) -> str | None:
    parts = segments(path)
    if parts and parts[0] in RESERVED:
        return f"/{parts[0]} is reserved by API Gateway for its health checks"
    if any(part in (".", "..") for part in parts):
        return "a segment that is . or .. never arrives, clients resolve it"
    variables = [part for part in parts if part.startswith("{")]
    if len(variables) != len(set(variables)):
        return "the same variable twice"
    return None


def url_problem(url: str) -> str | None:
    """What is wrong with an address that has the right characters; None when nothing is."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return str(error)
    if not host:
        return "there is no host"
    if parts.scheme == "http" and host not in LOCAL_HOSTS:
        return "http:// sends the requests in clear"
    if parts.username is not None or parts.password is not None:
        return "a user name or password would be readable in the template"
    return None


path_prefix: TextRule = (
    rf"/|(/{SEGMENT})+",
    "A path is / or segments of letters, digits and . _ : - or {variable}, without a slash at the end",
    200,
    _path_problem,
)
base_url: TextRule = (
    r"https?://[A-Za-z0-9.:\[\]_-]+(/[A-Za-z0-9._~:@!,;=+%-]+)*/?",
    "Write https://host/base, without query and fragment; http:// only for localhost",
    500,
    url_problem,
)
