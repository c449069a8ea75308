"""Environment -> frozen settings, once, at cold start. Touches nothing else.

| variable | meaning | default |
| --- | --- | --- |
| GATEWRIGHT_ISSUER | the `iss` of every token, compared exactly | needed |
| GATEWRIGHT_AUDIENCE | JSON list; a token's `aud` must hold one of them | needed |
| GATEWRIGHT_ALGORITHMS | JSON list of RS256 RS384 RS512 PS256 ES256 ES384 EdDSA | needed |
| GATEWRIGHT_JWKS_URL | https address of the key set; empty: the issuer's discovery document names it | empty |
| GATEWRIGHT_LEEWAY_SECONDS | how far clocks may differ, 0 to 300 | 30 |
| GATEWRIGHT_ROUTES | JSON list of {method, path, scopes}, or {method, path, key: true} where a presented key is all that is
needed and is passed on: all routes that use this authorizer | needed |
| GATEWRIGHT_CLAIMS | JSON object: scopes, customer, plan, residency -> claim name | scope, sub, plan, residency |
| GATEWRIGHT_JURISDICTION | eu, us or other: where this region is | needed |
| GATEWRIGHT_GATEWAY | the gateway's name; part of every key value | needed with GATEWRIGHT_KEY_SECRET |
| GATEWRIGHT_PLANS | JSON list of plan names | [] |
| GATEWRIGHT_KEY_SECRET | Secrets Manager id of the secret behind key values; empty: tokens are not metered | empty |
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

__all__ = ["ALGORITHMS", "LONGEST_PATH", "ClaimNames", "Route", "Settings", "SettingsError"]

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
JURISDICTIONS = ("eu", "us", "other")
METHODS = ("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
# A policy's resource has at most 512 characters; the longest partition, region and stage leave this for the path.
LONGEST_PATH = 300
MOST_SEGMENTS = 16  # keeps the search for leaks (`policy.leaks`) short, whatever the routes are
# Undocumented for REST (8 KB is the figure of WebSocket authorizers), so we keep below it on any API. With 90
# characters for `arn:aws:execute-api:<region>:<account>:<api>/<stage>/` and its quotes.
LONGEST_POLICY_BYTES, _PREFIX_BYTES, _FRAME_BYTES = 8192, 90, 700

_PATH = re.compile(r"/|(?:/(?:[A-Za-z0-9._~:@$,!'()+-]+|\{[A-Za-z0-9._-]+\+?\}))+")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 section 3.3
_HTTPS = re.compile(r"https://[A-Za-z0-9._\[\]:-]+(?:/[\x21-\x7e]*)?")
_T = TypeVar("_T")


class SettingsError(ValueError):
    """One line per wrong variable: its name, the rule, the value."""


class Route(NamedTuple):
    method: str  # ANY stands for every method without a route of its own
    path: str  # the API Gateway resource path: /api/orders/{orderId}
    scopes: frozenset[str]  # all are needed; none: any valid token
    key: bool = False  # no token: the presented x-api-key is passed on, and API Gateway finds out whose it is


class ClaimNames(NamedTuple):
    scopes: str = "scope"
    customer: str = "sub"
    plan: str = "plan"
    residency: str = "residency"


class Settings(NamedTuple):
    issuer: str
    audience: frozenset[str]
    algorithms: frozenset[str]
    jwks_url: str
    leeway_seconds: float
    routes: tuple[Route, ...]
    claims: ClaimNames
    jurisdiction: str
    gateway: str
    plans: frozenset[str]
    key_secret: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Raises SettingsError with every variable that is wrong, not only the first."""
        faults: list[str] = []

        def read(name: str, parse: Callable[[str], _T], *, default: str = "") -> _T | None:
            text = environment.get(name) or default
            try:
                return parse(text)
            except (ValueError, RecursionError) as fault:
                rule = "JSON is needed" if isinstance(fault, json.JSONDecodeError | RecursionError) else str(fault)
                faults.append(f"{name}: {rule}, got {text[:80]!r}")
                return None

        secret = environment.get("GATEWRIGHT_KEY_SECRET", "")
        jwks_url = read("GATEWRIGHT_JWKS_URL", _https_or_empty)
        values: dict[str, Any] = {
            "issuer": read("GATEWRIGHT_ISSUER", _https if jwks_url == "" else _text),
            "audience": read("GATEWRIGHT_AUDIENCE", _texts),
            "algorithms": read("GATEWRIGHT_ALGORITHMS", _algorithms),
            "jwks_url": jwks_url,
            "leeway_seconds": read("GATEWRIGHT_LEEWAY_SECONDS", _leeway, default="30"),
            "routes": read("GATEWRIGHT_ROUTES", _routes),
            "claims": read("GATEWRIGHT_CLAIMS", _claim_names, default="{}"),
            "jurisdiction": read("GATEWRIGHT_JURISDICTION", _jurisdiction),
            "gateway": read("GATEWRIGHT_GATEWAY", _name if secret else str),
            "plans": read("GATEWRIGHT_PLANS", _plans, default="[]"),
            "key_secret": secret,
        }
        if faults:
            raise SettingsError("the authorizer cannot start:\n" + "\n".join(faults))
        return cls(**values)


