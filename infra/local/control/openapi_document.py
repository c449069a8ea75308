"""Reading an OpenAPI 3 or Swagger 2 document and finding things in it. Touches nothing.

What a caller can make us allocate is bounded: the size of the document (the service's limit for an import), its depth and
the number of its nodes counted through YAML aliases, and the length of a chain of ``$ref``. A schema is never expanded.
"""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import yaml

from infra.local.control.errors import bad_request
from infra.local.control.store import Shape

MAXIMUM_BYTES = 6 * 1024 * 1024  # the documented limit of an API definition import
MAXIMUM_DEPTH = 200
MAXIMUM_NODES = 1_000_000
MAXIMUM_REFERENCES = 20
INVALID = "Invalid OpenAPI input."
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document with its import parameters; ``warnings`` and ``errors`` are filled while it is imported."""

    content: Shape
    base_path: str
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def is_swagger(self) -> bool:
        return "swagger" in self.content

    @property
    def schemas(self) -> Shape:
        return section(self.content, "definitions") if self.is_swagger else section(self.components, "schemas")

    @property
    def components(self) -> Shape:
        return section(self.content, "components")

    @property
    def security_schemes(self) -> Shape:
        if self.is_swagger:
            return section(self.content, "securityDefinitions")
        return section(self.components, "securitySchemes")

    def resolve(self, value: Any) -> Shape:
        """An object or what its ``$ref`` chain ends at.

        Raises:
            AwsError: a reference that leads nowhere or in a circle.
        """
        for _ in range(MAXIMUM_REFERENCES):
            if not isinstance(value, dict):
                return {}
            reference = value.get("$ref")
            if not isinstance(reference, str):
                return value
            value = self._at(reference)
        raise bad_request(f"{INVALID} A chain of $ref is longer than {MAXIMUM_REFERENCES} or goes in a circle.")

    def _at(self, reference: str) -> Any:
        found: Any = self.content
        for part in reference.removeprefix("#/").split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            if not reference.startswith("#/") or not isinstance(found, dict) or name not in found:
                raise bad_request(f"{INVALID} Unable to resolve the reference {reference}.")
            found = found[name]
        return found


def section(content: Any, name: str) -> Shape:
    """A member that should be an object, empty when it is not there or something else."""
    found = content.get(name) if isinstance(content, dict) else None
    return found if isinstance(found, dict) else {}


def parse(body: bytes, base_path_mode: str) -> Document:
    """The document of a request body, JSON or YAML.

    Args:
        body: what the caller sent.
        base_path_mode: ``ignore``, ``prepend`` or ``split``: what happens to the document's own base path.

    Raises:
        AwsError: BadRequestException.
    """
    if len(body) > MAXIMUM_BYTES:
        raise bad_request(f"API definition is too large: {len(body)} bytes, the limit is {MAXIMUM_BYTES}.")
    content = load(body)
    if not isinstance(content, dict):
        raise bad_request(INVALID)
    version = str(content.get("swagger") or content.get("openapi") or "")
    if not version.startswith(("2.", "3.")):
        raise bad_request(INVALID)
    if base_path_mode not in ("ignore", "prepend", "split"):
        raise bad_request("Invalid basepath. Must be one of: [ignore, prepend, split]")  # unsure of the text
    check_bounds(content)
    return Document(content, _base_path(content, base_path_mode))


def load(body: bytes) -> Any:
    """JSON, else YAML; None when it is neither."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        pass
    try:
        return _jsonable(yaml.load(body, Loader=_LOADER))  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def check_bounds(content: Any) -> None:
    """Raises BadRequestException for a document that is too deep, has too many nodes or contains itself."""
    waiting: list[tuple[Any, int]] = [(content, 0)]
    nodes = 0
    while waiting:
        value, depth = waiting.pop()
        nodes += 1
        if depth > MAXIMUM_DEPTH or nodes > MAXIMUM_NODES:
            raise bad_request(
                f"{INVALID} The document is nested too deeply, too large when expanded, or contains itself."
            )
        if isinstance(value, dict):
            waiting.extend((item, depth + 1) for item in value.values())
        elif isinstance(value, list):
            waiting.extend((item, depth + 1) for item in value)


def _jsonable(content: Any) -> Any:
    """YAML's own types as JSON has them: status codes as keys and dates are strings."""
    check_bounds(content)
    if isinstance(content, dict):
        return {_key(key): _jsonable_value(value) for key, value in content.items()}
    return content


def _jsonable_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {_key(key): _jsonable_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_jsonable_value(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date | datetime.datetime) else value


def _key(key: Any) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _base_path(content: Shape, mode: str) -> str:
    """The path to put before every path of the document: empty, or like ``/base``."""
    if mode == "ignore":
        return ""
    own = content.get("basePath", "") if "swagger" in content else _server_path(content)
    parts = [part for part in str(own).split("/") if part]
    kept = parts if mode == "prepend" else parts[1:]
    return "".join(f"/{part}" for part in kept)


def _server_path(content: Shape) -> str:
    """The first server's path; a ``basePath`` variable is it even when the URL does not name the variable (recorded)."""
    servers = content.get("servers")
    first = servers[0] if isinstance(servers, list) and servers and isinstance(servers[0], dict) else {}
    url, variables = str(first.get("url", "")), section(first, "variables")
    defaults = {name: str(section(variables, name).get("default", "")) for name in variables}
    if "basePath" in defaults and "{basePath}" not in url:
        return defaults["basePath"]
    for name, default in defaults.items():
        url = url.replace(f"{{{name}}}", default.strip("/"))
    return urlsplit(url).path
