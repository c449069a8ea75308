"""What a reader makes of one resource, and the shapes that readers share. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.terraform.meaning.facts import Facts

__all__ = ["Body", "Made", "from_json", "many_blocks", "one_block", "plain_kind", "renamed"]

Body = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Made:
    """One resource as CloudFormation would have it; parts of it may come later.

    Args:
        kind: "" for what is nothing by itself.
        beside: further resources that it stands for.
    """

    kind: str
    label: str
    properties: Body
    beside: Facts = field(default_factory=dict)

    def facts(self) -> Facts:
        own: Facts = {(self.kind, self.label): self.properties} if self.kind else {}
        return own | self.beside


def renamed(body: Body, names: Mapping[str, str]) -> Body:
    """The properties, renamed; what is not named keeps its name in brackets."""
    return {names.get(key, f"[{key}]"): value for key, value in body.items()}


def one_block(value: Any) -> Any:
    """A block that is there at most once may be written as a list of one."""
    if isinstance(value, list):
        return value[0] if len(value) == 1 else (value or None)
    return value


def many_blocks(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def from_json(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text


def plain_kind(kind: str, names: Mapping[str, str], **change: Callable[[Any], Any]) -> Callable[[str, Body], Made]:
    """A type whose attributes only have other names; ``change`` is by Terraform's name."""

    def read(label: str, body: Body) -> Made:
        said = {key: change[key](value) if key in change else value for key, value in body.items()}
        return Made(kind=kind, label=label, properties=renamed(said, names))

    return read
