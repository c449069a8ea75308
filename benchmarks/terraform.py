"""Roots of the shop, both regions and DNS: against the provider's prebuilt bindings on an equal stack, and against ``cdk synth``.

The bindings get the finished roots and make each resource again (`terraform_bindings`), and what they made is compared; so they are
spared the model, the OpenAPI document and the zips, which count on our side.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
BINDINGS = PROJECT / "benchmarks" / "terraform_bindings.py"
INTERPRETER = "GATEWRIGHT_BINDINGS_PYTHON"


def measure(*, runs: int = 3) -> list[dict[str, Any]]:
    """Median seconds and peak MiB of whole commands, after one run that warms caches; ratios are to the roots, run by run."""
    with tempfile.TemporaryDirectory() as folder:
        node = str(PROJECT / ".venv/bin/node")
        cdk = [node, str(PROJECT / "node_modules/aws-cdk/bin/cdk"), "synth", "--quiet", "--no-notices"]
        commands = {
            "terraform synth, two regions and DNS": [sys.executable, "-m", "infra.cli", "terraform", "synth", "--out"],
            "cdk synth, the same gateway": [*cdk, "--app", f"{sys.executable} -m stacks.app", "--output"],
        }
        bindings = _with_bindings()
        if bindings is not None:
            roots = Path(folder, "roots")
            _run([*commands["terraform synth, two regions and DNS"], str(roots)])
            commands["prebuilt bindings, the same resources"] = [bindings, str(BINDINGS), str(roots)]
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for run in range(runs + 1):
            for name, command in commands.items():
                figures = _run([*command, str(Path(folder, f"{len(taken[name])}-{name[:3]}{run}"))])
                taken[name] += [figures] if run else []
    first = next(iter(taken.values()))
    return [
        {
            "what": name,
            "seconds": round(statistics.median(seconds for seconds, _ in figures), 2),
            "peak MiB": round(max(peak for _, peak in figures)),
            "ratio": round(statistics.median(a / b for (a, _), (b, _) in zip(figures, first, strict=True)), 2),
        }
        for name, figures in taken.items()
    ]


def _with_bindings() -> str | None:
    """An interpreter that has the provider's prebuilt bindings; they are in no lock, because they are half a gigabyte."""
    named = os.environ.get(INTERPRETER)
    if named or importlib.util.find_spec("cdktn_provider_aws") is not None:
        return named or sys.executable
    print(
        "terraform: not compared with the prebuilt bindings, which are not installed. Install cdktn-provider-aws==25.8.1 with "
        f"cdktn==0.24.0 and constructs==10.7.2 into an environment of its own, and name its interpreter in {INTERPRETER}.",
        file=sys.stderr,
    )
    return None


def _run(command: list[str]) -> tuple[float, float]:
    """Wall seconds, and the largest process of the command in MiB."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment.update(
        CDK_VALIDATION="false", CDK_DISABLE_CLI_TELEMETRY="true", JSII_NODE=str(PROJECT / ".venv/bin/node")
    )
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, stderr=told)
        _, status, usage = os.wait4(process.pid, 0)  # of this process and those that it waited for
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            told.seek(0)
            raise SystemExit(f"{' '.join(command)}: {told.read()}")
    return seconds, usage.ru_maxrss / 1024
