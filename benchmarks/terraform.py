"""Roots of the shop in both regions against the provider's prebuilt bindings (where they are installed) and against ``cdk synth``."""

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
# The same kinds of resources as the shop's roots have, in one region; twice, as the shop has two.
BINDINGS = """import sys
sys.dont_write_bytecode = False
import cdktn
from cdktn_provider_aws.provider import AwsProvider
from cdktn_provider_aws.api_gateway_rest_api import ApiGatewayRestApi
from cdktn_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktn_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktn_provider_aws.iam_role import IamRole
from cdktn_provider_aws.lambda_function import LambdaFunction
app = cdktn.App(outdir=sys.argv[1])
for region in ("us-east-1", "eu-west-1"):
    stack = cdktn.TerraformStack(app, region)
    AwsProvider(stack, "aws", region=region)
    ApiGatewayRestApi(stack, "api", name="shop", body="{}")
    for n in range(5):
        role = IamRole(stack, f"role{n}", assume_role_policy="{}")
        LambdaFunction(stack, f"f{n}", function_name=f"f{n}", role=role.arn, runtime="python3.13", handler="h.h", filename="x.zip")
        CloudwatchLogGroup(stack, f"logs{n}", name=f"/f{n}")
    for n in range(90):
        CloudwatchMetricAlarm(stack, f"a{n}", alarm_name=f"a{n}", comparison_operator="GreaterThanThreshold", evaluation_periods=1)
app.synth()
"""


def measure(*, runs: int = 3) -> list[dict[str, Any]]:
    """Median seconds and peak MiB of whole commands, after one run that warms caches; ratios are to the roots, run by run."""
    with tempfile.TemporaryDirectory() as folder:
        bindings = Path(folder, "bindings.py")
        bindings.write_text(BINDINGS, encoding="utf-8")
        node = str(PROJECT / ".venv/bin/node")
        cdk = [node, str(PROJECT / "node_modules/aws-cdk/bin/cdk"), "synth", "--quiet", "--no-notices"]
        commands = {
            "terraform synth, two regions and DNS": [sys.executable, "-m", "infra.cli", "terraform", "synth", "--out"],
            "cdk synth, the same gateway": [*cdk, "--app", f"{sys.executable} -m stacks.app", "--output"],
        }
        if importlib.util.find_spec("cdktn_provider_aws") is not None:
            commands["prebuilt bindings, fewer resources"] = [sys.executable, str(bindings)]
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
