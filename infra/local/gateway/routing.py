"""Finds the resource and method of a request path. Pure; built once per deployment, O(segments) per request.

Rules, each recorded on AWS: a static segment beats ``{parameter}`` beats ``{proxy+}``, per segment; a resource that has
neither the verb nor ANY is skipped, so ``OPTIONS /test`` reaches ``/{proxy+}`` when ``/test`` lacks it; a trailing
slash and repeated leading slashes do not matter; captured values stay percent-encoded; HEAD is not served by GET.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import unquote

__all__ = ["Router"]

M = TypeVar("M")

ANY_VERBS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


@dataclass(slots=True)
class _Node(Generic[M]):
    methods: Mapping[str, M] | None = None
    static: dict[str, _Node[M]] = field(default_factory=dict)
    parameter: tuple[str, _Node[M]] | None = None
    greedy: tuple[str, _Node[M]] | None = None

    def method(self, verb: str) -> M | None:
        if self.methods is None:
            return None
        found = self.methods.get(verb)
        if found is None and verb in ANY_VERBS:
            found = self.methods.get("ANY")
        return found


class Router(Generic[M]):
    """Routes of one deployment.

    Args:
        resources: pairs of a resource path (``/pets/{id}``) and its methods by verb, ANY included.
    """

    def __init__(self, resources: Iterable[tuple[str, Mapping[str, M]]]) -> None:
        self._root: _Node[M] = _Node()
        self._exact: dict[str, _Node[M]] = {}
        for path, methods in resources:
            self._add(path, methods)

    def _add(self, path: str, methods: Mapping[str, M]) -> None:
        node = self._root
        for segment in [s for s in path.split("/") if s]:
            if segment.startswith("{") and segment.endswith("+}"):
                node.greedy = node.greedy or (segment[1:-2], _Node())
                node = node.greedy[1]
            elif segment.startswith("{") and segment.endswith("}"):
                node.parameter = node.parameter or (segment[1:-1], _Node())
                node = node.parameter[1]
            else:
                node = node.static.setdefault(segment, _Node())
        node.methods = methods
        if "{" not in path:
            self._exact[path] = node

    def find(self, verb: str, path: str) -> tuple[M, dict[str, str]] | None:
        """The method and its path parameters, or None when no resource takes this verb on this path."""
        exact = self._exact.get(path)
        if exact is not None:
            method = exact.method(verb)
            if method is not None:
                return method, {}
        trimmed = path.strip("/")
        captured: dict[str, str] = {}
        found = self._search(self._root, trimmed.split("/") if trimmed else [], 0, verb, captured)
        return None if found is None else (found, captured)

    def _search(self, node: _Node[M], segments: list[str], at: int, verb: str, captured: dict[str, str]) -> M | None:
        if at == len(segments):
            return node.method(verb)
        segment = segments[at]
        child = node.static.get(segment)
        if child is None and "%" in segment:
            child = node.static.get(unquote(segment))  # unsure: whether AWS decodes before it compares
        if child is not None:
            found = self._search(child, segments, at + 1, verb, captured)
            if found is not None:
                return found
        if node.parameter is not None and segment:
            name, child = node.parameter
            found = self._search(child, segments, at + 1, verb, captured)
            if found is not None:
                captured[name] = segment
                return found
        return self._greedy(node, segments, at, verb, captured)

    def _greedy(self, node: _Node[M], segments: list[str], at: int, verb: str, captured: dict[str, str]) -> M | None:
        if node.greedy is None:
            return None
        name, child = node.greedy
        found = child.method(verb)
        if found is not None:
            captured[name] = "/".join(segments[at:])
        return found
