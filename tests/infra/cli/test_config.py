"""`gatewright config`: check and schema."""

from __future__ import annotations

import json

from infra.errors import ConfigError, Finding
from tests.infra.cli.conftest import Shop

FINDINGS = [
    Finding(file="gateway.yaml", line=n, column=1, path=f"services.{n}", problem="is wrong", advice="Mend it")
    for n in (3, 7)
]


def test_a_good_file_has_no_findings(shop: Shop) -> None:
    assert "no findings" in shop.run("config", "check").stdout
    assert shop.json("config", "check") == {"ok": True, "findings": [], "warnings": []}


def test_every_finding_is_told_with_its_place(shop: Shop) -> None:
    shop.factory.error = ConfigError(FINDINGS)
    lines = shop.run("config", "check", code=1).stderr.splitlines()
    assert lines == [f"error: {finding}" for finding in FINDINGS]
    document = shop.json("config", "check", code=1)
    assert [f["line"] for f in document["findings"]] == [3, 7]


def test_findings_stop_every_other_command_too(shop: Shop) -> None:
    shop.factory.error = ConfigError(FINDINGS)
    assert "gateway.yaml:3:1" in shop.run("status", code=1).stderr


def test_the_schema_is_json(shop: Shop) -> None:
    assert json.loads(shop.run("config", "schema").stdout)["title"] == "gateway.yaml"
