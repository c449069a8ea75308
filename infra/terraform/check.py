"""Every root against the template of the same place: the differences of meaning, over all scenarios. Reads files, else pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.blueprint import names
from infra.config.model import Gateway
from infra.errors import ConfigError, Finding
from infra.terraform.meaning import SCENARIOS, Difference, Facts, Scenario, compare, read_root, read_template
from infra.terraform.synth import MAIN

__all__ = [
    "DNS",
    "Found",
    "Meaning",
    "check",
    "differences",
    "meaning_of_roots",
    "meaning_of_templates",
    "read_roots",
    "read_templates",
    "summary",
]

DNS = "dns"
_ZONE = "zone"


@dataclass(frozen=True, slots=True)
class Found:
    """A difference, and in which scenarios it shows."""

    difference: Difference
    scenarios: tuple[Scenario, ...]

    def __str__(self) -> str:
        always = len(self.scenarios) == len(SCENARIOS)
        return f"{self.difference}" + ("" if always else f"\n    when: {'; '.join(map(str, self.scenarios))}")


Meaning = Mapping[Scenario, Mapping[str, Facts]]
"""What an output means: in each scenario, by place."""


def check(gateway: Gateway, templates: Mapping[str, Any], roots: Mapping[str, Any]) -> tuple[Found, ...]:
    """Every difference, in the order of regions and names.

    Args:
        templates: place (a region, ``dns``, ``zone``) -> template.
        roots: name -> Terraform JSON.
    """
    return differences(meaning_of_templates(gateway, templates), meaning_of_roots(roots))


def differences(ours: Meaning, theirs: Meaning) -> tuple[Found, ...]:
    """Every difference between what the templates mean and what the roots do."""
    seen: dict[Difference, list[Scenario]] = {}
    for scenario in SCENARIOS:
        one, other = ours[scenario], theirs[scenario]
        for place in dict.fromkeys([*one, *other]):
            for difference in compare(place, one.get(place, {}), other.get(place, {})):
                seen.setdefault(difference, []).append(scenario)
    return tuple(Found(difference, tuple(scenarios)) for difference, scenarios in seen.items())


def meaning_of_templates(gateway: Gateway, templates: Mapping[str, Any]) -> Meaning:
    """What the CDK's templates mean."""
    return {scenario: _of_templates(gateway, templates, scenario) for scenario in SCENARIOS}


def meaning_of_roots(roots: Mapping[str, Any]) -> Meaning:
    """What Terraform's roots mean."""
    return {scenario: _of_roots(roots, scenario) for scenario in SCENARIOS}


def _of_templates(gateway: Gateway, templates: Mapping[str, Any], scenario: Scenario) -> dict[str, Facts]:
    """The zone's own stack is a part of DNS."""
    facts: dict[str, Facts] = {}
    for place, template in templates.items():
        region = place if place not in (DNS, _ZONE) else gateway.dns_region or ""
        found = read_template(template, region=region, scenario=scenario)
        facts.setdefault(DNS if place == _ZONE else place, {}).update(found)
    return facts


def _of_roots(roots: Mapping[str, Any], scenario: Scenario) -> dict[str, Facts]:
    """A resource that works in another region than its root's belongs to that region."""
    facts: dict[str, Facts] = {}
    for name, root in roots.items():
        for place, found in read_root(root, name=name, scenario=scenario).items():
            facts.setdefault(place, {}).update(found)
    return facts


def read_templates(gateway: Gateway, assembly: Path) -> dict[str, Any]:
    """The gateway's templates in a cloud assembly.

    Raises:
        ConfigError: the folder is not there, or has none of this gateway's.
    """
    wanted = {region.name: names.stack(gateway.name, region.name) for region in gateway.regions}
    wanted |= {DNS: names.dns_stack(gateway.name), _ZONE: names.zone_stack(gateway.name)}
    files = {place: assembly / f"{stack}.template.json" for place, stack in wanted.items()}
    found = {place: _read(file) for place, file in files.items() if file.is_file()}
    if not found:
        raise _wrong(assembly, "has no template of this gateway", "Run `cdk synth`, or leave --assembly out")
    return found


def read_roots(folder: Path) -> dict[str, Any]:
    """Every root below the output folder.

    Raises:
        ConfigError: the folder is not there, or has no roots.
    """
    found = {file.parent.name: _read(file) for file in sorted(folder.glob(f"*/{MAIN}"))}
    if not found:
        raise _wrong(folder, "has no roots", "Run `gatewright terraform synth` first, with the same --out")
    return found


def _read(file: Path) -> Any:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _wrong(file, f"cannot be read: {error}", "Synthesize it again") from None
    if not isinstance(document, dict):
        raise _wrong(file, "is not a JSON object", "Synthesize it again")
    return document


def _wrong(file: Path, problem: str, advice: str) -> ConfigError:
    return ConfigError([Finding(file=str(file), line=0, column=0, path="", problem=problem, advice=advice)])


def summary(gateway: Gateway, found: Sequence[Found]) -> str:
    """The last line."""
    if found:
        return f"gateway {gateway.name}: {len(found)} differences between CloudFormation and Terraform"
    return f"gateway {gateway.name}: CloudFormation and Terraform mean the same"
