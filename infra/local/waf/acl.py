"""A web ACL, compiled once and evaluated in order of priority until a rule ends it. Pure but for rate counts.

https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-processing.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.ports import HttpResponse
from infra.local.waf.decision import DEFAULT_RULE, Decision, Match
from infra.local.waf.inspected import BODY_BYTES, Inspected
from infra.local.waf.rates import Window
from infra.local.waf.statements import Matcher, Scope, matcher

__all__ = ["CompiledAcl", "compile_acl"]

Shape = Mapping[str, Any]

_CONTENT_TYPES = {"APPLICATION_JSON": "application/json", "TEXT_HTML": "text/html", "TEXT_PLAIN": "text/plain"}
# Without a token of WAF's browser script: 405 for a puzzle, 202 for a silent challenge (developer guide, "CAPTCHA and
# Challenge in AWS WAF").
_TOKEN_STATUS = {"Captcha": 405, "Challenge": 202}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    name: str
    matches: Matcher
    action: str  # Allow, Block, Count, Captcha, Challenge
    settings: Shape
    labels: tuple[str, ...]
    metric: str | None
    sampled: bool
    rate: Shape | None = None
    group: tuple[_Rule, ...] = ()
    group_name: str = ""
    counts_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledAcl:
    """A web ACL ready to evaluate.

    Args:
        shape: as ministack stores it.
        not_evaluated: rules or statements that this engine stores only.
    """

    shape: Shape
    rules: tuple[_Rule, ...]
    default: _Rule
    body_bytes: int
    not_evaluated: tuple[str, ...]

    def evaluate(self, inspected: Inspected) -> Decision:
        decision = Decision(labels=inspected.labels)
        for rule in self.rules:
            if self._ends(rule, inspected, decision):
                return decision
        self._act(self.default, decision, kind="REGULAR")
        decision.terminating = None
        return decision

    def _ends(self, rule: _Rule, inspected: Inspected, decision: Decision) -> bool:
        if rule.group:
            return self._group_ends(rule, inspected, decision)
        if not rule.matches(inspected):
            return False
        inspected.labels.extend(label for label in rule.labels if label not in inspected.labels)
        if rule.rate is not None:
            decision.rates.append(_rate_detail(rule))
        if rule.action == "Count":
            decision.counted.append(_match(rule))
            self._insert(rule, decision)
            return False
        self._act(rule, decision, kind="RATE_BASED" if rule.rate is not None else "REGULAR")
        return True

    def _group_ends(self, group: _Rule, inspected: Inspected, decision: Decision) -> bool:
        for rule in group.group:
            if not rule.matches(inspected):
                continue
            inspected.labels.extend(label for label in rule.labels if label not in inspected.labels)
            inner = f"{group.group_name}#{rule.name}"
            if rule.action == "Count" or group.counts_only:
                decision.counted.append(_match(group, action="COUNT", inner=inner))
                if rule.action == "Count":
                    continue
                return False  # the group would have ended here; counted, the web ACL goes on behind it
            self._act(rule, decision, kind="GROUP")
            decision.terminating = _match(group, action=decision.action, inner=inner)
            return True
        return False

    def _act(self, rule: _Rule, decision: Decision, *, kind: str) -> None:
        decision.action, decision.kind, decision.terminating = rule.action.upper(), kind, _match(rule)
        if rule.action == "Allow":
            self._insert(rule, decision)
            return
        decision.blocked = True
        if rule.action in _TOKEN_STATUS:
            headers = [("x-amzn-waf-action", rule.action.lower())]
            decision.response = HttpResponse(status=_TOKEN_STATUS[rule.action], headers=headers)
        elif custom := rule.settings.get("CustomResponse"):
            decision.response = self._answer(custom)

    def _answer(self, custom: Shape) -> HttpResponse:
        headers = [(str(header["Name"]), str(header["Value"])) for header in custom.get("ResponseHeaders") or ()]
        bodies: Shape = self.shape.get("CustomResponseBodies") or {}
        body: Shape | None = bodies.get(custom.get("CustomResponseBodyKey", ""))
        if body is None:
            return HttpResponse(status=int(custom["ResponseCode"]), headers=headers)
        headers = [("Content-Type", _CONTENT_TYPES[body["ContentType"]]), *headers]
        return HttpResponse(status=int(custom["ResponseCode"]), headers=headers, body=str(body["Content"]).encode())

    def _insert(self, rule: _Rule, decision: Decision) -> None:
        handling: Shape = rule.settings.get("CustomRequestHandling") or {}
        decision.inserted.extend(
            (f"x-amzn-waf-{header['Name']}", str(header["Value"])) for header in handling.get("InsertHeaders") or ()
        )


def _match(rule: _Rule, *, action: str | None = None, inner: str | None = None) -> Match:
    return Match(
        rule=rule.name,
        metric=rule.metric,
        sampled=rule.sampled,
        action=action or rule.action.upper(),
        inner=inner,
    )


def _rate_detail(rule: _Rule) -> dict[str, object]:
    statement: Shape = rule.rate or {}
    return {
        "rateBasedRuleName": rule.name,
        "limitKey": str(statement.get("AggregateKeyType", "IP")).replace("_", ""),
        "maxRateAllowed": statement["Limit"],
        "evaluationWindowSec": str(statement.get("EvaluationWindowSec", 300)),
    }


# compiling


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compiler:
    account: str
    referred: Mapping[str, Shape]
    window: Callable[[str, Shape], Window]
    clock: Callable[[], float]
    not_evaluated: list[str]

    def rules(self, shapes: list[Shape], *, namespace: str, path: str, overrides: Mapping[str, Shape]) -> list[_Rule]:
        ordered = sorted(shapes, key=lambda shape: int(shape["Priority"]))
        return [self._rule(shape, namespace=namespace, path=path, overrides=overrides) for shape in ordered]

    def _rule(self, shape: Shape, *, namespace: str, path: str, overrides: Mapping[str, Shape]) -> _Rule:
        name, statement = shape["Name"], shape.get("Statement") or {}
        if "RuleGroupReferenceStatement" in statement:
            return self._group(shape, statement["RuleGroupReferenceStatement"])
        scope = Scope(
            rule=path + name,
            namespace=namespace,
            sets=self.referred,
            window=self.window,
            clock=self.clock,
            not_evaluated=self.not_evaluated,
        )
        if managed := statement.get("ManagedRuleGroupStatement"):
            self.not_evaluated.append(f"{scope.rule}: managed rule group {managed.get('Name')}")
            return _rule(shape, lambda _: False, {"Count": {}}, labels=())
        labels = tuple(namespace + entry["Name"] for entry in shape.get("RuleLabels") or ())
        action = overrides.get(name) or shape.get("Action") or {"Count": {}}
        return _rule(shape, matcher(statement, scope), action, labels=labels, rate=statement.get("RateBasedStatement"))

    def _group(self, shape: Shape, reference: Shape) -> _Rule:
        group = self.referred.get(reference["ARN"])
        if group is None:
            self.not_evaluated.append(f"{shape['Name']}: {reference['ARN']}, which does not exist")
            return _rule(shape, lambda _: False, {"Count": {}}, labels=())
        overrides = {entry["Name"]: entry["ActionToUse"] for entry in reference.get("RuleActionOverrides") or ()}
        overrides |= {entry["Name"]: {"Count": {}} for entry in reference.get("ExcludedRules") or ()}
        inner = self.rules(
            group.get("Rules") or [],
            namespace=f"awswaf:{self.account}:rulegroup:{group['Name']}:",
            path=f"{shape['Name']}/",
            overrides=overrides,
        )
        return _rule(shape, lambda _: False, {"Count": {}}, labels=(), group=tuple(inner), group_name=group["Name"])


def _rule(
    shape: Shape,
    matches: Matcher,
    action: Shape,
    *,
    labels: tuple[str, ...],
    rate: Shape | None = None,
    group: tuple[_Rule, ...] = (),
    group_name: str = "",
) -> _Rule:
    visibility: Shape = shape.get("VisibilityConfig") or {}
    name, settings = next(iter(action.items()))
    return _Rule(
        name=shape["Name"],
        matches=matches,
        action=name,
        settings=settings or {},
        labels=labels,
        metric=visibility.get("MetricName") if visibility.get("CloudWatchMetricsEnabled") else None,
        sampled=bool(visibility.get("SampledRequestsEnabled")),
        rate=rate,
        group=group,
        group_name=group_name,
        counts_only="Count" in (shape.get("OverrideAction") or {}),
    )


def compile_acl(
    shape: Shape,
    *,
    account: str,
    referred: Mapping[str, Shape],
    window: Callable[[str, Shape], Window],
    clock: Callable[[], float],
) -> CompiledAcl:
    """The web ACL with its rules in order.

    Args:
        shape: a WebACL of the API.
        referred: IP sets, regex pattern sets and rule groups by ARN.
        window: counts for a rate-based rule, by the rule's path and statement.
    """
    missing: list[str] = []
    compiler = _Compiler(account=account, referred=referred, window=window, clock=clock, not_evaluated=missing)
    rules = compiler.rules(
        list(shape.get("Rules") or ()), namespace=f"awswaf:{account}:webacl:{shape['Name']}:", path="", overrides={}
    )
    default = {"Name": DEFAULT_RULE, "VisibilityConfig": shape.get("VisibilityConfig")}
    limit = ((shape.get("AssociationConfig") or {}).get("RequestBody") or {}).get("API_GATEWAY") or {}
    told = str(limit.get("DefaultSizeInspectionLimit", "")).removeprefix("KB_")
    return CompiledAcl(
        shape=shape,
        rules=tuple(rules),
        default=_rule(default, lambda _: True, shape.get("DefaultAction") or {"Allow": {}}, labels=()),
        body_bytes=int(told) * 1024 if told.isdigit() else BODY_BYTES,
        not_evaluated=tuple(missing),
    )
