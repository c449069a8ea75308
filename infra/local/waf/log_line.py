"""One line of a web ACL's log, and whether it is written at all. Pure.

Fields: https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html ; ``gatewrightNotEvaluated`` is ours, and says
which rules a laptop does not evaluate.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from infra.local.waf.acl import CompiledAcl
from infra.local.waf.decision import DEFAULT_RULE, Decision
from infra.local.waf.inspected import Inspected
from infra.local.waf.redaction import redaction

__all__ = ["is_kept", "log_group", "log_line", "log_stream"]

Shape = Mapping[str, Any]


def log_group(configuration: Shape) -> str | None:
    """The CloudWatch log group of a LoggingConfiguration; None for a bucket or a stream, which this engine does not write."""
    for arn in configuration.get("LogDestinationConfigs") or ():
        parts = str(arn).split(":")
        if len(parts) > 6 and parts[2] == "logs":
            return parts[6]
    return None


def log_stream(region: str, acl: Shape) -> str:
    """https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html"""
    return f"{region}_{acl['Name']}_0"


def is_kept(configuration: Shape, decision: Decision) -> bool:
    """The logging filter: the first filter that fits decides, else its default."""
    condition: Shape = configuration.get("LoggingFilter") or {}
    if not condition:
        return True
    actions = {decision.action, *(match.action for match in decision.counted)}

    def holds(one: Shape) -> bool:
        if "ActionCondition" in one:
            return one["ActionCondition"]["Action"] in actions
        return (one.get("LabelNameCondition") or {}).get("LabelName") in decision.labels

    for entry in condition.get("Filters") or ():
        conditions = [holds(one) for one in entry["Conditions"]]
        if all(conditions) if entry["Requirement"] == "MEETS_ALL" else any(conditions):
            return bool(entry["Behavior"] == "KEEP")
    return bool(condition.get("DefaultBehavior") == "KEEP")


def log_line(
    acl: CompiledAcl, configuration: Shape, inspected: Inspected, decision: Decision, *, source: str, at_ms: int
) -> str:
    """The line as JSON.

    Args:
        source: ``<account>:<api>:<stage>``, as AWS writes it.
    """
    hide = redaction(acl.shape.get("DataProtectionConfig"), configuration.get("RedactedFields") or ())
    request, ended = inspected.request, decision.terminating
    line: dict[str, Any] = {
        "timestamp": at_ms,
        "formatVersion": 1,
        "webaclId": acl.shape["ARN"],
        "terminatingRuleId": ended.rule if ended else DEFAULT_RULE,
        "terminatingRuleType": decision.kind,
        "action": decision.action,
        "terminatingRuleMatchDetails": [],
        "httpSourceName": "APIGW",
        "httpSourceId": source,
        "ruleGroupList": [],
        "rateBasedRuleList": decision.rates,
        "nonTerminatingMatchingRules": [
            {"ruleId": match.rule, "action": match.action, "ruleMatchDetails": []} for match in decision.counted
        ],
        "requestHeadersInserted": [{"name": name, "value": value} for name, value in decision.inserted] or None,
        "responseCodeSent": decision.response.status if decision.blocked and decision.response else None,
        "httpRequest": {
            "clientIp": request.source_ip,
            "country": inspected.country or "-",
            "headers": [{"name": name, "value": hide.header(name, value)} for name, value in inspected.headers],
            "uri": hide.part("uri", inspected.uri),
            "args": hide.part("query", request.query),
            "httpVersion": f"HTTP/{request.http_version}",
            "httpMethod": hide.part("method", request.method),
        },
    }
    if decision.labels:
        line["labels"] = [{"name": label} for label in decision.labels[:100]]
    if acl.not_evaluated:
        line["gatewrightNotEvaluated"] = list(acl.not_evaluated)
    return json.dumps(line, separators=(",", ":"))
