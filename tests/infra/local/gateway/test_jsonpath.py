from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.gateway.jsonpath import find

DOCUMENT = {"a": [1, {"b": 2}, {"b": 3}], "x.y": 4, "n": None, "o": {"b": 5}}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("$", DOCUMENT, id="all"),
        pytest.param("$.a[0]", 1, id="index"),
        pytest.param("$.a[-1].b", 3, id="from the end"),
        pytest.param("$['x.y']", 4, id="quoted name"),
        pytest.param('$["o"]["b"]', 5, id="double quotes"),
        pytest.param("$.a[*].b", [2, 3], id="wildcard"),
        pytest.param("$.o.*", 5, id="one hit of a wildcard"),
        pytest.param("$..b", [2, 3, 5], id="descent"),
        pytest.param("a[0]", 1, id="without the dollar"),
        pytest.param("$.n", None, id="null"),
        pytest.param("$.a[9]", None, id="out of range"),
        pytest.param("$.a.b", None, id="name of a list"),
        pytest.param("$.a[?(@.b==2)]", None, id="filters are not there"),
        pytest.param("$.", None, id="unreadable"),
    ],
)
def test_find(path: str, expected: Any) -> None:
    assert find(DOCUMENT, path) == expected


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.integers()), st.text(max_size=20))
def test_never_raises(document: dict[str, int], path: str) -> None:
    find(document, path)
    for name, value in document.items():
        assert find(document, f"$.{name}") == value
