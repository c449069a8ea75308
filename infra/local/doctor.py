"""What the laptop road needs and whether it is there. Looks at this interpreter, the project's folder and loopback; changes nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from infra.bundle import layer_of
from infra.errors import GatewrightError
from infra.local import engine, seam

__all__ = ["Examined", "examine"]

PACKAGES = ("aws-cdk-lib", "boto3", "ministack", "uvicorn", "aiohttp")
_TOOL_TIMEOUT_SECONDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One thing that was looked at; ``detail`` is its version or what to do."""

    what: str
    ok: bool
    detail: str


def examine(folder: Path) -> tuple[Examined, ...]:
    """Everything, good and bad, in the order in which it is needed."""
    cdk = [str(Path(sys.executable).parent / "node"), str(folder / "node_modules/aws-cdk/bin/cdk"), "--version"]
    return (
        Examined(what="python", ok=sys.version_info >= (3, 11), detail=sys.version.split()[0]),
        *(_package(name) for name in PACKAGES),
        _command("node", [cdk[0], "--version"]),
        _command("cdk", cdk),
        _checked("seam to ministack", lambda: f"as in {seam.PINNED_VERSION}" if seam.handlers() else ""),
        _layer(folder),
        _engine(folder),
    )


def _layer(folder: Path) -> Examined:
    """What the authorizer brings to Lambda; a gateway without tokens needs none."""
    lock = folder / "lambdas" / "authorizer" / "requirements.lock"
    if not lock.is_file():
        return Examined(what="authorizer's layer", ok=True, detail="none: this folder has no authorizer of its own")
    return _checked("authorizer's layer", lambda: layer_of(lock, project=folder).require().name)


def _package(name: str) -> Examined:
    try:
        return Examined(what=name, ok=True, detail=version(name))
    except PackageNotFoundError:
        return Examined(what=name, ok=False, detail="not installed: run `make setup`")


def _command(what: str, command: list[str]) -> Examined:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TOOL_TIMEOUT_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return Examined(what=what, ok=False, detail=f"{error}: run `make setup`")
    return Examined(what=what, ok=True, detail=done.stdout.strip())


def _checked(what: str, check: Callable[[], str]) -> Examined:
    try:
        return Examined(what=what, ok=True, detail=check())
    except GatewrightError as error:
        return Examined(what=what, ok=False, detail=str(error))


def _engine(folder: Path) -> Examined:
    running = engine.find(folder)
    if running is None:
        return Examined(what="engine", ok=True, detail="not running: `gatewright up`")
    off = (engine.health(running.port) or {}).get("down") or []
    note = f"; switched off: {', '.join(off)} (`gatewright region up REGION`)" if off else ""
    return Examined(what="engine", ok=True, detail=f"{running.endpoint}{note}")
