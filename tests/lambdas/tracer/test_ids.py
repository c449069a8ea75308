"""X-Ray's header and W3C's: both ways, and what is neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.tracer import ids

ROOT, W3C, SPAN = "1-5759e988-bd862e3fe1be46a994272793", "5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8"


def hexadecimal(digits: int) -> st.SearchStrategy[str]:
    return st.integers(1, 16**digits - 1).map(lambda number: f"{number:0{digits}x}")


@given(hexadecimal(32))
def test_a_trace_is_the_same_both_ways(trace_id: str) -> None:
    root = ids.to_xray(trace_id)
    assert ids.to_w3c(root) == trace_id
    header = ids.read_header(f"Root={root}")
    assert header is not None
    assert header.root == root


@given(hexadecimal(32), hexadecimal(16), st.booleans())
def test_what_is_written_is_read(trace_id: str, span_id: str, sampled: bool) -> None:
    written = ids.traceparent(trace_id, span_id, sampled=sampled)
    assert ids.read_traceparent(written) == (trace_id, span_id, sampled)
    header = ids.Header(ids.to_xray(trace_id), span_id, sampled)
    assert ids.read_header(str(header)) == header


@given(hexadecimal(32) | st.just("0" * 32), hexadecimal(16) | st.just("0" * 16), st.sampled_from("01?"))
def test_the_order_of_the_fields_says_nothing(trace_id: str, span_id: str, sampled: str) -> None:
    fields = [f"Root={ids.to_xray(trace_id)}", f"Parent={span_id}", f"Sampled={sampled}"]
    for more in ([], ["Lineage=1:a:0"], ["Lineage=x "], ["Lineage="]):
        header = ids.read_header(";".join([*fields, *more]))
        assert header == ids.read_header(";".join(reversed([*fields, *more])))


@given(st.text())
def test_anything_is_read_without_an_exception(text: str) -> None:
    assert ids.read_traceparent(text) is None
    ids.read_header(text)
    ids.read_header(f"Root={text}")


def test_the_documented_example() -> None:
    header = ids.read_header(f"Root={ROOT};Parent={SPAN};Sampled=1;Lineage=a87bd80c:1|68fd508a:5|c512fbe3:2")
    assert header == (ROOT, SPAN, True, ("Lineage=a87bd80c:1|68fd508a:5|c512fbe3:2",))
    assert ids.to_w3c(header.root) == W3C
    assert ids.traceparent(W3C, SPAN, sampled=True) == f"00-{W3C}-{SPAN}-01"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param(f"Root={ROOT}", (ROOT, "", None, ()), id="a-root-alone"),
        pytest.param(f" Sampled=0 ; Root={ROOT}", (ROOT, "", False, ()), id="in-any-order"),
        pytest.param(f"Root={ROOT.upper()};Parent={SPAN.upper()}", (ROOT, SPAN, None, ()), id="in-capitals"),
        pytest.param(f"Self=1-1-1;Root={ROOT};Sampled=?", (ROOT, "", None, ()), id="undecided-and-a-balancer"),
        pytest.param(f"Root={ROOT};Parent=zz;Sampled=1", (ROOT, "", True, ()), id="a-parent-that-is-none"),
        pytest.param(f"Root={ROOT};Parent={'0' * 16}", (ROOT, "", None, ()), id="a-parent-of-zeros"),
        pytest.param("", None, id="empty"),
        pytest.param("Root=1-a-b;Sampled=1", None, id="no-id"),
        pytest.param(f"Root=1-{'0' * 8}-{'0' * 24}", None, id="zeros"),
        pytest.param(f"Root={ROOT}0", None, id="too-long"),
        pytest.param(f"Parent={SPAN};Sampled=1", None, id="no-root"),
    ],
)
def test_reading_x_rays(text: str, read: object) -> None:
    assert ids.read_header(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param(f"00-{W3C}-{SPAN}-01", (W3C, SPAN, True), id="sampled"),
        pytest.param(f"00-{W3C}-{SPAN}-00", (W3C, SPAN, False), id="not-sampled"),
        pytest.param(f"00-{W3C}-{SPAN}-02", (W3C, SPAN, False), id="another-flag"),
        pytest.param(f"00-{W3C}-{SPAN}-03", (W3C, SPAN, True), id="two-flags"),
        pytest.param(f"cc-{W3C}-{SPAN}-01-what-comes", (W3C, SPAN, True), id="a-later-version"),
        pytest.param(f"cc-{W3C}-{SPAN}-01.what", None, id="a-later-version-without-a-dash"),
        pytest.param(f"00-{W3C}-{SPAN}-01-more", None, id="version-00-with-more"),
        pytest.param(f"ff-{W3C}-{SPAN}-01", None, id="version-ff"),
        pytest.param(f"00-{W3C.upper()}-{SPAN}-01", None, id="capitals"),
        pytest.param(f"00-{'0' * 32}-{SPAN}-01", None, id="no-trace"),
        pytest.param(f"00-{W3C}-{'0' * 16}-01", None, id="no-span"),
        pytest.param(f"00-{W3C}-{SPAN}-1", None, id="short-flags"),
        pytest.param(f"00-{W3C}-{SPAN}-01\n", None, id="a-line-end"),
    ],
)
def test_reading_w3cs(text: str, read: object) -> None:
    assert ids.read_traceparent(text) == read


def test_new_ids_are_valid_and_new() -> None:
    made = {ids.new_span_id() for _ in range(100)}
    assert len(made) == 100
    assert ids.read_traceparent(ids.traceparent(ids.new_trace_id(), made.pop(), sampled=False)) is not None
