"""By what a rate-based rule counts: address, forwarded address, one count for all, or up to five custom keys. Pure.

A request that lacks a part of the key is neither counted nor limited; a forwarded address that is none is decided by the
fallback. https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-aggregation-options.html
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from infra.local.waf.fields import extractor
from infra.local.waf.inspected import Inspected, parse_address
from infra.local.waf.transformations import NotEvaluated, transformer

__all__ = ["Key", "aggregator"]

Shape = Mapping[str, Any]
Key = Callable[[Inspected], Hashable | bool | None]
"""The key of a request; None when it is not counted, True when the fallback says that it matches."""


def aggregator(statement: Shape) -> Key:
    """How a RateBasedStatement makes its key. Raises NotEvaluated for a part that a laptop does not have."""
    kind = statement.get("AggregateKeyType", "IP")
    if kind == "IP":
        return _address
    if kind == "FORWARDED_IP":
        return _forwarded(statement.get("ForwardedIPConfig") or {})
    if kind == "CONSTANT":
        return lambda _: "constant"
    parts = [_part(custom, statement) for custom in statement.get("CustomKeys") or ()]

    def key(inspected: Inspected) -> Hashable | bool | None:
        found = []
        for part in parts:
            value = part(inspected)
            if value is None or value is True:
                return value
            found.append(value)
        return tuple(found)

    return key


def _address(inspected: Inspected) -> Hashable | None:
    return inspected.address


def _forwarded(config: Shape) -> Key:
    header, matches = config.get("HeaderName", "X-Forwarded-For"), config.get("FallbackBehavior") == "MATCH"

    def key(inspected: Inspected) -> Hashable | bool | None:
        told = inspected.forwarded(header)
        if not told:
            return None  # without the header the rule is not applied at all
        found = parse_address(told[0])
        return found if found is not None else (True if matches else None)

    return key


_NAMED = {"Header": "SingleHeader", "QueryArgument": "SingleQueryArgument"}
_WHOLE = {"QueryString": "QueryString", "UriPath": "UriPath", "HTTPMethod": "Method"}


def _part(custom: Shape, statement: Shape) -> Key:
    name, settings = next(iter(custom.items()))
    if name == "IP":
        return _address
    if name == "ForwardedIP":
        return _forwarded(statement.get("ForwardedIPConfig") or {})
    if name == "LabelNamespace":
        return _labels(settings["Namespace"])
    if name == "Cookie":
        return _cookie(settings)
    if name in _NAMED:
        return _value({_NAMED[name]: {"Name": settings["Name"]}}, settings)
    if name in _WHOLE:
        return _value({_WHOLE[name]: {}}, settings or {})
    raise NotEvaluated(f"aggregation by {name}")


def _value(field: Shape, settings: Shape) -> Key:
    extract, transform = extractor(field), transformer(settings.get("TextTransformations") or ())

    def key(inspected: Inspected) -> Hashable | None:
        values = extract(inspected)
        return transform(values[0]) if isinstance(values, list) and values else None

    return key


def _cookie(settings: Shape) -> Key:
    name, transform = settings["Name"], transformer(settings.get("TextTransformations") or ())

    def key(inspected: Inspected) -> Hashable | None:
        value = next((value for cookie, value in inspected.cookies if cookie == name), None)
        return None if value is None else transform(value.encode())

    return key


def _labels(namespace: str) -> Key:
    def key(inspected: Inspected) -> Hashable | None:
        found = tuple(sorted(label for label in inspected.labels if label.startswith(namespace)))
        return found or None

    return key
