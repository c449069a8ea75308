"""From ``gatewright up`` to the first 200, and what a canary step and a rollback take on the embedded AWS.

Uses a copy of the project in a temporary folder with an engine of its own on a free port.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
COPIED = ("gateway.yaml", "cdk.json", "package.json", "infra", "stacks", "lambdas")
REGION = "us-east-1"
_CLIENTS = itertools.count()


def measure() -> list[dict[str, Any]]:
    """Rows of what was timed, in seconds, by the wall clock."""
    with tempfile.TemporaryDirectory() as folder:
        project = _copy(Path(folder))
        rows = []
        try:
            started = time.perf_counter()
            up = json.loads(_gatewright(project, "up", "--port", "0", "--output", "json"))
            url = up["regions"][REGION] + "/api/checkout"
            _ask(url)
            rows.append({"what": "gatewright up to the first 200", "seconds": round(time.perf_counter() - started, 2)})
            environment = {
                "AWS_ENDPOINT_URL": up["endpoint"], "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_REGION": REGION,
            }  # fmt: skip
            logic = project / "lambdas" / "checkout" / "logic.py"
            logic.write_text(logic.read_text("utf-8").replace('RELEASE = "v1"', 'RELEASE = "v2"'), "utf-8")
            rows.append(_timed("gatewright deploy, one region", project, environment, "deploy", "--region", REGION))
            canary = ("canary", "start", "--region", REGION, "--percent", "10", "--yes")
            rows.append(_timed("canary start", project, environment, *canary))
            step = ("canary", "step", "--region", REGION, "--percent", "50", "--yes")
            rows.append(_timed("canary step", project, environment, *step))
            rows.append(_rollback(project, environment, url))
        finally:
            _gatewright(project, "down")
    return rows


def _rollback(project: Path, environment: dict[str, str], url: str) -> dict[str, Any]:
    """Asks the checkout all the while: when did the last answer of the canary come?"""
    last_canary = [0.0]
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            if b'"v2"' in _ask(url):
                last_canary[0] = time.perf_counter()

    watcher = threading.Thread(target=watch)
    watcher.start()
    time.sleep(0.5)
    started = time.perf_counter()
    row = _timed("canary rollback", project, environment, "canary", "rollback", "--region", REGION, "--yes")
    stop.set()
    watcher.join()
    return {**row, "last canary answer after": round(max(0.0, last_canary[0] - started), 2)}


def _timed(what: str, project: Path, environment: dict[str, str], *arguments: str) -> dict[str, Any]:
    started = time.perf_counter()
    with _set(environment):
        _gatewright(project, *arguments)
    return {"what": what, "seconds": round(time.perf_counter() - started, 2)}


@contextlib.contextmanager
def _set(variables: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _gatewright(project: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(project), "NO_COLOR": "1"}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
    command = [sys.executable, "-m", "infra.cli", *arguments]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"gatewright {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


def _ask(url: str) -> bytes:
    client = f"2001:db8:{next(_CLIENTS):x}::1"  # the shop limits an address
    asked = urllib.request.Request(url, headers={"X-Viewer-Address": client})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        body: bytes = answer.read()
        return body


def _copy(folder: Path) -> Path:
    for name in COPIED:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    for name in ("node_modules", "build"):
        (folder / name).symlink_to(PROJECT / name)
    return folder
