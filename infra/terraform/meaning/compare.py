"""Facts against facts -> every difference, at the property. Pure.

Lists are compared without order, because most of them are sets to AWS and the rest has priorities of its own; the API's document
is compared as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infra.terraform.meaning.facts import Facts

__all__ = ["Difference", "compare"]

_ABSENT = "(not there)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One property that the two outputs do not agree on.

    Args:
        place: the region, or ``dns``.
        resource: CloudFormation's type and the label.
        path: below the resource; "" when all of it is missing.
    """

    place: str
    resource: str
    path: str
    cloudformation: str
    terraform: str

    def __str__(self) -> str:
        where = f"{self.place}: {self.resource}{': ' if self.path else ''}{self.path}"
        return f"{where}\n    CloudFormation: {self.cloudformation}\n    Terraform:      {self.terraform}"


def compare(place: str, cloudformation: Facts, terraform: Facts) -> list[Difference]:
    """Every difference, in the order of the resources' names."""
    found: list[Difference] = []
    for key in sorted(cloudformation.keys() | terraform.keys()):
        one, other = cloudformation.get(key, _ABSENT), terraform.get(key, _ABSENT)
        if one == other:
            continue
        resource = " ".join(key)
        if _ABSENT in (one, other):
            found.append(_difference(place, resource, "", _presence(one), _presence(other)))
            continue
        found += [
            _difference(place, resource, path, left, right)
            for path, left, right in _walk("", _normal(one), _normal(other), ordered=False)
        ]
    return found


def _presence(value: Any) -> Any:
    return value if value == _ABSENT else "there"


def _difference(place: str, resource: str, path: str, one: Any, other: Any) -> Difference:
    return Difference(place=place, resource=resource, path=path, cloudformation=_shown(one), terraform=_shown(other))


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:297]}..."


def _walk(path: str, one: Any, other: Any, *, ordered: bool) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys(), key=str):
            below = f"{path}.{key}" if path else str(key)
            inside = ordered or key == "Body"
            yield from _walk(below, one.get(key, _ABSENT), other.get(key, _ABSENT), ordered=inside)
        return
    if isinstance(one, list) and isinstance(other, list):
        left, right = (one, other) if ordered else (sorted(one, key=_text), sorted(other, key=_text))
        if len(left) == len(right):
            for at, (a, b) in enumerate(zip(left, right, strict=True)):
                yield from _walk(f"{path}[{at}]", a, b, ordered=ordered)
        elif left != right:
            yield path, [one for one in left if one not in right], [one for one in right if one not in left]
        return
    if one != other:
        yield path, one, other


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _normal(value: Any) -> Any:
    """Numbers as numbers, whatever the output writes them as; what is null is not there."""
    if isinstance(value, dict):
        return {str(key): _normal(one) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_normal(one) for one in value]
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return int(value) if float(value).is_integer() else float(value)
    if isinstance(value, str):
        return _number(value)
    return value


def _number(text: str) -> Any:
    """ "0.5" of a parameter and 0.5 of a variable are one value; a name of digits stays a text."""
    if text in ("true", "false"):
        return text == "true"
    try:
        number = float(text)
    except ValueError:
        return text
    return _normal(number) if text == f"{number:g}" else text
