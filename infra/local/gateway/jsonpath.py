"""The part of JSONPath that mapping expressions and ``$input`` use. Pure.

``$``, ``.name``, ``['name']``, ``[0]``, ``[-1]``, ``[*]``, ``.*``, ``..name``. Filters and slices are not there: they
find nothing. Paths are parsed once and cached.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

__all__ = ["find"]

_STEP = re.compile(
    r"\.\.(?P<deep>[\w\-$]+|\*)|\.(?P<name>[\w\-$]+|\*)|\[\s*(?:'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\"|(?P<index>-?\d+|\*))\s*\]"
)
MAX_MATCHES = 10_000  # bounds what a recursive descent over a 10 MB body may collect


@functools.lru_cache(maxsize=1024)
def _parse(path: str) -> tuple[tuple[str, str], ...] | None:
    """Steps of (kind, value), kind one of name, index, all, deep; None when the path cannot be read."""
    text = path.strip()
    text = text[1:] if text.startswith("$") else "." + text
    steps: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            return None
        at = match.end()
        kind = match.lastgroup or ""
        value = match[kind]
        if kind == "index":
            steps.append(("all", "") if value == "*" else ("index", value))
        elif kind == "name" and value == "*":
            steps.append(("all", ""))
        else:
            steps.append(("deep" if kind == "deep" else "name", value))
    return tuple(steps)


def find(document: Any, path: str) -> Any:
    """The value at `path`: None when nothing matches, a list when a wildcard matched more than one."""
    steps = _parse(path)
    if steps is None:
        return None
    found = [document]
    many = False
    for kind, value in steps:
        many = many or kind in ("all", "deep")
        found = [hit for node in found for hit in _step(node, kind, value)][:MAX_MATCHES]
        if not found:
            return None
    return found if many and len(found) > 1 else found[0]


def _step(node: Any, kind: str, value: str) -> Iterator[Any]:
    if kind == "name":
        if isinstance(node, dict) and value in node:
            yield node[value]
    elif kind == "index":
        if isinstance(node, list) and -len(node) <= int(value) < len(node):
            yield node[int(value)]
    elif kind == "all":
        yield from _children(node)
    else:
        yield from _deep(node, value)


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        yield from node.values()
    elif isinstance(node, list):
        yield from node


def _deep(node: Any, name: str) -> Iterator[Any]:
    stack = [node]
    while stack:
        current = stack.pop()
        if name == "*":
            yield from _children(current)
        elif isinstance(current, dict) and name in current:
            yield current[name]
        stack.extend(reversed(list(_children(current))))
