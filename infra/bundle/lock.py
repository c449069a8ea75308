"""A layer's lock file: the one file of each requirement for the target, by hash. Fetches no package, asks pip which it would take.

A lock made for every platform would list a dozen files for each package, and which of them goes to Lambda would be a matter of
what was built where.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.bundle.layer import target_arguments
from infra.errors import CommandFailed

__all__ = ["lock_arguments", "lock_text", "write_lock"]

_HEAD = """\
# What the layer of this folder holds: the SHA-256 of the exact files for the processor and Python of infra/bundle/target.py.
# Made by `make lock` from requirements.txt, and from nothing that those packages ask for: they are listed whole.
"""


def lock_arguments(requirements: Path) -> list[str]:
    """pip's, to say as JSON on standard output what it would install (pip user guide, "Installation report")."""
    return [
        *(
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--dry-run",
            "--ignore-installed",
            "--no-deps",
        ),
        *target_arguments(),
        *("--target", "unused", "--report", "-", "--requirement", str(requirements)),
    ]


def lock_text(report: Mapping[str, Any]) -> str:
    """The lock file of pip's report: names, versions and hashes, no addresses.

    Raises:
        CommandFailed: a requirement is not an archive with a hash (a folder, a repository).
    """
    lines = []
    for one in report["install"]:
        name, version = one["metadata"]["name"], one["metadata"]["version"]
        digest = one["download_info"].get("archive_info", {}).get("hashes", {}).get("sha256")
        if digest is None:
            raise CommandFailed(f"{name} {version} has no archive with a hash; name a released version of it")
        lines.append(f"{name}=={version} \\\n    --hash=sha256:{digest}\n")
    return _HEAD + "".join(sorted(lines))


def write_lock(requirements: Path, run: Callable[[Sequence[str]], str] | None = None) -> Path:
    """Writes `requirements.lock` beside the requirements.

    Raises:
        CommandFailed: pip found no file for the target.
    """
    lock = requirements.with_suffix(".lock")
    lock.write_text(lock_text(json.loads((run or _run)(lock_arguments(requirements)))), encoding="utf-8")
    return lock


def _run(arguments: Sequence[str]) -> str:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CommandFailed(
            "pip could not choose the layer's files: " + " ".join(done.stderr.strip().splitlines()[-2:])
        )
    return done.stdout
