"""What people and machines are told."""

from __future__ import annotations

import json

from infra.residency.report import certificate, document, lines
from infra.residency.territory import Territory
from tests.infra.residency.zones import EU, NAME, naive, proof, safe


def test_proved_says_what_was_tried() -> None:
    text = "\n".join(lines(proof(safe().records)))
    assert text.startswith("PROVED: nobody in the 37 codes")
    assert f"{NAME}: 298 places x 16 health states x A and AAAA = 9,536 questions, 0 leak" in text
    assert f"eu.{NAME}: a step below" in text


def test_leaks_are_paths_with_places_health_records_and_answer() -> None:
    text = "\n".join(lines(proof(naive()), labels={"check-eu": f"{EU} probe"}))
    assert text.startswith("NOT PROVED: 38 places leak")
    assert "7 places (unplaceable GF GP MF MQ RE YT): A, AAAA, when all is up" in text
    assert f"A, AAAA, with {EU} probe down" in text
    assert f"{NAME} A geolocation continent EU is down" in text
    assert "-> us-east-1 (d-useast1.execute-api.us-east-1.amazonaws.com)" in text


def test_json_has_every_place_by_itself() -> None:
    said = json.loads(json.dumps(document(proof(naive()))))
    assert said["verdict"] == "NOT PROVED"
    assert len(said["leaks"]) == 2 * 38
    (germany,) = [leak for leak in said["leaks"] if leak["place"] == "DE" and leak["type"] == "A"]
    assert germany["down"] == ["check-eu"]
    assert germany["answer"]["region"] == "us-east-1"
    assert germany["records"][0]["passed"] == [f"{NAME} A geolocation continent EU"]


def test_waivers_are_shouted() -> None:
    found = proof(safe().records, territory=Territory(waivers={"YT": "no customers there"}))
    assert "WAIVED: YT (no customers there)" in lines(found)[-1]


def test_the_certificate_holds_hashes_sources_and_the_verdict() -> None:
    said = certificate(proof(safe().records), (), {"b.json": "22", "a.json": "11"}, "1.0")
    assert [one["file"] for one in said["inputs"]] == ["a.json", "b.json"]
    assert said["proved"] is True
    assert set(said["standings"]) == {"eu-member", "eea", "aland", "outermost"}
    assert all(entry["source"] and entry["date"] for entry in said["standings"].values())
    assert said == certificate(proof(safe().records), (), {"b.json": "22", "a.json": "11"}, "1.0"), "no clock in it"
