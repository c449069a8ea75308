from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.traces.header import SEGMENT_ID, TRACE_ID, TraceHeader, new_segment_id, new_trace_id, parse

ROOT, PARENT = "1-5759e988-bd862e3fe1be46a994272793", "53995c3f42cd8ad8"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(f"Root={ROOT};Parent={PARENT};Sampled=1", TraceHeader(ROOT, PARENT, True), id="all"),
        pytest.param(f"Sampled=0; Root={ROOT}", TraceHeader(ROOT, None, False), id="any order, blanks"),
        pytest.param(f"Self=1-6-7;Root={ROOT};Sampled=?;Lineage=a:1", TraceHeader(ROOT), id="others, and a question"),
        pytest.param(f"Root={ROOT.upper()};Parent=xyz;Sampled=yes", TraceHeader(ROOT), id="parts that are none"),
        pytest.param("Root=1-2-3;Sampled=1", None, id="no root"),
        pytest.param("Root", None, id="no value"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="none"),
    ],
)
def test_parse(text: str | None, expected: TraceHeader | None) -> None:
    assert parse(text) == expected


@given(parent=st.sampled_from([None, PARENT]), sampled=st.sampled_from([None, False, True]))
def test_what_is_written_is_read(parent: str | None, sampled: bool | None) -> None:
    assert parse(str(TraceHeader(ROOT, parent, sampled))) == TraceHeader(ROOT, parent, sampled)


def test_new_ids() -> None:
    assert TRACE_ID.fullmatch(new_trace_id(1.9))
    assert new_trace_id(1.9).startswith("1-00000001-")
    assert SEGMENT_ID.fullmatch(new_segment_id())
