"""A trace in one line: how long, how it ended, who took part. Pure.

https://docs.aws.amazon.com/xray/latest/api/API_TraceSummary.html: ``HasError``, ``HasFault`` and ``HasThrottle`` are the root
segment's, ``ResponseTime`` is how long the root took to answer, ``Duration`` lasts to the end of whatever ended last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.traces.expressions import Facts
from infra.local.traces.store import Trace, parts_of

__all__ = ["Summary", "summary_of"]

STAGE = "AWS::ApiGateway::Stage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Args: started: epoch seconds; root: its document; parts: every segment and subsegment."""

    trace_id: str
    started: float
    duration_seconds: float
    response_seconds: float
    root: Mapping[str, Any]
    parts: tuple[Mapping[str, Any], ...]
    account: str

    @property
    def ended(self) -> float:
        return self.started + self.duration_seconds

    def facts(self) -> Facts:
        """For filter expressions."""
        request, response, root = self.http("request"), self.http("response"), self.root
        texts = {f"http.{name}": str(request[name]) for name in ("url", "method") if name in request}
        numbers = {"duration": self.duration_seconds, "responsetime": self.response_seconds}
        status = response.get("status")
        if isinstance(status, (int, float)):
            numbers["http.status"] = float(status)
        booleans = {name: root.get(name) is True for name in ("fault", "error", "throttle")}
        booleans["ok"] = not booleans["fault"] and not booleans["error"]
        booleans["partial"] = self.partial
        return Facts(
            texts=texts,
            numbers=numbers,
            booleans=booleans,
            services=self.services,
            annotations={name: tuple(values) for name, values in self._annotations().items()},
        )

    @property
    def services(self) -> frozenset[str]:
        return frozenset(str(part["name"]) for part in self._services())

    @property
    def partial(self) -> bool:
        return any(part.get("in_progress") is True for part in self.parts)

    def shown(self) -> dict[str, Any]:
        """As GetTraceSummaries answers it."""
        request, response = self.http("request"), self.http("response")
        http = {
            "HttpURL": request.get("url"),
            "HttpStatus": response.get("status"),
            "HttpMethod": request.get("method"),
        }
        annotations = {
            name: [{"AnnotationValue": _value(value), "ServiceIds": []} for value in values]
            for name, values in self._annotations().items()
        }
        arns = sorted({str(part["resource_arn"]) for part in self.parts if isinstance(part.get("resource_arn"), str)})
        services = {(str(part["name"]), _type(part)): self._service_id(part) for part in self._services()}
        return {
            "Id": self.trace_id,
            "StartTime": self.started,
            "Duration": round(self.duration_seconds, 3),
            "ResponseTime": round(self.response_seconds, 3),
            "HasFault": self.root.get("fault") is True,
            "HasError": self.root.get("error") is True,
            "HasThrottle": self.root.get("throttle") is True,
            "IsPartial": self.partial,
            "Http": {name: value for name, value in http.items() if value is not None},
            "Annotations": annotations,
            "Users": [],
            "ServiceIds": list(services.values()),
            "ResourceARNs": [{"ARN": arn} for arn in arns],
            "InstanceIds": [],
            "AvailabilityZones": [],
            "EntryPoint": self._service_id(self.root),
            "FaultRootCauses": [],
            "ErrorRootCauses": [],
            "ResponseTimeRootCauses": [],
            "Revision": 1,
            "MatchedEventTime": self.started,
        }

    def http(self, side: str) -> Mapping[str, Any]:
        """What the root says of its request or response."""
        http = self.root.get("http")
        found = http.get(side) if isinstance(http, Mapping) else None
        return found if isinstance(found, Mapping) else {}

    def _services(self) -> list[Mapping[str, Any]]:
        """Segments, and what X-Ray infers from subsegments with a namespace."""
        return [
            part
            for part in self.parts
            if ("trace_id" in part and part.get("type") != "subsegment") or part.get("namespace")
        ]

    def _service_id(self, part: Mapping[str, Any]) -> dict[str, Any]:
        name = str(part["name"])
        return {"Name": name, "Names": [name], "AccountId": self.account, "Type": _type(part)}

    def _annotations(self) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for part in self.parts:
            given = part.get("annotations")
            for name, value in given.items() if isinstance(given, Mapping) else ():
                if isinstance(value, (str, int, float, bool)) and value not in found.setdefault(name, []):
                    found[name].append(value)
        return found


def _type(part: Mapping[str, Any]) -> str:
    return str(part.get("origin") or part.get("namespace") or "client")


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BooleanValue": value}
    return {"StringValue": value} if isinstance(value, str) else {"NumberValue": value}


def summary_of(trace: Trace, *, account: str) -> Summary | None:
    """None for a trace of which nothing is known but its id."""
    documents = list(trace.documents.values())
    if not documents:
        return None
    parts = tuple(part for document in documents for part in parts_of(document))
    ids = {str(part.get("id")) for part in parts}
    tops = [one for one in documents if one.get("parent_id") not in ids] or documents
    root = min(tops, key=_order)
    started = min(float(part["start_time"]) for part in parts)
    ended = max(_end(part) for part in parts)
    if (
        root.get("origin") != STAGE
    ):  # several parts of a request that nobody wrote the whole of: from the first to the last
        asked, answered = min(float(one["start_time"]) for one in tops), max(_end(one) for one in tops)
    else:
        asked, answered = float(root["start_time"]), _end(root)
    return Summary(
        trace_id=trace.id,
        started=started,
        duration_seconds=ended - started,
        response_seconds=max(0.0, answered - asked),
        root=root,
        parts=parts,
        account=account,
    )


def _order(document: Mapping[str, Any]) -> tuple[bool, bool, float, float]:
    """The stage is where the caller is; where it writes nothing, the segment that took longest knows most of it."""
    start = float(document["start_time"])
    subsegment = document.get("type") == "subsegment"
    return subsegment, document.get("origin") != STAGE, start - _end(document), start


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _end(part: Mapping[str, Any]) -> float:
    end = part.get("end_time")
    return float(end) if end is not None and _is_number(end) else float(part["start_time"])
