"""The firewall of the local data plane: which web ACL a stage has, and what it says about each request.

Reads web ACLs from ministack in process, once until something changes; writes metrics, log lines and samples. A stage without a
web ACL costs one look into a dictionary.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from infra.local.ports import Cloud, CloudCallError, Filtered, HttpRequest, Telemetry
from infra.local.waf import log_line
from infra.local.waf.acl import CompiledAcl, compile_acl
from infra.local.waf.decision import Decision
from infra.local.waf.inspected import Inspected
from infra.local.waf.rates import Window
from infra.local.waf.records import LOGGING
from infra.local.waf.samples import Samples
from infra.local.waf.statements import references

__all__ = ["Firewall"]

Shape = Mapping[str, Any]

_log = logging.getLogger(__name__)
_NAMESPACE = "AWS/WAFV2"
_METRICS = {"ALLOW": "AllowedRequests", "BLOCK": "BlockedRequests", "COUNT": "CountedRequests"}
_GET = {
    "ipset": ("GetIPSet", "IPSet"),
    "regexpatternset": ("GetRegexPatternSet", "RegexPatternSet"),
    "rulegroup": ("GetRuleGroup", "RuleGroup"),
}
WINDOW_SECONDS_DEFAULT = 300


class Firewall:
    """Inspects requests of stages.

    Args:
        cloud: where web ACLs are kept.
        clock: epoch seconds.
    """

    def __init__(self, cloud: Cloud, telemetry: Telemetry, *, clock: Callable[[], float] = time.time) -> None:
        self._cloud, self._telemetry, self._clock = cloud, telemetry, clock
        self._stages: dict[str, CompiledAcl | None] = {}
        self._windows: dict[str, tuple[str, Window]] = {}
        self._generation = 0
        self.samples = Samples()

    def changed(self) -> None:
        """Something of WAF was made, changed or deleted: the next request of each stage reads it anew. Of any thread."""
        self._generation += 1
        self._stages = {}

    async def inspect(self, request: HttpRequest, *, stage_arn: str, uri: str | None = None) -> Filtered | None:
        """What the stage's web ACL decides; None when the stage has none.

        Args:
            stage_arn: ``arn:aws:apigateway:<region>::/restapis/<api>/stages/<stage>``.
            uri: the path as WAF sees it; the request's own path when not given.
        """
        stages = self._stages
        acl = stages[stage_arn] if stage_arn in stages else await self._load(stage_arn)
        if acl is None:
            return None
        inspected = Inspected(request, uri=request.path if uri is None else uri, body_bytes=acl.body_bytes)
        decision = acl.evaluate(inspected)
        self._report(stage_arn, acl, inspected, decision)
        return Filtered(
            web_acl_arn=acl.shape["ARN"],
            blocked=decision.blocked,
            response=decision.response,
            inserted=decision.inserted,
        )

    def blocked_addresses(self, acl_arn: str, rule: str) -> list[str]:
        """Keys of a rate-based rule that are above its limit now.

        Args:
            rule: its path, ``PerAddress`` or ``Group/PerAddress``.
        """
        _, window = self._windows.get(f"{acl_arn} {rule}", ("", None))
        return [] if window is None else [str(key) for key in window.above(self._clock())]

    # loading

    async def _load(self, stage_arn: str) -> CompiledAcl | None:
        generation = self._generation
        region = stage_arn.split(":")[3]
        acl: CompiledAcl | None = None
        try:
            found = await self._call(region, "GetWebACLForResource", {"ResourceArn": stage_arn})
            if shape := found.get("WebACL"):
                acl = await self._compile(region, shape)
        except CloudCallError as problem:
            if problem.code != "WAFNonexistentItemException":
                raise
        if generation == self._generation:
            self._stages[stage_arn] = acl
        return acl

    async def _compile(self, region: str, shape: Shape) -> CompiledAcl:
        referred = await self._referred(region, list(shape.get("Rules") or ()))
        account = shape["ARN"].split(":")[4]

        def window(rule: str, statement: Shape) -> Window:
            return self._window(f"{shape['ARN']} {rule}", statement)

        acl = compile_acl(shape, account=account, referred=referred, window=window, clock=self._clock)
        for missing in acl.not_evaluated:
            _log.info("web ACL %s: not evaluated here: %s", shape["Name"], missing)
        return acl

    async def _referred(self, region: str, rules: list[Shape]) -> dict[str, Shape]:
        """IP sets, regex pattern sets and rule groups, those that rule groups name included."""
        found: dict[str, Shape] = {}
        waiting = references(rules)
        while waiting:
            arn = waiting.pop()
            kind, name, identity = ["", "", "", *arn.rpartition(":")[2].split("/")][-3:]
            if arn in found or kind not in _GET:
                continue
            operation, member = _GET[kind]
            try:
                answer = await self._call(region, operation, {"Name": name, "Id": identity, "Scope": "REGIONAL"})
            except CloudCallError:
                continue  # named as not evaluated by whoever refers to it
            found[arn] = answer[member]
            waiting |= references(list(answer[member].get("Rules") or ()))
        return found

    def _window(self, place: str, statement: Shape) -> Window:
        """The counts of a rule; a changed setting starts them anew, as on AWS."""
        told = json.dumps(statement, sort_keys=True, default=str)
        known = self._windows.get(place)
        if known is None or known[0] != told:
            seconds = int(statement.get("EvaluationWindowSec") or WINDOW_SECONDS_DEFAULT)
            known = self._windows[place] = (told, Window(int(statement["Limit"]), seconds))
        return known[1]

    async def _call(self, region: str, operation: str, parameters: Shape) -> dict[str, Any]:
        return await self._cloud.json("wafv2", region, f"AWSWAF_20190729.{operation}", parameters)

    # reporting

    def _report(self, stage_arn: str, acl: CompiledAcl, inspected: Inspected, decision: Decision) -> None:
        region, now = stage_arn.split(":")[3], self._clock()
        self._measure(region, acl, decision)
        self.samples.take(acl.shape, inspected, decision, now)
        configuration: Shape | None = acl.shape.get(LOGGING)
        if configuration is None or not log_line.is_kept(configuration, decision):
            return
        group = log_line.log_group(configuration)
        if group is not None:
            api, stage = stage_arn.split("/")[2::2]
            source = f"{acl.shape['ARN'].split(':')[4]}:{api}:{stage}"
            at_ms = int(now * 1000)
            line = log_line.log_line(acl, configuration, inspected, decision, source=source, at_ms=at_ms)
            self._telemetry.log(region, group, log_line.log_stream(region, acl.shape), [(at_ms, line)])

    def _measure(self, region: str, acl: CompiledAcl, decision: Decision) -> None:
        """By rule, and for all rules together.

        https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html
        What the default action decided is under the web ACL's own metric name (unsure).
        """
        visibility: Shape = acl.shape.get("VisibilityConfig") or {}
        name = str(visibility.get("MetricName") or acl.shape["Name"])
        ended = decision.terminating
        rules = [(match.metric, match.action) for match in decision.counted]
        if visibility.get("CloudWatchMetricsEnabled"):
            rules.append(("ALL", decision.action))
            if ended is None:
                rules.append((name, decision.action))
        if ended is not None:
            rules.append((ended.metric, decision.action))
        for rule, action in rules:
            if rule is not None and action in _METRICS:
                dimensions = {"WebACL": name, "Rule": rule, "Region": region}
                self._telemetry.metric(region, _NAMESPACE, _METRICS[action], dimensions, 1.0, "Count")
