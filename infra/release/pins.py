"""Pins testers to a release: plans for a second stage that serves it, and a routing rule that leads to that stage. Pure.

A canary takes requests by chance, so nobody can ask for it. A custom domain's routing rule can send a header's requests to a stage of its own:
https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-routing-rules.html (why so: docs/adr/0017-pinned-testers.md).
The stage has the throttles, the firewall and the usage plans of the live one, and no access log: testers are not chosen by chance, so
their requests must not be evidence. Costs: no price of its own; a request costs what it does on any stage.

Steps are planned from what is there, each is safe to repeat, and a run that died is finished by running it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.config.routing_header import header_problem
from infra.errors import NothingToDo, Refused
from infra.release.plan import AnyTime, Plan, Step

__all__ = ["Domain", "Header", "Scene", "parse_header", "pinned_name", "plan_pin", "plan_unpin"]

# REST APIs' own names of the modes; apigatewayv2 says API_MAPPING where these say BASE_PATH_MAPPING, and each refuses the other's.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/set-routing-mode.html
BOTH_MODES = "ROUTING_RULE_THEN_BASE_PATH_MAPPING"
DEFAULT_MODE = "BASE_PATH_MAPPING_ONLY"
FIRST_PRIORITY, GAP = 100, 10  # AWS advises gaps, so that rules can be put between
_THROTTLES = {"throttlingRateLimit": "rateLimit", "throttlingBurstLimit": "burstLimit"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The header whose requests are pinned; `value` may begin or end with a wildcard, *."""

    name: str
    value: str

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"

    def condition(self) -> dict[str, Any]:
        return {"MatchHeaders": {"AnyOf": [{"Header": self.name, "ValueGlob": self.value}]}}

    def is_in(self, rule: Mapping[str, Any]) -> bool:
        """Whether it is the rule's only header condition."""
        asked = [one["MatchHeaders"]["AnyOf"] for one in rule.get("Conditions", ()) if one.get("MatchHeaders")]
        pairs = [(one.get("Header", "").lower(), one.get("ValueGlob", "")) for values in asked for one in values]
        return pairs == [(self.name.lower(), self.value)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A custom domain that is mapped to the live stage.

    Args:
        base_path: of the mapping; "" for the root.
        mode: its routing mode.
        rules: as ListRoutingRules answers.
    """

    name: str
    base_path: str
    mode: str
    rules: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What pins need to see of one region.

    Args:
        live, pinned: the stages as GetStage answers; pinned is None when there is none.
        deployment: of the canary, or of the newest, dark release; "" when there is neither.
        release: its name.
        plans: usage plans with the live or the pinned stage, by id, with the stages of this API that each has.
    """

    gateway: str
    region: str
    api_id: str
    live: Mapping[str, Any]
    pinned: Mapping[str, Any] | None
    deployment: str
    release: str
    domains: tuple[Domain, ...]
    plans: Mapping[str, tuple[str, ...]]

    @property
    def place(self) -> str:
        return f"{self.gateway} in {self.region}"

    @property
    def stage(self) -> str:
        return pinned_name(str(self.live["stageName"]))


def pinned_name(live: str) -> str:
    """The stage that serves testers."""
    return f"{live}-pinned"


def parse_header(text: str) -> Header:
    """`X-Release: canary` as a header.

    Raises:
        Refused: no name, no value, or one that API Gateway takes in no rule.
    """
    name, colon, value = (part.strip() for part in text.partition(":"))
    problem = header_problem(name, value) if colon and name and value else "a header has a name, a colon and a value"
    if problem:
        raise Refused(f"--header {text!r}: {problem}. Give one such as 'X-Release: canary'.")
    return Header(name=name, value=value)


def plan_pin(scene: Scene, header: Header) -> Plan:
    """Send requests with the header to the canary's release, or to the dark one.

    Raises:
        Refused: there is no such release, no custom domain, or another rule has the header.
        NothingToDo: it is so already.
    """
    if not scene.deployment:
        raise Refused(
            f"{scene.place}: there is neither a canary nor a dark release to pin testers to. "
            f"Run `gatewright deploy --region {scene.region}` with the change first."
        )
    if not scene.domains:
        raise Refused(
            f"{scene.place}: no custom domain leads to stage {scene.live['stageName']}, and routing rules exist on custom domains only. "
            "Give the gateway a `domain:` in gateway.yaml and deploy, or try the canary by its percentage."
        )
    steps = [*_stage_steps(scene), *_guard_steps(scene)]
    taken = {domain.name: {int(rule["Priority"]) for rule in domain.rules} for domain in scene.domains}
    for domain in scene.domains:
        steps += _rule_steps(scene, domain, header, taken[domain.name])
    if not steps:
        raise NothingToDo(f"{scene.place}: {header} leads to release {scene.release} already.")
    return Plan(
        operation="pin testers",
        region=scene.region,
        summary=f"{header} -> release {scene.release} (stage {scene.stage}) on {', '.join(one.name for one in scene.domains)}",
        steps=tuple(steps),
        notes=(
            "their requests are no evidence for the verdict; AWS takes about a minute to route by a new rule (unsure)",
        ),
    )


def _stage_steps(scene: Scene) -> list[Step]:
    key = {"restApiId": scene.api_id, "stageName": scene.stage}
    variables = {
        **scene.live.get("variables", {}),
        **(scene.live.get("canarySettings") or {}).get("stageVariableOverrides", {}),
    }
    if scene.pinned is None:
        made = {
            **key,
            "deploymentId": scene.deployment,
            "description": f"Pinned testers of release {scene.release}; made and removed by `gatewright canary pin|unpin`.",
            "tracingEnabled": bool(scene.live.get("tracingEnabled")),
            **({"variables": variables} if variables else {}),
        }
        return [
            _step(
                "create-stage", "apigateway", "create_stage", made, "a stage that serves the release to every request"
            )
        ]
    before = scene.pinned.get("variables", {})
    patch = [{"op": "remove", "path": f"/variables/{name}"} for name in sorted(set(before) - set(variables))]
    patch += [
        {"op": "replace", "path": f"/variables/{name}", "value": value}
        for name, value in sorted(variables.items())
        if before.get(name) != value
    ]
    if scene.pinned["deploymentId"] != scene.deployment:
        patch.append({"op": "replace", "path": "/deploymentId", "value": scene.deployment})
    if not patch:
        return []
    body = {**key, "patchOperations": patch}
    return [
        _step("point-stage", "apigateway", "update_stage", body, f"the pinned stage serves release {scene.release}")
    ]


def _guard_steps(scene: Scene) -> list[Step]:
    """What protects the live stage protects this one, before a rule leads anybody there."""
    steps = []
    if throttles := _throttles(scene):
        body = {"restApiId": scene.api_id, "stageName": scene.stage, "patchOperations": throttles}
        steps.append(_step("throttle", "apigateway", "update_stage", body, "the throttles of the live stage"))
    firewall = scene.live.get("webAclArn")
    if firewall and (scene.pinned or {}).get("webAclArn") != firewall:
        body = {"WebACLArn": firewall, "ResourceArn": _arn(scene)}
        steps.append(_step("firewall", "wafv2", "associate_web_acl", body, "the firewall of the live stage"))
    for plan, stages in scene.plans.items():
        if scene.live["stageName"] in stages and scene.stage not in stages:
            steps.append(_usage_plan(scene, plan, "add", "keys of the plan are valid on the pinned stage"))
    return steps


def _throttles(scene: Scene) -> list[dict[str, str]]:
    before = (scene.pinned or {}).get("methodSettings", {})
    return [
        {"op": "replace", "path": f"/{method}/throttling/{name}", "value": _number(settings[member])}
        for method, settings in sorted(scene.live.get("methodSettings", {}).items())
        for member, name in _THROTTLES.items()
        if member in settings and before.get(method, {}).get(member) != settings[member]
    ]


def _rule_steps(scene: Scene, domain: Domain, header: Header, priorities: set[int]) -> list[Step]:
    """`priorities` are those that rules of the domain have or will have; the new one's is added, for its next mapping."""
    same = [rule for rule in domain.rules if header.is_in(rule)]
    if not all(_leads_to(rule, scene) for rule in same):
        raise Refused(
            f"{scene.place}: a routing rule of {domain.name} sends {header} elsewhere already. Choose another header, or delete that rule."
        )
    steps = []
    if domain.mode == DEFAULT_MODE:
        patch = [{"op": "replace", "path": "/routingMode", "value": BOTH_MODES}]
        body = {"domainName": domain.name, "patchOperations": patch}
        steps.append(
            _step("routing-mode", "apigateway", "update_domain_name", body, "rules are read before the mappings")
        )
    if not any(_base_path(rule) == domain.base_path for rule in same):
        action = {"ApiId": scene.api_id, "Stage": scene.stage, "StripBasePath": bool(domain.base_path)}
        path = [{"MatchBasePaths": {"AnyOf": [domain.base_path]}}] if domain.base_path else []
        rule: dict[str, Any] = {
            "DomainName": domain.name,
            "Priority": _free_priority(priorities),
            "Conditions": [header.condition(), *path],
            "Actions": [{"InvokeApi": action}],
        }
        steps.append(
            _step("routing-rule", "apigatewayv2", "create_routing_rule", rule, f"{header} goes to the pinned stage")
        )
    return steps


def _free_priority(taken: set[int]) -> int:
    priority = FIRST_PRIORITY
    while priority in taken:
        priority += GAP
    taken.add(priority)
    return priority


def _base_path(rule: Mapping[str, Any]) -> str:
    """The only base path that the rule asks for; "" when it asks for none."""
    paths = [path for one in rule.get("Conditions", ()) for path in (one.get("MatchBasePaths") or {}).get("AnyOf", ())]
    return str(paths[0]) if len(paths) == 1 else ""


def plan_unpin(scene: Scene, header: Header | None) -> Plan:
    """Take the header's rule away, or all of them; with the last one the stage goes too.

    Raises:
        NothingToDo: there is no such rule and no pinned stage.
    """
    steps, left = [], 0
    for domain in scene.domains:
        ours = [rule for rule in domain.rules if _leads_to(rule, scene)]
        gone = [rule for rule in ours if header is None or header.is_in(rule)]
        left += len(ours) - len(gone)
        for rule in gone:
            body = {"DomainName": domain.name, "RoutingRuleId": rule["RoutingRuleId"]}
            steps.append(
                _step("routing-rule", "apigatewayv2", "delete_routing_rule", body, "its requests go with all others")
            )
        if domain.mode == BOTH_MODES and len(gone) == len(domain.rules):
            patch = [{"op": "replace", "path": "/routingMode", "value": DEFAULT_MODE}]
            body = {"domainName": domain.name, "patchOperations": patch}
            steps.append(
                _step("routing-mode", "apigateway", "update_domain_name", body, "no rule is left: as it was deployed")
            )
    if not left and scene.pinned is not None:
        steps += _stage_goes(scene)
    if not steps or (header is not None and not any(step.key == "routing-rule" for step in steps) and left):
        raise NothingToDo(f"{scene.place}: {f'{header} is not pinned' if header else 'no testers are pinned'}.")
    return Plan(
        operation="unpin testers",
        region=scene.region,
        summary=f"{header or 'all headers'}; {left} pinned after it",
        steps=tuple(steps),
    )


def _stage_goes(scene: Scene) -> list[Step]:
    plans = [plan for plan, stages in scene.plans.items() if scene.stage in stages]
    steps = [_usage_plan(scene, plan, "remove", "the pinned stage goes") for plan in plans]
    if (scene.pinned or {}).get("webAclArn"):
        body = {"ResourceArn": _arn(scene)}
        steps.append(_step("firewall", "wafv2", "disassociate_web_acl", body, "the pinned stage goes"))
    key = {"restApiId": scene.api_id, "stageName": scene.stage}
    return [*steps, _step("delete-stage", "apigateway", "delete_stage", key, "nobody is led to it any more")]


def _leads_to(rule: Mapping[str, Any], scene: Scene) -> bool:
    action = rule["Actions"][0]["InvokeApi"]
    return bool(action["ApiId"] == scene.api_id and action["Stage"] == scene.stage)


def _usage_plan(scene: Scene, plan: str, operation: str, reason: str) -> Step:
    patch = [{"op": operation, "path": "/apiStages", "value": f"{scene.api_id}:{scene.stage}"}]
    return _step(
        "usage-plan", "apigateway", "update_usage_plan", {"usagePlanId": plan, "patchOperations": patch}, reason
    )


def _arn(scene: Scene) -> str:
    return f"arn:aws:apigateway:{scene.region}::/restapis/{scene.api_id}/stages/{scene.stage}"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _step(key: str, service: Any, operation: str, parameters: dict[str, Any], reason: str) -> Step:
    return Step(key=key, service=service, operation=operation, parameters=parameters, reason=reason, done=AnyTime())
