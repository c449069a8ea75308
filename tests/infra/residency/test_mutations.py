"""Every slip a person could make in the safe zone turns the proof red, and the path names the place and the record."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from infra.residency.proof import Leak
from infra.residency.territory import Territory, place_of
from tests.infra.residency.zones import EU, NAME, US, Row, alias, both, changed, located, proof, row, safe

EU_PAIR = f"eu.{NAME}"


def geo(one: Row) -> bool:
    return "GeoLocation" in one


def continent_alone(rows: Iterable[Row]) -> list[Row]:
    kept = [one for one in rows if not geo(one) or "ContinentCode" in one["GeoLocation"]]
    return kept + both([row(to=US, GeoLocation={"CountryCode": "*"}, SetIdentifier="default")])


def check_on_geolocation(rows: Iterable[Row]) -> list[Row]:
    # DE is pinned, checked, and hands over: first to its continent, which is checked too, then to a default in the US.
    rows = changed(rows, located(CountryCode="DE"), lambda one: {**one, "HealthCheckId": EU})
    rows = changed(rows, located(ContinentCode="EU"), lambda one: {**one, "HealthCheckId": EU})
    return default_to_the_us(rows)


def check_on_pinned(rows: Iterable[Row]) -> list[Row]:
    return changed(rows, located(CountryCode="GF"), lambda one: {**one, "HealthCheckId": EU})


def target_health(rows: Iterable[Row]) -> list[Row]:
    return changed(
        rows,
        located(CountryCode="RE"),
        lambda one: {**one, "AliasTarget": {**one["AliasTarget"], "EvaluateTargetHealth": True}},
    )


def default_to_the_us(rows: Iterable[Row]) -> list[Row]:
    return changed(rows, located(CountryCode="*"), lambda one: {**one, "AliasTarget": alias(US)})


def weighted_member(rows: Iterable[Row], weight: int) -> list[Row]:
    kept = [one for one in rows if one["Name"] != EU_PAIR]
    pool = [row(EU_PAIR, to=EU, Weight=10, HealthCheckId="check-eu"), row(EU_PAIR, to=US, Weight=weight)]
    return kept + both(pool)


def secondary_in_the_us(rows: Iterable[Row]) -> list[Row]:
    return changed(rows, lambda one: one.get("Failover") == "SECONDARY", lambda one: {**one, "AliasTarget": alias(US)})


def lost(code: str, kind: str = "") -> Callable[[Iterable[Row]], list[Row]]:
    def which(one: Row) -> bool:
        return located(CountryCode=code)(one) and (not kind or one["Type"] == kind)

    return lambda rows: changed(rows, which, lambda _: None)


def simple_us_aaaa(rows: Iterable[Row]) -> list[Row]:
    kept = [one for one in rows if one["Name"] != NAME or one["Type"] == "A"]
    return [*kept, row(kind="AAAA", to=US)]


def wrong_side(rows: Iterable[Row]) -> list[Row]:
    return changed(rows, located(CountryCode="FR"), lambda one: {**one, "AliasTarget": alias(US)})


def pool_of_latency(rows: Iterable[Row]) -> list[Row]:
    kept = [one for one in rows if one["Name"] != NAME]
    return kept + both([row(to=to, Region=to, SetIdentifier=to) for to in (EU, US)])


def foreign_cname(rows: Iterable[Row]) -> list[Row]:
    kept = [one for one in rows if one["Name"] != NAME]
    return [*kept, {"Name": NAME, "Type": "CNAME", "ResourceRecords": [{"Value": "shop.cdn.example"}]}]


def europe_to_the_us(rows: Iterable[Row]) -> list[Row]:
    rows = changed(rows, located(ContinentCode="EU"), lambda one: {**one, "AliasTarget": alias(US)})
    return lost("PL")(rows)


# mutation, a place that leaks, the checks that are down, words of the records taken
MUTATIONS: dict[str, tuple[Callable[[Iterable[Row]], list[Row]], str, tuple[str, ...], str]] = {
    "continent-record-alone": (continent_alone, "GF", (), "continent SA"),
    "continent-record-alone-unplaceable": (continent_alone, "unplaceable", (), "default"),
    "health-check-on-geolocation": (check_on_geolocation, "DE", (EU,), "default"),
    "health-check-on-a-pinned-country": (check_on_pinned, "GF", (EU,), "continent SA"),
    "target-health-on": (target_health, "RE", ("eu-central-1", EU), "continent AF"),
    "default-to-the-us": (default_to_the_us, "unplaceable", (), "default"),
    "weighted-member-outside": (lambda rows: weighted_member(rows, 1), "DE", (), "weighted"),
    "weighted-member-of-weight-0": (lambda rows: weighted_member(rows, 0), "DE", ("check-eu",), "weighted"),
    "secondary-in-the-us": (secondary_in_the_us, "FR", (EU,), "failover SECONDARY"),
    "lost-GF": (lost("GF"), "GF", (), "continent SA"),
    "lost-RE": (lost("RE"), "RE", (), "continent AF"),
    "lost-MQ-for-ipv6-only": (lost("MQ", "AAAA"), "MQ", (), "AAAA geolocation continent NA"),
    "lost-PL-and-europe-sent-out": (europe_to_the_us, "PL", (), "continent EU"),
    "simple-us-aaaa": (simple_us_aaaa, "DE", (), "AAAA"),
    "country-on-the-wrong-side": (wrong_side, "FR", (), "FR"),
    "latency-instead-of-geolocation": (pool_of_latency, "DE", (), "latency"),
    "cname-to-nobody-knows-where": (foreign_cname, "DE", (), "CNAME"),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_slip_turns_the_proof_red_and_names_the_path(name: str) -> None:
    mutate, code, down, words = MUTATIONS[name]
    found = proof(mutate(list(safe().records)))
    assert not found.proved
    leaks = [leak for leak in found.leaks if code in [place.code for place in leak.places]]
    assert leaks, "the place is named"
    leak = min(leaks, key=lambda one: len(one.down))
    assert set(leak.down) == set(down)
    assert words in " ".join(str(step.record) for step in leak.steps)
    assert leak.answer.region in (US, "")


@pytest.mark.parametrize("name", MUTATIONS)
def test_nobody_who_is_safe_is_blamed(name: str) -> None:
    found = proof(MUTATIONS[name][0](list(safe().records)))
    territory = Territory()
    assert all(territory.protects(place) for leak in found.leaks for place in leak.places)


def test_half_a_dual_stack_is_red() -> None:
    found = proof([one for one in safe().records if one["Name"] != NAME or one["Type"] == "A"])
    assert not found.proved
    assert "no AAAA" in found.names[0].gaps[0].problem


@pytest.mark.parametrize("code", Territory().codes)
def test_a_lost_country_leaks_exactly_when_its_continent_is_sent_out(code: str) -> None:
    found = proof(lost(code)(list(safe().records)))
    outside_europe = place_of(code).keys[1] != "continent EU"
    assert found.proved != outside_europe, "in Europe the continent and the default still hold it"


def leak_of(rows: Iterable[Row], code: str) -> Leak:
    return next(leak for leak in proof(rows).leaks if code in [place.code for place in leak.places])


def test_the_path_says_what_was_passed_over() -> None:
    leak = leak_of(check_on_geolocation(list(safe().records)), "DE")
    assert [str(record) for record in leak.steps[0].passed] == [
        f"{NAME} A geolocation DE",
        f"{NAME} A geolocation continent EU",
    ]
