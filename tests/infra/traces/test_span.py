"""Spans are read from X-Ray's documents; what is none is counted and costs no trace."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.traces.span import Kind, spans_of
from tests.infra.traces.cases import BEGAN, segment, slow_order

SCALARS = st.sampled_from([None, True, 0, -1, 1.5, float("nan"), 10**400, "", "x"])
ANYTHING = (
    SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.sampled_from(["request", "status", "id"]), SCALARS)
)
FIELDS = ["id", "name", "start_time", "end_time", "parent_id", "http", "annotations", "subsegments", "origin", "fault"]


def test_segments_and_what_is_within_them_are_spans() -> None:
    found = {span.id: span for span in spans_of([json.dumps(one) for one in slow_order()]).spans}
    assert {span.name for span in found.values()} == {
        "gatewright-shop/live",
        "Lambda",
        "authorizer",
        "orders_cb",
        "orders",
    }
    assert found["a" * 16].parent == "1" * 16, "the parent of a subsegment is what it is in"
    gateway, call = found["1" * 16], found["c" * 16]
    assert (gateway.kind, gateway.status, gateway.method) == (Kind.GATEWAY, 200, "GET")
    assert (call.kind, call.notes) == (Kind.CALL, (("outcome", "ok"), ("state", "CLOSED")))
    assert round(call.ms) == 1850


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        pytest.param({"origin": "AWS::Lambda"}, Kind.LAMBDA, id="service"),
        pytest.param({"origin": "AWS::Lambda::Function"}, Kind.FUNCTION, id="function"),
        pytest.param({"namespace": "remote"}, Kind.CALL, id="remote"),
        pytest.param({}, Kind.WORK, id="work"),
        pytest.param({"namespace": "local"}, Kind.WORK, id="local"),
    ],
)
def test_the_kind_says_who_wrote_it(document: dict[str, Any], kind: Kind) -> None:
    (span,) = spans_of([segment("1" * 16, "x", 0, 1, **document)]).spans
    assert span.kind is kind


@pytest.mark.parametrize(
    ("flags", "wrong"),
    [
        pytest.param({"error": True}, "error", id="4xx"),
        pytest.param({"error": True, "throttle": True}, "throttle", id="429"),
        pytest.param({"fault": True}, "fault", id="5xx"),
        pytest.param({"fault": "yes"}, "", id="no truth"),
    ],
)
def test_what_went_wrong(flags: dict[str, Any], wrong: str) -> None:
    assert spans_of([segment("1" * 16, "x", 0, 1, **flags)]).spans[0].wrong == wrong


def test_a_span_under_way_has_no_length_and_gives_way_to_the_finished_one() -> None:
    begun, done = segment("1" * 16, "x", 0, None, in_progress=True), segment("1" * 16, "x", 0, 1)
    (only,) = spans_of([begun]).spans
    assert only.under_way
    assert only.ms == 0
    for order in ([begun, done], [done, begun]):
        (span,) = spans_of(order).spans
        assert not span.under_way


def test_an_end_before_the_start_is_the_start() -> None:
    assert spans_of([segment("1" * 16, "x", 5, 1)]).spans[0].ms == 0


@pytest.mark.parametrize(
    "document",
    [
        pytest.param("{", id="no JSON"),
        pytest.param("[]", id="no object"),
        pytest.param("[" * 100_000, id="too deep"),
        pytest.param({"name": "x", "start_time": BEGAN}, id="no id"),
        pytest.param({"id": "1", "name": "x"}, id="no start"),
        pytest.param({"id": "1", "start_time": float("inf")}, id="never"),
        pytest.param({"id": "1", "start_time": True}, id="a truth"),
        pytest.param({"id": "1", "start_time": 10**400}, id="no float"),
    ],
)
def test_what_says_nothing_is_counted(document: Any) -> None:
    found = spans_of([document, segment("2" * 16, "good", 0, 1)])
    assert [span.name for span in found.spans] == ["good"]
    assert found.unreadable == 1


def test_within_what_cannot_be_read_the_rest_still_can() -> None:
    bad = {"subsegments": [segment("2" * 16, "good", 0, 1), 7]}
    found = spans_of([bad])
    assert [span.name for span in found.spans] == ["good"]
    assert found.unreadable == 2


@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), ANYTHING), max_size=4))
def test_no_document_at_all_is_too_much(documents: list[dict[str, Any]]) -> None:
    for span in spans_of(documents).spans:
        assert span.end >= span.start
