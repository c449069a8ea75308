"""What the map shows is what the resolver says, in each state."""

from __future__ import annotations

from infra.residency.map.answers import Scene, scenes
from infra.residency.outage import outage
from infra.residency.proof import allowed_regions
from infra.residency.resolver import resolve
from infra.residency.territory import Territory, all_places, place_of
from infra.residency.zone import Zone
from tests.infra.residency.zones import EU, EU2, NAME, US, naive, row, safe, zone


def drawn(found: Zone, *down: str, **more: object) -> tuple[Scene, ...]:
    out = outage(found, down) if down else None
    return scenes(found, NAME, territory=Territory(), allowed=allowed_regions(), down=out)


def pair() -> Zone:
    made = safe()
    return zone(made.records, health_checks=[{"Id": c.key, "HealthCheckConfig": c.config} for c in made.health_checks])


def test_the_scenes_are_all_up_each_region_and_what_was_asked() -> None:
    assert [scene.down for scene in drawn(pair())] == [(), (EU2,), (EU,), (US,)]
    assert [scene.down for scene in drawn(pair(), EU)] == [(), (EU2,), (EU,), (US,)]
    assert [scene.down for scene in drawn(pair(), EU, EU2)][-1] == (EU2, EU)
    assert drawn(pair())[0].title == "Everything up"


def test_every_place_is_there_with_the_resolvers_answer() -> None:
    for found in (pair(), zone(naive())):
        for scene in drawn(found, EU, EU2):
            states = outage(found, scene.down).states
            for place in (place for place in all_places() if "-" not in place.code):
                said = {answer.region for answer in resolve(found, NAME, "A", place, down=states)}
                assert set(scene.by_code[place.code].regions) == said


def test_leaks_are_those_of_the_territory_only() -> None:
    up, eu_down, us_down = drawn(zone(naive()))
    assert [row.place.code for row in up.leaks] == ["unplaceable", "GF", "GP", "MF", "MQ", "RE", "YT"]
    assert len(eu_down.leaks) == 38
    assert len(us_down.leaks) == 7
    assert "US" not in {row.place.code for row in eu_down.leaks}
    assert all(not scene.leaks for scene in drawn(pair(), EU, EU2))


def test_who_reaches_nobody() -> None:
    *_, both = drawn(pair(), EU, EU2)
    assert not both.by_code["DE"].reachable
    assert both.by_code["US"].reachable
    assert both.by_code["DE"].regions == (EU,)


def test_ipv6_that_differs_is_noted_and_can_leak_alone() -> None:
    rows = [row(kind="A", to=EU), row(kind="AAAA", to=US)]
    (up, *_) = drawn(zone(rows))
    german = up.by_code["DE"]
    assert german.note == f"AAAA: {US}"
    assert german.leak
    assert german.regions == (EU, US)


def test_no_answer_is_shown_as_nobody() -> None:
    (up, *_) = drawn(zone([row(to=EU, GeoLocation={"CountryCode": "DE"})]))
    assert up.by_code["FR"].regions == ()
    assert not up.by_code["FR"].leak


def test_parts_of_countries_only_where_a_record_names_them() -> None:
    assert "US-CA" not in drawn(pair())[0].by_code
    rows = [*safe().records, row(to=US, GeoLocation={"CountryCode": "US", "SubdivisionCode": "CA"})]
    assert drawn(zone(rows))[0].by_code["US-CA"].place == place_of("US-CA")
