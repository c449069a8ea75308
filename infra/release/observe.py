"""Reads what one region is in, from AWS and the ledger, into a `Situation`. Touches AWS, changes nothing.

Costs two calls for the stack and the stages, one more for the releases, and two to four reads of the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from infra.errors import NotFound
from infra.release.awsclient import AwsClient
from infra.release.ledger import Ledger
from infra.release.situation import Condition, Situation, Stage

__all__ = ["ledger_table", "observe", "previous_baseline", "refresh", "stack_name", "with_versions"]


def stack_name(gateway: str, region: str) -> str:
    return f"Gatewright-{gateway}-{region}"


def ledger_table(gateway: str) -> str:
    return f"gatewright-{gateway}-ledger"


def observe(aws: AwsClient, ledger: Ledger, *, gateway: str, with_history: bool = False) -> Situation:
    """Everything the planners read about one region.

    Args:
        with_history: also read the manifests and the release from before (for prune, release rollback and lists).
    """
    stack = aws.stack(stack_name(gateway, aws.region))
    empty = Situation(gateway=gateway, region=aws.region, stack=stack)
    if stack.condition is Condition.ABSENT or "RestApiId" not in stack.outputs:
        return empty
    api_id = stack.outputs["RestApiId"]
    mine, others = _split(aws.stages(api_id), stack.outputs.get("StageName", ""))
    situation = replace(
        empty,
        api_id=api_id,
        stage=mine,
        other_stages=others,
        deployments=aws.deployments(api_id),
        newest=stack.outputs.get("ReleaseDeployment", ""),
        intent=ledger.intent(),
        lock=ledger.lock(),
    )
    if not with_history:
        return situation
    return replace(
        situation,
        manifests=ledger.manifests(),
        previous_baseline=previous_baseline(ledger.history(), situation.serving),
    )


def refresh(situation: Situation, aws: AwsClient) -> Situation:
    """The same situation with stack and stages read again: what the checks of steps look at."""
    stack = aws.stack(situation.stack.name)
    try:
        stages = aws.stages(situation.api_id)
    except NotFound:
        stages = ()
    mine, others = _split(stages, situation.stack.outputs.get("StageName", ""))
    return replace(situation, stack=stack, stage=mine, other_stages=others)


def with_versions(situation: Situation, aws: AwsClient) -> Situation:
    """Adds every published version of every function that a known release calls."""
    functions = {arn.rpartition(":")[0] for arns in situation.manifests.values() for arn in arns}
    found = [arn for function in sorted(functions) for arn in aws.versions(function)]
    return replace(situation, published=tuple(found))


def previous_baseline(history: Iterable[Mapping[str, Any]], serving: str) -> str:
    """The release that the serving one replaced, by the latest promotion in the history (newest first).

    Only promotions count: after a release rollback, the release before is not the one that was just left.
    """
    for entry in history:
        if entry["operation"] == "promote" and entry["target"] == serving and entry["baseline"] != serving:
            return str(entry["baseline"])
    return ""


def _split(stages: tuple[Stage, ...], name: str) -> tuple[Stage | None, tuple[Stage, ...]]:
    mine = next((stage for stage in stages if stage.name == name), None)
    return mine, tuple(stage for stage in stages if stage.name != name)
