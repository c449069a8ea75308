"""A protected order that was slow, as X-Ray keeps it, and a fake X-Ray that has it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from infra.errors import CloudError

BEGAN = 1_760_000_000.0
ID = "1-68e77800-0123456789abcdef01234567"


def segment(identity: str, name: str, start: float, end: float | None, **more: Any) -> dict[str, Any]:
    """A document; times are seconds after the request began."""
    ended = {} if end is None else {"end_time": BEGAN + end}
    return {"id": identity, "trace_id": ID, "name": name, "start_time": BEGAN + start, **ended, **more}


def slow_order() -> list[dict[str, Any]]:
    """2 s at the gateway: 40 ms authorizer, 1.9 s in the breaker, of which 1.8 s in orders."""
    call_authorizer = segment("a" * 16, "Lambda", 0.01, 0.06, namespace="aws")
    call_breaker = segment("b" * 16, "Lambda", 0.07, 1.99, namespace="aws")
    answer = {"request": {"method": "GET", "url": "https://api.shop.example/api/orders/1"}, "response": {"status": 200}}
    gateway = segment(
        "1" * 16,
        "gatewright-shop/live",
        0,
        2.0,
        origin="AWS::ApiGateway::Stage",
        http=answer,
        subsegments=[call_authorizer, call_breaker],
    )
    authorizer = segment("2" * 16, "authorizer", 0.015, 0.055, origin="AWS::Lambda::Function", parent_id="a" * 16)
    breaker = segment("3" * 16, "orders_cb", 0.08, 1.98, origin="AWS::Lambda::Function", parent_id="b" * 16)
    call = segment(
        "c" * 16,
        "orders",
        0.1,
        1.95,
        namespace="aws",
        parent_id="3" * 16,
        type="subsegment",
        annotations={"outcome": "ok", "state": "CLOSED"},
    )
    orders = segment("4" * 16, "orders", 0.12, 1.92, origin="AWS::Lambda::Function", parent_id="c" * 16)
    return [orders, call, breaker, authorizer, gateway]


@dataclass
class FakeXRay:
    """X-Ray of one region: traces by id, each with its documents; lists two at a time."""

    traces: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {ID: slow_order()})
    fails: Exception | None = None
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    page: int = 2

    def clock(self) -> float:
        return BEGAN + 60

    def client(self, service: str) -> None:
        assert service == "xray"

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        assert service == "xray"
        self.asked.append((operation, parameters))
        if self.fails is not None:
            raise self.fails
        if operation == "get_trace_summaries":
            return self._listed(parameters)
        if operation == "batch_get_traces":
            return self._got(parameters["TraceIds"])
        raise CloudError(operation)

    def _listed(self, parameters: dict[str, Any]) -> dict[str, Any]:
        first = int(parameters.get("NextToken", 0))
        start, end = parameters["StartTime"].timestamp(), parameters["EndTime"].timestamp()
        every = [self._summary(name, documents) for name, documents in self.traces.items()]
        over = float(parameters.get("FilterExpression", "").partition("responsetime > ")[2] or 0)
        every = [one for one in every if one["ResponseTime"] > over]
        found = [one for one in every if start <= int(one["Id"].split("-")[1], 16) <= end]
        more = {"NextToken": str(first + self.page)} if len(found) > first + self.page else {}
        return {"TraceSummaries": found[first : first + self.page], **more}

    def _summary(self, name: str, documents: list[dict[str, Any]]) -> dict[str, Any]:
        root = next(one for one in documents if one.get("origin") == "AWS::ApiGateway::Stage")
        http = root["http"]
        return {
            "Id": name,
            "ResponseTime": root["end_time"] - root["start_time"],
            "HasFault": bool(root.get("fault")),
            "Http": {
                "HttpURL": http["request"]["url"],
                "HttpMethod": http["request"]["method"],
                "HttpStatus": http["response"]["status"],
            },
        }

    def _got(self, ids: list[str]) -> dict[str, Any]:
        assert len(ids) <= 5, "X-Ray gets five traces at once"
        known = [one for one in ids if one in self.traces]
        return {
            "Traces": [
                {"Id": one, "Segments": [{"Id": doc["id"], "Document": json.dumps(doc)} for doc in self.traces[one]]}
                for one in known
            ],
            "UnprocessedTraceIds": [one for one in ids if one not in known],
        }
