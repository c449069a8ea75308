"""The patch grammar that all nouns share: JSON-pointer paths, a rule for each, all operations or none. Touches nothing.

A noun declares a ``Grammar``: path pattern -> rule, ``*`` standing for one segment. Real AWS words refusals in two ways
(both recorded): most older nouns say ``Invalid patch path /x``, the others list what the operation could have had.
Stages have a grammar of their own (``stage_patch``).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.local.control.call import Call
from infra.local.control.errors import AwsError, bad_request, not_found
from infra.local.control.store import Shape

UNKNOWN_PARAMETER = "Invalid parameter name specified"
UNKNOWN_CONTENT_TYPE = "Content-Type specified was not found"


@dataclass(frozen=True, slots=True)
class PatchOperation:
    """One operation; ``source`` is the wire's ``from``."""

    op: str
    path: str | None
    value: str | None = None
    source: str | None = None

    @property
    def segments(self) -> tuple[str, ...]:
        return segments(self.path)


Apply = Callable[[Shape, tuple[str, ...], PatchOperation], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """Which operations a path takes and what they do to the (already copied) shape."""

    ops: tuple[str, ...]
    apply: Apply


@dataclass(frozen=True, slots=True)
class Grammar:
    """``listing`` chooses the wording of refusals."""

    rules: Mapping[str, Rule]
    listing: bool = False


def operations(call: Call) -> list[PatchOperation]:
    return [
        PatchOperation(item.get("op", ""), item.get("path"), item.get("value"), item.get("from"))
        for item in call.arg("patchOperations", [])
    ]


def segments(path: str | None) -> tuple[str, ...]:
    """A JSON pointer's segments, unescaped (RFC 6901): ``~1`` is a slash, ``~0`` a tilde."""
    if not path or not path.startswith("/"):
        return ()
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/"))


def escape(segment: str) -> str:
    return segment.replace("~", "~0").replace("/", "~1")


def apply(shape: Shape, given: Sequence[PatchOperation], grammar: Grammar) -> Shape:
    """A patched copy of the shape; the shape itself is never touched, so a refused patch changes nothing.

    Raises:
        AwsError: BadRequestException or NotFoundException, as recorded.
    """
    patched = copy.deepcopy(shape)
    for operation in given:
        rule, keys = _rule(operation, grammar)
        rule.apply(patched, keys, operation)
    return patched


def _rule(operation: PatchOperation, grammar: Grammar) -> tuple[Rule, tuple[str, ...]]:
    for pattern, rule in grammar.rules.items():
        keys = _match(pattern, operation.segments)
        if keys is not None:
            if operation.op in rule.ops:
                return rule, keys
            raise _refused_op(operation, rule, grammar)
    raise _refused_path(operation, grammar)


def _match(pattern: str, given: tuple[str, ...]) -> tuple[str, ...] | None:
    wanted = pattern[1:].split("/")
    if len(wanted) != len(given):
        return None
    keys = []
    for expected, segment in zip(wanted, given, strict=True):
        if expected == "*" and segment:
            keys.append(segment)
        elif expected != segment:
            return None
    return tuple(keys)


def _refused_op(operation: PatchOperation, rule: Rule, grammar: Grammar) -> AwsError:
    if grammar.listing:
        return _refused_path(operation, grammar)
    return bad_request(f"Invalid patch operation specified. Must be one of: [{', '.join(rule.ops)}]")


def _refused_path(operation: PatchOperation, grammar: Grammar) -> AwsError:
    shown = "null" if operation.path is None else operation.path
    if not grammar.listing:
        return bad_request(f"Invalid patch path {shown}")
    allowed = [pattern for pattern, rule in grammar.rules.items() if operation.op in rule.ops]
    advice = f"Must be one of: [{', '.join(allowed)}]" if allowed else "Please choose supported operations"
    # two spaces: recorded so
    return bad_request(f"Invalid patch path  '{shown}' specified for op '{operation.op}'. {advice}")


# --- what rules do ---------------------------------------------------------------------------------------------------


def flag_of(value: str | None) -> bool:
    """Anything that is not "true" is false (recorded: "whatever" and a missing value are false)."""
    return (value or "").lower() == "true"


def whole_number(value: str | None, message: str) -> int:
    try:
        return int(value or "")
    except ValueError:
        raise bad_request(message) from None


def real_number(value: str | None, message: str) -> float:
    try:
        number = float(value or "")
    except ValueError:
        raise bad_request(message) from None
    if number != number or number in (float("inf"), float("-inf")):
        raise bad_request(message)
    return number


def text(name: str, *, ops: tuple[str, ...] = ("replace",), blank: str | None = None) -> Rule:
    """A string member; ``blank`` is the error for an empty value, without it an empty value removes the member."""

    def change(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
        value = None if operation.op == "remove" else operation.value
        if not value and blank is not None:
            raise bad_request(blank)
        if value:
            shape[name] = value
        else:
            shape.pop(name, None)

    return Rule(ops, change)


def flag(name: str, *, ops: tuple[str, ...] = ("replace",)) -> Rule:
    def change(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
        shape[name] = flag_of(operation.value)

    return Rule(ops, change)


def number(name: str, message: str) -> Rule:
    def change(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
        shape[name] = whole_number(operation.value, message)

    return Rule(("replace",), change)


def entry(name: str, *, missing: str, convert: Callable[[str | None], Any] = lambda value: value or "") -> Rule:
    """An entry of a map member; an empty map disappears (recorded for request parameters and models)."""

    def change(shape: Shape, keys: tuple[str, ...], operation: PatchOperation) -> None:
        entries = shape.get(name) or {}
        if operation.op != "add" and keys[0] not in entries:
            raise not_found(missing)
        if operation.op == "remove":
            del entries[keys[0]]
        else:
            entries[keys[0]] = convert(operation.value)
        if entries:
            shape[name] = entries
        else:
            shape.pop(name, None)

    return Rule(("add", "remove", "replace"), change)


def member(name: str, *, keep_empty: bool = False) -> Rule:
    """A value in a list member, named by the path's last segment; replacing moves it to the end (recorded)."""

    def change(shape: Shape, keys: tuple[str, ...], operation: PatchOperation) -> None:
        values = [value for value in shape.get(name) or [] if value != keys[0]]
        if operation.op == "add":
            values.append(keys[0])
        elif operation.op == "replace" and operation.value:
            values.append(operation.value)
        if values or keep_empty:
            shape[name] = values
        else:
            shape.pop(name, None)

    return Rule(("add", "remove", "replace"), change)


def scopes(name: str) -> Rule:
    """A list member whose value is in ``value``, not in the path (authorization scopes, provider ARNs)."""

    def change(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
        values = [value for value in shape.get(name) or [] if value != operation.value]
        if operation.op in ("add", "replace") and operation.value:
            values.append(operation.value)
        if values:
            shape[name] = values
        else:
            shape.pop(name, None)

    return Rule(("add", "remove", "replace"), change)
