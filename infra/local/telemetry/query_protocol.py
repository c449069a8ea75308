"""CloudWatch's Query protocol (form parameters in, XML out) over its own model, so that no protocol answers less than another.

Terraform's provider before 6.50 and older SDKs speak it. Names, lists and types are those of botocore's model of the service; the form is
https://smithy.io/2.0/aws/protocols/aws-query-protocol.html. Pure, but for reading that model once; a request costs microseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

__all__ = ["Malformed", "read_request", "result"]

_WRITTEN_APART = {"\r": "&#13;"}  # a reader of XML makes a line feed of a carriage return
_NOT_IN_XML = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])
Node = dict[str, Any]


class Malformed(ValueError):
    """A parameter that is not of its type."""


def read_request(operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The request's members, as the JSON protocol would have brought them.

    Args:
        parameters: name -> value, or the list of its values, of which the first counts.

    Raises:
        Malformed: with the parameter's name.
    """
    root: Node = {}
    for name, given in parameters.items():
        node = root
        for part in name.split("."):
            node = node.setdefault(part, {})
        node[""] = given[0] if isinstance(given, list) else given
    shape = _model().operation_model(operation).input_shape
    return {} if shape is None else _structure(shape, root, "")


def _structure(shape: Any, node: Node, path: str) -> dict[str, Any]:
    return {name: _read(member, node[name], f"{path}{name}") for name, member in shape.members.items() if name in node}


def _read(shape: Any, node: Node, path: str) -> Any:
    if shape.type_name == "structure":
        return _structure(shape, node, f"{path}.")
    if shape.type_name == "list":
        members = node.get("member", {})
        return [
            _read(shape.member, members[key], f"{path}.member.{key}") for key in _in_order(members, f"{path}.member")
        ]
    if shape.type_name == "map":
        entries = node.get("entry", {})
        pairs = [(entries[key], f"{path}.entry.{key}") for key in _in_order(entries, f"{path}.entry")]
        return {
            _text(one.get("key", {}), at): _read(shape.value, one.get("value", {}), f"{at}.value") for one, at in pairs
        }
    return _scalar(shape.type_name, _text(node, path), path)


def _in_order(members: Node, path: str) -> list[str]:
    if not all(key.isdecimal() for key in members):
        raise Malformed(f"{path}: members are counted from 1")
    return sorted(members, key=int)


def _text(node: Node, path: str) -> str:
    if not isinstance(node.get(""), str):
        raise Malformed(f"{path}: a value is missing")
    return str(node[""])


def _scalar(type_name: str, text: str, path: str) -> Any:
    try:
        if type_name == "boolean":
            return {"true": True, "false": False}[text.lower()]
        if type_name in ("integer", "long"):
            return int(text)
        return float(text) if type_name in ("double", "float") else text
    except (ValueError, KeyError):
        raise Malformed(f"{path}: {text!r} is no {type_name}") from None


def result(operation: str, answer: Mapping[str, Any]) -> str:
    """What is between an answer's outer tags: its result element, or nothing where the operation has none."""
    shape = _model().operation_model(operation).output_shape
    if shape is None:
        return ""
    tag = shape.serialization.get("resultWrapper", f"{operation}Result")
    return f"<{tag}>{_written(shape, answer)}</{tag}>"


def _written(shape: Any, value: Any) -> str:
    if shape.type_name == "structure":
        known = ((name, member) for name, member in shape.members.items() if value.get(name) is not None)
        return "".join(f"<{name}>{_written(member, value[name])}</{name}>" for name, member in known)
    if shape.type_name == "list":
        return "".join(f"<member>{_written(shape.member, one)}</member>" for one in value)
    if shape.type_name == "map":
        pairs = ((_escaped(key), _written(shape.value, one)) for key, one in value.items())
        return "".join(f"<entry><key>{key}</key><value>{one}</value></entry>" for key, one in pairs)
    if shape.type_name == "boolean":
        return "true" if value else "false"
    if shape.type_name == "timestamp":
        return _moment(value)
    return _escaped(value)


def _escaped(value: Any) -> str:
    return escape(str(value).translate(_NOT_IN_XML), _WRITTEN_APART)


def _moment(value: Any) -> str:
    """ISO 8601 in UTC, as AWS writes it; from epoch seconds."""
    if isinstance(value, str):
        return _escaped(value)
    moment = datetime.fromtimestamp(float(value), tz=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


@cache
def _model() -> Any:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model("cloudwatch", "service-2"), "cloudwatch")
