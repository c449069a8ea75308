"""``FieldToMatch``: which part of a request a statement looks at. Pure.

An extractor gives the values to look at (none: the part is missing, and the statement does not match), or True/False when the
web ACL itself says what an unreadable or too large part means.
https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-fields-list.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from infra.local.waf.inspected import Inspected
from infra.local.waf.transformations import NotEvaluated

__all__ = ["Extract", "extractor"]

Values = list[bytes] | bool
Extract = Callable[[Inspected], Values]
Shape = Mapping[str, Any]


def extractor(field: Shape) -> Extract:
    """The part that a FieldToMatch names. Raises NotEvaluated for one that a laptop does not have."""
    name, settings = next(iter(field.items()))
    build = _FIELDS.get(name)
    if build is None:
        raise NotEvaluated(f"field {name}")
    return build(settings or {})


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _header(settings: Shape) -> Extract:
    name = settings["Name"].lower()

    def extract(inspected: Inspected) -> Values:
        value = inspected.by_name.get(name)
        return [] if value is None else [_bytes(value)]

    return extract


def _argument(settings: Shape) -> Extract:
    name = settings["Name"].lower()
    return lambda inspected: [_bytes(value) for key, value in inspected.arguments if key.lower() == name]


def _oversize(settings: Shape, inspected: Inspected) -> bool | None:
    """What a body larger than WAF reads means; None goes on with what was read."""
    if not inspected.oversize:
        return None
    return {"MATCH": True, "NO_MATCH": False}.get(settings.get("OversizeHandling", "CONTINUE"))


def _body(settings: Shape) -> Extract:
    def extract(inspected: Inspected) -> Values:
        decided = _oversize(settings, inspected)
        return [inspected.body] if decided is None else decided

    return extract


def _json_body(settings: Shape) -> Extract:
    scope = settings.get("MatchScope", "ALL")
    paths = (settings.get("MatchPattern") or {}).get("IncludedPaths")
    fallback = settings.get("InvalidFallbackBehavior", "EVALUATE_AS_STRING")

    def extract(inspected: Inspected) -> Values:
        decided = _oversize(settings, inspected)
        if decided is not None:
            return decided
        try:
            document = json.loads(inspected.body)
        except ValueError:
            return [inspected.body] if fallback == "EVALUATE_AS_STRING" else bool(fallback == "MATCH")
        except RecursionError:
            return bool(fallback == "MATCH")
        return [_bytes(text) for text in _leaves(document, "", scope, paths)]

    return extract


def _leaves(value: Any, path: str, scope: str, paths: list[str] | None) -> Iterator[str]:
    included = paths is None or any(path == one or path.startswith(f"{one}/") for one in paths)
    if isinstance(value, dict):
        for key, inner in value.items():
            if scope != "VALUE" and included:
                yield key
            yield from _leaves(inner, f"{path}/{key}", scope, paths)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{path}/{number}", scope, paths)
    elif scope != "KEY" and included:
        yield value if isinstance(value, str) else json.dumps(value)


def _pairs(source: Callable[[Inspected], Iterable[tuple[str, str]]], kind: str) -> Callable[[Shape], Extract]:
    """Headers and cookies: some or all, by name, value or both."""

    def build(settings: Shape) -> Extract:
        scope, pattern = settings.get("MatchScope", "ALL"), settings.get("MatchPattern") or {"All": {}}
        included = {name.lower() for name in pattern.get(f"Included{kind}", ())}
        excluded = {name.lower() for name in pattern.get(f"Excluded{kind}", ())}

        def extract(inspected: Inspected) -> Values:
            found: list[bytes] = []
            for name, value in source(inspected):
                if name.lower() in excluded or (included and name.lower() not in included):
                    continue
                found += [_bytes(name)] * (scope != "VALUE") + [_bytes(value)] * (scope != "KEY")
            return found

        return extract

    return build


def _fingerprint(settings: Shape) -> Extract:
    """There is no TLS on loopback, so no fingerprint of it: the fallback decides."""
    decided = settings.get("FallbackBehavior") == "MATCH"
    return lambda _: decided


_FIELDS: dict[str, Callable[[Shape], Extract]] = {
    "SingleHeader": _header,
    "SingleQueryArgument": _argument,
    "AllQueryArguments": lambda _: lambda inspected: [_bytes(text) for pair in inspected.arguments for text in pair],
    "UriPath": lambda _: lambda inspected: [_bytes(inspected.uri)],
    "QueryString": lambda _: lambda inspected: [_bytes(inspected.request.query)],
    "Method": lambda _: lambda inspected: [_bytes(inspected.request.method)],
    "Body": _body,
    "JsonBody": _json_body,
    "Headers": _pairs(lambda inspected: inspected.headers, "Headers"),
    "Cookies": _pairs(lambda inspected: inspected.cookies, "Cookies"),
    "HeaderOrder": lambda _: lambda inspected: [_bytes(":".join(name.lower() for name, _ in inspected.headers))],
    "JA3Fingerprint": _fingerprint,
    "JA4Fingerprint": _fingerprint,
}
