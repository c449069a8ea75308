"""Names that clients are given, and names that are only steps or probes."""

from __future__ import annotations

from infra.residency.names import roles
from tests.infra.residency.zones import EU, NAME, US, naive, row, zone

PROBE = {"Id": "c", "HealthCheckConfig": {"FullyQualifiedDomainName": f"us.{NAME}"}}


def test_a_probed_name_below_a_clients_name_is_internal() -> None:
    rows = [*naive(), row(f"us.{NAME}", to=US)]
    assert roles(zone(rows, health_checks=[PROBE])).internal == {
        f"us.{NAME}": f"probed by a health check, below {NAME}"
    }
    assert roles(zone(rows)).clients == (NAME, f"us.{NAME}"), "a name without a reason must hold by itself"


def test_a_check_that_probes_the_clients_name_excuses_nothing() -> None:
    check = {"Id": "c", "HealthCheckConfig": {"FullyQualifiedDomainName": NAME}}
    assert roles(zone(naive(), health_checks=[check])).clients == (NAME,)
    alone = zone([row(to=US)], health_checks=[check])
    assert roles(alone).clients == (NAME,)


def test_a_probed_name_that_tells_places_apart_is_a_front_door() -> None:
    rows = [*naive(), row(f"us.{NAME}", to=US, GeoLocation={"CountryCode": "*"})]
    assert f"us.{NAME}" in roles(zone(rows, health_checks=[PROBE])).clients


def test_a_name_that_others_lead_to_is_internal_only_below_them() -> None:
    rows = [row(to="pool.shop.example"), row("pool.shop.example", to=EU)]
    assert set(roles(zone(rows)).clients) == {NAME, "pool.shop.example"}
