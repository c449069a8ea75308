from __future__ import annotations

from typing import Any

import pytest

from infra.local.console.traces import TracePages
from infra.local.traces.store import TraceStore

US, EU = "us-east-1", "eu-west-1"
NOW = 1_760_000_000.0


def trace_id(number: int) -> str:
    return f"1-5759e988-{number:024x}"


def stage(number: int, seconds: float, path: str = "/live/api/users", **more: Any) -> dict[str, Any]:
    return {
        "id": f"{number:016x}", "trace_id": trace_id(number), "name": "shop/live", "origin": "AWS::ApiGateway::Stage",
        "start_time": NOW - 60, "end_time": NOW - 60 + seconds,
        "http": {"request": {"method": "GET", "url": f"https://a.example{path}"}, "response": {"status": 200}}, **more,
    }  # fmt: skip


@pytest.fixture
def store() -> TraceStore:
    made = TraceStore()
    made.put(US, stage(1, 0.1))
    made.put(EU, stage(2, 2.0, "/live/api/orders/7", fault=True))
    made.put(EU, stage(3, 0.5, start_time=NOW - 3600, end_time=NOW - 3599))
    return made


def test_the_slowest_of_all_regions_come_first(store: TraceStore) -> None:
    pages = TracePages(store, lambda: NOW)
    found = pages.listed("")
    assert [(one["id"], one["region"], one["ms"], one["wrong"]) for one in found["traces"]] == [
        (trace_id(2), EU, 2000.0, "fault"),
        (trace_id(1), US, 100.0, None),
    ]
    assert (found["found"], found["recorded"]) == (2, 2)
    assert [one["what"] for one in pages.listed("find=ORDERS")["traces"]] == ["GET /live/api/orders/7"]
    assert len(pages.listed("minutes=90")["traces"]) == 3
    assert len(pages.listed("minutes=90&most=1")["traces"]) == 1


def test_what_came_later_is_seen(store: TraceStore) -> None:
    pages = TracePages(store, lambda: NOW)
    assert pages.listed("find=payments")["traces"] == []
    below = {
        "id": "f" * 16,
        "trace_id": trace_id(1),
        "parent_id": f"{1:016x}",
        "name": "payments",
        "namespace": "remote",
    }
    store.put(US, {**below, "type": "subsegment", "start_time": NOW - 60, "end_time": NOW - 59.9})
    assert [one["id"] for one in pages.listed("find=payments")["traces"]] == [trace_id(1)]


@pytest.mark.parametrize("query", ["minutes=0", "minutes=x", "most=101", "minutes=-1", "minutes=1e3", "minutes=361"])
def test_a_number_out_of_its_range_is_said(store: TraceStore, query: str) -> None:
    with pytest.raises(ValueError, match="a whole number from 1 to"):
        TracePages(store, lambda: NOW).listed(query)


def test_own_times_cover_the_request_once(store: TraceStore) -> None:
    call = {"id": "e" * 16, "name": "Lambda", "namespace": "aws", "start_time": NOW - 59.5, "end_time": NOW - 58.5}
    store.put(EU, stage(2, 2.0, subsegments=[call]))
    pages = TracePages(store, lambda: NOW)
    w3c = trace_id(2)[2:].replace("-", "")
    for query in (f"id={trace_id(2)}&region={EU}", f"id={trace_id(2)}", f"id={w3c}"):
        found = pages.one(query)
        assert (found["id"], found["region"], found["until_ms"]) == (trace_id(2), EU, 2000.0)
        assert [(span["name"], span["own"], span["own_ms"]) for span in found["spans"]] == [
            ("shop/live", [[0.0, 500.0], [1500.0, 500.0]], 1000.0),
            ("Lambda", [[500.0, 1000.0]], 1000.0),
        ]


@pytest.mark.parametrize(
    "query", ["", "id=x", f"id={trace_id(9)}", f"id={trace_id(1)}&region={EU}"], ids=["no id", "none", "unknown", "elsewhere"]
)  # fmt: skip
def test_no_such_trace(store: TraceStore, query: str) -> None:
    with pytest.raises(ValueError, match=r"trace|not recorded"):
        TracePages(store, lambda: NOW).one(query)
