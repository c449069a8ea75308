"""The doctor says whether the authorizer's libraries were built for Lambda, and how to."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.bundle import layer_of
from infra.local import engine
from infra.local.doctor import examine


def layer(folder: Path) -> tuple[bool, str]:
    (found,) = (one for one in examine(folder) if one.what == "authorizer's layer")
    return found.ok, found.detail


def test_the_layer_is_built_missing_or_not_needed(tmp_path: Path) -> None:
    assert layer(tmp_path)[0]

    lock = tmp_path / "lambdas" / "authorizer" / "requirements.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text("a==1\n")
    ok, detail = layer(tmp_path)
    assert not ok
    assert "make setup" in detail

    folder = layer_of(lock, project=tmp_path).folder
    (folder / "python").mkdir(parents=True)
    assert layer(tmp_path) == (True, folder.name)


def test_the_doctor_names_regions_that_are_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def engine_line(down: list[str]) -> str:
        running = engine.Engine(endpoint="http://127.0.0.1:1", port=1, pid=1)
        monkeypatch.setattr(engine, "find", lambda _: running)
        monkeypatch.setattr(engine, "health", lambda _: {"down": down})
        (found,) = (one for one in examine(tmp_path) if one.what == "engine")
        assert found.ok
        return found.detail

    assert engine_line([]) == "http://127.0.0.1:1"
    assert "switched off: eu-west-1" in engine_line(["eu-west-1"])
