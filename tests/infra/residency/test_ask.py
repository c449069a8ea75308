"""One question: the same answers as the resolver's, and the true reason of every record."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.residency.ask import ask, door_of
from infra.residency.outage import outage
from infra.residency.resolver import resolve
from infra.residency.territory import UNPLACEABLE, all_places, place_of
from infra.residency.zone import Zone
from tests.infra.residency.zones import EU, EU2, NAME, US, alias, both, naive, row, safe, zone


def two_eu() -> Zone:
    made = safe()
    checks = [{"Id": one.key, "HealthCheckConfig": one.config} for one in made.health_checks]
    return zone(made.records, health_checks=checks)


TWO_EU, NAIVE = two_eu(), zone(naive())


def told(found: Zone, code: str, *down: str) -> tuple[str | None, list[str]]:
    (way,) = ask(found, NAME, "A", place_of(code), outage(found, down))
    return way.answer.region, [taken.why for taken in way.taken]


@given(
    st.sampled_from(all_places()), st.sets(st.sampled_from([EU, EU2, US])), st.sampled_from(["A", "AAAA"]),
    st.sampled_from([TWO_EU, NAIVE]),
)  # fmt: skip
def test_it_answers_what_the_resolver_answers(place: object, down: set[str], kind: str, found: Zone) -> None:
    out = outage(found, down)
    ways = ask(found, NAME, kind, place, out)  # type: ignore[arg-type]
    assert {way.answer for way in ways} == resolve(found, NAME, kind, place, down=out.states)  # type: ignore[arg-type]


@given(st.sampled_from(all_places()), st.sets(st.sampled_from([EU, EU2])))
def test_who_must_stay_stays_whatever_is_down(place: object, down: set[str]) -> None:
    region, _ = told(TWO_EU, place.code, *down)  # type: ignore[attr-defined]
    if place.code in ("DE", "RE", UNPLACEABLE.code):  # type: ignore[attr-defined]
        assert region == (EU2 if down == {EU} else EU)


@pytest.mark.parametrize(
    ("code", "down", "region", "why"),
    [
        ("RE", (), EU, ["names RE", "the primary is healthy"]),
        ("RE", (EU,), EU2, ["names RE", "the secondary is healthy"]),
        ("RE", (EU, EU2), EU, ["names RE", "both are down"]),
        ("BR", (), US, ["BR is in continent SA, and no record names it"]),
        ("unplaceable", (), EU, ["the address cannot be placed", "healthy"]),
    ],
    ids=["named", "failover", "last-resort", "continent", "default"],
)
def test_reasons_in_the_safe_zone(code: str, down: tuple[str, ...], region: str, why: list[str]) -> None:
    answered, reasons = told(TWO_EU, code, *down)
    assert answered == region
    for reason, part in zip(reasons, why, strict=False):
        assert part in reason


def test_reasons_in_the_naive_zone() -> None:
    assert told(NAIVE, "DE", EU) == (US, ["the default; continent EU handed over, being down"])
    region, (why,) = told(NAIVE, "DE", EU, US)
    assert (region, why) == (
        EU,
        "DE is in continent EU, and no record names it; all that apply are down, so the smallest answers",
    )


def test_an_answer_in_a_dead_region_is_not_reachable() -> None:
    (way,) = ask(TWO_EU, NAME, "A", place_of("DE"), outage(TWO_EU, [EU, EU2]))
    assert not way.reachable
    (way,) = ask(TWO_EU, NAME, "A", place_of("DE"), outage(TWO_EU, [EU]))
    assert way.reachable


def test_chance_gives_every_answer() -> None:
    found = zone([row(to=EU, Weight=1), row(to=US, Weight=0), row(to=EU2, Weight=2)])
    assert {way.answer.region for way in ask(found, NAME, "A", place_of("DE"))} == {EU, EU2}
    down = outage(zone([row(to=EU, Weight=1, HealthCheckId="c"), row(to=US, Weight=0)]), [EU])
    (way,) = ask(zone([row(to=EU, Weight=1, HealthCheckId="c"), row(to=US, Weight=0)]), NAME, "A", place_of("DE"), down)
    assert way.answer.region == US
    assert way.taken[0].why == "a member of weight 0, because all others are down"


def test_no_record_no_answer() -> None:
    (way,) = ask(zone([row(to=EU, GeoLocation={"CountryCode": "DE"})]), NAME, "A", place_of("FR"))
    assert way.answer.region is None
    assert way.reachable
    assert way.taken == ()


def test_the_front_door_is_the_name_that_tells_places_apart() -> None:
    assert door_of(TWO_EU) == (NAME,)
    assert set(door_of(zone([row(), row(name="b.shop.example")]))) == {NAME, "b.shop.example"}


def test_a_step_below_does_not_count_as_a_door() -> None:
    below = both([{**row(name=f"eu.{NAME}", to=EU), "AliasTarget": alias(EU)}, row(to=f"eu.{NAME}")])
    assert door_of(zone(below)) == (NAME,)
