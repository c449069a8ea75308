"""Pinned testers of one gateway in one region: look, and carry a plan out. Touches API Gateway, WAF and the ledger.

Looking costs five calls and two for each custom domain; a region without a pinned stage needs none of them to say that nobody is pinned.
A pin changes what clients get, so it takes the region's lock as every canary command does and is kept in the history: first as begun,
then as done, so that a run that died is seen there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from infra.errors import CloudError, NotFound, NothingToDo
from infra.release.pins import DEFAULT_MODE, Domain, Header, Scene, plan_unpin
from infra.release.plan import Plan
from infra.release.situation import PIN, Situation, pinned_name
from infra.release.testers import PinnedHeader, pinned_headers, pinned_in

if TYPE_CHECKING:
    from infra.release.session import Session

__all__ = ["apply", "look", "unpin_locked", "who_is_pinned"]

_PAGE = 500

Planner = Callable[[Scene], Plan]


def who_is_pinned(session: Session, s: Situation) -> tuple[PinnedHeader, ...]:
    """Who is pinned in the region.

    Raises:
        CloudError: a call failed; none is made where nobody is pinned.
    """
    return pinned_in(look(session, s), s, session.history()) if s.pinned_stage else ()


def look(session: Session, situation: Situation | None = None) -> Scene:
    """The region as pins see it.

    Args:
        situation: what was observed just now, to spare the calls.

    Raises:
        NothingToDo: the gateway is not deployed here.
        CloudError: a call failed.
    """
    s, aws = situation or session.observe(), session.aws
    if s.stage is None:
        raise NothingToDo(f"{s.place}: no stage is deployed. Run `gatewright deploy --region {s.region}` first.")
    api, live = s.api_id, s.stage.name
    stages = {one["stageName"]: one for one in aws.call("apigateway", "get_stages", restApiId=api).get("item", [])}
    dark = s.newest if s.newest != s.serving else ""
    deployment = s.canary.deployment_id if s.canary else dark
    return Scene(
        gateway=session.gateway,
        region=session.region,
        api_id=api,
        live=stages[live],
        pinned=stages.get(pinned_name(live)),
        deployment=deployment or "",
        release=next((one.release for one in s.deployments if one.id == deployment), deployment or ""),
        domains=tuple(_domains(session, api, live)),
        plans=_plans(session, api, {live, pinned_name(live)}),
    )


def _domains(session: Session, api: str, live: str) -> Iterator[Domain]:
    for domain in _items(session, "get_domain_names"):
        name = domain["domainName"]
        for mapping in _items(session, "get_base_path_mappings", domainName=name):
            if (mapping.get("restApiId"), mapping.get("stage")) == (api, live):
                path = mapping.get("basePath", "(none)")
                mode = domain.get("routingMode") or DEFAULT_MODE
                yield Domain(
                    name=name, base_path="" if path == "(none)" else path, mode=mode, rules=tuple(_rules(session, name))
                )


def _rules(session: Session, domain: str) -> Iterator[Mapping[str, Any]]:
    request: dict[str, Any] = {"DomainName": domain}
    while True:
        answer = session.aws.call("apigatewayv2", "list_routing_rules", **request)
        yield from answer.get("RoutingRules", ())
        if not answer.get("NextToken"):
            return
        request["NextToken"] = answer["NextToken"]


def _plans(session: Session, api: str, stages: set[str]) -> dict[str, tuple[str, ...]]:
    found = {}
    for plan in _items(session, "get_usage_plans"):
        mine = tuple(one["stage"] for one in plan.get("apiStages", ()) if one.get("apiId") == api)
        if stages & set(mine):
            found[plan["id"]] = mine
    return found


def _items(session: Session, operation: str, **parameters: Any) -> Iterator[Mapping[str, Any]]:
    request: dict[str, Any] = {"limit": _PAGE, **parameters}
    while True:
        answer = session.aws.call("apigateway", operation, **request)
        yield from answer.get("items", ())
        if not answer.get("position"):
            return
        request["position"] = answer["position"]


def apply(
    session: Session, planner: Planner, *, header: Header | None = None, progress: Callable[[str], None] | None = None
) -> Plan:
    """Look, plan and carry out under the region's lock.

    Args:
        header: what is pinned or unpinned, for the history; None is all of them.

    Raises:
        Refused: by the planner, or by another operator's lock.
        CloudError: a call failed; run the command again, it goes on from what is there.
    """
    try:
        session.ledger.acquire()
    except NotFound:
        look(session)  # says better what is missing, when the gateway is not there
        raise
    try:
        return _apply_locked(session, planner, look(session), header=header, progress=progress or session.progress)
    finally:
        session.ledger.release()


def unpin_locked(session: Session, situation: Situation) -> Plan:
    """Take all testers back; the caller holds the lock.

    Raises:
        NothingToDo: nobody is pinned any more.
        CloudError, Refused: as `apply`.
    """
    scene = look(session, situation)
    return _apply_locked(session, lambda scene: plan_unpin(scene, None), scene, header=None, progress=session.progress)


def _apply_locked(
    session: Session, planner: Planner, scene: Scene, *, header: Header | None, progress: Callable[[str], None]
) -> Plan:
    plan = planner(scene)
    decision = _decision(session, scene, plan, header)
    session.ledger.record({**decision, "outcome": "begun"})
    _carry_out(session, plan, progress)
    evidence = {"steps": [step.key for step in plan.steps], "domains": sorted(scene.by_domain())}
    session.ledger.record({**decision, "outcome": "done"}, evidence=evidence)
    return plan


def _decision(session: Session, scene: Scene, plan: Plan, header: Header | None) -> dict[str, Any]:
    before = str((scene.pinned or {}).get("deploymentId", ""))
    return {
        "id": session.new_id(),
        "started": datetime.fromtimestamp(session.aws.clock(), UTC).isoformat(timespec="milliseconds"),
        "operation": plan.operation,
        "owner": str(session.ledger.owner),
        "header": str(header) if header else ", ".join(pinned_headers(scene)),
        "target": scene.deployment if plan.operation == PIN else before,
        "baseline": str(scene.live["deploymentId"]),
    }


def _carry_out(session: Session, plan: Plan, progress: Callable[[str], None]) -> None:
    """Make the plan's calls; what is gone already needs no deleting.

    Raises:
        CloudError: a call failed.
    """
    for step in plan.steps:
        session.ledger.renew()
        progress(f"{plan.region}: {step.service} {step.operation}: {step.reason}")
        try:
            session.aws.call(step.service, step.operation, **step.parameters)
        except NotFound:
            if not step.operation.startswith("delete"):
                raise
        except CloudError as error:
            raise type(error)(
                f"{error} What was done so far is harmless; `gatewright canary pin` and `unpin` go on from there."
            ) from error
