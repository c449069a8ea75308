"""YAML text -> plain data with the place of every key and value. Pure; bounded in size, depth and aliases.

First stage of the configuration. Only the JSON part of YAML is read (YAML 1.2's core scalars: ``no``, ``on`` and
``2024-01-01`` are text), so that what an editor's JSON schema sees is what the parser sees. The text is walked twice
(events, then nodes): the first walk finds depth and aliases before anything is built from them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from infra.errors import Finding

__all__ = ["Plain", "Source", "Where", "read", "spell"]

Plain = dict[str, "Plain"] | list["Plain"] | str | int | float | bool | None
Where = tuple[str | int, ...]

TEXT_CHARACTERS_MAX = 1_000_000  # a thousand services are about 100 kB
DEPTH_MAX = 40  # gateway.yaml needs 5, an OpenAPI fragment about 20
ALIASES_MAX = 100  # an alias repeats what it names; without a limit ten lines can mean a billion values
VALUES_MAX = 100_000

_SYNTAX = "Correct the YAML there; indent with spaces and quote text that holds ': ' or ' #'"
_PLAIN_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq")}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """SafeLoader with YAML 1.2's core scalars instead of YAML 1.1's; libyaml's where it is built in, 20 times as fast."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (set as PyYAML does)


for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", "n~\0"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))
_Loader.yaml_implicit_resolvers[""] = _Loader.yaml_implicit_resolvers["\0"]  # PyYAML asks for "" on empty text


@dataclass(frozen=True, slots=True)
class Source:
    """A file as plain data, with what was wrong at this stage.

    Args:
        file: the name for messages.
        plain: None when nothing could be read.
        keys: 1-based line and column of every key, by path.
        values: the same of every value.
        findings: of the YAML itself.
    """

    file: str
    plain: Plain = None
    keys: dict[Where, tuple[int, int]] = field(default_factory=dict)
    values: dict[Where, tuple[int, int]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def finding(self, where: Where, problem: str, advice: str, *, at_key: bool = False) -> Finding:
        """A finding at the nearest known place to ``where``: its own, or that of what holds it."""
        line, column = self._place(where, at_key=at_key)
        return Finding(file=self.file, line=line, column=column, path=spell(where), problem=problem, advice=advice)

    def _place(self, where: Where, *, at_key: bool) -> tuple[int, int]:
        tables = (self.keys, self.values) if at_key else (self.values, self.keys)
        for length in range(len(where), -1, -1):
            for table in tables:
                if where[:length] in table:
                    return table[where[:length]]
            tables = (self.keys, self.values)  # what is missing is reported at the key of its holder
        return (1, 1)


def spell(where: Where) -> str:
    """``("services", "users", "methods", 0)`` -> ``services.users.methods[0]``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where)
    return text.removeprefix(".") or "(top)"


def read(text: str, *, file: str) -> Source:
    """Read YAML text; never raises, whatever the text."""
    if len(text) > TEXT_CHARACTERS_MAX:
        return _failed(file, 1, 1, f"the file has {len(text)} characters", f"Keep it below {TEXT_CHARACTERS_MAX}")
    if forbidden := yaml.reader.Reader.NON_PRINTABLE.search(text):
        before = text[: forbidden.start()]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return _failed(file, line, column, f"a character that YAML forbids: U+{ord(forbidden[0]):04X}", "Remove it")
    try:
        if problem := _unbounded(text):
            return _failed(file, *problem)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        parts = [part for part in (error.context, error.problem) if part]
        return _failed(file, line, column, f"this is not YAML: {', '.join(parts)}", _SYNTAX)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # PyYAML lets a few of Python's own errors through, for example for an escape beyond Unicode.
        return _failed(file, 1, 1, f"this is not YAML: {error}", _SYNTAX)
    if node is None:
        return _failed(file, 1, 1, "the file is empty", "Begin with 'gateway: <name>'")
    return _Walk(file).source(node)


def _failed(file: str, line: int, column: int, problem: str, advice: str) -> Source:
    finding = Finding(file=file, line=line, column=column, path="(top)", problem=problem, advice=advice)
    return Source(file=file, findings=(finding,))


def _unbounded(text: str) -> tuple[int, int, str, str] | None:
    """Where the text nests too deeply or repeats too much; reads events only, so nothing is built yet."""
    depth = aliases = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
        if depth > DEPTH_MAX:
            return *_mark(event), f"more than {DEPTH_MAX} levels of nesting", "Flatten the file"
        if aliases > ALIASES_MAX:
            return *_mark(event), f"more than {ALIASES_MAX} YAML aliases", "Write the values out"
    return None


def _mark(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


class _Walk:
    """One pass over the nodes; collects places and findings."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.keys: dict[Where, tuple[int, int]] = {}
        self.values: dict[Where, tuple[int, int]] = {}
        self.findings: list[Finding] = []
        self.left = VALUES_MAX

    def source(self, node: yaml.Node) -> Source:
        plain = self._value(node, ())
        return Source(self.file, plain, self.keys, self.values, tuple(self.findings))

    def _report(self, node: yaml.Node, where: Where, problem: str, advice: str) -> None:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        self.findings.append(
            Finding(file=self.file, line=line, column=column, path=spell(where), problem=problem, advice=advice)
        )

    def _value(self, node: yaml.Node, where: Where) -> Plain:
        self.values[where] = (node.start_mark.line + 1, node.start_mark.column + 1)
        self.left -= 1
        if self.left < 0 or len(where) > DEPTH_MAX:
            if self.left == -1 or len(where) > DEPTH_MAX:
                self._report(node, where, "aliases make the file too large or endless", "Write the values out")
                self.left = min(self.left, -1)
            return None
        if node.tag not in _PLAIN_TAGS:
            self._report(node, where, f"the tag {node.tag!r} has no meaning here", "Remove the tag")
            return None
        if isinstance(node, yaml.MappingNode):
            return dict(self._entries(node, where))
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*where, i)) for i, item in enumerate(node.value) if self.left >= 0]
        return self._scalar(node, where)

    def _entries(self, node: yaml.MappingNode, where: Where) -> Iterator[tuple[str, Plain]]:
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            # A key is its text, as in JSON: 200 under `responses` is "200".
            if key_node.tag not in _PLAIN_TAGS or not isinstance(key, str) or not key.isprintable():
                self._report(key_node, where, "a key that is not plain text", "Quote the key, or write it as text")
                continue
            inner = (*where, key)
            if key in seen:
                problem = f"the key {key!r} is given twice, first in line {seen[key]}"
                self._report(key_node, inner, problem, "Keep one of them")
                continue
            seen[key] = key_node.start_mark.line + 1
            self.keys[inner] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if self.left >= 0:
                yield key, self._value(value_node, inner)

    def _scalar(self, node: yaml.Node, where: Where) -> Plain:
        kind, text = node.tag.rpartition(":")[2], str(node.value)
        try:
            return _scalar(kind, text)
        except ValueError:
            self._report(node, where, f"{text[:40]!r} is not a usable {kind}", "Correct the value, or quote it as text")
            return None


def _scalar(kind: str, text: str) -> Plain:
    """The value of a scalar; ValueError when it has none that JSON could carry."""
    if kind == "str":
        text.encode()  # a lone surrogate (written as an escape) is a ValueError
        return text
    if kind == "int":
        return int(text)
    if kind == "float":
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(text)
        return number
    if kind == "bool" and text in ("true", "false"):
        return text == "true"
    if kind == "null" and text in ("null", "~", ""):
        return None
    raise ValueError(text)
