"""A collector of OpenTelemetry spans: OTLP over HTTP with JSON. Spans become segment documents in the same store.

https://opentelemetry.io/docs/specs/otlp/#otlphttp: 200 with what was refused in ``partialSuccess``, 400 for what cannot be read, 415
for another encoding. Ids are hexadecimal text, times nanoseconds in text. As the exporter for X-Ray of the OpenTelemetry Collector does
it: a span of kind SERVER, or without a parent, is a segment, and every other one a subsegment.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from infra.local.ports import HttpRequest, HttpResponse
from infra.local.traces.documents import flags
from infra.local.traces.store import InvalidSegment, TraceStore
from infra.local.traces.surroundings import OTLP

__all__ = ["PATH", "Sink", "segment_of"]

PATH = f"{OTLP}/v1/traces"
DEFAULT_REGION = "us-east-1"
MAX_BYTES = 16 * 1024 * 1024
_SERVER, _CLIENT, _PRODUCER = 2, 3, 4
_ERROR = 2  # Status.StatusCode
_NANOSECONDS = 10**9  # a whole number: by 1e9 it would be rounded twice
_REGION = re.compile(r"[a-z]{2}(-[a-z]{3,12}){1,2}-\d")
_NOT_A_KEY = re.compile(r"[^A-Za-z0-9_]")
_HTTP = {
    "http.request.method": ("request", "method"),
    "http.method": ("request", "method"),
    "url.full": ("request", "url"),
    "http.url": ("request", "url"),
    "http.response.status_code": ("response", "status"),
    "http.status_code": ("response", "status"),
}  # the stable names of the semantic conventions, and the ones before


class Sink:
    """Answers `PATH`."""

    def __init__(self, store: TraceStore) -> None:
        self._store = store

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Every failure is an answer."""
        if request.path.rstrip("/") != PATH:
            return _json(404, {"code": 5, "message": f"traces go to {PATH}; metrics and logs are not taken here"})
        if request.method != "POST":
            return _json(405, {"code": 12, "message": "POST"})
        kind = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
        if kind != "application/json":
            return _json(415, {"code": 3, "message": "send JSON: OTEL_EXPORTER_OTLP_PROTOCOL=http/json"})
        try:
            refused = self._take(json.loads(_plain(request)))
        except (ValueError, RecursionError, TypeError, AttributeError, OSError, EOFError, zlib.error) as error:
            return _json(400, {"code": 3, "message": f"not understood: {error}"})
        told = {"rejectedSpans": str(len(refused)), "errorMessage": refused[0]} if refused else None
        return _json(200, {"partialSuccess": told} if told else {})

    def _take(self, given: Any) -> list[str]:
        """Why spans were refused."""
        refused = []
        for resource, span in _spans(given):
            try:
                document = segment_of(resource, span)
                self._store.put(self._region(resource, document["trace_id"]), document)
            except (InvalidSegment, ValueError, TypeError, KeyError, AttributeError) as error:
                refused.append(f"a span was refused: {error}")
        return refused

    def _region(self, resource: Mapping[str, Any], trace_id: str) -> str:
        told = str(resource.get("cloud.region") or "")
        return told if _REGION.fullmatch(told) else self._store.region_of(trace_id) or DEFAULT_REGION


def _plain(request: HttpRequest) -> bytes:
    if (request.header("Content-Encoding") or "").strip().lower() != "gzip":
        return request.body
    unpacked = zlib.decompressobj(wbits=31).decompress(request.body, MAX_BYTES + 1)
    if len(unpacked) > MAX_BYTES:
        raise ValueError(f"more than {MAX_BYTES} bytes")
    return unpacked


