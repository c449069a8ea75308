"""What Route 53 holds becomes the same zone as the templates."""

from __future__ import annotations

from typing import Any

import pytest

from infra.dns.live import is_healthy, live_zone
from infra.errors import ConfigError, NothingToDo, Refused
from infra.residency.ask import ask
from infra.residency.outage import outage
from infra.residency.territory import all_places, place_of
from tests.infra.dns.fake_route53 import FakeRoute53, aws
from tests.infra.residency.zones import EU, EU2, NAME, safe, zone

GOOD, BAD = "Success: HTTP Status Code 200, OK", "Failure: Connection timed out."


def deployed(**more: Any) -> FakeRoute53:
    made = safe()
    rows = [{"Name": "shop.example.", "Type": "SOA", "TTL": 900, "ResourceRecords": [{"Value": "ns. host. 1 2 3 4 5"}]}]
    rows += [{**row, "Name": f"{row['Name']}."} for row in made.records]
    checks = {check.key: check.config for check in made.health_checks}
    return FakeRoute53({"Z1": ("shop.example.", False)}, rows, checks, **more)


@pytest.mark.parametrize("page", [1, 7, 1000], ids=["one-by-one", "pages", "at-once"])
def test_every_place_gets_the_answer_of_the_templates(page: int) -> None:
    live = live_zone(aws(deployed(page=page)), NAME)
    assert live.zone_id == "Z1"
    planned = zone(safe().records)
    for place in all_places():
        assert [w.answer for w in ask(live.zone, NAME, "AAAA", place)] == [
            w.answer for w in ask(planned, NAME, "AAAA", place)
        ]


def test_a_check_that_fails_now_fails_in_the_zone() -> None:
    live = live_zone(aws(deployed(statuses={EU: [BAD] * 15 + [GOOD]})), NAME)
    assert live.failing == {EU}
    (way,) = ask(live.zone, NAME, "A", place_of("RE"), outage(live.zone, [], live.failing))
    assert way.answer.region == EU2


@pytest.mark.parametrize(
    ("good", "bad", "healthy"), [(0, 0, True), (3, 13, True), (2, 14, False), (18, 82, False), (19, 81, True), (0, 9, False)],
    ids=["no-report", "above", "below", "at", "just-above", "none"],
)  # fmt: skip
def test_healthy_is_more_than_18_percent(good: int, bad: int, healthy: bool) -> None:
    assert is_healthy([{"StatusReport": {"Status": text}} for text in [GOOD] * good + [BAD] * bad]) is healthy


def test_a_computed_check_brings_its_children() -> None:
    fake = deployed()
    fake.checks["both"] = {"Type": "CALCULATED", "ChildHealthChecks": [EU, EU2], "HealthThreshold": 2}
    for row in fake.records:
        if row.get("HealthCheckId") == EU:
            row["HealthCheckId"] = "both"
    fake.statuses = {EU2: [BAD], "both": [BAD]}
    live = live_zone(aws(fake), NAME)
    assert set(live.zone.checks) == {"both", EU, EU2}
    assert live.failing == {EU2}, "a computed one is not asked: its children say"


def test_the_zone_nearest_to_the_name_is_taken_and_private_ones_are_not() -> None:
    fake = deployed()
    fake.zones = {"Z0": ("example.", False), "Z9": (f"{NAME}.", True), "Z1": ("shop.example.", False)}
    assert live_zone(aws(fake), NAME).zone_id == "Z1"


def test_no_zone_and_two_zones_are_said() -> None:
    fake = deployed()
    fake.zones = {"Z1": ("other.example.", False)}
    with pytest.raises(NothingToDo, match=NAME):
        live_zone(aws(fake), NAME)
    fake.zones = {"Z1": ("shop.example.", False), "Z2": ("shop.example.", False)}
    with pytest.raises(Refused, match="Z1, Z2"):
        live_zone(aws(fake), NAME)


def test_a_record_that_cannot_be_read_is_not_left_out() -> None:
    fake = deployed()
    fake.records.append({"Name": f"{NAME}.", "Type": "A", "SetIdentifier": "x", "GeoLocation": {"CountryCode": "XX"}})
    with pytest.raises(ConfigError, match="XX"):
        live_zone(aws(fake), NAME)
