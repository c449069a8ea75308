"""The theorem on zones whose truth is known, and against counting by hand."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings

from infra.errors import ConfigError
from infra.residency.proof import allowed_regions, prove
from infra.residency.records import Record
from infra.residency.resolver import resolve
from infra.residency.territory import Reading, Territory, all_places
from infra.residency.zone import Zone
from tests.infra.residency.naive_resolver import answers as naive_answers
from tests.infra.residency.test_resolver import CHECKS, ENDPOINTS, NAMES, zones
from tests.infra.residency.zones import EU, EU2, NAME, US, both, naive, proof, row, safe, zone


@pytest.mark.parametrize(
    "regions",
    [(US, EU), (US, EU, EU2), (EU,), (US, "us-west-2", EU, EU2, "eu-west-3"), ("ap-south-1", EU)],
    ids=["one-eu", "two-eu", "eu-only", "chains", "asia"],
)
def test_the_safe_shape_is_proved(regions: tuple[str, ...]) -> None:
    found = proof(safe(*regions).records)
    assert found.proved
    assert not found.leaks
    assert not found.names[0].unanswered, "nobody is without an answer either"


def test_the_naive_zone_leaks_seven_places_with_everything_up_and_all_38_in_the_end() -> None:
    found = proof(naive())
    assert not found.proved
    up = {place.code for leak in found.leaks if not leak.down for place in leak.places}
    assert up == {"GF", "GP", "MQ", "MF", "RE", "YT", "unplaceable"}
    assert {place.code for leak in found.leaks for place in leak.places} == {*Territory().codes, "unplaceable"}
    assert {leak.down for leak in found.leaks} == {(), ("check-eu",)}


def test_with_both_regions_down_europe_is_back_so_every_state_must_be_tried() -> None:
    known = zone(naive())
    leaking = {
        down: sum(
            resolve(known, NAME, "A", place, down=down) != resolve(known, NAME, "A", place_eu(), down=())
            for place in all_places()
            if Territory().protects(place)
        )
        for down in ((), ("check-eu",), ("check-us",), ("check-eu", "check-us"))
    }
    assert leaking == {(): 7, ("check-eu",): 38, ("check-us",): 7, ("check-eu", "check-us"): 7}
    (name,) = proof(naive()).names
    assert name.leaking_questions == 2 * sum(leaking.values()), "for A and AAAA"
    assert name.questions == len(all_places()) * 4 * 2


def place_eu():  # type: ignore[no-untyped-def]
    return next(place for place in all_places() if place.code == "DE")


@settings(max_examples=60, deadline=None)
@given(zones())
def test_the_verdict_is_that_of_counting_by_hand(records: list[Record]) -> None:
    (found,) = prove(
        Zone(records=tuple(records)), territory=Territory(), allowed=allowed_regions(), names=[NAMES[0]]
    ).names
    atoms = (*CHECKS, *(f"target {name}" for name in ENDPOINTS))
    protected = [p for p in all_places() if p.code in ("unplaceable", "DE", "FR", "RE", "GP")]
    worst = False
    for place in protected:
        for bits in product((False, True), repeat=len(atoms)):
            down = {atom for atom, is_down in zip(atoms, bits, strict=True) if is_down}
            worst |= US in naive_answers(records, NAMES[0], "A", place.keys, down)
    assert bool(found.leaks) == worst


@settings(max_examples=60, deadline=None)
@given(zones())
def test_every_reported_leak_is_real(records: list[Record]) -> None:
    found = prove(Zone(records=tuple(records)), territory=Territory(), allowed=allowed_regions(), names=[NAMES[0]])
    for leak in found.leaks:
        for place in leak.places:
            assert leak.answer.region in naive_answers(records, NAMES[0], "A", place.keys, set(leak.down))
        assert leak.steps[-1].record.alias == leak.answer.where


def test_the_territory_decides_who_must_stay() -> None:
    rows = safe().records
    assert not proof(rows, territory=Territory(reading=Reading.CAUTIOUS)).proved, "BL, PM and others are sent out"
    assert not proof(rows, territory=Territory(additions=("BR",))).proved
    lost = [one for one in rows if one.get("GeoLocation") != {"CountryCode": "YT"}]
    assert not proof(lost).proved
    assert proof(lost, territory=Territory(waivers={"YT": "no customers there"})).proved


def test_an_answer_from_nobody_knows_where_is_a_leak() -> None:
    rows = both([row(to="backend.partner.example")])
    (first, *_) = proof(rows).leaks
    assert first.answer.region == ""
    assert proof(rows, endpoints={"backend.partner.example": EU}).proved
    assert not proof(rows, endpoints={"backend.partner.example": US}).proved


@pytest.mark.parametrize("target", ["d1.cloudfront.net", "a1.awsglobalaccelerator.com"])
def test_an_edge_that_is_anywhere_is_a_leak(target: str) -> None:
    assert proof(both([row(to=target)])).leaks[0].answer.region == "anywhere"


def test_internal_names_are_named_and_others_must_hold_by_themselves() -> None:
    shape = safe()
    checks = [{"Id": check.key, "HealthCheckConfig": check.config} for check in shape.health_checks]
    known = zone(shape.records, health_checks=checks)
    found = prove(known, territory=Territory(), allowed=allowed_regions())
    assert [name.name for name in found.names] == [NAME]
    assert set(found.internal) == {f"eu.{NAME}", f"{EU}.{NAME}", f"{EU2}.{NAME}"}
    other = zone([*shape.records, row("www.shop.example", to=US)], health_checks=checks)
    found = prove(other, territory=Territory(), allowed=allowed_regions())
    assert {name.name: bool(name.leaks) for name in found.names} == {NAME: False, "www.shop.example": True}


def test_the_zones_own_name_stands_for_all_names_in_it() -> None:
    found = proof([*naive(), row("www.shop.example", to=EU)], "shop.example")
    assert {name.name: bool(name.leaks) for name in found.names} == {NAME: True, "www.shop.example": False}


@pytest.mark.parametrize("name", ["other.example", "example"], ids=["absent", "above-everything"])
def test_a_name_without_records_is_no_proof(name: str) -> None:
    if name == "other.example":
        with pytest.raises(ConfigError, match="no address record answers"):
            proof(naive(), name)
    else:
        assert not proof(naive(), name).proved


def test_no_records_at_all_is_no_proof() -> None:
    with pytest.raises(ConfigError, match="there is no address record"):
        prove(Zone(records=()), territory=Territory(), allowed=allowed_regions())


def test_https_records_are_out_of_sight() -> None:
    https = {"Name": NAME, "Type": "HTTPS", "ResourceRecords": [{"Value": "1 us.example. alpn=h2"}]}
    found = proof([*safe().records, https])
    assert not found.proved
    assert "HTTPS" in found.names[0].gaps[0].problem


def test_a_zone_without_ipv6_anywhere_is_no_gap_and_half_of_one_is() -> None:
    only_a = [one for one in safe().records if one["Type"] == "A"]
    assert proof(only_a).proved
    half = [one for one in safe().records if one["Type"] == "A" or one["Name"] != NAME]
    (gap,) = proof(half).names[0].gaps
    assert "no AAAA" in gap.problem
