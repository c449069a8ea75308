"""`gatewright residency map`: one file, written in one piece."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from infra.cli.main import app
from tests.infra.residency.zones import EU, NAME, naive, safe


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("naive.json").write_text(json.dumps({"name": NAME, "records": naive()}))
    Path("safe.json").write_text(json.dumps({"name": NAME, "records": list(safe().records)}))
    return tmp_path


def draw(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["residency", "map", *arguments])


def test_it_writes_the_map_and_says_what_it_shows() -> None:
    result = draw("--zone", "naive.json", "--down", EU, "--out", "out/map.html", "-o", "json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["file"] == "out/map.html"
    assert {state["state"]: len(state["leaks"]) for state in said["states"]} == {
        "Everything up": 7,
        "eu-west-1 down": 38,
        "us-east-1 down": 7,
    }
    text = Path("out/map.html").read_text()
    assert text.startswith("<!doctype html>")
    assert 'id="pick1" checked' in text, "what was asked for is shown first"
    assert [file.name for file in Path("out").iterdir()] == ["map.html"]


def test_the_owners_territory_counts() -> None:
    Path("gateway.yaml").write_text(
        "gateway: shop\ndomain: api.shop.example\nregions: {eu-west-1: {jurisdiction: eu}}\n"
        "services: {users: {path: /api/users, url: https://users.example}}\n"
        "residency: {add: [Brazil]}\n"
    )
    states = json.loads(draw("--zone", "naive.json", "-o", "json").stdout)["states"]
    assert "BR" in states[0]["leaks"]
    assert Path("residency-map.html").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--down", "mars"), "neither an AWS region nor a health check"), (("--out", "naive.json/map.html"), "cannot be written")],
    ids=["down", "out"],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_written(arguments: tuple[str, ...], said: str) -> None:
    before = sorted(Path().iterdir())
    result = draw("--zone", "naive.json", *arguments)
    assert result.exit_code == 1
    assert said in result.stderr
    assert sorted(Path().iterdir()) == before
