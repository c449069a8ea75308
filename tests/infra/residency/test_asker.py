"""Who asks, as people write it."""

from __future__ import annotations

import pytest

from infra.errors import ConfigError
from infra.residency.asker import asker
from infra.residency.territory import UNPLACEABLE, all_places


@pytest.mark.parametrize("text", ["unknown", "UNKNOWN", "unplaceable"])
def test_an_address_that_cannot_be_placed(text: str) -> None:
    assert asker(text) is UNPLACEABLE


@pytest.mark.parametrize(
    ("country", "subdivision", "code"),
    [("RE", "", "RE"), ("re", "", "RE"), ("", "US-CA", "US-CA"), ("US", "CA", "US-CA"), ("us", "us-ca", "US-CA"), ("UA", "43", "UA-43")],
    ids=["upper", "lower", "whole", "beside", "both", "ukrainian"],
)  # fmt: skip
def test_a_place(country: str, subdivision: str, code: str) -> None:
    assert asker(country, subdivision).code == code


@pytest.mark.parametrize("place", all_places(), ids=lambda place: place.code)
def test_every_place_is_found_by_its_code(place: object) -> None:
    code = place.code  # type: ignore[attr-defined]
    country, _, part = code.partition("-")
    assert asker(country, part) == place


@pytest.mark.parametrize(
    ("country", "subdivision", "said"),
    [
        ("XX", "", "no country"),
        ("UK", "", "Write GB"),
        ("BV", "", "no addresses in BV"),
        ("", "", "is missing"),
        ("DEU", "", "Did you mean"),
        ("US", "ZZ", "none that Route 53 knows"),
        ("DE", "BY", "does not tell parts of DE apart"),
        ("DE", "US-CA", "is not in DE"),
        ("unknown", "CA", "no country"),
        ("'; --", "", "no country"),
    ],
    ids=["unassigned", "slip", "refused", "nothing", "alpha-3", "state", "land", "contradiction", "nowhere", "junk"],
)
def test_what_is_no_place_is_said(country: str, subdivision: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        asker(country, subdivision)
