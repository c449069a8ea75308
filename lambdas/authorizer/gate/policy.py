"""What a token may use, as the policy that API Gateway caches for the whole stage. Pure.

The cached policy answers every later request with the same token, so it lists every route the token may use and no
other. A path parameter and method ANY are `*`, and `*` in a resource also crosses `/`: `GET/orders/*` covers
`GET/orders/1/refunds`, and `*/orders` covers `GET/admin/orders`. `leaks` finds such routes and the policy denies them. Where that deny covers a part of an allowed
greedy route as well, the request is refused: the safe side.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .answers import Refused
from .settings import METHODS, Route

__all__ = ["RoutePolicies", "deny_all", "leaks", "stage_arn"]

_MOST_KEPT = 256
_CONCRETE = tuple(method for method in METHODS if method != "ANY")
_OTHER = "\0"  # a path segment that is nobody's literal


def stage_arn(method_arn: object) -> str:
    """`arn:aws:execute-api:eu-west-1:123456789012:abc/live/GET/api/x` -> the part up to and with the stage."""
    if isinstance(method_arn, str):
        parts = method_arn.split("/", 2)
        if len(parts) == 3 and parts[0].count(":") == 5 and "*" not in parts[1]:
            return f"{parts[0]}/{parts[1]}"
    raise Refused("no method ARN")


def deny_all(stage: str) -> dict[str, Any]:
    return _document([_statement("Deny", [f"{stage}/*"])])


class RoutePolicies:
    """Policies by what a token may use. What is worked out once per set of routes is kept, up to a bound."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = tuple(routes)
        self._scopes = frozenset().union(*(route.scopes for route in routes))
        self._kept: dict[tuple[str, frozenset[str]], dict[str, Any] | None] = {}

    def known(self, scopes: frozenset[str]) -> frozenset[str]:
        """Those of a token's scopes that decide anything."""
        return scopes & self._scopes

    def allow(self, stage: str, scopes: frozenset[str]) -> dict[str, Any] | None:
        """The policy of a token with these `known` scopes; None when it may use no route."""
        key = (stage, scopes)
        if key in self._kept:
            return self._kept[key]
        policy = self._build(stage, scopes)
        if len(self._kept) < _MOST_KEPT:
            self._kept[key] = policy
        return policy

    def _build(self, stage: str, scopes: frozenset[str]) -> dict[str, Any] | None:
        allowed = [route for route in self._routes if route.scopes <= scopes]
        if not allowed:
            return None
        statements = [_statement("Allow", [f"{stage}/{_resource(r.method, r.path)}" for r in allowed])]
        leaked = leaks(self._routes, allowed)
        if leaked:
            statements.append(_statement("Deny", [f"{stage}/{resource}" for resource in leaked]))
        return _document(statements)


def leaks(routes: Sequence[Route], allowed: Sequence[Route]) -> list[str]:
    """Resources to deny: what the allowed routes' wildcards cover of routes that are not allowed."""
    granted = set(allowed)
    entries = {(route.method, route.path): route for route in routes}
    templates = {route.path: _segments(route.path) for route in routes}
    sources = [_pattern(route) for route in allowed]
    longest = max(len(source) for source in sources) + 1
    found: dict[str, None] = {}
    for target, segments in templates.items():
        for method in _CONCRETE:
            owner = entries.get((method, target)) or entries.get(("ANY", target))
            if owner is None or owner in granted:
                continue
            covered = (
                path[1:]
                for form in _forms((method, *segments), longest)
                for source in sources
                for path in _covered(source, form)
            )
            if any(_routed(path, templates) == target for path in covered):
                found[_resource(method, target)] = None
    return list(found)


def _pattern(route: Route) -> tuple[str, ...]:
    """A route's resource as segments, the method first: `*` for a method crosses slashes like any other."""
    return ("{method}" if route.method == "ANY" else route.method, *_segments(route.path))


def _forms(target: tuple[str, ...], longest: int) -> Iterator[tuple[str, ...]]:
    """The target with its greedy parameter, if it has one, as one segment, two segments, and so on."""
    if not target[-1].endswith("+}"):
        yield target
        return
    for length in range(len(target), max(len(target), longest) + 1):
        yield (*target[:-1], *("{greedy}",) * (length - len(target) + 1))


def _covered(source: tuple[str, ...], target: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Paths of the target, the least special ones, that the source covers when its parameters cross slashes."""
    if len(source) > len(target) or (not source and target):
        return
    if not source:
        yield ()
        return
    here = source[0]
    for taken in range(1, len(target) - len(source) + 2) if _is_parameter(here) else (1,):
        chosen = _unify(here, target[:taken])
        if chosen is not None:
            for tail in _covered(source[1:], target[taken:]):
                yield chosen + tail


def _unify(here: str, there: tuple[str, ...]) -> tuple[str, ...] | None:
    if _is_parameter(here):
        return tuple(_OTHER if _is_parameter(segment) else segment for segment in there)
    return (here,) if _is_parameter(there[0]) or there[0] == here else None


def _routed(path: tuple[str, ...], templates: Mapping[str, tuple[str, ...]]) -> str | None:
    """API Gateway prefers a literal to a parameter and a parameter to a greedy one, segment by segment."""
    best: tuple[tuple[int, ...], str] | None = None
    for template, segments in templates.items():
        rank = _rank(segments, path)
        if rank is not None and (best is None or rank < best[0]):
            best = (rank, template)
    return best[1] if best else None


def _rank(template: tuple[str, ...], path: tuple[str, ...]) -> tuple[int, ...] | None:
    if template and template[-1].endswith("+}"):
        if len(path) < len(template):
            return None
        head = _rank(template[:-1], path[: len(template) - 1])
        return None if head is None else (*head, 2)
    if len(template) != len(path):
        return None
    if any(not _is_parameter(t) and t != p for t, p in zip(template, path, strict=True)):
        return None
    return tuple(int(_is_parameter(segment)) for segment in template)


def _segments(path: str) -> tuple[str, ...]:
    return tuple(path[1:].split("/"))


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{")


def _resource(method: str, path: str) -> str:
    segments = ("*" if _is_parameter(segment) else segment for segment in _segments(path))
    return f"{'*' if method == 'ANY' else method}/{'/'.join(segments)}"


def _statement(effect: str, resources: list[str]) -> dict[str, Any]:
    return {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resources}


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}
