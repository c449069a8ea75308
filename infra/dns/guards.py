"""The guard that a region's firewall has, against the one that the configuration plans. Pure: web ACLs come as WAF shows them.

A request from another country cannot be made from here, so on AWS the rules are read. What they do with a country is taken from the
rules in their order; anything that narrows the guard (another condition, an allow before it) is a difference by itself.
https://docs.aws.amazon.com/waf/latest/APIReference/API_GetWebACLForResource.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from infra.config.model import Gateway, Region
from infra.dns.probe import Difference, Report
from infra.limits.web_acl import web_acl
from infra.residency.territory import UNPLACEABLE, Place

__all__ = ["PASSES", "compare_guard", "effects", "outcome"]

PASSES = "let through"
Shape = Mapping[str, Any]


def outcome(status: int, body: str | bytes) -> str:
    """``421 to eu.api.shop.example``: a refusal in words."""
    try:
        host = str(json.loads(body)["host"])
    except (ValueError, KeyError, TypeError):
        host = ""
    return f"{status} to {host}" if host else str(status)


def effects(acl: Shape | None) -> dict[str, str]:
    """Country -> how the rules refuse it, for every country that a rule names; the first rule that ends it decides."""
    found: dict[str, str] = {}
    for rule in _in_order(acl):
        action = rule.get("Action") or {}
        for code in _countries(rule.get("Statement")):
            if "Block" in action:
                found.setdefault(code, _refusal(action["Block"], acl or {}))
            elif "Allow" in action:
                found.setdefault(code, PASSES)
    return found


def compare_guard(
    gateway: Gateway, region: Region, acl: Shape | None, places: Sequence[Place], *, whole: bool = False
) -> Report:
    """One region's web ACL, None when its stage has none.

    Args:
        whole: also every other country that a rule names.
    """
    planned = web_acl(gateway, region)
    wanted, got = effects(planned), effects(acl)
    asked = f"the firewall of {region.name}"
    codes = [place.code for place in places if place is not UNPLACEABLE and place.code == place.country]
    codes = list(dict.fromkeys([*codes, *(sorted({*wanted, *got}) if whole else ())]))
    differences = [
        Difference(
            source="guard", country=code, kind="", asked=asked, wanted=wanted.get(code, PASSES), got=got.get(code, PASSES),
            leak=code in wanted and got.get(code, PASSES) == PASSES,
        )
        for code in codes
        if wanted.get(code, PASSES) != got.get(code, PASSES)
    ]  # fmt: skip
    if not differences and (problem := _narrowed(planned, acl)):
        differences = [
            Difference(
                source="guard", country="every country", kind="", asked=asked, wanted="the planned rule first",
                got=problem, leak=True,
            )
        ]  # fmt: skip
    return Report(asked=len(codes), differences=tuple(differences))


def _narrowed(planned: Shape | None, acl: Shape | None) -> str:
    """Why the guard holds less than its countries say; "" when it is the planned one."""
    hoped = next((rule for rule in _in_order(planned) if any(_countries(rule.get("Statement")))), None)
    if hoped is None:
        return ""
    for rule in _in_order(acl):
        if _plain(rule.get("Statement")) == _plain(hoped["Statement"]):
            return ""
        if "Allow" in (rule.get("Action") or {}):
            return f"rule {rule.get('Name')} allows requests before it"
    return "a rule with other conditions"


def _in_order(acl: Shape | None) -> list[Shape]:
    return sorted((acl or {}).get("Rules") or (), key=lambda rule: rule.get("Priority", 0))


def _refusal(block: Shape, acl: Shape) -> str:
    custom = block.get("CustomResponse") or {}
    bodies: Shape = acl.get("CustomResponseBodies") or {}
    body = bodies.get(custom.get("CustomResponseBodyKey", ""), {}).get("Content", "")
    return outcome(int(custom.get("ResponseCode", 403)), body)


def _countries(statement: Any) -> Iterator[str]:
    """The countries that a statement catches; what stands under a NOT is no catch."""
    if not isinstance(statement, Mapping):
        return
    yield from (statement.get("GeoMatchStatement") or {}).get("CountryCodes", ())
    for key in ("AndStatement", "OrStatement"):
        for part in (statement.get(key) or {}).get("Statements", ()):
            yield from _countries(part)


def _plain(value: Any) -> Any:
    """boto3 shows search strings as bytes; the order of parts says nothing, and countries are compared one by one."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items() if key != "CountryCodes"}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return sorted((_plain(part) for part in value), key=lambda part: json.dumps(part, sort_keys=True))
    return value
