"""pydantic's errors -> findings with a place, a rule and what to do. Pure; touches nothing."""

from __future__ import annotations

from collections.abc import Collection
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from infra.config.regions import nearest
from infra.config.source import Source, Where
from infra.config.units import shown
from infra.errors import Finding

__all__ = ["findings"]

# What pydantic asks for, by the error's type: what a person calls it, and an example.
_KINDS = {
    "model_type": ("a mapping", "Write keys with values below it, indented"),
    "dict_type": ("a mapping of names", "Write 'name: {...}' below it, indented"),
    "tuple_type": ("a list", "Write [a, b]"),
    "list_type": ("a list", "Write [a, b]"),
    "string_type": ("text", "Write text; quote it when it looks like a number, true, false or null"),
    "bool_type": ("a truth value", "Write true or false"),
    "int_type": ("a whole number", "Write digits only"),
    "int_from_float": ("a whole number", "Write digits only"),
    "int_parsing_size": ("a number of this size", "Write a smaller number"),
}


def findings(
    source: Source, error: ValidationError, document: type[BaseModel], *, reported: Collection[str] = ()
) -> list[Finding]:
    """One finding for each of pydantic's errors, at its place in the file.

    Args:
        reported: paths that already have a finding of their own, of a key without a value.
    """
    details = error.errors(include_url=False)
    found = [_finding(source, detail, document) for detail in details if not _consequence(detail)]
    return [finding for finding in found if finding.path not in reported]


def _consequence(detail: ErrorDetails) -> bool:
    """Too few items because the ones given are wrong: those have findings."""
    return detail["type"] == "too_short" and bool(detail["input"])


def _finding(source: Source, detail: ErrorDetails, document: type[BaseModel]) -> Finding:
    where, kind, context = detail["loc"], detail["type"], detail.get("ctx", {})
    at_key = bool(where) and where[-1] == "[key]"
    if at_key:
        where = where[:-1]
    if kind == "extra_forbidden":
        known = _keys_at(document, where[:-1])
        advice = f"{nearest(str(where[-1]), known)}Known here: {', '.join(known)}" if known else "Remove it"
        return source.finding(where, f"unknown key {shown(where[-1])}", advice, at_key=True)
    if kind == "missing":
        return source.finding(where, f"the key {str(where[-1])!r} is missing", "Add it")
    return source.finding(where, *_told(kind, detail, context), at_key=at_key)


def _told(kind: str, detail: ErrorDetails, context: dict[str, Any]) -> tuple[str, str]:
    """The problem and the advice of an error about a value."""
    value = shown(detail["input"])
    if kind == "rule":
        return context["problem"], context["advice"]
    if kind in _KINDS:
        noun, advice = _KINDS[kind]
        return f"{value} is not {noun}", advice
    if kind == "literal_error":
        return f"{value} is not accepted", f"One of {context['expected']}"
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = f"at least {context['ge']}" if "ge" in context else f"at most {context['le']}"
        return f"{value} is out of range", f"Must be {bound}"
    if kind in ("too_short", "string_too_short"):
        return "it is empty", "Give at least one"
    return f"{value}: {detail['msg']}", "Correct the value"


def _keys_at(document: type[BaseModel], where: Where) -> list[str]:
    """The keys that the declaration knows at a place."""
    kind: Any = document
    for step in where:
        inner = get_args(kind)[0 if isinstance(step, int) else 1] if get_origin(kind) else _fields(kind).get(str(step))
        kind = _plain_type(inner)
    return list(_fields(kind))


def _fields(kind: Any) -> dict[str, Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {
            field.alias or name: Annotated[field.annotation, *field.metadata, None]
            for name, field in kind.model_fields.items()
        }
    return {}


def _plain_type(kind: Any) -> Any:
    """``Annotated[Section | None, ...]`` -> ``Section``; an annotation may name the model it checks by."""
    if get_origin(kind) is Annotated:
        inner, *metadata = get_args(kind)
        checked = [data.checked_as for data in metadata if hasattr(data, "checked_as")]
        return _plain_type(checked[0] if checked else inner)
    if isinstance(kind, UnionType) or get_origin(kind) is Union:
        return _plain_type(next(arg for arg in get_args(kind) if arg is not type(None)))
    return kind
