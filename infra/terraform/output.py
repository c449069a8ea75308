"""The output folder: a plan of the files to write, and the one executor that writes them. Touches the folder and nothing else.

`gatewright.json` in it says whose it is and which digests we wrote, so that a file that somebody else made or changed is seen and
not overwritten. Each file appears whole or not at all, and a digest is noted before its file is written: a run that was killed
is finished by the next one.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from infra.errors import ConfigError, Finding, Refused
from infra.release.home import VARIABLES, Variables, read_variables, write_variables
from infra.terraform.applied import applied_releases
from infra.terraform.synth import Synthesis

__all__ = ["MARKER", "OutputPlan", "Write", "apply", "plan_output"]

MARKER = "gatewright.json"
Kind = Literal["create", "update", "keep", "remove"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One file: what becomes of it. ``content`` is None for one that is removed."""

    path: str
    kind: Kind
    content: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputPlan:
    """What a synth does to a folder.

    Args:
        writes: every generated file, the unchanged ones too.
        variables: root -> the variables that its file will have.
        left: roots of regions that gateway.yaml no longer has; they are left alone, because what they deployed is still there.
    """

    folder: Path
    gateway: str
    writes: tuple[Write, ...]
    variables: Mapping[str, Variables]
    left: tuple[str, ...]

    @property
    def changes(self) -> tuple[Write, ...]:
        return tuple(write for write in self.writes if write.kind != "keep")


def plan_output(synthesis: Synthesis, folder: Path, *, gateway: str, force: bool) -> OutputPlan:
    """Compare with what is there.

    Raises:
        Refused: the folder, or a file in it, is somebody else's, and ``force`` is not given.
        ConfigError: a variables file has values out of range.
    """
    noted = _read_marker(folder, gateway, force=force)
    writes = tuple(_write(folder, path, content, noted, force=force) for path, content in synthesis.files.items())
    stale = sorted(path for path in noted if path.startswith("assets/") and path not in synthesis.files)
    removed = tuple(Write(path=path, kind="remove", content=None) for path in stale if (folder / path).is_file())
    variables = {
        name: _variables(folder / name, release, remote=synthesis.remote)
        for name, release in synthesis.releases.items()
    }
    roots = {path.partition("/")[0] for path in noted if path.endswith("/main.tf.json")}
    left = tuple(sorted(roots - set(synthesis.roots)))
    return OutputPlan(folder=folder, gateway=gateway, writes=(*writes, *removed), variables=variables, left=left)


def apply(plan: OutputPlan) -> None:
    """Write what differs, the variables before the roots: a root must never be there without the releases it keeps."""
    try:
        plan.folder.mkdir(parents=True, exist_ok=True)
        _note(plan, both=True)
        for name, variables in plan.variables.items():
            (plan.folder / name).mkdir(exist_ok=True)
            write_variables(plan.folder / name / VARIABLES, variables)
        for write in plan.changes:
            target = plan.folder / write.path
            if write.content is None:
                target.unlink(missing_ok=True)
            else:
                _put(target, write.content)
        _note(plan, both=False)
    except OSError as error:
        raise Refused(f"{plan.folder}: {error}. Make the folder writable, or give another one with --out.") from error


def _read_marker(folder: Path, gateway: str, *, force: bool) -> dict[str, list[str]]:
    """Path -> digests that we wrote, or were about to write."""
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder}: is a file, and the roots need a folder. Give another one with --out.")
    if not folder.exists() or not any(folder.iterdir()):
        return {}
    document = _marker(folder / MARKER)
    if document is None:
        if force:
            return {}
        raise Refused(
            f"{folder}: has files, and none of ours. Give another folder with --out, or --force to write beside and over them."
        )
    if document["gateway"] != gateway and not force:
        raise Refused(
            f"{folder}: is the folder of gateway {document['gateway']!r}, not of {gateway!r}. Give another one with --out, "
            "or --force to write over it."
        )
    files: dict[str, list[str]] = document["files"]
    return files


def _marker(file: Path) -> dict[str, Any] | None:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("files"), dict):
        problem, advice = (
            "is not what gatewright wrote",
            "Restore it from version control, or remove it and use --force",
        )
        raise ConfigError([Finding(file=str(file), line=0, column=0, path="files", problem=problem, advice=advice)])
    return {"gateway": document.get("gateway", ""), "files": document["files"]}


def _write(folder: Path, path: str, content: bytes, noted: Mapping[str, list[str]], *, force: bool) -> Write:
    target = folder / path
    if not target.exists():
        return Write(path=path, kind="create", content=content)
    there = target.read_bytes() if target.is_file() else b""
    if there == content:
        return Write(path=path, kind="keep", content=content)
    if _digest(there) not in noted.get(path, ()) and not force:
        raise Refused(
            f"{target}: was not written by gatewright, or was changed since. Put changes of your own into a file beside it "
            "(Terraform merges *_override.tf.json), or give --force to write over it."
        )
    return Write(path=path, kind="update", content=content)


def _variables(root: Path, release: str, *, remote: bool) -> Variables:
    """What the file has, with this release added, and without those that are known not to be deployed.

    A state without any release is what `terraform destroy` leaves: the baseline was destroyed too, and the next apply is a first one.
    """
    there = read_variables(root / VARIABLES) or Variables()
    applied = applied_releases(root, remote=remote, pinned=bool(there.baseline))
    if applied is not None and not applied:
        there = Variables()
    kept = [name for name in there.releases if applied is None or name in applied]
    return replace(there, releases=()).keeping([*kept, release])


def _note(plan: OutputPlan, *, both: bool) -> None:
    """Write the marker; with ``both``, what is there now is ours as well as what will be."""
    files: dict[str, list[str]] = {}
    for write in plan.writes:
        there = plan.folder / write.path
        digests = [_digest(write.content)] if write.content is not None else []
        if both and there.is_file():
            digests = sorted({*digests, _digest(there.read_bytes())})
        if digests:
            files[write.path] = digests
    document = {"gateway": plan.gateway, "about": "written by gatewright terraform synth", "files": files}
    old = _marker(plan.folder / MARKER) if (plan.folder / MARKER).is_file() else None
    for path, digests in (old["files"] if old else {}).items():
        if path.partition("/")[0] in plan.left:
            files.setdefault(path, digests)
    _put(plan.folder / MARKER, (json.dumps(document, indent=2, sort_keys=True) + "\n").encode())


def _put(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        staging.write_bytes(content)
        staging.replace(target)
    finally:
        staging.unlink(missing_ok=True)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
