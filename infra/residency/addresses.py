"""A sample address of every country, and the country of a sample address. Reads its own data file once; pure.

Good for asking Route 53 "as if from there", and for the laptop, which knows the countries of these networks and of no others.
Made by `infra.residency.sources.addresses`; licence and source are in the file.
"""

from __future__ import annotations

import ipaddress
import json
from functools import cache
from importlib import resources
from typing import Any

from infra.residency.territory import UNPLACEABLE, Place, place_of

__all__ = ["UNPLACED", "place_at", "sample"]

# TEST-NET-1 (RFC 5737) and the documentation prefix (RFC 3849): nobody's, so no map of countries can have them.
UNPLACED = {"A": "192.0.2.1", "AAAA": "2001:db8::1"}


@cache
def _networks() -> dict[str, list[str]]:
    text = resources.files("infra.residency").joinpath("addresses.json").read_text(encoding="utf-8")
    data: dict[str, list[str]] = json.loads(text)["networks"]
    return data


@cache
def _by_network() -> dict[Any, str]:
    return {ipaddress.ip_network(text): code for code, texts in _networks().items() for text in texts}


def sample(place: Place) -> str | None:
    """An address there, IPv4 if there is one; None when nobody knows one, or for parts of a country."""
    if place is UNPLACEABLE:
        return UNPLACED["A"]
    found = _networks().get(place.code)
    return str(ipaddress.ip_network(found[0])[1]) if found else None


def place_at(text: str) -> Place:
    """The place of an address of these networks; any other cannot be placed.

    Raises:
        ValueError: it is no address.
    """
    address = ipaddress.ip_address(text)
    network = ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 64}", strict=False)
    code = _by_network().get(network)
    return place_of(code) if code else UNPLACEABLE
