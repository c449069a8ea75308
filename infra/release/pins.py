"""Pins testers to a release: plans for a second stage that serves it, and a routing rule that leads to that stage. Pure.

A canary takes requests by chance, so nobody can ask for it. A custom domain's routing rule can send a header's requests to a stage of its own:
https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-routing-rules.html (why so: docs/adr/0017-pinned-testers.md).
The stage has the throttles, the firewall, the usage plans and the access log of the live one. Testers are not chosen by chance, so their
requests must not be evidence: the metric filters count the live stage's lines only (infra/signals). Costs: no price of its own; a request costs what it does on any stage.

Steps are planned from what is there, each is safe to repeat, and a run that died is finished by running it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.config.routing_header import header_problem
from infra.errors import NothingToDo, Refused
from infra.release.plan import AnyTime, Plan, Step
from infra.release.situation import PIN, UNPIN, pinned_name

__all__ = [
    "Domain",
    "Header",
    "Scene",
    "headers_of",
    "leads_to",
    "parse_header",
    "plan_pin",
    "plan_unpin",
]

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
        return [(one.name.lower(), one.value) for one in headers_of(rule)] == [(self.name.lower(), self.value)]


def headers_of(rule: Mapping[str, Any]) -> tuple[Header, ...]:
    """The headers that a rule asks for."""
    asked = [one["MatchHeaders"]["AnyOf"] for one in rule.get("Conditions", ()) if one.get("MatchHeaders")]
    return tuple(
        Header(name=one.get("Header", ""), value=one.get("ValueGlob", "")) for values in asked for one in values
    )


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

    def by_domain(self) -> dict[str, Domain]:
        """Each domain once: it is in `domains` for every one of its mappings, with the same rules."""
        return {domain.name: domain for domain in self.domains}


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
    for name, domain in scene.by_domain().items():
        _require_free(scene, domain, header)
        if domain.mode == DEFAULT_MODE:
            steps.append(_mode(name, BOTH_MODES, "rules are read before the mappings"))
    taken = {name: {int(rule["Priority"]) for rule in domain.rules} for name, domain in scene.by_domain().items()}
    for domain in scene.domains:
        steps += _rule_steps(scene, domain, header, taken[domain.name])
    if not steps:
        raise NothingToDo(f"{scene.place}: {header} leads to release {scene.release} already.")
    return Plan(
        operation=PIN,
        region=scene.region,
        summary=f"{header} -> release {scene.release} (stage {scene.stage}) on {', '.join(scene.by_domain())}",
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
    """What protects and logs the live stage does so for this one, before a rule leads anybody there; what the live one lost goes."""
    steps = []
    for key, patch, reason in (
        ("throttle", _throttles(scene), "the throttles of the live stage"),
        ("access-log", _access_log(scene), "the access log of the live stage, so that testers' requests are seen"),
    ):
        if patch:
            body = {"restApiId": scene.api_id, "stageName": scene.stage, "patchOperations": patch}
            steps.append(_step(key, "apigateway", "update_stage", body, reason))
    firewall, before = scene.live.get("webAclArn"), (scene.pinned or {}).get("webAclArn")
    if firewall and before != firewall:
        body = {"WebACLArn": firewall, "ResourceArn": _arn(scene)}
        steps.append(_step("firewall", "wafv2", "associate_web_acl", body, "the firewall of the live stage"))
    elif before and not firewall:
        steps.append(_no_firewall(scene, "the live stage has none any more"))
    for plan, stages in scene.plans.items():
        wanted, there = (name in stages for name in (scene.live["stageName"], scene.stage))
        if wanted and not there:
            steps.append(_usage_plan(scene, plan, "add", "keys of the plan are valid on the pinned stage"))
        elif there and not wanted:
            steps.append(_usage_plan(scene, plan, "remove", "the plan has the live stage no more"))
    return steps


def _throttles(scene: Scene) -> list[dict[str, str]]:
    """Also away with those of methods that have none on the live stage any more."""
    before, wanted = (scene.pinned or {}).get("methodSettings", {}), scene.live.get("methodSettings", {})
    gone = [{"op": "remove", "path": f"/{method}"} for method in sorted(set(before) - set(wanted))]
    return gone + [
        {"op": "replace", "path": f"/{method}/throttling/{name}", "value": _number(settings[member])}
        for method, settings in sorted(wanted.items())
        for member, name in _THROTTLES.items()
        if member in settings and before.get(method, {}).get(member) != settings[member]
    ]


def _access_log(scene: Scene) -> list[dict[str, str]]:
    """The same place and the same line: it has the stage's name, by which the metric filters leave it out."""
    before, wanted = (scene.pinned or {}).get("accessLogSettings") or {}, scene.live.get("accessLogSettings") or {}
    if before and not wanted:
        return [{"op": "remove", "path": "/accessLogSettings"}]
    return [
        {"op": "replace", "path": f"/accessLogSettings/{name}", "value": wanted[name]}
        for name in ("destinationArn", "format")
        if name in wanted and before.get(name) != wanted[name]
    ]


