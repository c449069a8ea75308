"""Layers are named by what goes in, built once, and appear whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from infra.bundle.layer import layer_of, pip_arguments
from infra.errors import CommandFailed, ToolMissing

ROOT = Path(__file__).parents[3]
LOCK = "a==1 \\\n    --hash=sha256:00\n"


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    (tmp_path / "requirements.lock").write_text(LOCK)
    return tmp_path / "requirements.lock"


class Pip:
    """Writes one package, with what a layer leaves out."""

    def __init__(self) -> None:
        self.runs: list[Sequence[str]] = []

    def __call__(self, arguments: Sequence[str]) -> None:
        self.runs.append(arguments)
        packages = Path(arguments[arguments.index("--target") + 1])
        for name in ("a/__init__.py", "a/__pycache__/x.pyc", "bin/tool", "a/bin/kept.py"):
            (packages / name).parent.mkdir(parents=True, exist_ok=True)
            (packages / name).write_text("x")


def test_it_is_built_once_without_programs_and_caches(lock: Path, tmp_path: Path) -> None:
    layer, pip = layer_of(lock, project=tmp_path), Pip()

    assert [layer.build(pip), layer.build(pip)] == [True, False]
    assert len(pip.runs) == 1
    files = {str(path.relative_to(layer.require())) for path in layer.folder.rglob("*") if path.is_file()}
    assert files == {"python/a/__init__.py", "python/a/bin/kept.py"}


def test_a_build_that_fails_leaves_nothing(lock: Path, tmp_path: Path) -> None:
    layer = layer_of(lock, project=tmp_path)

    def fails(arguments: Sequence[str]) -> None:
        Pip()(arguments)
        raise CommandFailed("no network")

    with pytest.raises(CommandFailed):
        layer.build(fails)
    assert list(layer.folder.parent.iterdir()) == []
    with pytest.raises(ToolMissing, match="Run `make setup`"):
        layer.require()


def test_its_name_is_of_the_pins_and_not_of_the_place(lock: Path, tmp_path: Path) -> None:
    first = layer_of(lock, project=tmp_path).digest
    lock.write_text("# another comment\n\n" + LOCK)
    assert layer_of(lock, project=tmp_path / "elsewhere").digest == first
    lock.write_text(LOCK.replace("00", "01"))
    assert layer_of(lock, project=tmp_path).digest != first


def test_pip_takes_wheels_of_the_target_by_hash_and_nothing_else(tmp_path: Path) -> None:
    arguments = pip_arguments(tmp_path / "lock", tmp_path / "to")

    assert {"--require-hashes", "--no-deps", "--only-binary=:all:", "--no-compile"} <= set(arguments)
    assert arguments[arguments.index("--python-version") + 1] == "3.13"
    assert all(tag.endswith("_aarch64") for flag, tag in pairwise(arguments) if flag == "--platform")


def test_the_authorizers_lock_pins_by_hash_and_names_no_place() -> None:
    text = (ROOT / "lambdas" / "authorizer" / "requirements.lock").read_text()
    wanted = (ROOT / "lambdas" / "authorizer" / "requirements.txt").read_text()

    assert "://" not in text
    pins = re.findall(r"^([a-z]+==\S+) \\\n    --hash=sha256:[0-9a-f]{64}$", text, re.MULTILINE)
    assert sorted(pins) == sorted(line for line in wanted.splitlines() if line and not line.startswith("#"))
