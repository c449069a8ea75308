"""Tables, JSON and progress as plain text."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from infra.cli.options import Format
from infra.cli.terminal import MovingLine, colors_wanted, emit, progress, table


def test_a_table_is_aligned_and_shows_what_is_missing() -> None:
    rows = [{"a": "long value", "b": 1}, {"a": "x"}]
    assert table(rows, columns=("a", "b")) == ["A           B", "long value  1", "x           -"]


def test_json_is_one_document_and_lines_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    emit(Format.JSON, {"at": datetime(2026, 1, 1, tzinfo=UTC), "kind": Format.TABLE}, ["a line"])
    assert json.loads(capsys.readouterr().out) == {"at": "2026-01-01T00:00:00+00:00", "kind": "table"}


def test_progress_without_a_terminal_is_plain_lines_beside_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as show:
        show("at work [1/2]")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "at work [1/2]\n")


def test_the_moving_line_stands_still_while_somebody_is_asked() -> None:
    seen: list[str] = []

    class Status:
        def update(self, text: str) -> None:
            seen.append(text)

        def stop(self) -> None:
            seen.append("stop")

        def start(self) -> None:
            seen.append("start")

    line = MovingLine(Status())  # type: ignore[arg-type]
    line("at work [1/2]")
    with line.paused():
        seen.append("Go ahead?")
    assert seen == ["at work \\[1/2]", "stop", "Go ahead?", "start"]


@pytest.mark.parametrize("value", ["1", "true"])
def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert colors_wanted()
    monkeypatch.setenv("NO_COLOR", value)
    assert not colors_wanted()
