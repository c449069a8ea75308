"""X-Ray is asked as it wants to be asked, and its answers are put in order."""

from __future__ import annotations

from typing import Any

import pytest

from infra.errors import NotFound
from infra.traces.reader import XRay, below
from tests.infra.traces.cases import BEGAN, ID, FakeXRay, segment, slow_order


def trace(path: str, seconds: float) -> list[dict[str, Any]]:
    http = {"request": {"method": "GET", "url": f"https://api.example{path}"}, "response": {"status": 200}}
    return [segment("1" * 16, "shop/live", 0, seconds, origin="AWS::ApiGateway::Stage", http=http)]


def many(*requests: tuple[str, float]) -> FakeXRay:
    return FakeXRay({f"1-68e77800-{at:024x}": trace(path, seconds) for at, (path, seconds) in enumerate(requests)})


def test_the_slowest_comes_first_over_all_pages() -> None:
    fake = many(*[("/api/orders", seconds) for seconds in (1, 3, 2, 5, 4)])
    found = XRay(fake.call).summaries(BEGAN - 60, BEGAN + 60)
    assert [round(one.seconds) for one in found] == [5, 4, 3, 2, 1]
    assert [asked.get("NextToken") for _, asked in fake.asked] == [None, "2", "4"]
    assert {one.at for one in found} == {int(BEGAN)}


def test_requests_of_another_service_are_left_out_though_x_ray_lists_them() -> None:
    fake = many(("/api/orders/1", 1), ("/api/orders-old/1", 9), ("/live/api/orders", 2), ("/api/users", 9))
    found = XRay(fake.call).summaries(BEGAN - 60, BEGAN + 60, prefix="/api/orders")
    assert [one.path for one in found] == ["/live/api/orders", "/api/orders/1"]
    assert fake.asked[0][1]["FilterExpression"] == 'http.url CONTAINS "/api/orders"'


@pytest.mark.parametrize(
    ("prefix", "path", "is_below"),
    [
        pytest.param("/api/orders", "/api/orders", True, id="itself"),
        pytest.param("/api/orders", "/api/ordersx", False, id="longer name"),
        pytest.param("/api/{tenant}/orders", "/api/acme/orders/7", True, id="variable"),
        pytest.param("/api/{tenant}/orders", "/api/acme/users/7", False, id="after a variable"),
        pytest.param("/", "/anything", True, id="root"),
        pytest.param("/api/a.b", "/api/axb", False, id="a dot is a dot"),
    ],
)
def test_paths_below_a_prefix(prefix: str, path: str, is_below: bool) -> None:
    assert bool(below(prefix).match(path)) is is_below


def test_traces_are_got_five_at_a_time_in_the_order_asked_for() -> None:
    fake = many(*[("/api/orders", 1)] * 7)
    ids = list(reversed(fake.traces))
    assert [one.id for one in XRay(fake.call).traces(ids)] == ids
    assert [len(asked["TraceIds"]) for _, asked in fake.asked] == [5, 2]


def test_a_trace_that_is_not_there_says_why_that_may_be() -> None:
    with pytest.raises(NotFound, match="Sampled=0"):
        XRay(FakeXRay({}).call).trace(ID)


def test_documents_that_cannot_be_read_are_counted() -> None:
    fake = FakeXRay({ID: [*slow_order(), {"id": "5" * 16}]})
    assert XRay(fake.call).trace(ID).unreadable == 1


@pytest.mark.parametrize(
    ("over", "slow"), [pytest.param(3, [5, 4], id="some"), pytest.param(9, [5, 4, 1], id="none, so all")]
)
def test_the_slow_ones_are_asked_for_and_all_when_none_is_slow(over: float, slow: list[int]) -> None:
    fake = many(*[("/api/orders", seconds) for seconds in (1, 4, 5)])
    found = XRay(fake.call).slowest(BEGAN - 60, BEGAN + 60, prefix="/api/orders", over_seconds=over)
    assert [round(one.seconds) for one in found] == slow
    assert fake.asked[0][1]["FilterExpression"] == f'http.url CONTAINS "/api/orders" AND responsetime > {over}'
