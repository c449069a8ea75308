"""Terraform's template syntax: literals escaped, CloudFormation's intrinsics translated. Pure.

Every string of Terraform JSON is a template, in which ``${`` and ``%{`` begin an expression. So a plain text is escaped when it is
encoded, and what is an expression already is an `Hcl`: a service whose environment says ``${HOME}`` gets that and nothing else.
https://developer.hashicorp.com/terraform/language/syntax/json#expression-mapping
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["Hcl", "Resolve", "encode", "json_text", "literal", "translate"]

Resolve = Callable[[str], str]
"""``Logical`` or ``Logical.Attribute`` or ``AWS::Pseudo`` -> an `Hcl`, or a plain text."""

# ${!Literal}, ${Name}, ${Name.Attribute} of Fn::Sub.
_SUB = re.compile(r"\$\{(!?)([^}]*)\}")


class Hcl(str):
    """Text in Terraform's template syntax: it is never escaped again."""

    __slots__ = ()


def literal(text: str) -> Hcl:
    """The template that means exactly this text."""
    return Hcl(text.replace("${", "$${").replace("%{", "%%{"))


def encode(value: Any) -> Any:
    """A value for Terraform JSON: every text that is not `Hcl` is a literal; keys are too; None is left out of mappings."""
    if isinstance(value, Hcl):
        return str(value)
    if isinstance(value, str):
        return str(literal(value))
    if isinstance(value, Mapping):
        return {encode(key): encode(one) for key, one in value.items() if one is not None}
    if isinstance(value, (list, tuple)):
        return [encode(one) for one in value]
    return value


def json_text(value: Any) -> Hcl:
    """A JSON document as one template: what AWS takes as text (API bodies, policies). The same bytes for the same meaning."""
    return Hcl(json.dumps(encode(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def translate(value: Any, resolve: Resolve) -> Any:
    """A value in CloudFormation's notation with every intrinsic in Terraform's words.

    Raises:
        KeyError: an intrinsic that no shared value uses, or a name that ``resolve`` does not know.
    """
    if isinstance(value, Mapping):
        if len(value) == 1:
            ((key, argument),) = value.items()
            if key == "Ref" or str(key).startswith("Fn::"):
                return _intrinsic(str(key), argument, resolve)
        return {key: translate(one, resolve) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [translate(one, resolve) for one in value]
    return value


def _intrinsic(name: str, argument: Any, resolve: Resolve) -> Any:
    match name:
        case "Ref":
            return resolve(argument)
        case "Fn::GetAtt":
            return resolve(argument if isinstance(argument, str) else ".".join(argument))
        case "Fn::Sub":
            return _sub(argument, resolve)
        case "Fn::FindInMap":
            mapping, key, attribute = (translate(part, resolve) for part in argument)
            return resolve(f"{mapping}:{key}:{attribute}")
        case "Fn::Join":
            separator, parts = argument
            return Hcl(literal(separator).join(encode(translate(part, resolve)) for part in parts))
        case _:
            raise KeyError(f"{name} has no translation")


def _sub(text: str, resolve: Resolve) -> Hcl:
    parts: list[str] = []
    end = 0
    for found in _SUB.finditer(text):
        parts.append(literal(text[end : found.start()]))
        bang, name = found.groups()
        parts.append(literal(f"${{{name}}}") if bang else encode(resolve(name)))
        end = found.end()
    return Hcl("".join([*parts, literal(text[end:])]))
