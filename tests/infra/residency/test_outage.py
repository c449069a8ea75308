"""A region that is down takes its health checks and endpoints along, and no others."""

from __future__ import annotations

import pytest

from infra.residency.outage import check_regions, outage, served_from
from tests.infra.residency.zones import EU, EU2, NAME, US, endpoint, naive, row, safe, zone


def probing(name: str) -> dict[str, str]:
    return {"Type": "HTTPS", "FullyQualifiedDomainName": name}


def checked(**config: object) -> list[dict[str, object]]:
    return [{"Id": "hc", "HealthCheckConfig": config}]


def shape_zone() -> object:
    made = safe()
    checks = [{"Id": one.key, "HealthCheckConfig": one.config} for one in made.health_checks]
    return zone(made.records, health_checks=checks)


def test_a_check_belongs_to_the_region_that_it_probes_by_a_name_of_the_zone() -> None:
    assert check_regions(shape_zone()) == {EU: EU, EU2: EU2}


def test_by_an_endpoint_and_not_by_who_carries_it() -> None:
    rows = [row(to=EU, HealthCheckId="hc", Failover="PRIMARY")]
    found = zone(rows, health_checks=checked(**probing(endpoint(US))))
    assert check_regions(found) == {"hc": US}


def test_without_a_probe_by_the_records_that_carry_it() -> None:
    assert check_regions(zone(naive())) == {"check-eu": EU, "check-us": US}


def test_records_of_two_regions_do_not_tell() -> None:
    rows = [row(to=EU, HealthCheckId="hc", Weight=1), row(to=US, HealthCheckId="hc", Weight=2)]
    assert check_regions(zone(rows)) == {"hc": ""}


def test_a_computed_check_fails_by_its_children() -> None:
    config = {"Type": "CALCULATED", "ChildHealthChecks": ["a", "b"], "HealthThreshold": 1}
    children = [{"Id": "a", "HealthCheckConfig": probing(endpoint(EU))}, {"Id": "b", "HealthCheckConfig": probing(endpoint(US))}]  # fmt: skip
    found = zone([row(to=EU, HealthCheckId="hc", Failover="PRIMARY")], health_checks=[*checked(**config), *children])
    assert check_regions(found) == {"hc": "", "a": EU, "b": US}
    assert outage(found, [EU]).checks == {"a"}


def test_what_is_down() -> None:
    found = outage(shape_zone(), [EU])
    assert found.checks == {EU}
    assert all(EU in name for name in found.endpoints)
    assert found.states == {EU, *(f"target {name}" for name in found.endpoints)}


def test_a_check_can_fail_by_itself() -> None:
    assert outage(zone(naive()), [], ["check-eu"]).states == {"check-eu"}


@pytest.mark.parametrize("regions", [(EU, US), (EU, EU2, US)], ids=["one-eu", "two-eu"])
def test_the_regions_that_can_answer(regions: tuple[str, ...]) -> None:
    assert served_from(zone(safe(*regions).records)) == set(regions)


def test_an_outside_name_has_no_region() -> None:
    found = zone([{"Name": NAME, "Type": "CNAME", "ResourceRecords": [{"Value": "shop.example.net"}]}])
    assert served_from(found) == frozenset()
