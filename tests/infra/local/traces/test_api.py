from __future__ import annotations

import json
import time
from typing import Any

import pytest

from infra.local.addresses import Credentials
from infra.local.ports import HttpRequest
from infra.local.traces import api as module
from infra.local.traces.api import XRayApi
from infra.local.traces.store import TraceStore

NOW = time.time()
WHO = Credentials("123456789012", "us-east-1", "xray")


def trace_id(number: int) -> str:
    return f"1-5759e988-{number:024x}"


@pytest.fixture
def api() -> XRayApi:
    store = TraceStore()
    for number in range(7):
        own = {"id": f"{number:016x}", "trace_id": trace_id(number), "name": "x" if number % 2 else "y"}
        store.put(WHO.region, {**own, "start_time": NOW - number, "end_time": NOW - number + 0.5})
    return XRayApi(store)


def call(api: XRayApi, path: str, **given: Any) -> tuple[int, dict[str, Any]]:
    answer = api.answer(HttpRequest(method="POST", path=path, body=json.dumps(given).encode()), WHO)
    return answer.status, json.loads(answer.body)


def pages(api: XRayApi, **given: Any) -> list[list[int]]:
    found: list[list[int]] = []
    token: dict[str, str] = {}
    while True:
        status, answer = call(api, "/TraceSummaries", **{"StartTime": NOW - 60, "EndTime": NOW + 60, **given, **token})
        assert status == 200
        found.append([int(one["Id"][-4:], 16) for one in answer["TraceSummaries"]])
        if "NextToken" not in answer:
            return found
        token = {"NextToken": answer["NextToken"]}


def test_pages_show_each_trace_once(api: XRayApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 3)
    assert pages(api) == [[6, 5, 4], [3, 2, 1], [0]]
    assert [one for page in pages(api, FilterExpression='service("x")') for one in page] == [5, 3, 1]


def test_times(api: XRayApi) -> None:
    assert pages(api, StartTime=NOW - 3.1, EndTime=NOW - 0.9) == [[3, 2, 1]]
    assert pages(api, StartTime=NOW - 3.1, EndTime=NOW - 0.9, TimeRangeType="Event") == [[3, 2, 1]]
    assert pages(api, StartTime=NOW - 0.7, EndTime=NOW - 0.6, TimeRangeType="Event") == [[1]]


@pytest.mark.parametrize(
    ("path", "given", "said"),
    [
        pytest.param("/TraceSummaries", {}, "StartTime", id="no times"),
        pytest.param("/TraceSummaries", {"StartTime": 2, "EndTime": 1}, "after", id="backwards"),
        pytest.param("/TraceSummaries", {"StartTime": True, "EndTime": 1}, "StartTime", id="no number"),
        pytest.param("/TraceSummaries", {"StartTime": 1, "EndTime": 2, "NextToken": "x"}, "NextToken", id="token"),
        pytest.param("/TraceSummaries", {"StartTime": 1, "EndTime": 2, "TimeRangeType": "x"}, "TimeRangeType", id="type"),
        pytest.param("/TraceSummaries", {"StartTime": 1, "EndTime": 2, "FilterExpression": 7}, "filter", id="filter"),
        pytest.param("/Traces", {"TraceIds": "x"}, "TraceIds", id="no list of ids"),
        pytest.param("/TraceSegments", {"TraceSegmentDocuments": [{}]}, "TraceSegmentDocuments", id="no texts"),
        pytest.param("/TraceSegments", {"TraceSegmentDocuments": ["{}"] * 51}, "at most 50", id="too many"),
        pytest.param("/Groups", {}, "does not answer", id="unknown"),
    ],
)  # fmt: skip
def test_refusals(api: XRayApi, path: str, given: dict[str, Any], said: str) -> None:
    status, answer = call(api, path, **given)
    assert status == 400
    assert said in answer["Message"]


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"], ids=["no JSON", "no object", "no text"])
def test_a_body_that_cannot_be_read(api: XRayApi, body: bytes) -> None:
    assert api.answer(HttpRequest(method="POST", path="/Traces", body=body), WHO).status == 400
