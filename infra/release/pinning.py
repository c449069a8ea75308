"""Pinned testers of one gateway in one region: look, and carry a plan out. Touches API Gateway and WAF, as the plan says.

Looking costs five calls and two for each custom domain. No lock is taken: nothing here changes what the live stage serves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from infra.errors import CloudError, NotFound, NothingToDo
from infra.release.pins import DEFAULT_MODE, Domain, Scene, pinned_name
from infra.release.plan import Plan
from infra.release.session import Session

__all__ = ["carry_out", "look"]

_PAGE = 500


def look(session: Session) -> Scene:
    """The region as pins see it.

    Raises:
        NothingToDo: the gateway is not deployed here.
        CloudError: a call failed.
    """
    s, aws = session.observe(), session.aws
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


def carry_out(session: Session, plan: Plan, progress: Callable[[str], None]) -> None:
    """Make the plan's calls; what is gone already needs no deleting.

    Raises:
        CloudError: a call failed; run the command again, it goes on from what is there.
    """
    for step in plan.steps:
        progress(f"{plan.region}: {step.service} {step.operation}: {step.reason}")
        try:
            session.aws.call(step.service, step.operation, **step.parameters)
        except NotFound:
            if not step.operation.startswith("delete"):
                raise
        except CloudError as error:
            raise type(error)(
                f"{error} What was done so far is harmless; the same command goes on from there."
            ) from error
