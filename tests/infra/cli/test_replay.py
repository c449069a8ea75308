"""`canary replay`: the file, the table, the JSON, the exit code. What is decided is tested with the replay itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.infra.cli.conftest import Shop
from tests.infra.judge.test_replay import LINES, PAGE


@pytest.fixture(params=[LINES, PAGE], ids=["lines", "report"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "recorded"
    path.write_text(request.param, encoding="utf-8")
    return path


def test_the_recorded_policy_decides_as_it_did(file: Path) -> None:
    shown = Shop().run("canary", "replay", str(file)).stdout
    assert "us-east-1: 60 intervals, 2 of them no evidence; the policy as recorded" in shown
    assert "recorded: rollback at minute" in shown
    assert shown.count("the same at every interval") == 2


def test_a_difference_is_shown_and_is_exit_code_2(file: Path) -> None:
    shown = Shop().run("canary", "replay", str(file), "--tol-error", "0.02", "--alpha", "0.0001", code=2).stdout
    assert "alpha 0.01 -> 0.0001, tol_error 0.005 -> 0.02" in shown
    assert "first difference: interval" in shown
    assert "rollback (the canary is worse: 5xx) -> continue" in shown


def test_json(file: Path) -> None:
    told = json.loads(Shop().run("canary", "replay", str(file), "--alpha", "0.001", "--output", "json", code=2).stdout)
    first, second = told["replays"]
    assert first["difference"]["replayed"] == "continue"
    assert first["changed"] == {"alpha": [0.01, 0.001]}
    assert second["difference"] is None


def test_a_file_that_is_not_there_and_one_that_is_no_text(tmp_path: Path) -> None:
    assert "cannot be read" in Shop().run("canary", "replay", str(tmp_path / "none"), code=2).stderr
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    assert "not UTF-8" in Shop().run("canary", "replay", str(tmp_path / "bytes"), code=2).stderr


def test_a_policy_out_of_range_is_refused(file: Path) -> None:
    assert "alpha is 7" in Shop().run("canary", "replay", str(file), "--alpha", "7", code=2).stderr
