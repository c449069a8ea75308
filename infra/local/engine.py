"""The life of the embedded AWS as a background process: start, find, stop.

May touch: the ``.gatewright`` folder of the project (endpoint, pid, log), processes that we started, loopback sockets.
Starting twice finds the running one; a killed command leaves nothing that the next one cannot handle.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from infra.errors import LocalError, PortTaken

__all__ = ["DEFAULT_PORT", "HOME", "Engine", "environment", "find", "start", "stop"]

DEFAULT_PORT = 4566
"""The port that AWS emulators share by custom, so that existing tools find us."""

HOME = ".gatewright"
"""Folder beside gateway.yaml for what a run leaves: endpoint, pid, logs. Not for version control."""

_START_TIMEOUT_SECONDS = 60.0
_STOP_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A running engine: where it answers, and which process it is."""

    endpoint: str
    port: int
    pid: int


def environment(engine: Engine, *, region: str = "us-east-1") -> dict[str, str]:
    """The AWS environment variables that point every AWS tool at the engine; nothing secret, nothing of ours."""
    return {
        "AWS_ENDPOINT_URL": engine.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }


def health(port: int, *, timeout_seconds: float = 2.0) -> dict[str, Any] | None:
    """What the engine on ``port`` says of itself; None when no engine of ours answers there."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_gatewright/health", timeout=timeout_seconds) as answer:
            document = json.load(answer)
    except (urllib.error.URLError, OSError, ValueError):
        return None
    return document if isinstance(document, dict) and document.get("service") == "gatewright" else None


def find(folder: Path) -> Engine | None:
    """The engine that was started for this project and still answers; None when there is none."""
    try:
        known = Engine(**json.loads((folder / HOME / "engine.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    answer = health(known.port)
    return known if answer is not None and answer.get("pid") == known.pid else None


def start(
    folder: Path, *, port: int = DEFAULT_PORT, state: Path | None = None, progress: Callable[[str], None] = print
) -> Engine:
    """Starts the engine for the project in ``folder``, or finds the one that runs.

    Args:
        port: loopback port; 0 takes a free one.
        state: folder to keep state in over restarts; None means volatile.

    Raises:
        PortTaken: another program listens there.
        LocalError: the process ended or did not answer in time; the message ends with its last line.
    """
    running = find(folder)
    if running is not None:
        progress(f"The embedded AWS runs already: {running.endpoint}")
        return running
    port = _free_port() if port == 0 else port
    _refuse_taken(port)
    home = folder / HOME
    home.mkdir(exist_ok=True)
    log = home / "engine.log"
    command = [sys.executable, "-m", "infra.local.server", "--port", str(port), "--home", str(home.resolve())]
    if state is not None:
        command += ["--state", str(state)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            start_new_session=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )  # fmt: skip
    _await(process, port, log)
    engine = Engine(endpoint=f"http://127.0.0.1:{port}", port=port, pid=process.pid)
    (home / "engine.json").write_text(json.dumps(asdict(engine)) + "\n", encoding="utf-8")
    return engine


def stop(folder: Path) -> bool:
    """Ends the engine of this project; False when none was running. State that is not kept is gone."""
    engine = find(folder)
    file = folder / HOME / "engine.json"
    if engine is None:
        file.unlink(missing_ok=True)
        return False
    os.kill(engine.pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_TIMEOUT_SECONDS
    while _alive(engine.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    if _alive(engine.pid):
        os.kill(engine.pid, signal.SIGKILL)
    file.unlink(missing_ok=True)
    return True


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise LocalError(f"The embedded AWS ended at once: {_last_line(log)} (whole output: {log})")
        answer = health(port, timeout_seconds=0.5)
        if answer is not None and answer.get("pid") == process.pid:
            return
        time.sleep(0.05)
    process.kill()
    raise LocalError(f"The embedded AWS did not answer within {_START_TIMEOUT_SECONDS:.0f} s: {_last_line(log)}")


def _refuse_taken(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            whose = "another gatewright engine" if health(port) else "another program"
            raise PortTaken(
                f"Port {port} on 127.0.0.1 is taken by {whose}. Stop it, or choose another: `gatewright up --port 0`."
            ) from error


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _alive(pid: int) -> bool:
    try:
        finished, _ = os.waitpid(pid, os.WNOHANG)  # our own child leaves a zombie until it is reaped
        if finished == pid:
            return False
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
