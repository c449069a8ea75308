"""Templates on disk: given files, or everything that `cdk synth` wrote. Reads files, nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from infra.config.regions import known_regions
from infra.errors import ConfigError, Finding
from infra.residency.template import TemplateText

__all__ = ["find_templates", "read_file", "read_template_files"]

_ENDING = re.compile(r"(\.nested)?\.template\.json$")


def find_templates(assembly: Path) -> list[str]:
    """The templates of a cloud assembly, those of its stages too.

    Raises:
        ConfigError: there are none.
    """
    found = sorted(str(path) for path in assembly.rglob("*.template.json") if path.is_file())
    if not found:
        advice = "Run `npx cdk synth --all`, or give --template FILE... or --zone FILE"
        raise ConfigError([_finding(str(assembly), "has no *.template.json", advice)])
    return found


def read_template_files(names: Sequence[str]) -> list[TemplateText]:
    """Each as ``FILE`` or ``FILE=REGION``; without a region the assembly's manifest says it, or the file's name.

    Raises:
        ConfigError: with every file that cannot be read.
    """
    texts: list[TemplateText] = []
    findings: list[Finding] = []
    for name in dict.fromkeys(names):
        file, _, region = name.rpartition("=")
        if not file or region not in known_regions():
            file, region = name, ""
        try:
            text = read_file(Path(file))
        except ConfigError as error:
            findings += error.findings
            continue
        stack, planned = _planned(Path(file))
        texts.append(TemplateText(file=file, text=text, region=region or planned, stack=stack))
    if findings:
        raise ConfigError(findings)
    return texts


def read_file(path: Path) -> str:
    """The text of a file.

    Raises:
        ConfigError: it is not there or is no text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            [_finding(str(path), f"cannot be read: {error.strerror}", "Give a file that is there")]
        ) from None
    except UnicodeDecodeError:
        raise ConfigError([_finding(str(path), "is not UTF-8 text", "Give a JSON file")]) from None


def _planned(path: Path) -> tuple[str, str]:
    """Stack name and region, from the manifest beside the template."""
    try:
        manifest: Any = json.loads((path.parent / "manifest.json").read_text(encoding="utf-8"))
        artifacts = manifest["artifacts"].items()
        for artifact_id, artifact in artifacts:
            if artifact.get("properties", {}).get("templateFile") == path.name:
                region = artifact.get("environment", "").rsplit("/", 1)[-1]
                return artifact["properties"].get(
                    "stackName"
                ) or artifact_id, region if region in known_regions() else ""
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass  # no assembly around it, or not one of CDK's: the name is what is left
    name = _ENDING.sub("", path.name)
    return "", next((region for region in known_regions() if name == region or name.endswith(f"-{region}")), "")


def _finding(file: str, problem: str, advice: str) -> Finding:
    return Finding(file=file, line=0, column=0, path="$", problem=problem, advice=advice)
