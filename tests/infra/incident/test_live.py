"""The rows of `gatewright top`."""

from __future__ import annotations

from infra.config.model import Gateway, Jurisdiction, Limits, PerIp, Region, Service
from infra.incident.facts import Span
from infra.incident.live import COLUMNS, asked, read, rows, shown
from tests.infra.incident.cases import NOW
from tests.infra.incident.test_reader import CloudWatch

US = "us-east-1"
SHOP = Gateway(
    name="shop",
    regions=(Region(name=US, jurisdiction=Jurisdiction.US),),
    services=(Service(name="users", path="/api/users", url="https://users.example"),),
    limits=Limits(per_ip=PerIp(requests=100)),
)
BUSY = {"users/requests": {NOW: 120.0}, "users/ms": {NOW: 6000.0}, "users/p99": {NOW: 90.0}, "users/failed": {NOW: 6.0},
        "users/waited_ms": {NOW: 4800.0}, "users/canary": {NOW: 12.0}, "users/canary_failed": {NOW: 3.0}}  # fmt: skip


def test_a_busy_service_in_numbers_and_in_cells():
    (row,) = rows(SHOP, US, BUSY, 60, {"users": "CLOSED"})
    assert (row["per_second"], row["failed_percent"], row["mean_ms"], row["backend_ms"]) == (2, 5, 50, 40)
    assert (row["canary_percent"], row["canary_failed_percent"]) == (10, 25)
    cells = shown(row)
    assert set(cells) <= set(COLUMNS)
    assert (cells["failed"], cells["p99"], cells["canary"]) == ("5 %", "90 ms", "10 %, 25 % failed")


def test_no_requests_is_no_zero_percent():
    (row,) = rows(SHOP, US, {}, 60, {})
    assert (row["failed_percent"], row["p99_ms"], row["canary_percent"]) == (None, None, None)
    assert shown(row)["failed"] == ""


def test_guards_have_a_row_when_they_turned_somebody_away():
    _, guards = rows(SHOP, US, {"/THROTTLED": {NOW: 2.0}, "/blocked": {NOW: 5.0}}, 60, {})
    assert (guards["throttled"], guards["blocked"]) == (2, 5)
    assert shown(guards)["note"] == "turned away: 2 by limits and quotas, 5 by the firewall"


def test_a_region_without_an_answer_is_a_row():
    assert shown({"region": US, "error": "nobody"}) == {"region": US, "note": "nobody"}


def test_one_call_asks_for_everything_and_answers_by_label():
    aws = CloudWatch({"users.latency SampleCount": {NOW: 7.0}})
    found = read(aws.call, SHOP, US, Span(NOW, NOW + 60))
    assert found["users/requests"] == {NOW: 7.0}
    assert len(aws.requests) == 1
    ids = [one.id for one in asked(SHOP, US)]
    assert len(ids) == len(set(ids))
