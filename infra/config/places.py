"""The countries that Route 53 can place, as gateway.yaml names them: by code or by name. Reads its own data file once.

`territories.json` says for each code its continent as AWS documents it, its standing under the GDPR, and the source and
date of both. What follows from the standing is in `infra.residency.territory`.
"""

from __future__ import annotations

import difflib
import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

from infra.config.units import wrong

__all__ = ["country", "country_problem", "standing_set", "table"]


@cache
def table() -> Mapping[str, Any]:
    """The whole of `territories.json`."""
    data: Mapping[str, Any] = json.loads(
        resources.files("infra.config").joinpath("territories.json").read_text(encoding="utf-8")
    )
    return data


def standing_set(code: str) -> str:
    """The narrowest reading whose territory has the country: ``strict``, ``cautious``, or another word for neither."""
    standings = table()["standings"]
    return str(standings[table()["places"][code]["standing"]]["set"])


def country_problem(code: str) -> tuple[str, str] | None:
    """Why Route 53 takes no record for this country (problem, advice); None if it does."""
    known = table()["places"]
    if code in known:
        return None
    if code in table()["unnameable"]["codes"]:
        return f"Route 53 has no addresses in {code}", "It refuses such a record: remove it; the default answers there"
    if code in ("UK", "EL"):  # the European Commission's own abbreviations, a usual slip
        return f"{code!r} is not an ISO 3166-1 code", f"Write {'GB' if code == 'UK' else 'GR'}"
    close = difflib.get_close_matches(code[:10], known, n=1)
    return f"{code[:40]!r} is no country that Route 53 can place", (
        f"Did you mean {close[0]!r}?" if close else "Give an ISO 3166-1 alpha-2 code"
    )


@cache
def _by_name() -> dict[str, str]:
    return {_folded(place["name"]): code for code, place in table()["places"].items()}


def _folded(name: str) -> str:
    """``Réunion`` and ``reunion`` are one name."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold().strip()


class _Country:
    """Annotation of ``str``: a country by code or English name; the value is its code."""

    @staticmethod
    def parse(value: str) -> str:
        if code := _by_name().get(_folded(value)):
            return code
        if problem := country_problem(value):
            about, advice = problem
            near = (
                difflib.get_close_matches(_folded(value)[:60], _by_name(), n=1, cutoff=0.75) if len(value) > 3 else []
            )
            if near:
                found = _by_name()[near[0]]
                advice = f"Did you mean {found} ({table()['places'][found]['name']})?"
            raise wrong(about, advice)
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self.parse, handler(source))

    def __get_pydantic_json_schema__(self, _: core_schema.CoreSchema, __: object) -> dict[str, Any]:
        return {"type": "string", "examples": ["CH", "Switzerland"]}


country = _Country()
