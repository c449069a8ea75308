"""Rules about the domain and residency that need more than one value of gateway.yaml. Pure; touches nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic_core import PydanticCustomError

from infra.config.places import country, standing_set, table
from infra.config.source import Source, Where
from infra.config.units import shown
from infra.errors import Finding

__all__ = ["RULES"]

# Our longest name in front of a domain is "<region>.", and no region's name exceeds 14 characters (RFC 1035: 253 in all).
_DOMAIN_MAX = 253 - 15
# The first name of a certificate has at most 64 characters (RequestCertificate, DomainName).
# https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
_CERTIFICATE_NAME_MAX = 64
# 100 records of one name, less the continents and the default (infra/residency/shape.py).
_PINNED_MAX = 100 - 8


def _mapping(value: Any, *where: str) -> dict[str, Any]:
    for step in where:
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def domains(source: Source) -> Iterator[Finding]:
    """DNS is of a domain; its names and certificates have lengths that others set."""
    plain = _mapping(source.plain)
    if "dns" in plain and "domain" not in plain:
        yield source.finding(("dns",), "there is no 'domain' whose records these are", "Add 'domain'", at_key=True)
    domain = plain.get("domain")
    if not isinstance(domain, str) or _mapping(plain, "dns").get("zone") == "none":
        return
    if len(domain) > _DOMAIN_MAX:
        yield source.finding(
            ("domain",),
            f"{shown(domain)} has {len(domain)} characters, and names are made in front of it",
            f"At most {_DOMAIN_MAX}, or 'dns: {{zone: none}}'",
        )
    elif len(domain) > _CERTIFICATE_NAME_MAX and not _mapping(plain, "dns", "certificates"):
        yield source.finding(
            ("domain",),
            f"{shown(domain)} has {len(domain)} characters, and ACM takes {_CERTIFICATE_NAME_MAX}",
            "Shorten it, or give 'dns.certificates'",
        )


def certificates(source: Source) -> Iterator[Finding]:
    """A certificate in every region, each in its own: API Gateway takes none from elsewhere."""
    where: Where = ("dns", "certificates")
    given = _mapping(source.plain, "dns", "certificates")
    regions = _mapping(source.plain, "regions")
    if given and _mapping(source.plain, "dns").get("zone") == "none":
        yield source.finding(where, "certificates without names that use them", "Remove one of the two", at_key=True)
    for name in regions if given else ():
        if name not in given:
            yield source.finding(where, f"{name} has no certificate", "Add one for every region", at_key=True)
    for name, arn in given.items():
        parts: list[str] = arn.split(":") if isinstance(arn, str) else []
        if name not in regions:
            yield source.finding((*where, name), f"the gateway does not run in {name}", "Remove it", at_key=True)
        elif len(parts) > 3 and parts[3] != name:
            yield source.finding(
                (*where, name), f"{shown(arn)} is not in {name}", "Give the certificate of this region"
            )


def territories(source: Source) -> Iterator[Finding]:
    """Each country is said once, and only those are waived that are protected."""
    told = _mapping(source.plain, "residency")
    reading = told.get("territory", "strict")
    if reading not in ("strict", "cautious"):
        return  # it has its own finding, and nobody knows yet who is protected
    base = frozenset(code for code in table()["places"] if standing_set(code) in {"strict", reading})
    added = told.get("add")
    listed = [_code(name) for name in added] if isinstance(added, list) else []
    yield from _added(source, listed, base, reading)
    yield from _waived(source, _mapping(told, "waive"), listed, base, reading)


def _added(source: Source, listed: list[str | None], base: frozenset[str], reading: str) -> Iterator[Finding]:
    for number, code in enumerate(listed):
        where: Where = ("residency", "add", number)
        if code and code in listed[:number]:
            yield source.finding(where, f"{code} is listed twice", "List each once")
        elif code and code in base:
            yield source.finding(where, f"{code} is in the {reading} territory already", "Remove it")
    pinned = len(base | {code for code in listed if code})
    if pinned > _PINNED_MAX:
        problem = f"{pinned} countries are protected"
        yield source.finding(("residency", "add"), problem, f"Route 53 pins {_PINNED_MAX} of one name: add fewer")


def _waived(
    source: Source, waived: dict[str, Any], listed: list[str | None], base: frozenset[str], reading: str
) -> Iterator[Finding]:
    codes = [_code(name) for name in waived]
    for number, (name, code) in enumerate(zip(waived, codes, strict=True)):
        where: Where = ("residency", "waive", name)
        reason = waived[name]
        if code and code in codes[:number]:
            yield source.finding(where, f"{code} is waived twice", "Keep one of them", at_key=True)
        elif code and code in listed:
            yield source.finding(where, f"{code} is added and waived", "Do one of the two", at_key=True)
        elif code and code not in base:
            yield source.finding(where, f"{code} is not in the {reading} territory", "Remove the waiver", at_key=True)
        if isinstance(reason, str) and reason and not reason.strip():
            yield source.finding(where, "waived without a reason", "Say why: the certificate carries it")


def allowances(source: Source) -> Iterator[Finding]:
    """Each once; a region that the gateway does not have answers nobody."""
    listed = _mapping(source.plain, "residency").get("allow")
    regions = _mapping(source.plain, "regions")
    names: list[object] = listed if isinstance(listed, list) else []
    for number, name in enumerate(names):
        where: Where = ("residency", "allow", number)
        if not isinstance(name, str):
            continue
        if name in names[:number]:
            yield source.finding(where, f"{name} is listed twice", "List each once")
        elif _mapping(regions, name).get("jurisdiction") == "eu":
            yield source.finding(where, f"{name} lies in the EU and may answer", "Remove it")


def _code(value: object) -> str | None:
    """The code of a country as a person wrote it; None for what has its own finding."""
    try:
        return country.parse(value) if isinstance(value, str) else None
    except PydanticCustomError:
        return None


RULES = (domains, certificates, territories, allowances)
