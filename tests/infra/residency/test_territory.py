"""The table of places, and whom the readings protect."""

from __future__ import annotations

import pytest

from infra.config.regions import known_regions
from infra.errors import ConfigError
from infra.residency.proof import allowed_regions
from infra.residency.territory import (
    CONTINENTS,
    UNPLACEABLE,
    Reading,
    Territory,
    all_places,
    country_problem,
    place_of,
    table,
)

GDPR = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO AX GF GP MQ MF RE YT"
BESIDES = "GB CH GI IM JE GG BL PM NC PF WF TF SJ SX GL FO AW CW BQ"


def test_the_strict_reading_is_the_law_itself() -> None:
    assert Territory().codes == tuple(sorted(GDPR.split()))
    assert len(Territory().codes) == 37


def test_the_cautious_reading_adds_equivalent_law_and_the_realms() -> None:
    assert set(Territory(reading=Reading.CAUTIOUS).codes) - set(GDPR.split()) == set(BESIDES.split())


def test_every_place_has_a_continent_and_a_standing_with_source_and_date() -> None:
    assert len(table()["places"]) == 246
    for code, entry in table()["places"].items():
        assert entry["continent"] in CONTINENTS, code
        standing = table()["standings"][entry["standing"]]
        assert standing["source"].startswith("https://"), code
        assert standing["date"], code


@pytest.mark.parametrize(
    ("code", "continent"),
    [("CY", "EU"), ("TR", "EU"), ("RU", "EU"), ("AM", "AS"), ("GF", "SA"), ("GP", "NA"), ("RE", "AF"), ("TF", "AN")],
)
def test_continents_are_those_of_route_53(code: str, continent: str) -> None:
    assert place_of(code).keys == (code, f"continent {continent}", "*")


def test_places_are_countries_states_and_the_unplaceable() -> None:
    places = {place.code: place for place in all_places()}
    assert places["unplaceable"] is UNPLACEABLE
    assert places["US-CA"].keys == ("US-CA", "US", "continent NA", "*")
    assert places["US"].keys == ("US", "continent NA", "*"), "some American addresses have no known state"
    assert len([code for code in places if code.startswith("US-")]) == 51
    assert not {"BV", "CX", "EH", "HM"} & set(places)


def test_the_unplaceable_are_protected_and_no_waiver_reaches_them() -> None:
    everybody = Territory(waivers=dict.fromkeys(GDPR.split(), "we sell in the US only"))
    assert everybody.codes == ()
    assert everybody.protects(UNPLACEABLE)


def test_additions_and_waivers() -> None:
    territory = Territory(additions=("GB",), waivers={"YT": "no customers there, board of 2026-10-01"})
    assert "GB" in territory.codes
    assert "YT" not in territory.codes
    assert territory.protects(place_of("GB"))
    assert not territory.protects(place_of("YT"))
    assert Territory(additions=("US",)).protects(place_of("US-CA")), "a country's states are in it"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"additions": ("UK",)}, "Write GB"),
        ({"additions": ("HM",)}, "no addresses in HM"),
        ({"additions": ("SW",)}, "no country"),
        ({"waivers": {"DE": " "}}, "without a reason"),
        ({"waivers": {"US": "x"}}, "not in the strict territory"),
        ({"additions": ("DE",), "waivers": {"DE": "x"}}, "added and waived"),
    ],
    ids=["UK", "unnameable", "unknown", "no-reason", "nothing-to-waive", "both"],
)
def test_the_owners_slips_are_findings(given: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Territory(**given)  # type: ignore[arg-type]


def test_all_slips_are_said_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        Territory(additions=("UK", "HM"), waivers={"US": ""})
    assert len(caught.value.findings) == 4


def test_every_code_of_the_table_can_be_named() -> None:
    assert not [code for code in table()["places"] if country_problem(code)]


def test_allowed_regions_are_those_on_eu_ground() -> None:
    allowed = allowed_regions()
    assert {"eu-west-1", "eu-central-1", "eu-south-2"} <= allowed
    assert not {"eu-west-2", "eu-central-2", "us-east-1"} & allowed, "London and Zurich are not in the EU"
    assert "eu-west-2" in allowed_regions(["eu-west-2"])
    assert allowed <= set(known_regions())
