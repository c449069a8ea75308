"""A fragment's schemas as API Gateway models: JSON Schema draft 4, one namespace for all services. Pure.

Source of the keyword lists: API Gateway developer guide, "Important notes", models. A keyword that changes what is valid and
that API Gateway would drop is refused; one that only informs is left out of the document; one that is not applied to
requests gives a warning, because the service must then check it itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from infra.config.source import Source, Where
from infra.errors import Finding

__all__ = ["convert", "model_name", "problems", "warnings"]

_REF = "#/components/schemas/"
# "example" makes the import fail ("Invalid model schema specified"), the others are dropped by it.
_INFORMS = frozenset({"example", "deprecated", "readOnly", "writeOnly", "xml", "externalDocs"})
_REFUSED = {
    "nullable": "Leave the property out of 'required' instead, or add {enum: [null]} by anyOf",
    "discriminator": "Give each variant its own operation, or one schema with all properties",
}
_NOT_APPLIED = frozenset({"oneOf", "exclusiveMinimum", "exclusiveMaximum", "maxItems", "minItems"})
_ONE = ("items", "additionalProperties", "not")
_MANY = ("allOf", "anyOf", "oneOf")


def model_name(service: str, name: str) -> str:
    """``("users", "User")`` -> ``UsersUser``: letters and digits only, and unique, since services' names are."""
    return "".join(part.capitalize() for part in service.split("-")) + name


def convert(schema: Any, *, service: str) -> Any:
    """The schema as it goes into the document."""
    if not isinstance(schema, dict):
        return schema
    converted = {key: _value(key, value, service) for key, value in schema.items() if key not in _INFORMS}
    if converted.get("format") in ("int32", "int64"):
        del converted["format"]  # not supported; the type says integer already
    return converted


def _value(key: str, value: Any, service: str) -> Any:
    if key == "$ref":
        return _REF + model_name(service, value.removeprefix(_REF))
    if key == "properties":
        return {name: convert(inner, service=service) for name, inner in value.items()}
    if key in _ONE:
        return convert(value, service=service)
    if key in _MANY:
        return [convert(inner, service=service) for inner in value]
    return value


def problems(source: Source, schema: Any, where: Where, known: set[str]) -> Iterator[Finding]:
    """What makes a schema unusable, at its place."""
    for place, inner in _walk(schema, where):
        if not isinstance(inner, dict):
            yield source.finding(place, "this is not a schema", "Write a mapping, for example {type: string}")
            continue
        yield from _wrong_types(source, inner, place)
        for key, advice in _REFUSED.items():
            if key in inner:
                yield source.finding((*place, key), f"API Gateway's models have no {key!r}", advice, at_key=True)
        ref = inner.get("$ref")
        if ref is not None and (not isinstance(ref, str) or ref.removeprefix(_REF) not in known or _REF not in ref):
            yield source.finding((*place, "$ref"), f"{ref!r} is not here", f"Refer to {_REF}<name of this file>")


_TYPE_NAMES = ("array", "boolean", "integer", "number", "object", "string")
_TYPES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "properties": (lambda value: isinstance(value, dict), "a mapping of names to schemas"),
    "type": (lambda value: value in _TYPE_NAMES, "one of array, boolean, integer, number, object, string"),
    "required": (lambda value: isinstance(value, list) and len(value) > 0, "a list of names, not empty"),
    "enum": (lambda value: isinstance(value, list) and len(value) > 0, "a list of values, not empty"),
    **{key: (lambda value: isinstance(value, list) and len(value) > 0, "a list of schemas") for key in _MANY},
}


def _wrong_types(source: Source, schema: dict[str, Any], where: Where) -> Iterator[Finding]:
    for key, (fits, noun) in _TYPES.items():
        if key in schema and not fits(schema[key]):
            yield source.finding((*where, key), f"{key!r} has a wrong value", f"Write {noun}")
    for key in schema:
        if key.startswith("x-"):
            yield source.finding((*where, key), "an extension", "Remove it: the gateway writes them", at_key=True)


def warnings(source: Source, schema: Any, where: Where) -> Iterator[Finding]:
    """What API Gateway accepts and does not apply."""
    for place, inner in _walk(schema, where):
        for key in sorted(_NOT_APPLIED & set(inner)) if isinstance(inner, dict) else ():
            yield source.finding(
                (*place, key),
                f"AWS does not promise to apply {key!r} in request validation",
                "Check it in the service too",
                at_key=True,
            )


def _walk(schema: Any, where: Where) -> Iterator[tuple[Where, Any]]:
    """The schema and every schema in it, with its place."""
    yield where, schema
    if not isinstance(schema, dict):
        return
    properties = schema.get("properties")
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        yield from _walk(inner, (*where, "properties", name))
    for key in _ONE:
        if key in schema and not (key == "additionalProperties" and isinstance(schema[key], bool)):
            yield from _walk(schema[key], (*where, key))
    for key in _MANY:
        if isinstance(schema.get(key), list):
            for number, inner in enumerate(schema[key]):
                yield from _walk(inner, (*where, key, number))
