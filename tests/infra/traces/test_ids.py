"""Whatever form a person pastes, the trace is the same."""

from __future__ import annotations

import pytest

from infra.errors import Refused
from infra.traces.ids import trace_id_of
from tests.infra.traces.cases import ID


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ID, id="X-Ray"),
        pytest.param(ID.upper(), id="in capitals"),
        pytest.param(f"Root={ID};Parent=53995c3f42cd8ad8;Sampled=1", id="header"),
        pytest.param(f"X-Amzn-Trace-Id: Root={ID}", id="with its name"),
        pytest.param("68e778000123456789abcdef01234567", id="W3C"),
        pytest.param("00-68e778000123456789abcdef01234567-53995c3f42cd8ad8-01", id="traceparent"),
        pytest.param(f'"traceId":"{ID}"', id="access log"),
    ],
)
def test_forms(text: str) -> None:
    assert trace_id_of(text) == ID


@pytest.mark.parametrize("text", ["", "orders", "1-68e77800", "0" * 32, ID[:-1], f"{ID}0"], ids=repr)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="has no trace id"):
        trace_id_of(text)
