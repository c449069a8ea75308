"""The code of a function: which files of its folder count, their hash, and the zip. Reads the folder.

The hash is the one that the CDK gives an asset of the folder (with these exclusions, links followed), so that one release has
one name whichever tool deploys it; a test holds the two equal. The zip has no times in it: same files, same bytes.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from infra.errors import ConfigError, Finding

__all__ = ["AUTHORIZER_NOT_CODE", "NOT_CODE", "code_files", "code_hash", "zip_content"]

# Left out of a function's zip, so that running or testing the code does not make a release of it.
NOT_CODE = ("__pycache__", "*.pyc", "tests", ".DS_Store", ".mypy_cache", ".pytest_cache", ".ruff_cache")
AUTHORIZER_NOT_CODE = (*NOT_CODE, "requirements.*")

# What the CDK leaves out of every asset by itself.
_CDK_OWN = ".is_custom_resource"
_DAY_ONE = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name


def code_files(folder: Path, exclude: Sequence[str] = NOT_CODE) -> Iterator[tuple[str, Path]]:
    """Path in the zip, and the file that it stands for; links are followed, each folder in the order of its names.

    Raises:
        ConfigError: the folder is not there.
    """
    if not folder.is_dir():
        problem = "there is no such folder"
        advice = "The folder holds handler.py; its path is relative to gateway.yaml"
        raise ConfigError([Finding(file=str(folder), line=0, column=0, path="lambda", problem=problem, advice=advice)])
    yield from _walk(folder, "", (_CDK_OWN, *exclude), (folder.resolve(),))


def _walk(folder: Path, prefix: str, exclude: Sequence[str], above: tuple[Path, ...]) -> Iterator[tuple[str, Path]]:
    for name in sorted(os.listdir(folder)):
        path = folder / name
        if any(_matches(name, pattern) for pattern in exclude):
            continue
        if path.is_dir():
            real = path.resolve()
            if real not in above:  # a link to a folder that it lies in
                yield from _walk(path, f"{prefix}{name}/", exclude, (*above, real))
        elif path.is_file():
            yield f"{prefix}{name}", path


def _matches(name: str, pattern: str) -> bool:
    """As a glob of the CDK: a leading dot is matched by a dot only."""
    return (pattern[0] == "." or name[0] != ".") and fnmatchcase(name, pattern)


def code_hash(folder: Path, exclude: Sequence[str] = NOT_CODE) -> str:
    """64 hexadecimal digits over names and contents; line ends of texts do not count."""
    digest = hashlib.sha256()

    def add(header: str, value: str) -> None:
        digest.update(f"\x01{header}\x02{value}\x03".encode())

    add("options.extra", "")
    add("options.follow", "always")
    for name, path in code_files(folder, exclude):
        content = path.read_bytes()
        if b"\0" not in content[:8192]:
            content = content.replace(b"\r\n", b"\n")
        add(f"file:{name}", f"{len(content)}:{hashlib.sha256(content).hexdigest()}")
    return digest.hexdigest()


def zip_content(folder: Path, exclude: Sequence[str] = NOT_CODE) -> bytes:
    """The zip that Lambda takes.

    Stored and not compressed: what a compressor makes differs between its versions, and other bytes would be another version
    of the function.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression=zipfile.ZIP_STORED) as archive:
        for name, path in code_files(folder, exclude):
            entry = zipfile.ZipInfo(name, _DAY_ONE)
            entry.create_system = 3  # Unix, wherever this runs
            entry.external_attr = (0o755 if os.access(path, os.X_OK) else 0o644) << 16
            archive.writestr(entry, path.read_bytes())
    return stream.getvalue()
