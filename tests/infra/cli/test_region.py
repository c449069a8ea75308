"""`gatewright region`: one call to the engine of this folder, to nothing else, and it can be shown before it is made."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.cli.main import app
from infra.cli.region import switched_off
from infra.local.edge.regions import Regions

GATEWAY = """
gateway: shop
regions: {us-east-1: {jurisdiction: us}, eu-west-1: {jurisdiction: eu}}
services: {users: {path: /api/users, url: https://users.example}}
"""


class FakeEngine(HTTPServer):
    """Health and switches, as the engine answers them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.regions, self.changes = Regions(), 0


class Handler(BaseHTTPRequestHandler):
    server: FakeEngine

    def do_GET(self) -> None:
        health = {"service": "gatewright", "pid": os.getpid()} if self.path.endswith("health") else {}
        self._answer({**health, "down": sorted(self.server.regions.down)})

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        changed = self.server.regions.switch(self.path.rpartition("/")[2], up=body["health"] == "up")
        self.server.changes += 1
        self._answer({"down": sorted(self.server.regions.down), "changed": changed})

    def _answer(self, document: Any) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gateway.yaml").write_text(GATEWAY)
    return tmp_path


@pytest.fixture
def engine(project: Path) -> Iterator[FakeEngine]:
    server = FakeEngine()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    port = server.server_address[1]
    (project / ".gatewright").mkdir()
    known = {"endpoint": f"http://127.0.0.1:{port}", "port": port, "pid": os.getpid()}
    (project / ".gatewright" / "engine.json").write_text(json.dumps(known))
    yield server
    server.shutdown()
    server.server_close()


def region(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["region", *arguments])


def test_down_list_up(engine: FakeEngine) -> None:
    assert "eu-west-1 is down on this machine." in region("down", "eu-west-1").stdout
    listed = json.loads(region("list", "-o", "json").stdout)
    assert listed == {"regions": [{"region": "us-east-1", "health": "up"}, {"region": "eu-west-1", "health": "down"}]}
    assert "was already down" in region("down", "eu-west-1").stdout
    assert "Also down: eu-west-1" in region("down", "us-east-1").stdout
    answer = json.loads(region("up", "eu-west-1", "-o", "json").stdout)
    assert answer == {"region": "eu-west-1", "health": "up", "down": ["us-east-1"], "changed": True}


def test_dry_run_shows_the_call_and_makes_none(engine: FakeEngine) -> None:
    result = region("down", "eu-west-1", "--dry-run")
    assert 'PUT /_gatewright/regions/eu-west-1 {"health": "down"}' in result.stdout
    assert (engine.changes, engine.regions.down) == (0, frozenset())


def test_a_region_that_the_gateway_does_not_have_is_refused(engine: FakeEngine) -> None:
    result = region("down", "eu-central-1")
    assert result.exit_code == 2
    assert "It has: us-east-1, eu-west-1" in result.stderr
    assert engine.changes == 0


def test_without_an_engine_nothing_else_is_asked(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    result = region("down", "eu-west-1")
    assert result.exit_code == 1
    assert "gatewright up" in result.stderr


def test_status_tells_of_it_only_when_it_speaks_to_this_engine(
    engine: FakeEngine, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.regions.switch("eu-west-1", up=False)
    file = project / "gateway.yaml"
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    assert switched_off(file) == []
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert switched_off(file) == []
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{engine.server_address[1]}")
    assert switched_off(file) == ["eu-west-1"]
