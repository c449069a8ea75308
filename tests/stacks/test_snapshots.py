"""What the templates look like, whole. The OpenAPI document has its own tests and is left out here."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tests.stacks.conftest import Assembly, synthesize

MINIMAL = """
gateway: tiny
regions:
  eu-west-1: {jurisdiction: eu}
services:
  legacy: {path: /legacy, url: "https://legacy.example/base", methods: [GET]}
"""


@pytest.fixture
def json_snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(JSONSnapshotExtension)


def normalised(template: dict[str, Any]) -> Any:
    if "RestApi" not in template["Resources"]:
        return template
    template["Resources"]["RestApi"]["Properties"]["Body"] = "(the OpenAPI document)"
    text = json.dumps(template)
    text = re.sub(r"\b[0-9a-f]{64}\b", "(asset)", text)
    text = re.sub(r"Version[0-9a-f]{10}\b", "Version(hash)", text)
    text = text.replace(template["Outputs"]["ReleaseName"]["Value"], "(release)")
    return json.loads(text)


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_shop(shop: Assembly, region: str, json_snapshot: SnapshotAssertion) -> None:
    assert normalised(shop.template(region)) == json_snapshot


def test_minimal(tmp_path: Path, json_snapshot: SnapshotAssertion) -> None:
    (tmp_path / "gateway.yaml").write_text(MINIMAL)
    assembly = synthesize(tmp_path / "gateway.yaml", tmp_path / "out")
    assert normalised(assembly.template("eu-west-1", "tiny")) == json_snapshot


@pytest.mark.parametrize("stack", ["zone", "dns", "eu-west-1"])
def test_minimal_with_a_domain(tmp_path: Path, json_snapshot: SnapshotAssertion, stack: str) -> None:
    text = MINIMAL.replace("regions:\n", "domain: api.tiny.example\nregions:\n  eu-central-1: {jurisdiction: eu}\n")
    (tmp_path / "gateway.yaml").write_text(text)
    assembly = synthesize(tmp_path / "gateway.yaml", tmp_path / "out")
    assert normalised(assembly.template(stack, "tiny")) == json_snapshot
