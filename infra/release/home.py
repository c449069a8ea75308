"""Where a gateway that Terraform deployed keeps what a CloudFormation stack keeps: parameters in the root's variables file,
outputs in the ledger. Touches the file it is given, and DynamoDB through the client.

The variables file is written whole or not at all, and keeps what it does not know, so users may add variables of their own.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from infra.errors import CloudError, ConfigError, Finding, NotFound
from infra.release.awsclient import FUNCTIONS_OUTPUT, AwsClient
from infra.release.situation import Condition, Stack

__all__ = [
    "BASELINE_PATTERN",
    "OUTPUTS_KEY",
    "OUT_OF_REACH",
    "VARIABLES",
    "TerraformAws",
    "Variables",
    "at_home",
    "outputs_of_root",
    "read_variables",
    "write_parameters",
    "write_variables",
]

VARIABLES = "gateway.auto.tfvars.json"
OUTPUTS_KEY = "terraform"
OUT_OF_REACH = "(on another machine)"  # stands for the variables file where there is none
BASELINE_PATTERN = "^[a-z0-9]*$"
_RELEASE = re.compile(r"[0-9a-f]{8}")
_KNOWN = ("baseline_deployment", "canary_percent", "releases")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """What the next `terraform apply` is told.

    Args:
        baseline: deployment id that has the stage; "" gives it to the configuration's own release.
        percent: share of the stage for the configuration's release.
        releases: names of releases that are kept, oldest first.
    """

    baseline: str = ""
    percent: float = 0.0
    releases: tuple[str, ...] = ()

    def keeping(self, names: Sequence[str]) -> Variables:
        """The same with these names too, in order and once."""
        return replace(self, releases=tuple(dict.fromkeys([*self.releases, *names])))


def read_variables(file: Path) -> Variables | None:
    """The variables of a root; None when there is no file.

    Raises:
        ConfigError: the file is not JSON, or a value is out of range; with every finding.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([_finding(file, "", f"cannot be read: {error}", "Restore it from version control")]) from None
    document = _parse(file, text)
    findings = [found for found in _check(file, document) if found is not None]
    if findings:
        raise ConfigError(findings)
    return Variables(
        baseline=document.get("baseline_deployment", ""),
        percent=float(document.get("canary_percent", 0)),
        releases=tuple(document.get("releases", ())),
    )


def write_variables(file: Path, variables: Variables) -> bool:
    """Write them, keeping whatever else is in the file; whether anything changed."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    document: dict[str, Any] = _parse(file, text) if text else {}
    percent = variables.percent
    said = {
        "baseline_deployment": variables.baseline,
        "canary_percent": int(percent) if percent.is_integer() else percent,
        "releases": list(variables.releases),
    }
    new = json.dumps({**said, **{k: v for k, v in document.items() if k not in _KNOWN}}, indent=2) + "\n"
    if new == text:
        return False
    staging = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        staging.write_text(new, encoding="utf-8")
        staging.replace(file)
    finally:
        staging.unlink(missing_ok=True)
    return True


def write_parameters(parameters: Mapping[str, Any]) -> bool:
    """The step of a plan: baseline, share and releases into the file that it names; whether anything changed.

    Raises:
        CloudError: the file is out of reach (`infra.release.away`), and the stage is not what it should learn of.
    """
    if parameters["file"] == OUT_OF_REACH:
        raise CloudError(
            "The stage is not what this step left it as: something else moved it meanwhile. The next try looks again."
        )
    file = Path(parameters["file"])
    kept = tuple(name for name in parameters["releases"] if _is_release(name))
    return write_variables(
        file,
        Variables(
            baseline=parameters["baseline_deployment"],
            percent=float(parameters["canary_percent"]),
            releases=tuple(dict.fromkeys(kept)),
        ),
    )


@dataclass(slots=True, kw_only=True)
class TerraformAws(AwsClient):
    """AWS in a region whose gateway Terraform may have deployed: what stands for the stack is the root's variables file and the
    outputs that the root left in the ledger. A CloudFormation stack that is there comes first.

    Args:
        root: the root's folder.
        table: the ledger's.
    """

    root: Path
    table: str

    def stack(self, name: str) -> Stack:
        found = AwsClient.stack(self, name)
        if found.condition is not Condition.ABSENT:
            return found
        variables, outputs = read_variables(self.root / VARIABLES), outputs_of_root(self, self.table)
        if variables is None or not outputs:
            return found
        return Stack(
            name=name,
            status="CREATE_COMPLETE",
            baseline=variables.baseline,
            percent=variables.percent,
            outputs=outputs,
            function_versions=tuple(sorted(json.loads(outputs.get(FUNCTIONS_OUTPUT) or "[]"))),
            variables_file=str(self.root / VARIABLES),
        )


def outputs_of_root(aws: AwsClient, table: str) -> dict[str, str]:
    """What a Terraform root left in the ledger; empty when none did."""
    key = {"pk": {"S": OUTPUTS_KEY}, "sk": {"S": OUTPUTS_KEY}}
    try:
        answer = aws.call("dynamodb", "get_item", TableName=table, Key=key, ConsistentRead=True)
    except NotFound:
        return {}
    return {name: value["S"] for name, value in answer.get("Item", {}).items() if name not in ("pk", "sk")}


def at_home(aws: AwsClient, root: Path, table: str) -> AwsClient:
    """The client, with Terraform's root where there is one."""
    if not (root / VARIABLES).is_file():
        return aws
    return TerraformAws(
        region=aws.region, factory=aws.factory, sleep=aws.sleep, clock=aws.clock, root=root, table=table
    )


def _parse(file: Path, text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ConfigError([_finding(file, "", f"is not JSON: {error}", "Restore it from version control")]) from None
    if not isinstance(document, dict):
        raise ConfigError([_finding(file, "", "is not a JSON object", "Restore it from version control")])
    return document


def _check(file: Path, document: Mapping[str, Any]) -> list[Finding | None]:
    baseline, percent, releases = (document.get(key) for key in _KNOWN)
    return [
        _unless(
            baseline is None or (isinstance(baseline, str) and re.fullmatch(BASELINE_PATTERN, baseline) is not None),
            lambda: _finding(file, _KNOWN[0], f"is {baseline!r}", "A deployment id: lower-case letters and digits"),
        ),
        _unless(
            percent is None or (_is_number(percent) and 0 <= percent <= 100),
            lambda: _finding(file, _KNOWN[1], f"is {percent!r}", "A number from 0 to 100"),
        ),
        _unless(
            releases is None or (isinstance(releases, list) and all(_is_release(name) for name in releases)),
            lambda: _finding(file, _KNOWN[2], f"is {releases!r}", "A list of names of eight hexadecimal digits"),
        ),
    ]


def _unless(fine: bool, finding: Callable[[], Finding]) -> Finding | None:
    return None if fine else finding()


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_release(value: object) -> bool:
    return isinstance(value, str) and _RELEASE.fullmatch(value) is not None


def _finding(file: Path, path: str, problem: str, advice: str) -> Finding:
    return Finding(file=str(file), line=0, column=0, path=path, problem=problem, advice=advice)
