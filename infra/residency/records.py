"""One record set in Route 53's own field names -> a `Record`, with everything that is wrong said at once. Pure.

Fields: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from infra.residency.territory import CONTINENTS, DEFAULT_KEY, continent_key, country_problem

__all__ = ["ADDRESS_TYPES", "Policy", "Record", "dns_name", "read_record"]

ADDRESS_TYPES = ("A", "AAAA")
Wrong = Callable[[str, str, str], None]  # path below the record, problem, advice


class Policy(StrEnum):
    """How Route 53 chooses between the records of one name and type."""

    SIMPLE = "simple"  # there is one record
    GEOLOCATION = "geolocation"  # the smallest place that holds the asker
    FAILOVER = "failover"  # the secondary when the primary is down
    WEIGHTED = "weighted"  # by chance
    LATENCY = "latency"  # the nearest region by network
    MULTIVALUE = "multivalue"  # several by chance
    GEOPROXIMITY = "geoproximity"  # the nearest by distance
    CIDR = "ip-based"  # by the asker's network


_FIELDS = {
    "GeoLocation": Policy.GEOLOCATION,
    "Failover": Policy.FAILOVER,
    "Weight": Policy.WEIGHTED,
    "Region": Policy.LATENCY,
    "MultiValueAnswer": Policy.MULTIVALUE,
    "GeoProximityLocation": Policy.GEOPROXIMITY,
    "CidrRoutingConfig": Policy.CIDR,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record set.

    Args:
        name: lower case, no final dot.
        key: what tells it from others of its name, type and policy: the location, the failover role, or the set identifier.
        weight: of a weighted record, else 1.
        health_check: its id.
        alias: the DNS name it stands for; then there are no values.
        evaluates_target: whether its health is that of the alias' target.
        origin: where it was read.
    """

    name: str
    type: str
    policy: Policy = Policy.SIMPLE
    key: str = ""
    weight: int = 1
    health_check: str | None = None
    alias: str | None = None
    evaluates_target: bool = False
    values: tuple[str, ...] = ()
    origin: str = ""

    def __str__(self) -> str:
        where = "default" if self.key == DEFAULT_KEY else self.key
        return f"{self.name} {self.type}" + (f" {self.policy} {where}" if self.policy is not Policy.SIMPLE else "")


def dns_name(text: str) -> str:
    """Lower case, no final dot, Route 53's escaped asterisk as itself."""
    return text.strip().lower().replace("\\052", "*").rstrip(".")


def read_record(data: Mapping[str, Any], origin: str, wrong: Wrong) -> Record | None:
    """The record, or None after ``wrong`` was told why not."""
    name, kind = _text(data, "Name", wrong), _text(data, "Type", wrong)
    policies = [
        field for field in _FIELDS if data.get(field) is not None and data[field] is not False
    ]  # a weight may be 0
    if len(policies) > 1:
        wrong("", f"has {' and '.join(policies)}", "A record has one routing policy")
    policy = _FIELDS[policies[0]] if policies else Policy.SIMPLE
    key = _key(policy, data, wrong)
    alias, evaluates = _alias(data, wrong)
    values = _values(data, alias, wrong)
    weight = data.get("Weight", 1)
    if policy is Policy.WEIGHTED and (
        isinstance(weight, bool) or not isinstance(weight, int) or not 0 <= weight <= 255
    ):
        wrong("Weight", f"is {weight!r}", "A weight is a whole number from 0 to 255")
    check = data.get("HealthCheckId")
    if check is not None and not (isinstance(check, str) and check):
        wrong("HealthCheckId", f"is {check!r}", "Give the id of a health check")
    if name is None or kind is None or key is None or values is None:
        return None
    return Record(
        name=dns_name(name),
        type=kind.upper(),
        policy=policy,
        key=key,
        weight=weight if policy is Policy.WEIGHTED and isinstance(weight, int) else 1,
        health_check=check if isinstance(check, str) else None,
        alias=alias,
        evaluates_target=evaluates,
        values=values,
        origin=origin,
    )


def _text(data: Mapping[str, Any], field: str, wrong: Wrong) -> str | None:
    value = data.get(field)
    if isinstance(value, str) and value.strip(" ."):
        return value
    wrong(field, "is missing" if value is None else f"is {value!r}", "Every record set has a Name and a Type")
    return None


def _key(policy: Policy, data: Mapping[str, Any], wrong: Wrong) -> str | None:
    if policy is Policy.SIMPLE:
        return ""
    set_id = data.get("SetIdentifier")
    if not isinstance(set_id, str) or not set_id:
        wrong("SetIdentifier", "is missing", f"A {policy} record needs one, different from its siblings'")
        return None
    if policy is Policy.GEOLOCATION:
        return _location(data["GeoLocation"], wrong)
    if policy is Policy.FAILOVER:
        role = data["Failover"]
        if role not in ("PRIMARY", "SECONDARY"):
            wrong("Failover", f"is {role!r}", "Give PRIMARY or SECONDARY")
            return None
        return str(role)
    return set_id


def _location(data: Any, wrong: Wrong) -> str | None:
    if not isinstance(data, Mapping):
        wrong("GeoLocation", f"is {data!r}", "Give an object with ContinentCode, or CountryCode and SubdivisionCode")
        return None
    continent, country, part = (data.get(f) for f in ("ContinentCode", "CountryCode", "SubdivisionCode"))
    if continent is not None:
        if country is not None or part is not None:
            wrong("GeoLocation", "has a ContinentCode beside others", "Name a continent or a country")
            return None
        if continent not in CONTINENTS:
            wrong("GeoLocation.ContinentCode", f"is {continent!r}", f"Give one of {', '.join(CONTINENTS)}")
            return None
        return continent_key(continent)
    if country == DEFAULT_KEY and part is None:
        return DEFAULT_KEY
    problem = ("is missing", "Give a country, a continent, or '*'") if not country else country_problem(str(country))
    if problem:
        wrong("GeoLocation.CountryCode", *problem)
        return None
    return str(country) if part in (None, "*") else f"{country}-{part}"


def _alias(data: Mapping[str, Any], wrong: Wrong) -> tuple[str | None, bool]:
    target = data.get("AliasTarget")
    if target is None:
        return None, False
    if not isinstance(target, Mapping) or not isinstance(target.get("DNSName"), str) or not target["DNSName"]:
        wrong("AliasTarget.DNSName", "is missing", "An alias names its target")
        return "", False
    evaluates = target.get("EvaluateTargetHealth", False)
    if evaluates in ("true", "True", "false", "False"):  # CloudFormation takes both as text
        evaluates = evaluates in ("true", "True")
    if not isinstance(evaluates, bool):
        wrong("AliasTarget.EvaluateTargetHealth", f"is {evaluates!r}", "Give true or false")
    return dns_name(target["DNSName"]), evaluates is True


def _values(data: Mapping[str, Any], alias: str | None, wrong: Wrong) -> tuple[str, ...] | None:
    rows = data.get("ResourceRecords")
    if alias is not None:
        if rows:
            wrong("ResourceRecords", "stands beside AliasTarget", "A record has values or an alias")
        return ()
    # The API nests each value, CloudFormation lists them.
    values = [row.get("Value") if isinstance(row, Mapping) else row for row in rows] if isinstance(rows, list) else []
    if not values or not all(isinstance(value, str) and value for value in values):
        wrong("ResourceRecords", "has no values", "Give ResourceRecords with values, or AliasTarget")
        return None
    return tuple(str(value) for value in values)
