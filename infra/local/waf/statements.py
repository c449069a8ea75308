"""Statements of a rule -> one function of the request. Pure but for the counts of rate-based statements.

What cannot be evaluated on a laptop (SQL injection and cross-site scripting detection, autonomous systems, AWS's managed rules)
never matches, and is named in ``Scope.not_evaluated``, so that nobody takes silence for safety.
"""

from __future__ import annotations

import base64
import binascii
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from infra.local.waf.aggregation import aggregator
from infra.local.waf.fields import extractor
from infra.local.waf.inspected import Address, Inspected, parse_address
from infra.local.waf.rates import Window
from infra.local.waf.transformations import NotEvaluated, transformer

__all__ = ["Matcher", "Scope", "matcher", "references"]

Shape = Mapping[str, Any]
Matcher = Callable[[Inspected], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a rule's statement refers to.

    Args:
        rule: its path, for messages and counts: ``PerAddress`` or ``Group/PerAddress``.
        namespace: prefix of labels of the same web ACL or rule group, ends with a colon.
        sets: IP sets and regex pattern sets by ARN.
        window: the counts of a rate-based statement, kept while the statement stays the same.
        clock: epoch seconds.
        not_evaluated: grows by what this engine does not evaluate.
    """

    rule: str
    namespace: str
    sets: Mapping[str, Shape]
    window: Callable[[str, Shape], Window]
    clock: Callable[[], float]
    not_evaluated: list[str] = field(default_factory=list)


def matcher(statement: Shape, scope: Scope) -> Matcher:
    """Whether a request matches. Never raises: what cannot be evaluated does not match."""
    name, settings = next(iter(statement.items()), ("nothing", {}))
    build = _STATEMENTS.get(name)
    try:
        if build is None:
            raise NotEvaluated(name.removesuffix("Statement"))
        return build(settings, scope)
    except NotEvaluated as problem:
        scope.not_evaluated.append(f"{scope.rule}: {problem}")
    except (AttributeError, KeyError, StopIteration, TypeError, ValueError) as problem:  # WAF would not have stored it
        scope.not_evaluated.append(f"{scope.rule}: {name} is malformed ({problem!r})")
    return lambda _: False


# logic


def _and(settings: Shape, scope: Scope) -> Matcher:
    parts = [matcher(inner, scope) for inner in settings["Statements"]]
    return lambda inspected: all(part(inspected) for part in parts)


def _or(settings: Shape, scope: Scope) -> Matcher:
    parts = [matcher(inner, scope) for inner in settings["Statements"]]
    return lambda inspected: any(part(inspected) for part in parts)


def _not(settings: Shape, scope: Scope) -> Matcher:
    known = len(scope.not_evaluated)
    inner = matcher(settings["Statement"], scope)
    if len(scope.not_evaluated) > known:  # "not unknown" is unknown too
        return lambda _: False
    return lambda inspected: not inner(inspected)


# content


def _over(settings: Shape, test: Callable[[bytes], bool]) -> Matcher:
    """A test of the values of a field, after the transformations."""
    extract, transform = extractor(settings["FieldToMatch"]), transformer(settings.get("TextTransformations") or ())

    def match(inspected: Inspected) -> bool:
        values = extract(inspected)
        return values if isinstance(values, bool) else any(test(transform(value)) for value in values)

    return match


_POSITIONS: dict[str, Callable[[bytes, bytes], bool]] = {
    "EXACTLY": operator.eq,
    "STARTS_WITH": bytes.startswith,
    "ENDS_WITH": bytes.endswith,
    "CONTAINS": operator.contains,
    "CONTAINS_WORD": lambda value, word: (
        re.search(rb"(?<![A-Za-z0-9_])" + re.escape(word) + rb"(?![A-Za-z0-9_])", value) is not None
    ),
}


def _byte_match(settings: Shape, _: Scope) -> Matcher:
    compare = _POSITIONS[settings["PositionalConstraint"]]
    try:
        sought = base64.b64decode(settings["SearchString"], validate=True)  # a blob of the API
    except binascii.Error as problem:
        raise NotEvaluated("a search string that is not base64") from problem
    return _over(settings, lambda value: compare(value, sought))


def _pattern(text: str) -> re.Pattern[bytes]:
    try:
        return re.compile(text.encode())
    except re.error as problem:
        raise NotEvaluated(f"regular expression {text!r} ({problem})") from problem


def _regex(settings: Shape, _: Scope) -> Matcher:
    pattern = _pattern(settings["RegexString"])
    return _over(settings, lambda value: pattern.search(value) is not None)


def _regex_set(settings: Shape, scope: Scope) -> Matcher:
    listed = _referred(settings, scope).get("RegularExpressionList") or ()
    patterns = [_pattern(entry["RegexString"]) for entry in listed]
    return _over(settings, lambda value: any(pattern.search(value) for pattern in patterns))


_SIZES: dict[str, Callable[[int, int], bool]] = {
    "EQ": operator.eq,
    "NE": operator.ne,
    "LE": operator.le,
    "LT": operator.lt,
    "GE": operator.ge,
    "GT": operator.gt,
}


def _size(settings: Shape, _: Scope) -> Matcher:
    compare, size = _SIZES[settings["ComparisonOperator"]], int(settings["Size"])
    return _over(settings, lambda value: compare(len(value), size))


# origin


def _referred(settings: Shape, scope: Scope) -> Shape:
    found = scope.sets.get(settings["ARN"])
    if found is None:
        raise NotEvaluated(f"{settings['ARN']}, which does not exist")
    return found


def _ip_set(settings: Shape, scope: Scope) -> Matcher:
    networks = [ip_network(text, strict=False) for text in _referred(settings, scope).get("Addresses") or ()]

    def listed(address: Address) -> bool:
        return any(address in network for network in networks)

    config = settings.get("IPSetForwardedIPConfig")
    if config is None:
        return lambda inspected: inspected.address is not None and listed(inspected.address)
    return _forwarded_in(config, listed)


def _forwarded_in(config: Shape, listed: Callable[[Address], bool]) -> Matcher:
    header, position = config["HeaderName"], config["Position"]
    fallback = bool(config["FallbackBehavior"] == "MATCH")
    chosen: dict[str, Callable[[list[str]], list[str]]] = {
        "FIRST": lambda told: told[:1],
        "LAST": lambda told: told[-1:],
        "ANY": lambda told: told[-10:],  # WAF reads ten from the end
    }
    choose = chosen[position]

    def match(inspected: Inspected) -> bool:
        told = inspected.forwarded(header)
        if not told:
            return False
        addresses = [parse_address(text) for text in choose(told)]
        if None in addresses:
            return fallback
        return any(listed(address) for address in addresses if address is not None)

    return match


def _geo(settings: Shape, _: Scope) -> Matcher:
    countries = frozenset(settings["CountryCodes"])
    forwarded = settings.get("ForwardedIPConfig") or {}
    where = "forwardedip" if forwarded else "clientip"

    def match(inspected: Inspected) -> bool:
        if forwarded:
            told = inspected.forwarded(forwarded["HeaderName"])
            if not told or not told[0]:
                return False  # without the header the statement is not applied at all
            if parse_address(told[0]) is None:
                return bool(forwarded["FallbackBehavior"] == "MATCH")
        # Every request that is looked at gets the labels, whether it matches or not; XX is what AWS writes for unknown.
        country = inspected.country or "XX"
        for label in (f"awswaf:{where}:geo:country:{country}", f"awswaf:{where}:geo:region:XX"):
            if label not in inspected.labels:
                inspected.labels.append(label)
        return country in countries

    return match


def _label(settings: Shape, scope: Scope) -> Matcher:
    key: str = settings["Key"]
    full = key if key.startswith("awswaf:") else scope.namespace + key
    if settings["Scope"] == "LABEL":
        return lambda inspected: full in inspected.labels
    prefix = full if full.endswith(":") else f"{full}:"
    return lambda inspected: any(label.startswith(prefix) for label in inspected.labels)


# rates


def _rate(settings: Shape, scope: Scope) -> Matcher:
    key_of, clock = aggregator(settings), scope.clock
    window = scope.window(scope.rule, settings)
    scope_down = settings.get("ScopeDownStatement")
    concerns = matcher(scope_down, scope) if scope_down else None

    def match(inspected: Inspected) -> bool:
        if concerns is not None and not concerns(inspected):
            return False
        key = key_of(inspected)
        if key is None or key is True:
            return key is True
        return window.exceeds(key, clock())

    return match


_STATEMENTS: dict[str, Callable[[Shape, Scope], Matcher]] = {
    "AndStatement": _and,
    "OrStatement": _or,
    "NotStatement": _not,
    "ByteMatchStatement": _byte_match,
    "RegexMatchStatement": _regex,
    "RegexPatternSetReferenceStatement": _regex_set,
    "SizeConstraintStatement": _size,
    "IPSetReferenceStatement": _ip_set,
    "GeoMatchStatement": _geo,
    "LabelMatchStatement": _label,
    "RateBasedStatement": _rate,
}


def references(statements: Sequence[Shape]) -> set[str]:
    """ARNs of sets and rule groups that statements name, at any depth."""
    found: set[str] = set()
    waiting: list[Any] = list(statements)
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            if isinstance(value.get("ARN"), str):
                found.add(value["ARN"])
            waiting.extend(value.values())
        elif isinstance(value, list | tuple):
            waiting.extend(value)
    return found
