"""Templates on disk and the regions they belong to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.errors import ConfigError
from infra.residency.assembly import find_templates, read_template_files


def test_the_manifest_says_stack_and_region(tmp_path: Path) -> None:
    artifact = {"properties": {"templateFile": "a.template.json"}, "environment": "aws://unknown-account/eu-west-1"}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"tree": {}, "Shop": artifact}}))
    (tmp_path / "a.template.json").write_text("{}")
    (found,) = read_template_files(find_templates(tmp_path))
    assert (found.stack, found.region) == ("Shop", "eu-west-1")


@pytest.mark.parametrize(
    ("name", "given", "region"),
    [
        ("shop-eu-west-1.template.json", "", "eu-west-1"),
        ("shop-eu-west-1.template.json", "=us-east-1", "us-east-1"),
        ("shop.template.json", "", ""),
        ("shop-xx-west-1.template.json", "", ""),
    ],
)
def test_without_a_manifest_the_name_or_the_user_says_the_region(
    tmp_path: Path, name: str, given: str, region: str
) -> None:
    (tmp_path / name).write_text("{}")
    (found,) = read_template_files([f"{tmp_path / name}{given}"])
    assert found.region == region


def test_every_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError) as caught:
        read_template_files([str(tmp_path / "absent"), str(tmp_path / "binary"), str(tmp_path)])
    assert len(caught.value.findings) == 3


def test_an_empty_assembly_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cdk synth"):
        find_templates(tmp_path / "cdk.out")
