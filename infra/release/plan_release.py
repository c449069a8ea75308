"""From a situation to the plans that move or remove whole releases: pin, release rollback, prune. Pure."""

from __future__ import annotations

from infra.errors import NothingToDo, Refused
from infra.release.calls import finish, forget_releases, point_stage, remove_canary, set_parameters, write_intent
from infra.release.plan import AnyTime, Plan, Request, Step
from infra.release.refusals import find_release, require_gateway, require_idle, require_same_or_no_intent
from infra.release.situation import Deployment, Intent, Situation

__all__ = ["plan_deploy_pin", "plan_prune", "plan_release_rollback", "releases_in_use"]


def plan_deploy_pin(s: Situation, *, request: Request) -> Plan:
    """Pin the baseline to what the stage serves, so that the next deploy publishes dark."""
    stage = require_gateway(s)
    intent = require_same_or_no_intent(s, "pin")
    _require_no_canary(s, "deploy")
    require_idle(s)
    serving = s.name_of(stage.deployment_id)
    if intent is None and s.stack.baseline == stage.deployment_id and s.stack.percent == 0:
        return Plan(operation="pin", region=s.region, summary=f"the baseline is pinned to {serving}")
    if intent is None:
        intent = _intent("pin", request, target=stage.deployment_id, baseline=stage.deployment_id)
    steps = (
        write_intent(intent),
        set_parameters(s, baseline=intent.target, percent=0, reason="from now on a deploy publishes dark"),
        remove_canary(s, reason="only if the stack update brought a canary back", guard=True),
        finish(intent),
    )
    return Plan(operation="pin", region=s.region, summary=f"pin the baseline to {serving}", steps=steps, intent=intent)


def plan_release_rollback(s: Situation, release: str, *, request: Request) -> Plan:
    """Give the stage back to an earlier release: one pointer. "" means the release that had the stage before."""
    stage = require_gateway(s)
    if not release:
        release = _previous(s)
    target = find_release(s, release).id
    intent = require_same_or_no_intent(s, "release-rollback", target=target)
    _require_no_canary(s, "roll back a release")
    require_idle(s)
    if intent is None and s.serving == target and s.agrees and s.stack.baseline:
        return Plan(operation="release-rollback", region=s.region, summary=f"{s.name_of(target)} already has the stage")
    if intent is None:
        intent = _intent("release-rollback", request, target=target, baseline=stage.deployment_id)
    steps = (
        write_intent(intent),
        point_stage(s, target=target, reason="the release gets the stage with this call"),
        set_parameters(s, baseline=target, percent=0, reason="the template learns of it"),
        remove_canary(s, reason="only if the stack update brought a canary back", guard=True),
        point_stage(s, target=target, reason="only if the stack update moved it", guard=True),
        finish(intent),
    )
    summary = f"{s.name_of(target)} gets all of {stage.name}, in place of {s.name_of(intent.baseline)}"
    return Plan(operation="release-rollback", region=s.region, summary=summary, steps=steps, intent=intent)


def _previous(s: Situation) -> str:
    if s.intent is not None and s.intent.operation == "release-rollback":
        return s.intent.target
    if s.previous_baseline and s.previous_baseline != s.serving and s.deployment(s.previous_baseline):
        return s.previous_baseline
    raise NothingToDo(
        f"{s.place}: the ledger knows no earlier release that is still there. Name one: "
        f"`gatewright release list --region {s.region}`, then `gatewright release rollback <release>`."
    )


def _require_no_canary(s: Situation, what: str) -> None:
    if s.canary is not None:
        raise Refused(
            f"{s.place}: cannot {what} while a canary is running: {s.name_of(s.canary.deployment_id)} at "
            f"{s.canary.percent:g} %. End it first: `gatewright canary promote --region {s.region}` or "
            f"`gatewright canary rollback --region {s.region}`."
        )


