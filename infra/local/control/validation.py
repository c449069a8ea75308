"""What AWS checks before an operation runs: JSON types, required members, enums, patterns. Touches nothing.

The messages were recorded from real AWS. It lists enum values in an order of its own; the orders that were recorded are
in ``RECORDED_ENUMS``, the others follow the service model (unsure).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from botocore.model import ListShape, MapShape, StringShape, StructureShape
from botocore.model import Shape as ModelShape

from infra.local.control.errors import serialization, validation
from infra.local.control.store import Shape

_NUMBER = "com.amazon.coral.value.json.numbers.TruncatingBigNumber"

RECORDED_ENUMS = {
    "Op": ("add", "remove", "move", "test", "replace", "copy"),
    "IntegrationType": ("HTTP", "MOCK", "AWS_PROXY", "HTTP_PROXY", "AWS"),
    "EndpointType": ("PRIVATE", "EDGE", "REGIONAL"),
    "DocumentationPartType": [
        "RESPONSE_BODY",
        "RESPONSE",
        "METHOD",
        "MODEL",
        "AUTHORIZER",
        "RESPONSE_HEADER",
        "RESOURCE",
        "PATH_PARAMETER",
        "REQUEST_BODY",
        "QUERY_PARAMETER",
        "API",
        "REQUEST_HEADER",
    ],
    "GatewayResponseType": [
        "REQUEST_TOO_LARGE",
        "RESOURCE_NOT_FOUND",
        "AUTHORIZER_CONFIGURATION_ERROR",
        "MISSING_AUTHENTICATION_TOKEN",
        "BAD_REQUEST_BODY",
        "INVALID_SIGNATURE",
        "INVALID_API_KEY",
        "BAD_REQUEST_PARAMETERS",
        "AUTHORIZER_FAILURE",
        "UNAUTHORIZED",
        "INTEGRATION_TIMEOUT",
        "ACCESS_DENIED",
        "DEFAULT_4XX",
        "DEFAULT_5XX",
        "WAF_FILTERED",
        "QUOTA_EXCEEDED",
        "THROTTLED",
        "API_CONFIGURATION_ERROR",
        "UNSUPPORTED_MEDIA_TYPE",
        "INTEGRATION_FAILURE",
        "EXPIRED_TOKEN",
    ],
}


def typed(shape: ModelShape, value: Any) -> Any:
    """The JSON value as the model's type; unknown members are dropped, nulls in structures too.

    Raises:
        AwsError: SerializationException, when the type does not fit.
    """
    if value is None:
        return None
    if isinstance(shape, StructureShape):
        return _structure(shape, value)
    if isinstance(shape, MapShape):
        _expect(value, dict)
        return {key: typed(shape.value, item) for key, item in value.items()}
    if isinstance(shape, ListShape):
        _expect(value, list)
        return [typed(shape.member, item) for item in value]
    return _scalar(shape.type_name, value)


def check(operation: str, shape: StructureShape, params: Shape) -> None:
    """Required members, enums and patterns, all findings at once.

    Raises:
        AwsError: ValidationException.
    """
    body = operation[0].lower() + operation[1:] + "Input."
    in_body: list[str] = []
    elsewhere: list[str] = []
    for name, member in shape.members.items():
        bound = bool(member.serialization.get("location"))
        where = name if bound else body + name
        (elsewhere if bound else in_body).extend(
            _findings(member, params.get(name), where, required=name in shape.required_members)
        )
    if findings := in_body + elsewhere:
        raise validation(findings)


def _structure(shape: StructureShape, value: Any) -> Shape:
    _expect(value, dict)
    answer: Shape = {}
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        if value.get(wire) is not None:
            answer[name] = typed(member, value[wire])
    return answer


def _expect(value: Any, kind: type) -> None:
    if not isinstance(value, kind):
        raise serialization("Unexpected value type in payload")


def _scalar(kind: str, value: Any) -> Any:
    if isinstance(value, dict):
        raise serialization("Start of structure or map found where not expected.")
    if isinstance(value, list):
        raise serialization("Start of list found where not expected")
    name = {"string": "String", "integer": "Integer", "long": "Long", "double": "Double", "boolean": "Boolean"}.get(
        kind
    )
    if name is None:  # blobs and timestamps do not come in JSON bodies here
        return value
    accepted: dict[str, type | tuple[type, ...]] = {"String": str, "Boolean": bool}
    fits = isinstance(value, accepted.get(name, (int, float))) and (name == "Boolean" or not isinstance(value, bool))
    if not fits:
        raise serialization(f"class {_java(value)} can not be converted to an {name}")
    return {"Integer": int, "Long": int, "Double": float}.get(name, lambda same: same)(value)


def _java(value: Any) -> str:
    if isinstance(value, bool):
        return "java.lang.Boolean"
    return _NUMBER if isinstance(value, int | float) else "java.lang.String"


def _findings(shape: ModelShape, value: Any, where: str, *, required: bool = False) -> Iterator[str]:
    if value is None:
        if required:
            yield f"Value null at '{where}' failed to satisfy constraint: Member must not be null"
    elif isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            yield from _findings(member, value.get(name), f"{where}.{name}", required=name in shape.required_members)
    elif isinstance(shape, ListShape):
        yield from _list_findings(shape, value, where)
    elif isinstance(shape, StringShape) and (rule := _violated(shape, value)):
        yield f"Value '{value}' at '{where}' failed to satisfy constraint: {rule}"


def _list_findings(shape: ListShape, value: list[Any], where: str) -> Iterator[str]:
    if isinstance(shape.member, StringShape):
        rule = next((rule for item in value if item is not None and (rule := _violated(shape.member, item))), None)
        if rule:
            shown = ", ".join(str(item) for item in value)
            yield f"Value '[{shown}]' at '{where}' failed to satisfy constraint: Member must satisfy constraint: [{rule}]"
        return
    for number, item in enumerate(value, start=1):
        yield from _findings(shape.member, item, f"{where}.{number}.member")


def _violated(shape: StringShape, value: str) -> str | None:
    if shape.enum and value not in shape.enum:
        allowed = RECORDED_ENUMS.get(shape.name, shape.enum)
        return f"Member must satisfy enum value set: [{', '.join(allowed)}]"
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        return f"Member must satisfy regular expression pattern: {pattern}"
    return None
