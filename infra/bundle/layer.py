"""A Lambda layer from a lock file, without Docker: pip fetches the wheels of the target, whatever this machine is.

Touches `build/layer` below the project and, when the layer is not there yet, the package registry that pip is set to. It is
built by `make setup` and never at synthesis, which stays offline. A layer is named by what goes in (lock, architecture,
Python), so the templates are the same on every machine; the hashes in the lock pin what comes out.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.bundle.target import ARCHITECTURE, PLATFORMS, PYTHON
from infra.errors import CommandFailed, ToolMissing

__all__ = ["Layer", "layer_of", "pip_arguments", "target_arguments"]

Run = Callable[[Sequence[str]], None]
# Programs and caches: a layer is imported from, and bytecode of another Python is no use to Lambda's.
_LEFT_OUT = ("bin", "__pycache__", "*.pyc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """The layer of one lock file.

    Args:
        lock: a pip requirements file with hashes.
        digest: 64 hexadecimal digits, of what goes in.
        folder: where its content is, or will be: `python/` with the packages.
    """

    lock: Path
    digest: str
    folder: Path

    def require(self) -> Path:
        """The folder.

        Raises:
            ToolMissing: it was not built.
        """
        if not (self.folder / "python").is_dir():
            raise ToolMissing(
                f"{self.lock}: its layer for {ARCHITECTURE} is not built on this machine. Run `make setup`."
            )
        return self.folder

    def build(self, run: Run | None = None) -> bool:
        """Builds it when it is not there; whether it had to. The folder appears whole or not at all.

        Raises:
            CommandFailed: pip could not fetch the wheels, or one has not the hash of the lock.
        """
        if (self.folder / "python").is_dir():
            return False
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder.parent) as staging:
            packages = Path(staging) / "layer" / "python"
            (run or _run)(pip_arguments(self.lock, packages))
            _tidy(packages)
            try:
                packages.parent.rename(self.folder)
            except OSError:  # another build was quicker
                self.require()
        return True


def layer_of(lock: Path, *, project: Path) -> Layer:
    """The layer of a lock file; reads the file and nothing else.

    Args:
        project: the folder that has `build`.
    """
    digest = hashlib.sha256("\n".join([ARCHITECTURE, PYTHON, *_pins(lock)]).encode()).hexdigest()
    return Layer(lock=lock, digest=digest, folder=project / "build" / "layer" / digest[:16])


def _pins(lock: Path) -> list[str]:
    """The lines that decide something."""
    lines = (line.strip() for line in lock.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def pip_arguments(lock: Path, to: Path) -> list[str]:
    """Exactly the files of the lock, for the target and not for this machine; nothing is ever compiled or run."""
    return [
        *(
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-compile",
            "--no-deps",
            "--require-hashes",
        ),
        *target_arguments(),
        *("--target", str(to), "--requirement", str(lock)),
    ]


def target_arguments() -> list[str]:
    """Wheels of the target alone."""
    platforms = [argument for platform in PLATFORMS for argument in ("--platform", platform)]
    return ["--only-binary=:all:", "--implementation", "cp", "--python-version", PYTHON, *platforms]


def _run(arguments: Sequence[str]) -> None:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-3:]
        raise CommandFailed("pip could not build the layer: " + " ".join(last) + " Check the network and run it again.")


def _tidy(packages: Path) -> None:
    for pattern in _LEFT_OUT:
        for found in list(
            packages.rglob(pattern) if "*" in pattern or pattern == "__pycache__" else packages.glob(pattern)
        ):
            if found.is_dir():
                shutil.rmtree(found)
            else:
                found.unlink(missing_ok=True)
