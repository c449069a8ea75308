"""Between HTTP and operation input and output, by the service model (REST-JSON). Touches nothing.

Cost: one walk over the input and one over the answer.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore.model import ListShape, MapShape, OperationModel, StructureShape
from botocore.model import Shape as ModelShape

from infra.local.control import validation
from infra.local.control.errors import AwsError, serialization
from infra.local.control.store import Shape
from infra.local.ports import HttpRequest, HttpResponse

_JSON = ("Content-Type", "application/json")


def read(operation: OperationModel, path_values: dict[str, str], request: HttpRequest) -> Shape:
    """The operation's input by SDK member names.

    Raises:
        AwsError: SerializationException or ValidationException.
    """
    shape = operation.input_shape
    if shape is None:
        return {}
    query = parse_qs(request.query, keep_blank_values=True)
    payload = shape.serialization.get("payload")
    body = {} if payload else _json_body(request.body)
    params: Shape = {payload: request.body} if payload else {}
    bound = _bound_query_names(operation, shape)
    for name, member in shape.members.items():
        if name != payload:
            value = _member(name, member, path_values, query, body, request, bound)
            if value is not None:
                params[name] = value
    validation.check(operation.name, shape, params)
    return params


def write(operation: OperationModel, answer: Shape | None) -> HttpResponse:
    """The answer, trimmed and typed as the service model says."""
    status = operation.http.get("responseCode", 200)
    shape = operation.output_shape
    if shape is None or answer is None:
        return HttpResponse(status=status, headers=[_JSON], body=b"")
    payload = shape.serialization.get("payload")
    if payload:
        headers = [
            (member.serialization["name"], str(answer[name]))
            for name, member in shape.members.items()
            if member.serialization.get("location") == "header" and name in answer
        ]
        return HttpResponse(status=status, headers=headers, body=answer.get(payload, b""))
    return HttpResponse(status=status, headers=[_JSON], body=json.dumps(shown(shape, answer)).encode())


def write_error(error: AwsError) -> HttpResponse:
    headers = [_JSON, ("x-amzn-ErrorType", error.code)]
    if error.status in (429, 503):
        headers.append(("Retry-After", "1"))
    return HttpResponse(status=error.status, headers=headers, body=json.dumps({"message": error.message}).encode())


def shown(shape: ModelShape, value: Any) -> Any:
    """A value as the wire has it: known members under their wire names, numbers and times of the right type."""
    if value is None:
        return None
    if isinstance(shape, StructureShape):
        return {
            member.serialization.get("name", name): shown(member, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if isinstance(shape, MapShape):
        return {key: shown(shape.value, item) for key, item in value.items()}
    if isinstance(shape, ListShape):
        return [shown(shape.member, item) for item in value]
    if shape.type_name in ("timestamp", "integer", "long"):
        return int(value)
    return float(value) if shape.type_name in ("double", "float") else value


def _json_body(body: bytes) -> Shape:
    if not body.strip():
        return {}
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise serialization("Unable to parse the request body as JSON") from None
    if not isinstance(document, dict):
        raise serialization("Unexpected value type in payload")
    return document


def _bound_query_names(operation: OperationModel, shape: StructureShape) -> set[str]:
    """Query names that are not free parameters: those of members and those in the path template (``mode=import``)."""
    names = {
        member.serialization.get("name", name)
        for name, member in shape.members.items()
        if member.serialization.get("location") == "querystring"
    }
    return names | set(parse_qs(operation.http["requestUri"].partition("?")[2]))


def _member(
    name: str,
    member: ModelShape,
    path_values: dict[str, str],
    query: dict[str, list[str]],
    body: Shape,
    request: HttpRequest,
    bound: set[str],
) -> Any:
    location = member.serialization.get("location")
    wire = member.serialization.get("name", name)
    if location == "uri":
        return unquote(path_values[wire])
    if location == "header":
        return request.header(wire)
    if location == "querystring":
        if isinstance(member, MapShape):
            return {key: values[-1] for key, values in query.items() if key not in bound} or None
        return _from_query(member, query.get(wire))
    value = body.get(wire)
    return validation.typed(member, value)


def _from_query(member: ModelShape, values: list[str] | None) -> Any:
    if not values:
        return None
    if isinstance(member, ListShape):
        return [part for value in values for part in value.split(",")] if member.name == "ListOfString" else values
    text = values[-1]
    if member.type_name == "boolean":
        return text.lower() == "true"
    if member.type_name in ("integer", "long"):
        try:
            return int(text)
        except ValueError:
            raise serialization(f"class java.lang.String can not be converted to an Integer: {text}") from None
    return text
