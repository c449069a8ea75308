"""``cdk synth`` of the shop in both regions against an empty app, and how synth grows with the number of routes."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parent.parent
EMPTY_APP = """import sys
sys.dont_write_bytecode = False
import aws_cdk as cdk
app = cdk.App(analytics_reporting=False)
cdk.CfnResource(cdk.Stack(app, "Empty"), "Handle", type="AWS::CloudFormation::WaitConditionHandle")
app.synth()
"""
METHODS = ("GET", "POST", "PUT", "DELETE")


def measure(*, runs: int = 5) -> list[dict[str, Any]]:
    """Medians in seconds of the whole ``cdk synth`` command, and ratios pair by pair, after one run that warms caches."""
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.py"
        empty.write_text(EMPTY_APP, encoding="utf-8")
        empty_command = f"{sys.executable} {empty}"
        rows = [
            {
                "what": "shop, two regions, domain proved",
                **_against(_app(PROJECT / "gateway.yaml"), empty_command, runs),
            }
        ]
        bare = _without_dns(Path(folder) / "bare")
        rows.append({"what": "shop, two regions, no DNS and no proof", **_against(_app(bare), empty_command, runs)})
        for routes in (10, 100, 1000):
            gateway = _gateway_with(routes, Path(folder) / str(routes))
            rows.append({"what": f"{routes} routes, two regions", **_against(_app(gateway), empty_command, runs)})
    return rows


def _without_dns(folder: Path) -> Path:
    """The shop without the stacks of its domain, and so without the proof at synthesis."""
    folder.mkdir()
    shutil.copytree(PROJECT / "lambdas", folder / "lambdas", symlinks=True)
    document = yaml.safe_load((PROJECT / "gateway.yaml").read_text(encoding="utf-8"))
    document["dns"] = {"zone": "none"}
    (folder / "gateway.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return folder / "gateway.yaml"


def _app(gateway: Path) -> str:
    return f"{sys.executable} -m stacks.app|{gateway}"


def _against(command: str, empty: str, runs: int) -> dict[str, Any]:
    pairs = [(_synth(command), _synth(empty)) for _ in range(runs + 1)][1:]
    return {
        "seconds": round(statistics.median(a for a, _ in pairs), 2),
        "empty app": round(statistics.median(b for _, b in pairs), 2),
        "ratio": round(statistics.median(a / b for a, b in pairs), 2),
    }


def _synth(command: str) -> float:
    app, _, gateway = command.partition("|")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    node = str(PROJECT / ".venv/bin/node")
    environment.update(CDK_VALIDATION="false", CDK_DISABLE_CLI_TELEMETRY="true", JSII_NODE=node)
    arguments = [node, str(PROJECT / "node_modules/aws-cdk/bin/cdk"), "synth", "--quiet"]
    arguments += ["--app", app, "--no-notices"] + (["--context", f"gateway={gateway}"] if gateway else [])
    with tempfile.TemporaryDirectory() as out:
        started = time.perf_counter()
        done = subprocess.run(
            [*arguments, "--output", out], cwd=PROJECT, env=environment, check=False, capture_output=True, text=True
        )
        if done.returncode != 0:
            raise SystemExit(f"cdk synth of {app}: {done.stderr}")
        return time.perf_counter() - started


def _operation(name: str) -> dict[str, Any]:
    return {"operationId": name, "responses": {"200": {"description": "done"}}}


def _gateway_with(routes: int, folder: Path) -> Path:
    """A gateway of one service with so many operations, below API Gateway's 300 resources."""
    folder.mkdir()
    (folder / "backend").mkdir()
    (folder / "backend" / "handler.py").write_text("def handler(event, context):\n    return {}\n", encoding="utf-8")
    methods = METHODS if routes > 250 else METHODS[:1]
    paths = {
        f"/item{n}": {method.lower(): _operation(f"{method.lower()}{n}") for method in methods}
        for n in range(routes // len(methods))
    }
    fragment = {"openapi": "3.0.1", "info": {"title": "bench", "version": "1"}, "paths": paths}
    (folder / "operations.yaml").write_text(yaml.safe_dump(fragment), encoding="utf-8")
    service = {"path": "/api", "lambda": "backend", "timeout": "5s", "operations": "operations.yaml"}
    regions = {"us-east-1": {"jurisdiction": "us"}, "eu-west-1": {"jurisdiction": "eu"}}
    document = {"gateway": "bench", "regions": regions, "services": {"bench": service}}
    (folder / "gateway.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    return folder / "gateway.yaml"
