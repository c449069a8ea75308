"""Rule: CloudWatch centralization copies the EU's log groups to a region outside. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from infra.residency.side_paths.model import Resource, Rule, SidePath, region_text, soft

__all__ = ["RULE"]


def _find(resource: Resource, allowed: Collection[str]) -> Iterator[SidePath]:
    if resource.type != "AWS::ObservabilityAdmin::OrganizationCentralizationRule":
        return
    rule = _dict(_dict(soft(resource.scope, resource.properties)).get("Rule"))
    sources = _dict(rule.get("Source")).get("Regions")
    # Sources that the template does not decide may be any, also the EU.
    inside = (
        sorted(set(sources) & set(allowed))
        if isinstance(sources, list) and all(isinstance(one, str) for one in sources)
        else [""]
    )
    destination = _dict(rule.get("Destination"))
    backup = _dict(_dict(destination.get("DestinationLogsConfiguration")).get("BackupConfiguration"))
    targets = [("copies logs", region_text(destination.get("Region")))]
    targets += [("backs logs up", region_text(backup.get("Region")))] if backup else []
    for what, region in targets:
        if inside and region not in allowed:
            advice = "Centralize the EU's logs in a region of the EU"
            yield resource.path(RULE.id, region, what, advice, region=inside[0] or "any region")


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


RULE = Rule(
    id="logs-centralized-elsewhere",
    title="Log groups of the EU are copied to a region outside",
    why="Access logs and function logs may hold personal data; a copy elsewhere is a transfer.",
    source_url="https://docs.aws.amazon.com/cloudwatch/latest/observabilityadmin/API_CentralizationRule.html",
    find=_find,
)