def _spans(given: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every span with the attributes of its resource."""
    for one in given.get("resourceSpans") or ():
        resource = _attributes((one.get("resource") or {}).get("attributes"))
        for scope in one.get("scopeSpans") or ():
            for span in scope.get("spans") or ():
                yield resource, span


def segment_of(resource: Mapping[str, Any], span: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a span.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it is none.
    """
    trace_id, kind = str(span["traceId"]).lower(), _number_of(span.get("kind", 1))
    parent = str(span.get("parentSpanId") or "").lower()
    attributes = _attributes(span.get("attributes"))
    document: dict[str, Any] = {
        "id": str(span["spanId"]).lower(),
        "trace_id": f"1-{trace_id[:8]}-{trace_id[8:]}",
        "start_time": int(span["startTimeUnixNano"]) / _NANOSECONDS,
        "end_time": int(span["endTimeUnixNano"]) / _NANOSECONDS,
    }
    within = bool(parent) and kind != _SERVER
    document["name"] = _name(resource, span, attributes, calls=kind in (_CLIENT, _PRODUCER))
    if parent:
        document["parent_id"] = parent
    if within:
        document["type"] = "subsegment"
        if kind in (_CLIENT, _PRODUCER):
            document["namespace"] = "aws" if attributes.get("rpc.system") == "aws-api" else "remote"
    elif resource.get("faas.name") or resource.get("cloud.platform") == "aws_lambda":
        document["origin"] = "AWS::Lambda::Function"
    return document | _ended(span, attributes)


def _name(resource: Mapping[str, Any], span: Mapping[str, Any], attributes: Mapping[str, Any], *, calls: bool) -> str:
    """A segment is named as its service, a call as whom it calls, anything else as it calls itself."""
    own = str(span.get("name") or "")
    if calls:
        found = attributes.get("peer.service") or attributes.get("server.address") or own
    elif _number_of(span.get("kind", 1)) == _SERVER or not span.get("parentSpanId"):
        found = resource.get("service.name") or own
    else:
        found = own
    return str(found)[:200] or "unnamed"


def _ended(span: Mapping[str, Any], attributes: Mapping[str, Any]) -> dict[str, Any]:
    """How it went, and what is told of it."""
    http: dict[str, dict[str, Any]] = {}
    annotations: dict[str, Any] = {}
    for name, value in attributes.items():
        if name in _HTTP:
            side, field = _HTTP[name]
            http.setdefault(side, {})[field] = value
        elif isinstance(value, (str, int, float, bool)):
            annotations[_NOT_A_KEY.sub("_", name)] = value
    template = attributes.get("http.route") or attributes.get("url.template")
    if template and "url" not in http.get("request", {}):
        http.setdefault("request", {})["url"] = str(template)  # what tells no person; it can be looked for all the same
    status = http.get("response", {}).get("status")
    found: dict[str, Any] = flags(status) if isinstance(status, int) else {}
    if _number_of((span.get("status") or {}).get("code", 0)) == _ERROR and not found:
        found = {"fault": True}
    if http:
        found["http"] = http
    return found | ({"annotations": annotations} if annotations else {})


_NAMES = {"SPAN_KIND_SERVER": _SERVER, "SPAN_KIND_CLIENT": _CLIENT, "SPAN_KIND_PRODUCER": _PRODUCER, "STATUS_CODE_ERROR": _ERROR}  # fmt: skip


def _number_of(value: Any) -> int:
    """An enumeration: OTLP wants its number, plain proto3 JSON its name."""
    return _NAMES.get(value, 0) if isinstance(value, str) else int(value)


def _attributes(given: Any) -> dict[str, Any]:
    return {str(one["key"]): _value(one.get("value") or {}) for one in given or ()}


def _value(given: Mapping[str, Any]) -> Any:
    """An AnyValue; lists and maps are not told."""
    if "intValue" in given:
        return int(given["intValue"])
    return next((given[name] for name in ("stringValue", "boolValue", "doubleValue") if name in given), None)


def _json(status: int, document: object) -> HttpResponse:
    headers = [("Content-Type", "application/json")]
    return HttpResponse(status=status, headers=headers, body=json.dumps(document).encode())
