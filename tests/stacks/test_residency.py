"""An app that leaks does not synthesize; every slip in the synthesized templates is named by its shortest path."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.residency.assembly import find_templates, read_template_files
from infra.residency.proof import allowed_regions
from infra.residency.template import TemplateText
from infra.residency.territory import Territory
from infra.residency.violations import RULES, Violation, violations
from tests.stacks.conftest import NODE, REPOSITORY, Assembly, copy_shop, synthesize

US, EU, EU2 = "us-east-1", "eu-west-1", "eu-central-1"
NAME = "api.shop.example"
Row = dict[str, Any]
Rows = list[Row]


@pytest.fixture(scope="module", params=[(EU,), (EU, EU2)], ids=["one-eu", "two-eu"])
def routed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    path = copy_shop(tmp_path_factory.mktemp("routed"))
    document = yaml.safe_load(path.read_text())
    document["domain"] = NAME
    document["regions"] = {US: {"jurisdiction": "us"}, **{name: {"jurisdiction": "eu"} for name in request.param}}
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return synthesize(path, tmp_path_factory.mktemp("out"))


def found(assembly: Assembly, change: Callable[[dict[str, Any]], object] = lambda _: None) -> list[Violation]:
    """The violations after a change of the template of the records."""
    texts = read_template_files(find_templates(assembly.folder))
    changed = []
    for text in texts:
        if text.stack.endswith("-dns"):
            template = json.loads(text.text)
            change(template)
            text = TemplateText(file=text.file, text=json.dumps(template), region=text.region, stack=text.stack)
        changed.append(text)
    return violations(changed, territory=Territory(), allowed=allowed_regions())


def rows(template: dict[str, Any], group: str = "RootRecords") -> Rows:
    found: Rows = template["Resources"][group]["Properties"]["RecordSets"]
    return found


def pick(template: dict[str, Any], set_id: str) -> Rows:
    return [row for row in rows(template) if row.get("SetIdentifier") == set_id]


def keep(template: dict[str, Any], wanted: Callable[[Row], bool]) -> None:
    rows(template)[:] = [row for row in rows(template) if wanted(row)]


def world(template: dict[str, Any]) -> dict[str, Any]:
    """What the other continents stand for."""
    return copy.deepcopy(pick(template, "continent-NA")[0]["AliasTarget"])


def continents_alone(template: dict[str, Any]) -> None:
    keep(template, lambda row: not row["SetIdentifier"].startswith("country-"))


def check_on_a_country(template: dict[str, Any]) -> None:
    template["Resources"]["MyCheck"] = {
        "Type": "AWS::Route53::HealthCheck",
        "Properties": {"HealthCheckConfig": {"Type": "HTTPS", "FullyQualifiedDomainName": f"probe.{NAME}"}},
    }
    for row in pick(template, "country-RE"):
        row["HealthCheckId"] = {"Ref": "MyCheck"}


def target_health(template: dict[str, Any]) -> None:
    for row in pick(template, "country-GF"):
        row["AliasTarget"]["EvaluateTargetHealth"] = True


def no_ipv6(template: dict[str, Any]) -> None:
    keep(template, lambda row: row["Type"] == "A")


def default_to_the_us(template: dict[str, Any]) -> None:
    for row in pick(template, "default"):
        row["AliasTarget"] = world(template)


def weighted_member_outside(template: dict[str, Any]) -> None:
    """The EU's name becomes a pool, and every EU location stands for it."""
    outside = world(template)
    zone = template["Resources"]["RootRecords"]["Properties"]["HostedZoneId"]
    inside = [copy.deepcopy(row["AliasTarget"]) for row in rows(template, "EuRecords") if row["Type"] == "A"]
    rows(template, "EuRecords")[:] = [
        {"Name": f"eu.{NAME}", "Type": kind, "SetIdentifier": f"{n}", "Weight": weight, "AliasTarget": target}
        for kind in ("A", "AAAA")
        for n, (weight, target) in enumerate([*((10, target) for target in inside), (1, outside)])
    ]
    for row in rows(template):
        if row["SetIdentifier"].startswith(("country", "default", "continent-EU")):
            row["AliasTarget"] = {"DNSName": f"eu.{NAME}", "HostedZoneId": zone, "EvaluateTargetHealth": False}


def country_lost(template: dict[str, Any]) -> None:
    keep(template, lambda row: row["SetIdentifier"] != "country-MQ")


