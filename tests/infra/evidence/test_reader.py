"""What is read is what happened, in whole requests, and never half of it."""

from __future__ import annotations

import pytest

from infra.errors import CloudError, Throttled
from infra.evidence.reader import Reader, ReadingFailed
from infra.judge import read_interval
from tests.infra.evidence.fake_cloudwatch import FakeCloudWatch, Request

START = 1_800_000_000 // 60 * 60


def reader(cloud: FakeCloudWatch, *services: str, objective_ms: int = 1000) -> Reader:
    return Reader(call=cloud, gateway="shop", objectives_ms=dict.fromkeys(services or ("checkout",), objective_ms))


def test_each_arm_has_its_own_counts_and_every_request_is_in_one_bucket() -> None:
    cloud = FakeCloudWatch(
        [
            Request(START + 1, status=503, ms=4.0),
            Request(START + 2, ms=0.0),  # a value at the lower end of all is counted
            Request(START + 2, ms=1000.0),  # on the objective: not slower
            Request(START + 59.9, status=404, ms=1001.0),
            Request(START + 60, ms=9.0),  # the next minute's
            Request(START + 3, arm="true", ms=40_000.0),
            Request(START + 3, service="users", ms=3.0),  # another service
        ]
    )
    found = reader(cloud).intervals(START, START + 120)
    first = found[START]
    assert {k: v for k, v in first["baseline"].items() if k != "hist"} == {"n": 4, "e5xx": 1, "e4xx": 1}
    assert sum(first["baseline"]["hist"]) == 4
    edges = reader(cloud).edges
    slow_from = edges.index(1000.0)
    assert sum(first["baseline"]["hist"][slow_from:]) == 1
    assert first["baseline"]["hist"][0] == 1
    assert (first["canary"]["n"], first["canary"]["hist"][-1]) == (1, 1)
    assert (found[START + 60]["baseline"]["n"], found[START + 60]["canary"]) == (
        1,
        {**found[START + 60]["canary"], "n": 0},
    )
    interval = read_interval({"i": 1, **first}, len(edges) - 1)
    assert (interval.skipped, interval.notes, interval.latency) == ("", [], True)


def test_services_are_judged_together() -> None:
    cloud = FakeCloudWatch([Request(START, service=name, arm="true") for name in ("checkout", "users", "orders")])
    assert reader(cloud, "checkout", "users").intervals(START, START + 60)[START]["canary"]["n"] == 2


def test_the_hour_before_has_whatever_the_stage_called_its_requests() -> None:
    cloud = FakeCloudWatch(
        [
            Request(START - 3600, arm="-"),
            Request(START - 1, arm="false", status=500),
            Request(START - 1, arm="true"),
            Request(START - 3601, arm="-"),
            Request(START, arm="-"),
        ]
    )
    before = reader(cloud).before(START)
    assert (before["n"], before["e5xx"], sum(before["hist"])) == (2, 1, 2)
    assert reader(FakeCloudWatch()).before(START)["n"] == 0


def test_more_than_five_hundred_statistics_are_asked_for_in_several_calls() -> None:
    names = tuple(f"s{number}" for number in range(9))
    cloud = FakeCloudWatch([Request(START, service="s8")], page=500)
    assert reader(cloud, *names).intervals(START, START + 60)[START]["baseline"]["n"] == 1
    assert len(cloud.calls) > 1


@pytest.mark.parametrize("status", ["PartialData", "InternalError", "Forbidden"])
def test_a_part_of_the_data_is_no_evidence(status: str) -> None:
    with pytest.raises(ReadingFailed, match=status):
        reader(FakeCloudWatch([Request(START)], status=status)).intervals(START, START + 60)


def test_partial_data_that_a_later_page_completes_is_whole() -> None:
    cloud = FakeCloudWatch([Request(START)], page=500)

    def paged(service: str, operation: str, **request: object) -> dict[str, object]:
        answer = cloud(service, operation, **{k: v for k, v in request.items() if k != "NextToken"})
        if "NextToken" in request:
            return answer
        empty = [
            {**one, "Timestamps": [], "Values": [], "StatusCode": "PartialData"} for one in answer["MetricDataResults"]
        ]
        return {"MetricDataResults": empty, "NextToken": "more"}

    found = Reader(call=paged, gateway="shop", objectives_ms={"checkout": 1000}).intervals(START, START + 60)
    assert found[START]["baseline"]["n"] == 1


def test_throttling_reaches_the_caller_as_what_it_is() -> None:
    with pytest.raises(CloudError):
        reader(FakeCloudWatch(error=Throttled("slower"))).intervals(START, START + 60)


def test_pages_without_end_are_refused() -> None:
    def endless(service: str, operation: str, **_: object) -> dict[str, object]:
        return {"MetricDataResults": [], "NextToken": "again"}

    with pytest.raises(ReadingFailed, match="pages"):
        Reader(call=endless, gateway="shop", objectives_ms={"checkout": 1000}).intervals(START, START + 60)


def test_services_with_different_promises_are_cut_at_the_largest() -> None:
    cloud = FakeCloudWatch([Request(START, ms=ms) for ms in (90.0, 600.0, 2500.0)], objective_ms=500)
    both = Reader(call=cloud, gateway="shop", objectives_ms={"checkout": 500, "users": 2000})
    hist = both.intervals(START, START + 60)[START]["baseline"]["hist"]
    assert sum(hist[both.edges.index(2000.0) :]) == 1
    assert sum(hist) == 3
