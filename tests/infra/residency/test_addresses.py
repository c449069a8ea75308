"""A sample address of every country, and back."""

from __future__ import annotations

import pytest

from infra.residency.addresses import UNPLACED, place_at, sample
from infra.residency.territory import UNPLACEABLE, Place, all_places, place_of

COUNTRIES = [place for place in all_places() if "-" not in place.code]


@pytest.mark.parametrize("place", COUNTRIES, ids=lambda place: place.code)
def test_the_sample_of_a_place_is_placed_there(place: Place) -> None:
    address = sample(place)
    assert address is not None
    assert place_at(address) == place


@pytest.mark.parametrize("address", [*UNPLACED.values(), "127.0.0.1", "8.8.8.8", "::1"])
def test_an_address_that_nobody_knows(address: str) -> None:
    assert place_at(address) is UNPLACEABLE


def test_parts_of_countries_have_none_and_text_is_no_address() -> None:
    assert sample(place_of("US-CA")) is None
    with pytest.raises(ValueError, match="nowhere"):
        place_at("nowhere")
