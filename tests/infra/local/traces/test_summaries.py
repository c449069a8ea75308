from __future__ import annotations

from typing import Any

import pytest

from infra.local.traces.store import TraceStore
from infra.local.traces.summaries import Summary, summary_of

ID, A = "1-5759e988-bd862e3fe1be46a994272793", "us-east-1"


def document(number: int, start: float, end: float | None, **more: Any) -> dict[str, Any]:
    ended = {"in_progress": True} if end is None else {"end_time": end}
    return {"id": f"{number:016x}", "trace_id": ID, "name": f"n{number}", "start_time": start, **ended, **more}


def summary(*documents: dict[str, Any]) -> Summary:
    store = TraceStore()
    for one in documents:
        store.put(A, one)
    trace = store.get(A, ID)
    assert trace is not None
    found = summary_of(trace, account="123456789012")
    assert found is not None
    return found


STAGE = document(1, 10, 12, origin="AWS::ApiGateway::Stage", error=True, parent_id="f" * 16)


@pytest.mark.parametrize(
    ("documents", "root", "response", "duration"),
    [
        pytest.param([document(2, 10.1, 13, parent_id=f"{1:016x}"), STAGE], "n1", 2.0, 3.0, id="outlasted by a part"),
        pytest.param([document(2, 9, 9.5), STAGE], "n1", 2.0, 3.0, id="the stage, whatever began before"),
        pytest.param(
            [document(2, 9, 9.1), document(3, 9.5, 11)], "n3", 2.0, 2.0, id="without a stage, the longest and all"
        ),
        pytest.param([document(2, 9, None)], "n2", 0.0, 0.0, id="under way"),
        pytest.param([document(2, 9, 10, parent_id="e" * 16, type="subsegment")], "n2", 1.0, 1.0, id="a part alone"),
    ],
)
def test_times_and_root(documents: list[dict[str, Any]], root: str, response: float, duration: float) -> None:
    found = summary(*documents)
    assert (found.root["name"], found.response_seconds, found.duration_seconds) == (root, response, duration)


def test_only_the_root_says_how_it_ended() -> None:
    shown = summary(STAGE, document(2, 10, 11, parent_id=f"{1:016x}", fault=True, throttle=True)).shown()
    assert (shown["HasError"], shown["HasFault"], shown["HasThrottle"], shown["IsPartial"]) == (
        True,
        False,
        False,
        False,
    )
    assert shown["EntryPoint"]["Type"] == "AWS::ApiGateway::Stage"
    assert [one["Name"] for one in shown["ServiceIds"]] == ["n1", "n2"]


def test_nonsense_within_a_document_is_left_out() -> None:
    parts = [{"name": "call", "namespace": "remote", "start_time": 10.5, "end_time": "x"}, {"name": 1}, None]
    found = summary(document(2, 10, 11, subsegments=parts, http="x", annotations=[1]))
    assert found.facts().services == {"n2", "call"}
    assert found.shown()["Http"] == {}
    assert summary(document(2, 10, 11, annotations={"list": [1], "ok": True})).facts().annotations == {"ok": (True,)}