def _require_free(scene: Scene, domain: Domain, header: Header) -> None:
    if not all(leads_to(rule, scene) for rule in domain.rules if header.is_in(rule)):
        raise Refused(
            f"{scene.place}: a routing rule of {domain.name} sends {header} elsewhere already. Choose another header, or delete that rule."
        )


def _rule_steps(scene: Scene, domain: Domain, header: Header, priorities: set[int]) -> list[Step]:
    """`priorities` are those that rules of the domain have or will have; the new one's is added, for its next mapping."""
    if any(_base_path(rule) == domain.base_path for rule in domain.rules if header.is_in(rule)):
        return []
    action = {"ApiId": scene.api_id, "Stage": scene.stage, "StripBasePath": bool(domain.base_path)}
    path = [{"MatchBasePaths": {"AnyOf": [domain.base_path]}}] if domain.base_path else []
    rule: dict[str, Any] = {
        "DomainName": domain.name,
        "Priority": _free_priority(priorities),
        "Conditions": [header.condition(), *path],
        "Actions": [{"InvokeApi": action}],
    }
    reason = f"{header} goes to the pinned stage"
    return [_step("routing-rule", "apigatewayv2", "create_routing_rule", rule, reason)]


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
    for domain in scene.by_domain().values():
        ours = [rule for rule in domain.rules if leads_to(rule, scene)]
        gone = [rule for rule in ours if header is None or header.is_in(rule)]
        left += len(ours) - len(gone)
        for rule in gone:
            body = {"DomainName": domain.name, "RoutingRuleId": rule["RoutingRuleId"]}
            steps.append(
                _step("routing-rule", "apigatewayv2", "delete_routing_rule", body, "its requests go with all others")
            )
        made_by_us = (
            bool(gone) or scene.pinned is not None
        )  # the stage goes last, so without it the mode is somebody else's
        if domain.mode == BOTH_MODES and made_by_us and len(gone) == len(domain.rules):
            steps.append(_mode(domain.name, DEFAULT_MODE, "no rule is left: as it was deployed"))
    if not left:
        steps += _stage_goes(scene)
    if not steps or (header is not None and not any(step.key == "routing-rule" for step in steps) and left):
        raise NothingToDo(f"{scene.place}: {f'{header} is not pinned' if header else 'no testers are pinned'}.")
    return Plan(
        operation=UNPIN,
        region=scene.region,
        summary=f"{header or 'all headers'}; {left} pinned after it",
        steps=tuple(steps),
    )


def _stage_goes(scene: Scene) -> list[Step]:
    """Every guard that pin added, then the stage; plans also when somebody else has deleted the stage already."""
    plans = [plan for plan, stages in scene.plans.items() if scene.stage in stages]
    steps = [_usage_plan(scene, plan, "remove", "the pinned stage goes") for plan in plans]
    if scene.pinned is None:
        return steps
    if scene.pinned.get("webAclArn"):
        steps.append(_no_firewall(scene, "the pinned stage goes"))
    key = {"restApiId": scene.api_id, "stageName": scene.stage}
    return [*steps, _step("delete-stage", "apigateway", "delete_stage", key, "nobody is led to it any more")]


def leads_to(rule: Mapping[str, Any], scene: Scene) -> bool:
    """Whether a routing rule leads to the pinned stage."""
    action = rule["Actions"][0]["InvokeApi"]
    return bool(action["ApiId"] == scene.api_id and action["Stage"] == scene.stage)


def _mode(domain: str, mode: str, reason: str) -> Step:
    body = {"domainName": domain, "patchOperations": [{"op": "replace", "path": "/routingMode", "value": mode}]}
    return _step("routing-mode", "apigateway", "update_domain_name", body, reason)


def _no_firewall(scene: Scene, reason: str) -> Step:
    return _step("firewall", "wafv2", "disassociate_web_acl", {"ResourceArn": _arn(scene)}, reason)


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
