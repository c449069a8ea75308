"""Starting, finding and stopping: what a user sees when something is in the way."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.errors import LocalError, PortTaken
from infra.local import engine


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_taken_port_is_one_clear_line_and_nothing_is_written(tmp_path: Path, taken_port: int) -> None:
    with pytest.raises(PortTaken, match=f"Port {taken_port} on 127.0.0.1 is taken by another program") as caught:
        engine.start(tmp_path, port=taken_port)
    assert "--port 0" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_stop_without_an_engine_says_so_and_clears_a_stale_file(tmp_path: Path) -> None:
    home = tmp_path / engine.HOME
    home.mkdir()
    (home / "engine.json").write_text(json.dumps({"endpoint": "http://127.0.0.1:9", "port": 9, "pid": 999999}))
    assert engine.stop(tmp_path) is False
    assert not (home / "engine.json").exists()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"port": 1}'], ids=repr)
def test_a_broken_engine_file_is_no_engine(tmp_path: Path, content: str) -> None:
    home = tmp_path / engine.HOME
    home.mkdir()
    (home / "engine.json").write_text(content)
    assert engine.find(tmp_path) is None


def test_an_engine_that_dies_at_start_tells_its_last_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.sys, "executable", "/bin/false")
    with pytest.raises(LocalError, match="ended at once: it said nothing"):
        engine.start(tmp_path, port=0)


def test_the_environment_names_only_aws_variables() -> None:
    running = engine.Engine(endpoint="http://127.0.0.1:1", port=1, pid=1)
    assert set(engine.environment(running)) == {
        "AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    }
