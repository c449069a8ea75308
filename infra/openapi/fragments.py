"""The services' operations, read from disk and checked: every finding at once, with its place. The only reader here.

A fragment is a small OpenAPI 3.0 document whose paths are relative to the service's prefix. What is found wrong here would
otherwise come back from AWS during a deployment, without a line number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from infra.config import messages, rules
from infra.config.model import Gateway
from infra.config.source import Source, Where, read
from infra.config.syntax import segments
from infra.errors import ConfigError, Finding
from infra.openapi import schemas
from infra.openapi.operations import ids_of_prefix
from infra.openapi.shape import FragmentShape, OperationShape, PathShape

__all__ = ["Fragment", "parse_fragment", "read_fragments"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A service's operations, without findings.

    Args:
        warnings: what API Gateway accepts and does not apply; nothing stops for them.
    """

    shape: FragmentShape
    warnings: tuple[Finding, ...] = ()


def read_fragments(gateway: Gateway, *, folder: Path) -> dict[str, Fragment]:
    """The fragment of every service that has one, by the service's name.

    Raises:
        ConfigError: with the findings of all fragments.
    """
    fragments: dict[str, Fragment] = {}
    findings: list[Finding] = []
    for service in gateway.services:
        if service.operations is None:
            continue
        try:
            text = (folder / service.operations).read_text(encoding="utf-8")
            fragments[service.name] = parse_fragment(text, file=service.operations)
        except (OSError, UnicodeDecodeError):
            source = Source(file=service.operations)
            findings.append(source.finding((), "it cannot be read as UTF-8 text", "Give an OpenAPI 3.0 fragment"))
        except ConfigError as error:
            findings.extend(error.findings)
    findings.extend(_twice(gateway, fragments))
    if findings:
        raise ConfigError(findings)
    return fragments


def parse_fragment(text: str, *, file: str) -> Fragment:
    """Pure: one fragment from its text.

    Raises:
        ConfigError: with every finding of the text.
    """
    source = read(text, file=file)
    if not isinstance(source.plain, dict):
        findings = source.findings or (source.finding((), "this is not a mapping", "Begin with 'paths:'"),)
        raise ConfigError(findings)
    # In these null is a value like any other.
    missing = [
        finding for where, finding in rules.values(source) if not {"default", "enum", "example", "examples"} & {*where}
    ]
    try:
        shape = FragmentShape.model_validate_json(json.dumps(source.plain))
    except ValidationError as error:
        told = messages.findings(source, error, FragmentShape, reported={finding.path for finding in missing})
        raise ConfigError([*source.findings, *missing, *told]) from None
    findings = (*source.findings, *missing, *_problems(source, shape))
    if findings:
        raise ConfigError(findings)
    found = tuple(w for where, schema in _enforced(shape) for w in schemas.warnings(source, schema, where))
    return Fragment(shape=shape, warnings=found)


def _problems(source: Source, shape: FragmentShape) -> Iterator[Finding]:
    known = set(shape.components.schemas)
    for where, schema in _schemas(shape):
        yield from schemas.problems(source, schema, where, known)
    yield from _one_name_for_a_place(source, shape)
    for path, item in shape.paths.items():
        if not item.operations():
            yield source.finding(("paths", path), "no operation", "Add get, post, ... below it", at_key=True)
        for method, operation in item.operations().items():
            yield from _variables(source, path, method, item, operation)


def _variables(source: Source, path: str, method: str, item: PathShape, operation: OperationShape) -> Iterator[Finding]:
    """The path's variables are its path parameters, and required."""
    where = ("paths", path, method)
    in_path = {part.strip("{}") for part in segments(path) if part.startswith("{")}
    declared = {p.name: p.required for p in (*item.parameters, *operation.parameters) if p.place == "path"}
    for name in sorted(in_path - declared.keys()):
        yield source.finding(where, f"{{{name}}} is no parameter", "Add it: in: path, required: true", at_key=True)
    for name in sorted(declared.keys() - in_path):
        yield source.finding(where, f"the path has no {{{name}}}", "Remove the parameter", at_key=True)
    for name in sorted(name for name, required in declared.items() if name in in_path and not required):
        yield source.finding(where, f"{{{name}}} is not required", "A path parameter is: required: true", at_key=True)


def _one_name_for_a_place(source: Source, shape: FragmentShape) -> Iterator[Finding]:
    """API Gateway keeps one variable below a resource ("A sibling ... already has a variable path part", recorded)."""
    names: dict[tuple[str, ...], str] = {}
    for path in shape.paths:
        parts = segments(path)
        for depth, part in enumerate(parts):
            if part.startswith("{") and names.setdefault(parts[:depth], part) != part:
                problem = f"{part} is called {names[parts[:depth]]} in another path"
                yield source.finding(("paths", path), problem, "A place in a path has one name", at_key=True)


def _twice(gateway: Gateway, fragments: Mapping[str, Fragment]) -> Iterator[Finding]:
    files = {service.name: service.operations for service in gateway.services if service.operations}
    first = {
        name: service.name for service in gateway.services if not service.operations for name in ids_of_prefix(service)
    }
    for service, fragment in fragments.items():
        for path, item in fragment.shape.paths.items():
            for method, operation in item.operations().items():
                name = operation.operation_id
                if name in first:
                    yield Source(file=files[service]).finding(
                        ("paths", path, method, "operationId"),
                        f"{name!r} is also an operation of {first[name]!r}",
                        "operationId is unique in a gateway: rename one",
                    )
                first.setdefault(name, service)


def _enforced(shape: FragmentShape) -> Iterator[tuple[Where, dict[str, Any]]]:
    """The schemas that requests are checked with: bodies, and every named schema, since bodies refer to them."""
    for where, schema in _schemas(shape):
        if where[0] == "components" or "requestBody" in where:
            yield where, schema


def _schemas(shape: FragmentShape) -> Iterator[tuple[Where, dict[str, Any]]]:
    """Every schema of the fragment with its place."""
    for name, schema in shape.components.schemas.items():
        yield ("components", "schemas", name), schema
    for path, item in shape.paths.items():
        for number, parameter in enumerate(item.parameters):
            yield ("paths", path, "parameters", number, "schema"), parameter.body
        for method, operation in item.operations().items():
            for where, schema in _of_operation(operation):
                yield ("paths", path, method, *where), schema


def _of_operation(operation: OperationShape) -> Iterator[tuple[Where, dict[str, Any]]]:
    for number, parameter in enumerate(operation.parameters):
        yield ("parameters", number, "schema"), parameter.body
    if operation.request is not None:
        for kind, media in operation.request.content.items():
            if media.body is not None:
                yield ("requestBody", "content", kind, "schema"), media.body
    for status, response in operation.responses.items():
        for kind, media in response.content.items():
            if media.body is not None:
                yield ("responses", status, "content", kind, "schema"), media.body
        for name, header in response.headers.items():
            yield ("responses", status, "headers", name, "schema"), header.body