def somebody_s_own_record(template: dict[str, Any]) -> None:
    """A name beside ours, in a resource that we do not make."""
    template["Resources"]["Cdn"] = {
        "Type": "AWS::Route53::RecordSet",
        "Properties": {
            "HostedZoneId": "Z1",
            "Name": f"fast.{NAME}",
            "Type": "CNAME",
            "TTL": "60",
            "ResourceRecords": ["d111111abcdef8.cloudfront.net"],
        },
    }


# rule, words of the text, the resource to blame
MUTATIONS: dict[str, tuple[Callable[[dict[str, Any]], None], str, tuple[str, ...], str]] = {
    "continent-records-alone": (
        continents_alone,
        "residency-leak",
        ("GF French Guiana", "geolocation continent SA", US),
        "RootRecords",
    ),
    "health-check-on-geolocation": (
        check_on_a_country,
        "residency-leak",
        ("RE Réunion", f"(probe.{NAME}) down", "geolocation RE is down", "geolocation continent AF", US),
        "RootRecords",
    ),
    "target-health-on": (
        target_health,
        "residency-leak",
        ("GF French Guiana", "geolocation GF is down", "geolocation continent SA", US),
        "RootRecords",
    ),
    "missing-aaaa": (no_ipv6, "residency-gap", (f"{NAME} has no AAAA record",), ""),
    "default-to-the-us": (
        default_to_the_us,
        "residency-leak",
        ("an address that cannot be placed", "geolocation default", US),
        "RootRecords",
    ),
    "weighted-member-outside": (
        weighted_member_outside,
        "residency-leak",
        ("DE", f"eu.{NAME} A weighted", US),
        "RootRecords",
    ),
    "country-lost": (country_lost, "residency-leak", ("MQ Martinique", "geolocation continent NA", US), "RootRecords"),
    "a-record-beside-ours": (somebody_s_own_record, "residency-leak", ("anywhere",), "Cdn"),
}


def test_the_shop_is_proved(routed: Assembly) -> None:
    assert found(routed) == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_slip_is_named_by_its_shortest_path(routed: Assembly, name: str) -> None:
    change, rule, words, resource = MUTATIONS[name]
    told = found(routed, change)
    assert {one.rule for one in told} >= {rule}
    about = [one for one in told if one.rule == rule and all(word in one.text for word in words)]
    assert about, "\n".join(one.text for one in told)
    assert about[0].resource == resource
    assert not resource or about[0].file.endswith("-dns.template.json")


def test_what_cannot_be_read_is_not_taken_for_safe(routed: Assembly) -> None:
    def change(template: dict[str, Any]) -> None:
        pick(template, "country-DE")[0]["AliasTarget"]["DNSName"] = {"Ref": "BootstrapVersion"}

    (only,) = found(routed, change)
    assert (only.rule, only.resource) == ("residency-unread", "RootRecords")
    assert "BootstrapVersion" in only.text


def test_a_side_path_is_a_violation_too(routed: Assembly) -> None:
    def change(template: dict[str, Any]) -> None:
        template["Resources"]["Copied"] = {
            "Type": "AWS::DynamoDB::GlobalTable",
            "Properties": {"Replicas": [{"Region": EU}, {"Region": US}]},
        }

    (only,) = found(routed, change)
    assert (only.rule, only.resource) == ("residency-side-path", "Copied")
    assert only.fix == RULES["residency-side-path"]


LEAKING_APP = """
import aws_cdk as cdk
from stacks import app as ours

def add(app):
    add_stacks(app)
    records = app.node.find_child("Gatewright-shop-dns").node.find_child("RootRecords")
    records.add_property_override("RecordSets.0.AliasTarget.DNSName", "d-1.execute-api.us-east-1.amazonaws.com")

add_stacks, ours.add_stacks = ours.add_stacks, add
ours.main()
"""


def test_an_app_that_leaks_does_not_synthesize(tmp_path: Path) -> None:
    path = copy_shop(tmp_path)
    path.write_text(path.read_text().replace("regions:", f"domain: {NAME}\nregions:", 1))
    (tmp_path / "leaking.py").write_text(LEAKING_APP)
    environment = {"PYTHONPATH": str(REPOSITORY), "JSII_NODE": str(NODE), "CDK_OUTDIR": str(tmp_path / "out")}
    done = subprocess.run(
        [sys.executable, "leaking.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"-> {NAME} A geolocation default" in done.stderr
    assert "us-east-1 (d-1.execute-api.us-east-1.amazonaws.com)" in done.stderr
    assert "Traceback" not in done.stderr
