"""Ids of the engine are ones that it accepts itself; the header's own tests are those of `lambdas.tracer.ids`."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from infra.local.traces.header import SEGMENT_ID, TRACE_ID, new_trace_id
from lambdas.tracer.ids import new_span_id


@given(st.floats(0, 2**32 - 1))
def test_new_ids_are_accepted_and_begin_with_their_time(now: float) -> None:
    trace_id = new_trace_id(now)
    assert TRACE_ID.fullmatch(trace_id)
    assert int(trace_id.split("-")[1], 16) == int(now)


def test_no_two_are_the_same() -> None:
    assert len({new_trace_id(1.9) for _ in range(100)}) == 100
    assert SEGMENT_ID.fullmatch(new_span_id())
