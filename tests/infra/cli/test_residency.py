"""`residency prove`: three exit codes, two outputs, a certificate."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.cli.main import app
from tests.infra.residency.templates import records_of, shop
from tests.infra.residency.zones import EU, EU2, NAME, US, naive, row, safe


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def prove(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["residency", "prove", *arguments])


def zone_file(rows: Any, **more: Any) -> str:
    Path("zone.json").write_text(json.dumps({"name": NAME, "records": list(rows), **more}))
    return "zone.json"


def write(templates: dict[str, Any], folder: str = "cdk.out") -> list[str]:
    Path(folder).mkdir(exist_ok=True)
    for region, body in templates.items():
        Path(folder, f"shop-{region}.template.json").write_text(json.dumps(body))
    return [f"{folder}/shop-{region}.template.json" for region in templates]


def test_a_safe_zone_is_proved() -> None:
    result = prove("--zone", zone_file(safe().records))
    assert result.exit_code == 0
    assert result.stdout.startswith("PROVED")


def test_the_naive_zone_is_not_and_says_why() -> None:
    result = prove("--zone", zone_file(naive()))
    assert result.exit_code == 2
    assert "38 places leak" in result.stdout
    assert "with check-eu down" in result.stdout


def test_json_is_one_document_for_either_verdict() -> None:
    for rows, code in ((safe().records, 0), (naive(), 2)):
        result = prove("--zone", zone_file(rows), "--output", "json")
        assert result.exit_code == code
        assert json.loads(result.stdout)["proved"] == (code == 0)


def test_templates_of_the_assembly_are_read_by_default() -> None:
    write(shop())
    result = prove()
    assert result.exit_code == 0, result.output
    assert f"answered from {EU2}, {EU}, {US}" in result.stdout


@pytest.mark.parametrize("form", ["one-option", "many-options"])
def test_templates_can_be_given(form: str) -> None:
    files = write(shop(), "elsewhere")
    given = ["--template", *files] if form == "one-option" else [part for file in files for part in ("-t", file)]
    assert prove(*given).exit_code == 0


def test_a_side_path_is_no_proof_although_dns_is_safe() -> None:
    templates = shop()
    arn = f"arn:aws:kinesis:{US}:111111111111:stream/logs"
    templates[EU]["Resources"]["Copy"] = {
        "Type": "AWS::Logs::SubscriptionFilter",
        "Properties": {"DestinationArn": arn},
    }
    write(templates)
    result = prove()
    assert result.exit_code == 2
    assert "1 side paths leak" in result.stdout
    assert "Copy (AWS::Logs::SubscriptionFilter): sends log events to kinesis" in result.stdout


def test_nothing_to_read_says_what_to_run() -> None:
    result = prove()
    assert result.exit_code == 1
    assert "npx cdk synth" in result.stderr


def test_all_findings_come_at_once_as_lines_and_as_json() -> None:
    file = zone_file([row(Weight=256), row(Failover="X"), {"Type": "A"}])
    result = prove("--zone", file)
    assert result.exit_code == 1
    assert result.stderr.count("error: ") >= 3
    document = json.loads(prove("--zone", file, "--output", "json").stdout)
    assert document["ok"] is False
    assert {finding["path"] for finding in document["findings"]} >= {"records[0].Weight", "records[2].Name"}


def test_the_certificate_has_the_hashes_and_also_a_bad_verdict() -> None:
    files = write(shop())
    assert prove("--certificate", "build/residency.json").exit_code == 0
    said = json.loads(Path("build/residency.json").read_text())
    digests = {one["file"]: one["sha256"] for one in said["inputs"]}
    assert digests == {file: hashlib.sha256(Path(file).read_bytes()).hexdigest() for file in files}
    assert said["verdict"] == "PROVED"
    templates = shop()
    for one in records_of(templates[US], GeoLocation={"CountryCode": "*"}):
        one["AliasTarget"]["DNSName"] = "d-1.execute-api.us-east-1.amazonaws.com"
    write(templates)
    assert prove("--certificate", "build/residency.json").exit_code == 2
    assert json.loads(Path("build/residency.json").read_text())["verdict"] == "NOT PROVED", "no old one is left lying"


def test_the_owners_reading() -> None:
    cautious = zone_file(safe().records)
    assert prove("--zone", cautious, "--territory", "cautious").exit_code == 2
    assert prove("--zone", cautious, "--add", "BR").exit_code == 2
    assert prove("--zone", zone_file(naive()), "--allow", US).exit_code == 0
    lost = [one for one in safe().records if one.get("GeoLocation") != {"CountryCode": "YT"}]
    assert prove("--zone", zone_file(lost), "--waive", "YT=no customers there").exit_code == 0


def test_endpoints_that_do_not_tell_their_region() -> None:
    file = zone_file([{"Name": NAME, "Type": "A", "ResourceRecords": [{"Value": "192.0.2.1"}]}])
    assert prove("--zone", file).exit_code == 2
    assert prove("--zone", file, "--endpoint", f"192.0.2.1={EU}").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--territory", "wide"], "strict or cautious"),
        (["--allow", "eu-wset-1"], "Did you mean 'eu-west-1'"),
        (["--waive", "YT"], "NAME=VALUE"),
        (["--add", "UK"], "Write GB"),
        (["--template", "x"], "Give one of them"),
        (["--endpoint", "x=mars"], "not an AWS region"),
        (["--name", "other.example"], "no address record answers"),
    ],
)
def test_wrong_options_are_1_because_2_means_not_proved(arguments: list[str], says: str) -> None:
    result = prove("--zone", zone_file(safe().records), *arguments)
    assert result.exit_code == 1
    assert says in result.stderr


def test_a_missing_file_is_named() -> None:
    result = prove("--zone", "absent.json")
    assert result.exit_code == 1
    assert "absent.json" in result.stderr


GATEWAY = """
gateway: shop
domain: api.shop.example
regions: {us-east-1: {jurisdiction: us}, eu-west-1: {jurisdiction: eu}}
services: {legacy: {path: /legacy, url: "https://legacy.example/base"}}
"""


def test_the_territory_is_what_gateway_yaml_says_and_the_options_add_to_it() -> None:
    Path("gateway.yaml").write_text(
        GATEWAY + "residency: {add: [Japan], waive: {YT: no customers}, allow: [eu-west-2]}\n"
    )
    result = prove("--zone", zone_file(safe(US, EU).records), "--add", "BR", "--output", "json")
    assert result.exit_code == 2, "the zone pins neither"
    said = json.loads(result.stdout)
    assert said["territory"]["additions"] == ["JP", "BR"]
    assert said["territory"]["waivers"] == {"YT": "no customers"}
    assert "eu-west-2" in said["allowed_regions"]
    assert {leak["place"] for leak in said["leaks"]} == {"JP", "BR"}


def test_another_reading_has_what_the_file_adds() -> None:
    Path("gateway.yaml").write_text(GATEWAY + "residency: {add: [CH]}\n")
    result = prove("--zone", zone_file(safe(US, EU).records), "--territory", "cautious", "--output", "json")
    assert json.loads(result.stdout)["territory"]["additions"] == []


def test_a_wrong_gateway_yaml_is_told_and_no_other_territory_is_taken() -> None:
    Path("gateway.yaml").write_text(GATEWAY + "residency: {add: [XX]}\n")
    result = prove("--zone", zone_file(safe(US, EU).records))
    assert result.exit_code == 1
