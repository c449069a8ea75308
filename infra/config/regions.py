"""The AWS regions of the `aws` partition, and where each lies. Reads its own data file once; touches nothing else.

`regions.json` comes from botocore's endpoint list (China, GovCloud and the European Sovereign Cloud are partitions
of their own, with other account and domain names). `jurisdiction` says whose law the ground is under: London and Zurich
are in Europe and not in the EU, so they are `other`.
"""

from __future__ import annotations

import difflib
import json
from functools import cache
from importlib import resources
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

from infra.config.units import shown, wrong

__all__ = ["known_regions", "nearest", "region_name"]


@cache
def known_regions() -> dict[str, dict[str, str]]:
    """Region name -> ``{"place": ..., "jurisdiction": ...}``."""
    data: dict[str, dict[str, str]] = json.loads(resources.files("infra.config").joinpath("regions.json").read_text())
    return data


def nearest(name: str, known: list[str]) -> str:
    """``Did you mean 'x'? `` or nothing."""
    close = difflib.get_close_matches(name[:100], known, n=1)
    return f"Did you mean {close[0]!r}? " if close else ""


class _RegionName:
    """Annotation of ``str``: a region that `regions.json` lists."""

    @staticmethod
    def parse(value: str) -> str:
        known = list(known_regions())
        if value not in known:
            advice = nearest(value, known) or f"Known: {', '.join(known)}"
            raise wrong(f"{shown(value)} is not an AWS region", advice.strip())
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self.parse, handler(source))

    def __get_pydantic_json_schema__(self, _: core_schema.CoreSchema, __: object) -> dict[str, Any]:
        return {"type": "string", "enum": list(known_regions())}


region_name = _RegionName()
