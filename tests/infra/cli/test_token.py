"""`gatewright token` gives a token that the gateway's own settings accept, and says what is missing otherwise."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.cli.main import app
from infra.config import load
from infra.local.issuer import prepare

GATEWAY = """
gateway: g
regions:
  eu-west-1: {jurisdiction: eu}
services:
  o: {path: /o, url: "https://o.example", auth: jwt}
plans: {gold: {rate: 1/s, burst: 1}}
auth: {jwt: {issuer: "https://login.shop.example/", audience: [shop], algorithms: [ES256]}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "gateway.yaml").write_text(GATEWAY)
    prepare(tmp_path / ".gatewright", load(tmp_path / "gateway.yaml").auth)
    return tmp_path / "gateway.yaml"


def run(file: Path, *arguments: str) -> Any:
    return CliRunner().invoke(app, ["token", "--gateway-file", str(file), *arguments])


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def test_a_token_alone_on_standard_output(file: Path) -> None:
    done = run(file, "--scope", "a", "--scope", "b", "--customer", "c", "--plan", "gold", "--expires", "1h")
    assert done.exit_code == 0, done.output
    assert len(done.stdout.split()) == 1
    found = claims(done.stdout.strip())
    assert (found["iss"], found["aud"], found["scope"]) == ("https://login.shop.example/", "shop", "a b")
    assert (found["sub"], found["plan"]) == ("c", "gold")
    assert found["exp"] - found["iat"] == 3600


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["--expires", "10"], "--expires: '10' is not a quantity", id="no unit"),
        pytest.param(["--expires", "2d"], "out of range", id="too long"),
        pytest.param(["--plan", "silver"], "no plan 'silver'. It has: gold", id="unknown plan"),
        pytest.param(["--customer", "a", "--subject", "b"], "cannot be both", id="one claim twice"),
    ],
)
def test_refusals_say_what_to_give(file: Path, arguments: list[str], says: str) -> None:
    done = run(file, *arguments)
    assert done.exit_code == 2
    assert says in done.output


def test_without_the_engine_or_an_issuer(file: Path) -> None:
    prepare(file.parent / ".gatewright", None)
    assert "gatewright up" in run(file).output

    file.write_text(GATEWAY.replace(", auth: jwt", "").rpartition("auth:")[0])
    assert "no auth.jwt" in run(file).output
