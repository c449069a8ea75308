"""Where people are, and whose data stays in the EU: the places that Route 53 tells apart. Reads its own data file once.

`infra/config/territories.json` says for each code its continent as AWS documents it, its standing under the GDPR, and the
source and date of both. The legal part is our reading; the owner adds codes, or waives them with a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from infra.config.model import Gateway
from infra.config.places import country_problem, standing_set, table
from infra.errors import ConfigError, Finding

__all__ = [
    "CONTINENTS",
    "UNPLACEABLE",
    "Place",
    "Reading",
    "Territory",
    "all_places",
    "continent_key",
    "country_problem",
    "place_of",
    "table",
    "territory_of",
]

DEFAULT_KEY = "*"
CONTINENTS = ("AF", "AN", "AS", "EU", "NA", "OC", "SA")


class Reading(StrEnum):
    """How wide the territory is read."""

    STRICT = "strict"  # where the GDPR itself is law: EU, EEA, Åland, the outermost regions
    CAUTIOUS = "cautious"  # and where a law like it is, or a European state's realm reaches


@dataclass(frozen=True, slots=True)
class Place:
    """A place from which a question can come, as Route 53 sees it.

    Args:
        code: ``DE``, ``US-CA``, or ``unplaceable``: an address that Route 53 knows no place for.
        keys: the locations that a record can name to catch it, from the smallest to the default.
    """

    code: str
    name: str
    keys: tuple[str, ...]

    @property
    def country(self) -> str:
        return self.code.partition("-")[0]


UNPLACEABLE = Place("unplaceable", "an address that cannot be placed", (DEFAULT_KEY,))


def continent_key(code: str) -> str:
    """Apart from countries, because AF, AS, NA, SA are codes of both."""
    return f"continent {code}"


@cache
def place_of(code: str) -> Place:
    """The place of a country or subdivision code.

    Raises:
        KeyError: Route 53 cannot place it.
    """
    if code == UNPLACEABLE.code:
        return UNPLACEABLE
    country, _, subdivision = code.partition("-")
    entry = table()["places"][country]
    keys = (country, continent_key(entry["continent"]), DEFAULT_KEY)
    if not subdivision:
        return Place(code, entry["name"], keys)
    return Place(code, f"{entry['name']}, {subdivision}", (code, *keys))


@cache
def all_places(extra: tuple[str, ...] = ()) -> tuple[Place, ...]:
    """Every country, every subdivision that is listed or in ``extra``, and the unplaceable, which come first.

    A country with subdivisions is there by itself too: some of its addresses have no known subdivision.
    """
    codes = list(table()["places"])
    codes += [f"{country}-{part}" for country, parts in table()["subdivisions"].items() for part in parts]
    codes += extra
    return (UNPLACEABLE, *(place_of(code) for code in dict.fromkeys(codes)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Territory:
    """The codes whose people are answered from the allowed regions only.

    Args:
        reading: the base set.
        additions: the owner's further codes.
        waivers: code -> why the owner lets it go.
    """

    reading: Reading = Reading.STRICT
    additions: tuple[str, ...] = ()
    waivers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = [_finding("residency.add", code) for code in self.additions if country_problem(code)]
        found += [_finding("residency.waive", code) for code in self.waivers if country_problem(code)]
        both = sorted(set(self.additions) & set(self.waivers))
        found += [_wrong("residency.add", f"{code} is added and waived", "Do one of the two") for code in both]
        base = base_codes(self.reading)
        found += [
            _wrong("residency.waive", f"{code} is not in the {self.reading} territory", "Remove the waiver")
            for code in self.waivers
            if not country_problem(code) and code not in base and code not in both
        ]
        found += [
            _wrong("residency.waive", f"{code} is waived without a reason", "Say why: the certificate carries it")
            for code, reason in self.waivers.items()
            if not reason.strip()
        ]
        if found:
            raise ConfigError(found)

    @property
    def codes(self) -> tuple[str, ...]:
        """Countries, in alphabetical order."""
        return tuple(sorted((base_codes(self.reading) | set(self.additions)) - set(self.waivers)))

    def protects(self, place: Place) -> bool:
        """Whether the place is in the territory, or may be: the unplaceable may be anywhere."""
        return place is UNPLACEABLE or place.code == UNPLACEABLE.code or place.country in self._codes()

    def _codes(self) -> frozenset[str]:
        return _code_set(self.reading, self.additions, tuple(self.waivers))


@cache
def _code_set(reading: Reading, additions: tuple[str, ...], waived: tuple[str, ...]) -> frozenset[str]:
    return (base_codes(reading) | frozenset(additions)) - frozenset(waived)


@cache
def base_codes(reading: Reading) -> frozenset[str]:
    wanted = {"strict"} if reading is Reading.STRICT else {"strict", "cautious"}
    return frozenset(code for code in table()["places"] if standing_set(code) in wanted)


def territory_of(gateway: Gateway) -> Territory:
    """What gateway.yaml says in `residency`; the strict territory when it says nothing."""
    told = gateway.residency
    return Territory(reading=Reading(told.territory), additions=told.add, waivers=told.waive)


def _finding(path: str, code: str) -> Finding:
    problem, advice = country_problem(code) or ("", "")
    return _wrong(path, problem, advice)


def _wrong(path: str, problem: str, advice: str) -> Finding:
    return Finding(file="territory", line=0, column=0, path=path, problem=problem, advice=advice)


def names(codes: Iterable[str]) -> str:
    """``DE Germany, FR France``: for people."""
    return ", ".join(f"{code} {place_of(code).name}" for code in codes)
