from __future__ import annotations

from typing import Any

import pytest

from infra.local.traces import store as module
from infra.local.traces.store import InvalidSegment, TraceStore

A = "us-east-1"


def trace_id(number: int) -> str:
    return f"1-5759e988-{number:024x}"


def segment(number: int = 1, segment_id: str = "70de5b6f19ff9a0a", **changes: Any) -> dict[str, Any]:
    own = {"id": segment_id, "trace_id": trace_id(number), "name": "x", "start_time": 1.0, "end_time": 2.0}
    return {name: value for name, value in (own | changes).items() if value is not ...}


def test_documents_of_a_trace_come_together_and_the_last_word_counts() -> None:
    store = TraceStore()
    store.put(A, segment(end_time=..., in_progress=True))
    store.put(A, segment(segment_id="70de5b6f19ff9a0b"))
    store.put(A, segment(end_time=3.0))
    trace = store.get(A, trace_id(1))
    assert trace is not None
    assert [one.get("end_time") for one in trace.documents.values()] == [3.0, 2.0]
    assert trace.size == sum(map(len, trace.texts.values()))
    assert store.get("eu-west-1", trace_id(1)) is None
    assert store.region_of(trace_id(1)) == A


def test_the_oldest_traces_go_by_number() -> None:
    store = TraceStore(max_traces=3)
    for number in range(5):
        store.put(A, segment(number))
        store.put("eu-west-1", segment(number))
    assert [trace.id for trace in store.newest(A)] == [trace_id(number) for number in (4, 3, 2)]
    assert len(list(store.newest("eu-west-1"))) == 3


def test_the_oldest_traces_go_by_size() -> None:
    store = TraceStore(max_bytes=3000)
    for number in range(9):
        store.put(A, segment(number, annotations={"long": "x" * 900}))
    assert [trace.id for trace in store.newest(A)] == [trace_id(8), trace_id(7)]
    store.put(A, segment(8, "70de5b6f19ff9a0b", annotations={"long": "x" * 9000}))
    assert [trace.id for trace in store.newest(A)] == [trace_id(8)]  # one that is too long alone is better than none


def test_a_trace_that_grows_without_end_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TRACE_BYTES", 250)
    store = TraceStore()
    for number in range(5):
        store.put(A, segment(segment_id=f"{number:016x}"))
    trace = store.get(A, trace_id(1))
    assert trace is not None
    assert (len(trace.documents), trace.limit_exceeded) == (2, True)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"id": "70DE5B6F19FF9A0"}, id="id"),
        pytest.param({"id": ...}, id="no id"),
        pytest.param({"trace_id": "5759e988bd862e3fe1be46a994272793"}, id="trace id of W3C"),
        pytest.param({"name": ""}, id="empty name"),
        pytest.param({"name": "x" * 201}, id="long name"),
        pytest.param({"start_time": "1"}, id="start is text"),
        pytest.param({"start_time": True}, id="start is a boolean"),
        pytest.param({"start_time": float("nan")}, id="start is no number"),
        pytest.param({"end_time": ...}, id="no end"),
        pytest.param({"type": "subsegment"}, id="subsegment without parent"),
        pytest.param({"parent_id": "x"}, id="parent"),
        pytest.param({"annotations": {"number": 2**70}}, id="a number beyond 64 bits"),
        pytest.param({"annotations": {"long": "x" * 65_536}}, id="too long"),
    ],
)
def test_what_is_no_segment_is_not_kept(changes: dict[str, Any]) -> None:
    store = TraceStore()
    with pytest.raises(InvalidSegment):
        store.put(A, segment(**changes))
    assert list(store.newest(A)) == []


def test_a_subsegment_that_came_by_itself_stands_within_its_segment() -> None:
    store, inner = TraceStore(), {"id": "1" * 16, "name": "Invocation", "start_time": 1.0, "end_time": 2.0}
    store.put(A, segment(segment_id="3" * 16, type="subsegment", parent_id="2" * 16))
    store.put(A, segment(segment_id="2" * 16, type="subsegment", parent_id="1" * 16, namespace="aws"))
    store.put(A, segment(subsegments=[inner, "nonsense"]))
    store.put(A, segment(segment_id="4" * 16, type="subsegment", parent_id="f" * 16))
    trace = store.get(A, trace_id(1))
    assert trace is not None
    orphan, whole = sorted(trace.segments(), key=lambda one: str(one["id"]))
    assert (orphan["id"], orphan["type"]) == ("4" * 16, "subsegment")
    call = whole["subsegments"][0]["subsegments"][0]
    assert (call["id"], call["namespace"], "parent_id" in call, "trace_id" in call) == ("2" * 16, "aws", False, False)
    assert [one["id"] for one in call["subsegments"]] == ["3" * 16]
    assert trace.segments() == trace.segments()  # what is kept is not changed by showing it


def test_subsegments_in_a_circle_stand_alone() -> None:
    store = TraceStore()
    store.put(A, segment(segment_id="1" * 16, type="subsegment", parent_id="2" * 16))
    store.put(A, segment(segment_id="2" * 16, type="subsegment", parent_id="1" * 16))
    store.put(A, segment(segment_id="3" * 16, type="subsegment", parent_id="3" * 16))
    trace = store.get(A, trace_id(1))
    assert trace is not None
    assert len(trace.segments()) == 3
