"""The rules of the web ACL, in the property shapes of CloudFormation and of the WAFv2 API (they are the same). Pure.

How exact this is, said by AWS: a rate rule limits *near* its limit. WAF counts what came in the window before each check,
checks about every ten seconds, and may take longer to act; a change of the rule starts the counts anew.
https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-caveats.html
Web ACLs of REST stages are regional, so every region counts by itself: two regions allow twice as much.

**IPv6.** An address is counted as it is; AWS documents no aggregation of a client's whole /64. The custom domains are dual stack,
so a gateway with a domain limits each address of an IPv6 client, not each subscriber. Without one, the API's own endpoint
takes IPv4 only (API Gateway's default), and IPv6 arrives in a CDN's header alone.
"""

from __future__ import annotations

import json
from typing import Any

from infra.config.model import ManagedRulesMode, PerIp
from infra.limits.statements import forwarded_config, header_present

__all__ = ["BODY_KEY", "bodies", "rules", "visibility"]

Shape = dict[str, Any]

BODY_KEY = "too-many-requests"
# The body's limit of the common rules is 8 kB, and API Gateway takes 10 MB: a shop's uploads would be refused.
_COUNTED_ALWAYS = ("SizeRestrictions_BODY",)


def rules(limit: PerIp) -> list[Shape]:
    """In order, without priorities: the limit first, because it is cheap and counts everything."""
    found = _rates(limit)
    for name, group, mode in (
        ("KnownBadInputs", "AWSManagedRulesKnownBadInputsRuleSet", limit.managed_rules.known_bad_inputs),
        ("Common", "AWSManagedRulesCommonRuleSet", limit.managed_rules.common),
    ):
        if mode != "off":
            found.append(_managed(name, group, mode))
    return found


def bodies(limit: PerIp) -> Shape:
    """The answer to a request above the limit, as RFC 9457 problem details.

    WAF knows three content types for its answers (JSON, HTML, plain text) and lets nobody set the header, so it says
    ``application/json`` where ``application/problem+json`` is meant.
    https://docs.aws.amazon.com/waf/latest/APIReference/API_CustomResponseBody.html
    """
    problem = {
        "type": "urn:gatewright:problem:too-many-requests",
        "title": "Too many requests",
        "status": 429,
        "detail": f"More than {limit.requests} requests from one address in {limit.window_seconds} seconds.",
    }
    return {
        BODY_KEY: {"ContentType": "APPLICATION_JSON", "Content": json.dumps(problem, separators=(",", ":"))},
    }


def visibility(name: str) -> Shape:
    """Metrics and sampled requests under this name."""
    return {"CloudWatchMetricsEnabled": True, "MetricName": name, "SampledRequestsEnabled": True}


def _rates(limit: PerIp) -> list[Shape]:
    if limit.forwarded is None:
        return [_rate("PerAddress", limit, {"AggregateKeyType": "IP"})]
    config = forwarded_config(limit.forwarded)
    by_header = _rate("PerAddress", limit, {"AggregateKeyType": "FORWARDED_IP", "ForwardedIPConfig": config})
    # Without the header, WAF does not apply the first rule at all; whoever comes past the CDN is limited by this one.
    absent = {"NotStatement": {"Statement": header_present(limit.forwarded.header)}}
    direct = _rate("PerAddressWithoutHeader", limit, {"AggregateKeyType": "IP", "ScopeDownStatement": absent})
    return [by_header, direct]


def _rate(name: str, limit: PerIp, aggregation: Shape) -> Shape:
    statement = {"Limit": limit.requests, "EvaluationWindowSec": limit.window_seconds, **aggregation}
    answer = {
        "ResponseCode": 429,
        "CustomResponseBodyKey": BODY_KEY,
        # After a whole window without requests nothing of it is counted any more.
        "ResponseHeaders": [{"Name": "Retry-After", "Value": str(limit.window_seconds)}],
    }
    return {
        "Name": name,
        "Statement": {"RateBasedStatement": statement},
        "Action": {"Block": {"CustomResponse": answer}},
        "VisibilityConfig": visibility(name),
    }


def _managed(name: str, group: str, mode: ManagedRulesMode) -> Shape:
    statement: Shape = {"VendorName": "AWS", "Name": group}
    if name == "Common":
        statement["RuleActionOverrides"] = [{"Name": rule, "ActionToUse": {"Count": {}}} for rule in _COUNTED_ALWAYS]
    return {
        "Name": name,
        "Statement": {"ManagedRuleGroupStatement": statement},
        "OverrideAction": {"None": {}} if mode == "block" else {"Count": {}},
        "VisibilityConfig": visibility(name),
    }
