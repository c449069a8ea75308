"""The X-Ray API, as far as traces are put and looked for. Answers from the store.

https://docs.aws.amazon.com/xray/latest/api/API_Operations.html. AWS also answers segments that it infers of services that write
none ("inferred": true); the subsegments of who called them say the same.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from infra.local.addresses import Credentials
from infra.local.ports import HttpRequest, HttpResponse
from infra.local.traces import expressions
from infra.local.traces.sampling import default_rule
from infra.local.traces.store import InvalidSegment, Trace, TraceStore
from infra.local.traces.summaries import Summary, summary_of

__all__ = ["XRayApi"]

MAX_TRACE_IDS = 5  # of BatchGetTraces. unsure: the words of AWS's refusal
MAX_DOCUMENTS = 50
MAX_HOURS = 6  # that GetTraceSummaries looks at: https://docs.aws.amazon.com/xray/latest/api/API_GetTraceSummaries.html
PAGE = 200


class InvalidRequest(Exception):
    """A 400 with the code InvalidRequestException."""


class XRayApi:
    """Args: clock: epoch seconds."""

    def __init__(self, store: TraceStore, *, clock: Callable[[], float] = time.time) -> None:
        self._store, self._clock = store, clock
        self._operations: dict[str, Callable[[Mapping[str, Any], Credentials], dict[str, Any]]] = {
            "/TraceSegments": self._put,
            "/TraceSummaries": self._summaries,
            "/Traces": self._traces,
            "/GetSamplingRules": self._rules,
            "/TelemetryRecords": lambda _given, _credentials: {},
        }

    def answer(self, request: HttpRequest, credentials: Credentials) -> HttpResponse:
        """A signed request; every failure is an answer."""
        operation = self._operations.get(request.path.rstrip("/")) if request.method == "POST" else None
        try:
            if operation is None:
                known = ", ".join(path[1:] for path in self._operations)
                raise InvalidRequest(f"the embedded X-Ray does not answer {request.path[:60]}; it knows {known}")
            given = json.loads(request.body or b"{}")
            if not isinstance(given, dict):
                raise InvalidRequest("a JSON object is expected")
            return _json(200, operation(given, credentials))
        except InvalidRequest as problem:
            return _refusal(str(problem))
        except ValueError:
            return _refusal("the body is not JSON")

    def _put(self, given: Mapping[str, Any], credentials: Credentials) -> dict[str, Any]:
        documents = given.get("TraceSegmentDocuments")
        if not isinstance(documents, list) or not all(isinstance(one, str) for one in documents):
            raise InvalidRequest("TraceSegmentDocuments: a list of documents is needed")
        if len(documents) > MAX_DOCUMENTS:
            raise InvalidRequest(f"TraceSegmentDocuments: at most {MAX_DOCUMENTS}")
        refused = []
        for text in documents:
            try:
                self._store.put(credentials.region, _document(text))
            except InvalidSegment as problem:
                refused.append({"Id": problem.segment_id, "ErrorCode": "InvalidSegment", "Message": str(problem)})
        return {"UnprocessedTraceSegments": refused}

    def _summaries(self, given: Mapping[str, Any], credentials: Credentials) -> dict[str, Any]:
        start, end = _time(given, "StartTime"), _time(given, "EndTime")
        if start > end:
            raise InvalidRequest("StartTime: it is after EndTime")
        if end - start > MAX_HOURS * 3600:
            raise InvalidRequest(f"StartTime and EndTime are at most {MAX_HOURS} hours apart")
        by = given.get("TimeRangeType") or "TraceId"
        if by not in ("TraceId", "Event", "Service"):
            raise InvalidRequest("TimeRangeType: TraceId, Event or Service")
        try:
            expression = str(given.get("FilterExpression") or "")
            fits = expressions.parse(expression) if expression.strip() else None
        except expressions.UnknownExpression as problem:
            raise InvalidRequest(str(problem)) from problem
        traces = self._after(credentials.region, given.get("NextToken"))
        page: list[Summary] = []
        processed, last = 0, None
        for trace in traces:
            if len(page) == PAGE:
                last = page[-1].trace_id
                break
            summary = summary_of(trace, account=credentials.account)
            if summary is None or not _within(summary, by, start, end):
                continue
            processed += 1
            if fits is None or fits(summary.facts()):
                page.append(summary)
        shown = [one.shown() for one in page]
        answer = {"TraceSummaries": shown, "ApproximateTime": self._clock(), "TracesProcessedCount": processed}
        return answer | ({"NextToken": last} if last else {})

    def _after(self, region: str, token: Any) -> Iterator[Trace]:
        """Newest first; a token is the trace that was shown last, so that new ones move nothing."""
        traces = self._store.newest(region)
        if token and not any(trace.id == token for trace in traces):  # leaves the iterator behind it
            raise InvalidRequest("NextToken: it is none, or too old")
        return traces

    def _traces(self, given: Mapping[str, Any], credentials: Credentials) -> dict[str, Any]:
        ids = given.get("TraceIds")
        if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
            raise InvalidRequest("TraceIds: a list of trace ids is needed")
        if len(ids) > MAX_TRACE_IDS:
            raise InvalidRequest(f"TraceIds: at most {MAX_TRACE_IDS}")
        found, unknown = [], []
        for trace_id in dict.fromkeys(ids):
            trace = self._store.get(credentials.region, trace_id)
            summary = summary_of(trace, account=credentials.account) if trace is not None else None
            if trace is None or summary is None:
                unknown.append(trace_id)
            else:
                found.append(_shown(trace, summary))
        return {"Traces": found, "UnprocessedTraceIds": unknown}

    def _rules(self, _given: Mapping[str, Any], credentials: Credentials) -> dict[str, Any]:
        rule = default_rule(credentials.region, credentials.account)
        return {"SamplingRuleRecords": [{"SamplingRule": rule, "CreatedAt": 0, "ModifiedAt": 0}]}


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidSegment("the document is not JSON") from error
    if not isinstance(document, dict):
        raise InvalidSegment("the document is not a JSON object")
    return document


def _time(given: Mapping[str, Any], name: str) -> float:
    value = given.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidRequest(f"{name}: seconds since 1970 are needed")
    return float(value)


def _within(summary: Summary, by: str, start: float, end: float) -> bool:
    """By when the trace began, or (Event) by when anything of it happened."""
    if by == "TraceId":
        return start <= summary.started <= end
    return summary.started <= end and summary.ended >= start


def _shown(trace: Trace, summary: Summary) -> dict[str, Any]:
    return {
        "Id": trace.id,
        "Duration": round(summary.duration_seconds, 3),
        "LimitExceeded": trace.limit_exceeded,
        "Segments": [{"Id": one["id"], "Document": json.dumps(one)} for one in trace.segments()],
    }


def _json(status: int, document: object, *, error: str | None = None) -> HttpResponse:
    headers = [("Content-Type", "application/json")] + ([("x-amzn-ErrorType", error)] if error else [])
    return HttpResponse(status=status, headers=headers, body=json.dumps(document).encode())


def _refusal(message: str) -> HttpResponse:
    return _json(400, {"Message": message}, error="InvalidRequestException")
