from __future__ import annotations

import re
import uuid
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.gateway.exchange import new_extended_id, new_request_id, parse_query, request_time


@given(st.lists(st.tuples(st.text(min_size=1, max_size=5), st.text(max_size=5))))
def test_parse_query_undoes_urlencode(pairs: list[tuple[str, str]]) -> None:
    assert parse_query(urlencode(pairs)) == parse_qs(urlencode(pairs), keep_blank_values=True)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", {}, id="nothing"),
        pytest.param("a", {"a": [""]}, id="no equals sign"),
        pytest.param("a=b=c", {"a": ["b=c"]}, id="only the first equals sign"),
        pytest.param("&&a=1&", {"a": ["1"]}, id="empty parts"),
        pytest.param("a=%zz", {"a": ["%zz"]}, id="bad escape"),
    ],
)
def test_parse_query(query: str, expected: dict[str, list[str]]) -> None:
    assert parse_query(query) == expected


def test_ids() -> None:
    made = {new_request_id() for _ in range(100)}
    assert len(made) == 100
    assert all(uuid.UUID(one).version == 4 for one in made)
    assert re.fullmatch(r"[A-Za-z0-9]{15}=", new_extended_id())


def test_request_time_moves() -> None:
    assert [request_time(t) for t in (0.0, 0.9, 86_400.0)] == [
        "01/Jan/1970:00:00:00 +0000",
        "01/Jan/1970:00:00:00 +0000",
        "02/Jan/1970:00:00:00 +0000",
    ]
