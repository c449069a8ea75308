"""`gatewright resolve`: from each source, for every kind of place, in words and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.cli.main import app
from tests.infra.residency.templates import shop
from tests.infra.residency.zones import EU, EU2, NAME, US, endpoint, naive, row, safe

GATEWAY = """
gateway: shop
domain: api.shop.example
regions: {us-east-1: {jurisdiction: us}, eu-west-1: {jurisdiction: eu}}
services: {users: {path: /api/users, url: https://users.example}}
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def resolve(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["resolve", *arguments])


def answered(*arguments: str) -> Any:
    result = resolve(*arguments, "--output", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def zone_file(rows: Any, **more: Any) -> str:
    Path("zone.json").write_text(json.dumps({"name": NAME, "records": list(rows), **more}))
    return "zone.json"


def assembly() -> None:
    Path("cdk.out").mkdir()
    for region, body in shop().items():
        Path(f"cdk.out/shop-{region}.template.json").write_text(json.dumps(body))


@pytest.mark.parametrize("kind", ["A", "AAAA"])
@pytest.mark.parametrize("code", ["DE", "RE", "unknown"])
def test_who_must_stay_stays_in_the_templates(code: str, kind: str) -> None:
    assembly()
    assert answered("--country", code, "--type", kind)["region"] == EU
    assert answered("--country", code, "--type", kind, "--down", EU)["region"] == EU2
    both = answered("--country", code, "--type", kind, "--down", EU, "--down", EU2)
    assert both["region"] == EU
    assert both["answers"][0]["reachable"] is False
    assert both["leak"] is False


def test_the_naive_zone_leaks_and_the_lines_say_so() -> None:
    file = zone_file(naive())
    assert answered("--country", "DE", "--zone", file)["leak"] is False
    assert answered("--country", "DE", "--zone", file, "--down", EU)["leak"] is True
    said = resolve("--country", "DE", "--zone", file, "--down", EU).stdout
    assert "the default; continent EU handed over, being down" in said
    assert f"LEAK: DE must be answered from the EU, and is answered from {US}" in said


def test_a_health_check_can_be_named() -> None:
    assert answered("--country", "DE", "--zone", zone_file(naive()), "--down", "check-eu")["region"] == US


def test_without_templates_it_is_the_plan_of_the_file_and_says_so() -> None:
    Path("gateway.yaml").write_text(GATEWAY)
    result = resolve("--country", "RE")
    assert result.exit_code == 0
    assert "what gateway.yaml plans" in result.stderr
    assert f"=> {EU}" in result.stdout


def test_a_subdivision() -> None:
    rows = [row(to=US, GeoLocation={"CountryCode": "US", "SubdivisionCode": "CA"}), row(to=EU, GeoLocation={"CountryCode": "*"})]  # fmt: skip
    file = zone_file(rows)
    assert answered("--subdivision", "US-CA", "--zone", file)["region"] == US
    assert answered("--country", "US", "--zone", file)["region"] == EU


def test_no_answer_is_an_answer() -> None:
    file = zone_file([row(to=EU, GeoLocation={"CountryCode": "DE"})])
    assert answered("--country", "FR", "--zone", file)["region"] is None
    assert "Nobody answers." in resolve("--country", "FR", "--zone", file).stdout


def test_a_name_below_can_be_asked_for() -> None:
    assert answered("--country", "US", "--zone", zone_file(safe().records), "--name", f"eu.{NAME}")["region"] == EU


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--country", "XX"), "no country"),
        ((), "--country"),
        (("--country", "DE", "--down", "eu-wst-1"), "Did you mean 'eu-west-1'"),
        (("--country", "DE", "--name", "other.example"), "no address record answers for other.example"),
        (("--country", "DE", "--endpoint", "x"), "NAME=VALUE"),
        (("--country", "DE", "--live"), "stands beside"),
    ],
    ids=["country", "nobody", "region", "name", "endpoint", "two-sources"],
)
def test_what_is_wrong_is_said_in_both_outputs(arguments: tuple[str, ...], said: str) -> None:
    given = (*arguments, "--zone", zone_file(safe(US, EU).records))
    result = resolve(*given)
    assert result.exit_code == 1
    assert said in result.stderr
    document = json.loads(resolve(*given, "-o", "json").stdout)
    assert document["ok"] is False
    assert document["findings"]


def test_a_region_that_no_record_leads_to_is_noted() -> None:
    result = resolve("--country", "DE", "--down", "ap-south-1", "--zone", zone_file([row(to=EU)]))
    assert result.exit_code == 0
    assert "no record of these leads to ap-south-1" in result.stderr


def test_several_names_must_be_told_apart() -> None:
    Path("cdk.out").mkdir()
    records = {f"R{n}": {"Type": "AWS::Route53::RecordSet", "Properties": {"HostedZoneId": "Z", "Name": name, "Type": "A", "AliasTarget": {"DNSName": endpoint(EU), "HostedZoneId": "Z"}}} for n, name in enumerate(("a.example", "b.example"))}  # fmt: skip
    Path("cdk.out/shop-eu-west-1.template.json").write_text(json.dumps({"Resources": records}))
    result = resolve("--country", "DE")
    assert result.exit_code == 1
    assert "a.example, b.example" in result.stderr
    assert answered("--country", "DE", "--name", "b.example")["name"] == "b.example"


def test_live_records_with_what_fails_there_now() -> None:
    from infra.cli.factory import Factory
    from tests.infra.dns.fake_route53 import FakeRoute53, aws

    made = safe()
    checks = {check.key: check.config for check in made.health_checks}
    fake = FakeRoute53({"Z1": ("shop.example.", False)}, list(made.records), checks, {EU: ["Failure: timeout"]})

    class Deployed(Factory):
        def aws(self, region: str) -> Any:
            return aws(fake)

    result = CliRunner().invoke(
        app, ["resolve", "--country", "RE", "--live", "--name", NAME, "-o", "json"], obj=Deployed()
    )
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["source"] == "Route 53, hosted zone Z1"
    assert (document["region"], document["down"]["health_checks"]) == (EU2, [EU])
