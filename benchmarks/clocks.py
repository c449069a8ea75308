"""What the benchmarks of the functions measure with: microseconds of a call, and the processor time of a cold start."""

from __future__ import annotations

import os
import subprocess
import sys
import timeit
from collections.abc import Callable, Mapping
from pathlib import Path

__all__ = ["cold_start", "microseconds"]

_PROBE = """import sys, time
before = time.process_time()
{code}
print(time.process_time() - before, *sys.modules)"""


def microseconds(call: Callable[[], object], calls: int, *, rounds: int = 7) -> float:
    """Of one call, the best of several rounds: the floor is what is compared."""
    call()
    return min(timeit.repeat(call, number=calls, repeat=rounds)) / calls * 1e6


def cold_start(code: str, *, folder: Path, environment: Mapping[str, str]) -> tuple[float, set[str]]:
    """Seconds of processor that the code takes in a new interpreter, and the modules that are loaded then.

    Args:
        code: statements, `import handler` for instance.
        folder: of the function, which is its whole import path.
    """
    inherited = {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH")}
    path = os.pathsep.join([str(folder), inherited.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    run = subprocess.run(
        [sys.executable, "-c", _PROBE.format(code=code)],
        env={**inherited, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, *modules = run.stdout.split()
    return float(seconds), set(modules)
