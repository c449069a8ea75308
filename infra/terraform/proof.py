"""A Terraform root as the templates that the residency proof reads. Pure.

The proof knows CloudFormation; `meaning` has what a root means in its words. References that only a deployment decides get
stand-ins with the form of the real name, which say the region and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.residency.shape import planned_target
from infra.residency.template import TemplateText
from infra.terraform.meaning import Facts, Scenario, read_root

__all__ = ["as_templates", "is_root"]

_TOLD = re.compile(r"<(\w+)Domain(Target|Zone) of ([a-z0-9-]+)>")
_SYMBOL = re.compile(r"<([a-z0-9_]+)>")


def is_root(text: str) -> bool:
    """Whether this is Terraform JSON and not a template."""
    try:
        document = json.loads(text)
    except ValueError:
        return False
    return isinstance(document, dict) and "terraform" in document and "Resources" not in document


def as_templates(root: TemplateText) -> list[TemplateText]:
    """One template for each place that the root makes something in."""
    document = json.loads(root.text)
    providers = document.get("provider", {}).get("aws", [])
    own = next((one["region"] for one in providers if "alias" not in one and "region" in one), root.region)
    name = Path(root.file).resolve().parent.name
    places = read_root(document, name=name, scenario=Scenario())
    return [
        TemplateText(
            file=root.file,
            text=json.dumps(_template(facts)),
            region=own if place == name else place,
            stack=f"{name}-{place}",
        )
        for place, facts in places.items()
        if facts
    ]


def _template(facts: Facts) -> dict[str, Any]:
    ids = {label: f"R{number}" for number, (kind, label) in enumerate(facts) if kind.startswith("AWS::")}
    resources = {
        ids[label]: {"Type": kind, "Properties": _said(properties, ids)}
        for (kind, label), properties in facts.items()
        if kind.startswith("AWS::")
    }
    return {"Resources": resources}


def _said(value: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _said(one, ids) for key, one in value.items() if key != "(kept)"}
    if isinstance(value, list):
        return [_said(one, ids) for one in value]
    if not isinstance(value, str):
        return value
    if told := _TOLD.fullmatch(value):
        host, what, region = told.groups()
        target = planned_target(host, region)
        return target.dns_name if what == "Target" else target.zone_id
    if (found := _SYMBOL.fullmatch(value)) and found.group(1) in ids:
        return {"Ref": ids[found.group(1)]}
    return value
