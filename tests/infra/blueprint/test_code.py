"""The code of a function: what counts, what does not, and a zip that is the same bytes everywhere."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from infra.blueprint.code import code_files, code_hash, zip_content
from infra.errors import ConfigError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "users"
    (home / "below").mkdir(parents=True)
    (home / "handler.py").write_text("def handler(event, context): ...\n")
    (home / "below/b.py").write_text("b = 1\n")
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/s.py").write_text("s = 1\n")
    (home / "shared").symlink_to("../shared")
    return home


def test_links_are_followed_and_names_are_in_order(folder: Path) -> None:
    assert [name for name, _ in code_files(folder)] == ["below/b.py", "handler.py", "shared/s.py"]


@pytest.mark.parametrize(
    "name", ["__pycache__/x.pyc", "below/x.pyc", "tests/test_x.py", "below/.DS_Store", ".ruff_cache/x"]
)
def test_what_is_no_code_changes_nothing(folder: Path, name: str) -> None:
    before = code_hash(folder)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("x")
    assert code_hash(folder) == before


@pytest.mark.parametrize("name", ["new.py", "shared/s.py", ".hidden.pyc", "below/b.py"])
def test_everything_else_does(folder: Path, name: str) -> None:
    before = code_hash(folder)
    (folder / name).write_text("x")
    assert code_hash(folder) != before


def test_a_link_to_a_folder_above_ends(folder: Path) -> None:
    (folder / "below/again").symlink_to("..")
    assert [name for name, _ in code_files(folder)] == ["below/b.py", "handler.py", "shared/s.py"]


def test_line_ends_do_not_count_but_bytes_of_binaries_do(folder: Path) -> None:
    before = code_hash(folder)
    (folder / "below/b.py").write_bytes(b"b = 1\r\n")
    assert code_hash(folder) == before
    (folder / "below/b.py").write_bytes(b"b = 1\0\r\n")
    binary = code_hash(folder)
    (folder / "below/b.py").write_bytes(b"b = 1\0\n")
    assert code_hash(folder) != binary


def test_a_zip_has_no_times(folder: Path) -> None:
    before = zip_content(folder)
    for path in folder.rglob("*.py"):
        os.utime(path, (1, 1))
    assert zip_content(folder) == before
    assert zipfile.ZipFile(io.BytesIO(before)).namelist() == ["below/b.py", "handler.py", "shared/s.py"]


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        code_hash(tmp_path / "nowhere")
