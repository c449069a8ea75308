"""The safe shape: what it makes, and what it refuses."""

from __future__ import annotations

import pytest

from infra.errors import ConfigError, Refused
from infra.residency.shape import Target, shape
from infra.residency.territory import Territory, table
from tests.infra.residency.zones import EU, EU2, NAME, US, gateway, safe


def test_one_eu_region_needs_no_health_check() -> None:
    found = safe(US, EU)
    assert found.health_checks == ()
    assert {(host.name, host.region) for host in found.hosts} == {(NAME, EU), (NAME, US), (f"eu.{NAME}", EU)}
    assert {one["Name"] for one in found.records} == {NAME, f"eu.{NAME}"}


def test_two_eu_regions_fail_over_below_the_geolocation_records() -> None:
    found = safe(US, EU, EU2)
    assert [check.config["FullyQualifiedDomainName"] for check in found.health_checks] == [
        f"{EU}.{NAME}",
        f"{EU2}.{NAME}",
    ]
    pair = [one for one in found.records if "Failover" in one and one["Type"] == "A"]
    assert [(one["Name"], one["Failover"], one["HealthCheckId"]) for one in pair] == [
        (f"eu.{NAME}", "PRIMARY", EU),
        (f"eu.{NAME}", "SECONDARY", EU2),
    ]
    assert all(one["AliasTarget"]["EvaluateTargetHealth"] for one in pair), "Route 53 asks it of failover aliases"


@pytest.mark.parametrize("regions", [(US, EU), (US, EU, EU2), (EU,)], ids=["one", "two", "eu-only"])
def test_no_geolocation_record_can_hand_over(regions: tuple[str, ...]) -> None:
    records = [one for one in safe(*regions).records if "GeoLocation" in one]
    assert len(records) == 2 * (1 + 7 + 37)
    assert not [one for one in records if "HealthCheckId" in one or one["AliasTarget"]["EvaluateTargetHealth"]]


def test_ipv6_is_answered_as_ipv4() -> None:
    def without_type(kind: str) -> list[object]:
        return [{k: v for k, v in one.items() if k != "Type"} for one in safe().records if one["Type"] == kind]

    assert without_type("A") == without_type("AAAA")


def test_every_code_of_the_territory_is_pinned_and_no_waived_one() -> None:
    territory = Territory(additions=("GB",), waivers={"YT": "no customers"})
    found = shape(gateway(US, EU), territory=territory)
    pinned = {one["GeoLocation"]["CountryCode"] for one in found.records if "CountryCode" in one.get("GeoLocation", {})}
    assert pinned == {*territory.codes, "*"}


def test_targets_and_checks_may_be_expressions_of_a_template() -> None:
    def target(host: str, region: str) -> Target:
        return Target(dns_name={"Fn::GetAtt": [host, region]}, zone_id={"Ref": region})

    found = shape(gateway(US, EU, EU2), target=target, check_id=lambda key: {"Ref": f"Check-{key}"})
    first = next(one for one in found.records if one.get("Failover") == "PRIMARY")
    assert first["HealthCheckId"] == {"Ref": f"Check-{EU}"}
    assert first["AliasTarget"]["DNSName"] == {"Fn::GetAtt": [f"eu.{NAME}", EU]}


def test_every_alias_to_an_endpoint_has_a_host_there() -> None:
    asked: set[tuple[str, str]] = set()

    def target(host: str, region: str) -> Target:
        asked.add((host, region))
        return Target(dns_name="x", zone_id="z")

    found = shape(gateway(US, "us-west-2", EU, EU2, "eu-west-3"), target=target)
    assert asked <= {(host.name, host.region) for host in found.hosts}


@pytest.mark.parametrize(
    ("given", "says"),
    [(gateway(US, EU, domain=None), "no domain"), (gateway(US), "no region of jurisdiction eu")],
    ids=["no-domain", "no-eu-region"],
)
def test_what_has_no_shape_is_refused(given: object, says: str) -> None:
    with pytest.raises(Refused, match=says):
        shape(given)  # type: ignore[arg-type]


def test_more_codes_than_route_53_takes_are_a_finding() -> None:
    many = tuple(code for code in table()["places"] if code not in Territory().codes)
    with pytest.raises(ConfigError, match="100 records"):
        shape(gateway(US, EU), territory=Territory(additions=many))


def test_record_sets_are_told_apart() -> None:
    names = [(one["Name"], one["Type"], one.get("SetIdentifier")) for one in safe(US, EU, EU2, "eu-west-3").records]
    assert len(names) == len(set(names))
