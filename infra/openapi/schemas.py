"""A fragment's schemas as API Gateway models: JSON Schema draft 4, one namespace for all services. Pure.

Source of the keyword lists: API Gateway developer guide, "Important notes", models. A keyword that changes what is valid and
that API Gateway would drop is refused; one that only informs is left out of the document; one that is not applied to
requests gives a warning, because the service must then check it itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.config.source import Source, Where
from infra.errors import Finding

__all__ = ["convert", "model_name", "problems", "warnings"]

Schema = dict[str, Any]
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


def convert(schema: Schema, *, service: str) -> Schema:
    """The schema as it goes into the document."""
    converted = {key: _value(key, value, service) for key, value in schema.items() if key not in _INFORMS}
    if converted.get("format") in ("int32", "int64"):
        del converted["format"]  # not supported; the type says integer already
    return converted


def _value(key: str, value: Any, service: str) -> Any:
    if key == "$ref":
        return _REF + model_name(service, value.removeprefix(_REF))
    if key == "properties":
        return {name: convert(inner, service=service) for name, inner in value.items()}
    if key in _ONE and isinstance(value, dict):
        return convert(value, service=service)
    if key in _MANY:
        return [convert(inner, service=service) for inner in value]
    return value


def problems(source: Source, schema: Schema, where: Where, known: set[str]) -> Iterator[Finding]:
    """What makes a schema unusable, at its place."""
    for place, inner in _walk(schema, where):
        for key, advice in _REFUSED.items():
            if key in inner:
                yield source.finding((*place, key), f"API Gateway's models have no {key!r}", advice, at_key=True)
        ref = inner.get("$ref")
        if ref is not None and ref not in {_REF + name for name in known}:
            yield source.finding((*place, "$ref"), f"{ref!r} is not here", f"Refer to {_REF}<name of this file>")


def warnings(source: Source, schema: Schema, where: Where) -> Iterator[Finding]:
    """What API Gateway accepts and does not apply."""
    for place, inner in _walk(schema, where):
        for key in sorted(_NOT_APPLIED & inner.keys()):
            yield source.finding(
                (*place, key),
                f"AWS does not promise to apply {key!r} in request validation",
                "Check it in the service too",
                at_key=True,
            )


def _walk(schema: Schema, where: Where) -> Iterator[tuple[Where, Schema]]:
    """The schema and every schema in it, with its place."""
    yield where, schema
    for name, inner in schema.get("properties", {}).items():
        yield from _walk(inner, (*where, "properties", name))
    for key in _ONE:
        if isinstance(schema.get(key), dict):
            yield from _walk(schema[key], (*where, key))
    for key in _MANY:
        for number, inner in enumerate(schema.get(key, ())):
            yield from _walk(inner, (*where, key, number))
