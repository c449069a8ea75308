"""`gatewright observe grafana`: files as asked for, nothing in a dry run, a clear word when the folder cannot be written to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.cli.main import app

GATEWAY = (
    "gateway: tiny\nregions: {eu-west-1: {jurisdiction: eu}}\nservices: {a: {path: /a, url: 'https://a.example'}}\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "gateway.yaml"
    path.write_text(GATEWAY, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("datasource", "names"),
    [
        ("both", {"gatewright-tiny-eu-west-1.cloudwatch.json", "gatewright-tiny-eu-west-1.prometheus.json"}),
        ("cloudwatch", {"gatewright-tiny-eu-west-1.cloudwatch.json"}),
        ("prometheus", {"gatewright-tiny-eu-west-1.prometheus.json"}),
    ],
)
def test_files(file: Path, tmp_path: Path, datasource: str, names: set[str]) -> None:
    out = tmp_path / "deep" / "grafana"
    arguments = ["observe", "grafana", "-f", str(file), "--out", str(out), "--datasource", datasource, "-o", "json"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert {path.name for path in out.iterdir()} == names
    told = json.loads(done.stdout)
    assert {Path(one["file"]).name for one in told["files"]} == names
    assert json.loads(next(out.iterdir()).read_text(encoding="utf-8"))["title"] == "Gateway tiny in eu-west-1"


def test_a_dry_run_writes_nothing(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "grafana"
    done = CliRunner().invoke(app, ["observe", "grafana", "-f", str(file), "--out", str(out), "--dry-run"])
    assert done.exit_code == 0
    assert "would write" in done.output
    assert not out.exists()


def test_a_folder_that_is_a_file(file: Path) -> None:
    done = CliRunner().invoke(app, ["observe", "grafana", "-f", str(file), "--out", str(file)])
    assert done.exit_code == 1
    assert "cannot be written" in done.output
