"""The zone file: its format, all findings at once, and hostile input."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.errors import ConfigError
from infra.residency.proof import allowed_regions, prove
from infra.residency.territory import Territory
from infra.residency.zonefile import read_zone
from tests.infra.residency.zones import EU, NAME, US, Row, alias, naive, row, safe


def findings(document: Any) -> list[str]:
    text = document if isinstance(document, str) else json.dumps(document)
    with pytest.raises(ConfigError) as caught:
        read_zone(text, "zone.json")
    return [str(finding) for finding in caught.value.findings]


def of(*rows: Any, **more: Any) -> dict[str, Any]:
    return {"name": NAME, "records": list(rows), **more}


GEO = {"SetIdentifier": "x", "GeoLocation": {"CountryCode": "DE"}}


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("{", "is no JSON"),
        ("[]", "not an object"),
        ("[" * 100_000, "nested too deeply"),
        ({"name": NAME}, "records: is missing or empty"),
        ({"records": [row()]}, "name: is missing"),
        (of(row(), typo=1), "is no part of a zone file"),
        (of(5), "records[0]: is int"),
        (of({"Type": "A"}), "records[0].Name: is missing"),
        (of({"Name": NAME, "Type": "A"}), "has no values"),
        (of({"Name": NAME, "Type": "A", "ResourceRecords": [{"Value": 5}]}), "has no values"),
        (of({**row(), "ResourceRecords": [{"Value": "192.0.2.1"}]}), "stands beside AliasTarget"),
        (of({**row(), "AliasTarget": {"EvaluateTargetHealth": True}}), "AliasTarget.DNSName: is missing"),
        (of({**row(), "AliasTarget": {**alias(EU), "EvaluateTargetHealth": "perhaps"}}), "Give true or false"),
        (of({**row(), **GEO, "Weight": 0}), "has GeoLocation and Weight"),
        (of({**row(), "GeoLocation": {"CountryCode": "DE"}}), "SetIdentifier: is missing"),
        (of({**row(), **GEO, "GeoLocation": {"CountryCode": "UK"}}), "Write 'GB'".replace("'", "")),
        (of({**row(), **GEO, "GeoLocation": {"CountryCode": "HM"}}), "no addresses in HM"),
        (of({**row(), **GEO, "GeoLocation": {"ContinentCode": "XX"}}), "Give one of AF"),
        (of({**row(), **GEO, "GeoLocation": {"ContinentCode": "EU", "CountryCode": "DE"}}), "beside others"),
        (of({**row(), **GEO, "GeoLocation": {}}), "CountryCode: is missing"),
        (of({**row(), **GEO, "GeoLocation": "DE"}), "Give an object"),
        (of(row(Failover="THIRD")), "PRIMARY or SECONDARY"),
        (of(row(Weight=256)), "0 to 255"),
        (of(row(Weight=True)), "0 to 255"),
        (of({**row(), "HealthCheckId": 5}), "Give the id"),
        (of(row(), row()), "is there twice"),
        (of(row(**GEO), row(**{**GEO, "SetIdentifier": "y"})), "is there twice"),
        (of(row(**GEO), row(Weight=1)), "mixes policies"),
        (of(row(), {"Name": NAME, "Type": "CNAME", "ResourceRecords": [{"Value": "x.example"}]}), "stands alone"),
        (of(row(to=NAME)), "is a loop"),
        (of(row(to="b.example"), row("b.example", to=NAME)), "is a loop"),
        (of(row(), health_checks=[{}]), "health_checks[0]"),
        (of(row(), health_checks=5), "is not a list"),
        (of(row(), endpoints={"192.0.2.1": "eu-wset-1"}), "Did you mean 'eu-west-1'"),
        (of(row(), endpoints={alias(US)["DNSName"]: EU}), "is in us-east-1 by its name"),
        (of(row(), endpoints=[]), "is not an object"),
    ],
)
def test_what_route_53_would_refuse_is_a_finding_that_says_where(document: Any, says: str) -> None:
    assert any(says in finding for finding in findings(document)), findings(document)


def test_all_findings_come_at_once() -> None:
    assert len(findings({"records": [{"Type": "A"}, 5, {**row(), **GEO, "Weight": 1}], "typo": 1})) >= 5


def test_the_api_s_own_output_is_taken() -> None:
    name, zone = read_zone(json.dumps(of(*naive())), "zone.json")
    assert name == NAME
    assert [record.key for record in zone.records] == ["continent EU", "continent EU", "*", "*"]


def chain(length: int) -> list[Row]:
    rows = [row(f"n{i}.example", to=f"n{i + 1}.example") for i in range(length)]
    return [row(to="n0.example"), *rows, row(f"n{length}.example", to=EU)]


def test_long_chains_are_refused_without_recursion() -> None:
    assert any("leads through more than" in finding for finding in findings(of(*chain(5_000))))
    read_zone(json.dumps(of(*chain(20))), "zone.json")


def test_a_lattice_of_pools_is_proved_in_no_time() -> None:
    # 20 levels of two members that both lead on: a million ways, and one answer.
    rows = []
    for level in range(20):
        name = NAME if level == 0 else f"n{level}.example"
        to = f"n{level + 1}.example" if level < 19 else US
        rows += [row(name, to=to, Weight=weight, HealthCheckId=f"c{level}-{weight}") for weight in (1, 2)]
    _, zone = read_zone(json.dumps(of(*rows)), "zone.json")
    found = prove(zone, territory=Territory(), allowed=allowed_regions(), names=[NAME])
    assert len(found.leaks[0].steps) == 20


def test_ten_thousand_records_are_proved() -> None:
    others = [row(f"host{i}.shop.example", to=EU, HealthCheckId=f"c{i}") for i in range(10_000)]
    name, zone = read_zone(json.dumps(of(*safe().records, *others)), "zone.json")
    assert prove(zone, territory=Territory(), allowed=allowed_regions(), names=[name]).proved
