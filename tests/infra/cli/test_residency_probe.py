"""`gatewright residency probe` without anything to ask: options that are wrong are said, and nobody answering is exit 1."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from infra.cli.factory import Factory
from infra.cli.main import app
from infra.release.awsclient import AwsClient
from tests.infra.cli.test_resolve import GATEWAY
from tests.infra.dns.test_live import deployed
from tests.infra.dns.test_questions import Answering, Firewalls, Stacks
from tests.infra.residency.zones import EU, US, endpoint


class Route53(Answering):
    """Zone and health of a deployed shop, with one answer for everybody."""

    def __init__(self, *data: str) -> None:
        super().__init__(*data)
        self.zone = deployed()

    def __getattr__(self, name: str) -> object:
        return getattr(self.zone, name)


class Asked(Factory):
    def __init__(self, *data: str, fails: bool = False) -> None:
        stacks = Stacks({} if fails else {"RestApiId": "a1", "StageName": "live"})
        self.clients = {"route53": Route53(*data), "cloudformation": stacks, "wafv2": Firewalls(None)}

    def embedded(self) -> bool:
        return False

    def aws(self, region: str, *, hurried: bool = False) -> AwsClient:
        return AwsClient(
            region=region, factory=lambda service, _: self.clients[service], sleep=lambda _: None, clock=lambda: 0
        )


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("gateway.yaml").write_text(GATEWAY)


def probe(factory: Factory, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["residency", "probe", *arguments], obj=factory)


def test_agreement_is_exit_0() -> None:
    result = probe(Asked(endpoint(EU)), "--country", "DE", "--country", "unknown", "--region", EU)
    assert result.exit_code == 0, result.output
    assert "AGREES" in result.output


def test_a_leak_is_exit_2_with_both_types_and_the_bare_guard() -> None:
    result = probe(Asked(endpoint(US)), "--country", "DE", "--output", "json")
    assert result.exit_code == 2, result.output
    rows = json.loads(result.stdout)["differences"]
    assert [(row["source"], row["type"], row["leak"]) for row in rows] == [
        ("dns", "A", True),
        ("dns", "AAAA", True),
        ("guard", "", True),
    ]


def test_a_region_without_a_gateway_is_exit_1_and_the_others_go_on() -> None:
    result = probe(Asked(endpoint(EU), fails=True), "--country", "DE", "--output", "json")
    assert result.exit_code == 1, result.output
    said = json.loads(result.stdout)
    assert said["answered_by"] == {"dns": 2, "guards": 0}
    assert len(said["unasked"]) == 2


@pytest.mark.parametrize(
    "arguments",
    [("--country", "XX"), ("--ip-ranges", "none.json"), ("--endpoint", "x"), ("--name", "other.example")],
    ids=["country", "ranges", "endpoint", "name"],
)
def test_a_wrong_option_is_exit_1_and_named(arguments: tuple[str, str]) -> None:
    result = probe(Asked(endpoint(EU)), *arguments)
    assert result.exit_code == 1
    assert arguments[0] in str(result.exception) + result.output