def releases_in_use(s: Situation) -> dict[str, str]:
    """Deployment id -> why it must stay."""
    uses: dict[str, str] = {}

    def use(deployment_id: str, why: str) -> None:
        if deployment_id:
            uses.setdefault(deployment_id, why)

    use(s.serving, "has the stage")
    use(s.stack.baseline, "is the pinned baseline")
    use(s.newest, "is the template's newest release")
    if s.canary:
        use(s.canary.deployment_id, "is the canary")
    for stage in s.other_stages:
        use(stage.deployment_id, f"has stage {stage.name}")
        if stage.canary:
            use(stage.canary.deployment_id, f"is the canary of stage {stage.name}")
    use(s.previous_baseline, "had the stage before, `release rollback` would return to it")
    return uses


def plan_prune(s: Situation, keep: int, *, request: Request) -> Plan:
    """Delete releases beyond the newest ``keep``, never one in use, and the function versions that only they called.

    A kept release whose versions the ledger does not know keeps all versions alive.
    """
    if keep < 0:
        raise Refused(f"--keep: {keep} is negative. Give how many releases to keep, for example 10.")
    require_gateway(s)
    require_same_or_no_intent(s, "prune")
    require_idle(s)
    by_age = sorted(s.deployments, key=lambda d: (d.created, d.id), reverse=True)
    uses = releases_in_use(s)
    doomed = [d for d in by_age[keep:] if d.id not in uses]
    kept = [d.id for d in s.deployments if d not in doomed]
    versions, notes = _unused_versions(s, kept)
    if not doomed and not versions:
        summary = f"all {len(kept)} releases are kept: none is both old and unused"
        return Plan(operation="prune", region=s.region, summary=summary, notes=notes, agreement=False)
    deletions = (*(_delete_deployment(s, d) for d in reversed(doomed)), *(_delete_version(arn) for arn in versions))
    forget = tuple(_forget(d.id) for d in doomed if d.id in s.manifests)
    record: dict[str, object] = {
        "id": request.id,
        "owner": request.owner,
        "started": request.now,
        "deployments": [d.id for d in doomed],
        "versions": list(versions),
    }
    first = _record(record, outcome="begun", reason="the decision is kept before anything is deleted")
    last = _record(record, outcome="done", reason="and that it was carried out")
    return Plan(
        operation="prune",
        region=s.region,
        summary=f"delete {len(doomed)} releases and {len(versions)} function versions, keep {len(kept)} releases",
        steps=(first, *deletions, *forget, *forget_releases(s, {d.id for d in doomed}), last),
        notes=notes,
        agreement=False,
    )


def _unused_versions(s: Situation, kept: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    unknown = [kept_id for kept_id in kept if kept_id not in s.manifests]
    if unknown:
        names = ", ".join(s.name_of(kept_id) for kept_id in unknown)
        return (), (f"function versions are left alone: the ledger does not know which ones {names} calls",)
    used = {arn for kept_id in kept for arn in s.manifests[kept_id]}
    return tuple(arn for arn in s.published if arn not in used), ()


def _record(record: dict[str, object], *, outcome: str, reason: str) -> Step:
    return Step(
        key=f"record-{outcome}",
        service="ledger",
        operation="record",
        parameters={**record, "operation": "prune", "outcome": outcome},
        reason=reason,
        done=AnyTime(),
    )


def _delete_deployment(s: Situation, deployment: Deployment) -> Step:
    return Step(
        key=f"delete-release-{deployment.id}",
        service="apigateway",
        operation="delete_deployment",
        parameters={"restApiId": s.api_id, "deploymentId": deployment.id},
        reason=f"release {deployment.release} is not in use and older than those kept",
        done=AnyTime(),
    )


def _delete_version(arn: str) -> Step:
    function, version = arn.split(":")[-2:]
    return Step(
        key=f"delete-version-{function}-{version}",
        service="lambda",
        operation="delete_function",
        parameters={"FunctionName": function, "Qualifier": version},
        reason="no kept release calls it",
        done=AnyTime(),
    )


def _forget(deployment_id: str) -> Step:
    return Step(
        key=f"forget-release-{deployment_id}",
        service="ledger",
        operation="forget_release",
        parameters={"deployment_id": deployment_id},
        reason="the release is gone",
        done=AnyTime(),
    )


def _intent(operation: str, request: Request, *, target: str, baseline: str) -> Intent:
    return Intent(
        id=request.id,
        operation=operation,
        target=target,
        percent=0,
        baseline=baseline,
        owner=request.owner,
        started=request.now,
    )