def _text(text: str) -> str:
    if not text or text != text.strip():
        raise ValueError("a text is needed")
    return text


def _name(text: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]{1,128}", text):
        raise ValueError("a name of printable ASCII is needed")
    return text


def _https(text: str) -> str:
    if not _HTTPS.fullmatch(text):
        raise ValueError("an https:// address is needed")
    return text


def _https_or_empty(text: str) -> str:
    return _https(text) if text else ""


def _list(text: str) -> list[Any]:
    value = json.loads(text)
    if not isinstance(value, list):
        raise ValueError("a JSON list is needed")
    return value


def _texts(text: str) -> frozenset[str]:
    values = _list(text)
    if not values or not all(isinstance(value, str) and value for value in values):
        raise ValueError("a JSON list of at least one text is needed")
    return frozenset(values)


def _algorithms(text: str) -> frozenset[str]:
    values = _texts(text)
    if unknown := sorted(values - set(ALGORITHMS)):
        raise ValueError(f"of {' '.join(ALGORITHMS)} only; {unknown[0]!r} is not one")
    return values


def _plans(text: str) -> frozenset[str]:
    return frozenset(_name(value) if isinstance(value, str) else _name("") for value in _list(text))


def _leeway(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = float("nan")
    if not 0 <= seconds <= 300:  # also refuses nan
        raise ValueError("seconds from 0 to 300 are needed")
    return seconds


def _jurisdiction(text: str) -> str:
    if text not in JURISDICTIONS:
        raise ValueError(f"one of {', '.join(JURISDICTIONS)} is needed")
    return text


def _claim_names(text: str) -> ClaimNames:
    value = json.loads(text)
    if not isinstance(value, dict) or not all(isinstance(name, str) and name for name in value.values()):
        raise ValueError("a JSON object of claim names is needed")
    if unknown := sorted(set(value) - set(ClaimNames._fields)):
        raise ValueError(f"of {', '.join(ClaimNames._fields)} only; {unknown[0]!r} is not one")
    return ClaimNames(**value)


def _routes(text: str) -> tuple[Route, ...]:
    routes = tuple(_route(index, entry) for index, entry in enumerate(_list(text)))
    if not routes:
        raise ValueError("at least one route is needed")
    if len({(route.method, route.path) for route in routes}) != len(routes):
        raise ValueError("a method and path may be listed once")
    size = _FRAME_BYTES + sum(_PREFIX_BYTES + len(route.method) + len(route.path) for route in routes)
    if size > LONGEST_POLICY_BYTES:
        raise ValueError(
            f"a policy of all {len(routes)} routes would take about {size} bytes of {LONGEST_POLICY_BYTES}; "
            "use method ANY or {proxy+}, or split the gateway"
        )
    return routes


def _route(index: int, entry: Any) -> Route:
    if not isinstance(entry, dict) or not {"method", "path"} <= set(entry) <= {"method", "path", "scopes", "key"}:
        raise ValueError(f"[{index}] must be an object of method, path and scopes, or of method, path and key")
    method, path, scopes, key = entry["method"], entry["path"], entry.get("scopes", []), entry.get("key", False)
    if method not in METHODS:
        raise ValueError(f"[{index}].method must be one of {' '.join(METHODS)}")
    if not isinstance(path, str) or len(path) > LONGEST_PATH or not _PATH.fullmatch(path):
        raise ValueError(f"[{index}].path must be a resource path of at most {LONGEST_PATH} characters")
    if path.count("/") > MOST_SEGMENTS:
        raise ValueError(f"[{index}].path may have at most {MOST_SEGMENTS} segments")
    if "+}/" in path:
        raise ValueError(f"[{index}].path may have a greedy parameter at its end only")
    if not isinstance(scopes, list) or not all(isinstance(s, str) and _SCOPE.fullmatch(s) for s in scopes):
        raise ValueError(f"[{index}].scopes must be a list of scopes without spaces")
    if not isinstance(key, bool) or (key and scopes):
        raise ValueError(f"[{index}].key must be true or false, and a key has no scopes")
    return Route(method, path, frozenset(scopes), key)
