"""Who asks: a country and perhaps a subdivision, as a person writes them -> a place that Route 53 tells apart. Pure."""

from __future__ import annotations

from pydantic_core import PydanticCustomError

from infra.config import places
from infra.errors import ConfigError, Finding
from infra.residency.territory import UNPLACEABLE, Place, country_problem, place_of, table

__all__ = ["UNKNOWN", "asker"]

UNKNOWN = ("UNKNOWN", UNPLACEABLE.code.upper())
# Route 53 places parts of these two countries
# (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-geo.html).
_UKRAINE = "UA"


def asker(country: str, subdivision: str = "") -> Place:
    """The place.

    Args:
        country: an ISO 3166-1 alpha-2 code, an English name, or ``unknown`` for an address that cannot be placed.
        subdivision: ``US-CA``, or ``CA`` beside a country.

    Raises:
        ConfigError: there is no such place, or the two contradict one another.
    """
    code, part = _code(country.strip()), subdivision.strip().upper()
    if part and "-" in part:
        of, _, part = part.partition("-")
        if code and code != of:
            raise _wrong("--subdivision", f"{of}-{part} is not in {country}", f"Leave --country out, or give {of}")
        code = of
    if code in UNKNOWN and not part:
        return UNPLACEABLE
    if not code:
        raise _wrong("--country", "is missing", "Give an ISO 3166-1 alpha-2 code, for example RE, or unknown")
    if problem := country_problem(code):
        what, advice = problem
        raise _wrong("--country", what, f"{advice}; --country unknown asks for who cannot be placed")
    if part:
        _check_part(code, part)
    return place_of(f"{code}-{part}" if part else code)


def _code(text: str) -> str:
    """By code, or by the English name that gateway.yaml takes too."""
    try:
        return places.country.parse(text)
    except PydanticCustomError:
        return text.upper()


def _check_part(country: str, part: str) -> None:
    listed = table()["subdivisions"]
    if country in listed:
        if part not in listed[country]:
            raise _wrong(
                "--subdivision", f"{country}-{part} is none that Route 53 knows", f"Give one of {_some(country)}"
            )
    elif country != _UKRAINE or not part.isalnum():
        advice = f"It places parts of {', '.join([*listed, _UKRAINE])} only: leave --subdivision out"
        raise _wrong("--subdivision", f"Route 53 does not tell parts of {country} apart", advice)


def _some(country: str) -> str:
    parts = table()["subdivisions"][country]
    return ", ".join(f"{country}-{part}" for part in parts[:3]) + f" ... {country}-{parts[-1]}"


def _wrong(option: str, problem: str, advice: str) -> ConfigError:
    return ConfigError([Finding(file="options", line=0, column=0, path=option, problem=problem, advice=advice)])
