"""The lock of a layer is what pip would take for the target, by hash."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from infra.bundle.lock import lock_text, write_lock
from infra.errors import CommandFailed

ROOT = Path(__file__).parents[3]


def found(name: str, version: str, **archive: Any) -> dict[str, Any]:
    download = {"url": f"https://files.example/{name}.whl", **archive}
    return {"metadata": {"name": name, "version": version}, "download_info": download}


def hashed(digest: str) -> dict[str, Any]:
    return {"archive_info": {"hashes": {"sha256": digest}}}


def test_a_lock_has_versions_and_hashes_and_no_addresses(tmp_path: Path) -> None:
    asked: list[Sequence[str]] = []
    report = {"install": [found("b", "2", **hashed("22")), found("a", "1", **hashed("11"))]}

    def run(arguments: Sequence[str]) -> str:
        asked.append(arguments)
        return json.dumps(report)

    lock = write_lock(tmp_path / "requirements.txt", run)

    text = lock.read_text(encoding="utf-8")
    assert lock == tmp_path / "requirements.lock"
    assert "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#")) == (
        "a==1 \\\n    --hash=sha256:11\nb==2 \\\n    --hash=sha256:22\n"
    )
    assert "://" not in text
    assert {"--dry-run", "--only-binary=:all:", "manylinux_2_28_aarch64"} <= set(asked[0])


def test_what_has_no_hash_is_refused() -> None:
    with pytest.raises(CommandFailed, match="a 1 has no archive"):
        lock_text({"install": [found("a", "1", dir_info={})]})


def test_the_locks_of_the_functions_are_of_their_requirements() -> None:
    for requirements in ROOT.glob("lambdas/*/requirements.txt"):
        wanted = {line for line in requirements.read_text().splitlines() if line and not line.startswith("#")}
        lock = requirements.with_suffix(".lock").read_text().splitlines()
        assert wanted == {line.removesuffix(" \\") for line in lock if "==" in line}
