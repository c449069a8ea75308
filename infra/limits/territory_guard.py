"""The guard in a region outside the EU: who must be answered from the EU and comes here is told where to go. Pure.

421 (RFC 9110, 15.5.20: the server is not willing to answer for this target) with problem details that name the host in the
EU; and since DNS sends nobody of the territory here, the rule's own metric counts what DNS did not hold: it is the leak
detector.

What it can promise: no answer of a service to an address that AWS places in the territory, whatever name it called. What it cannot:
AWS places addresses, not people (VPN, satellite, roaming), it knows no place for some, and the request itself has crossed
the ocean before it is refused. https://docs.aws.amazon.com/waf/latest/APIReference/API_GeoMatchStatement.html

Nobody it refuses is written down here: neither sampled nor logged, because their addresses are what must stay.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infra.config.model import ForwardedAddress, Gateway, Region
from infra.limits.statements import forwarded_config, header_present
from infra.residency.shape import PROBE_PATH, eu_host
from infra.residency.territory import territory_of

__all__ = ["LABEL", "METRIC", "Misdirected", "body", "dropped", "misdirected", "rule"]

METRIC = "MisdirectedFromEU"
"""Of namespace AWS/WAFV2: BlockedRequests with Rule=METRIC. More than none means that DNS leaks, or that somebody goes round it."""
LABEL = "gatewright:misdirected"
BODY_KEY = "misdirected"
# How many codes one geo match statement takes is not documented; lists of 50 were always accepted (unsure).
_CODES_MAX = 50

Shape = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Misdirected:
    """Who must not be answered here, and who answers them."""

    codes: tuple[str, ...]
    host: str


def misdirected(gateway: Gateway, region: Region) -> Misdirected | None:
    """The guard of a region; None where the region may answer, or there is no host in the EU to name."""
    if gateway.dns_region is None or gateway.domain is None or gateway.keeps(region):
        return None
    return Misdirected(codes=territory_of(gateway).codes, host=eu_host(gateway.domain))


def rule(guard: Misdirected, forwarded: ForwardedAddress | None) -> Shape:
    """The first rule: before any limit, so that the metric counts everybody.

    Route 53's checkers also run in Ireland and must find the region: API Gateway answers their path by itself, and it holds
    nothing of anybody.
    """
    probe = {
        "ByteMatchStatement": {
            "FieldToMatch": {"UriPath": {}},
            "PositionalConstraint": "EXACTLY",
            "SearchString": PROBE_PATH,
            "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
        }
    }
    return {
        "Name": METRIC,
        "Statement": _all([_from(guard.codes, forwarded), {"NotStatement": {"Statement": probe}}]),
        "Action": {"Block": {"CustomResponse": {"ResponseCode": 421, "CustomResponseBodyKey": BODY_KEY}}},
        "RuleLabels": [{"Name": LABEL}],
        "VisibilityConfig": {"CloudWatchMetricsEnabled": True, "MetricName": METRIC, "SampledRequestsEnabled": False},
    }


def body(guard: Misdirected) -> Shape:
    """The answer; WAF lets nobody say ``application/problem+json`` (see `rules.bodies`)."""
    problem = {
        "type": "urn:gatewright:problem:misdirected-request",
        "title": "Misdirected request",
        "status": 421,
        "detail": f"Requests from your country are answered in the European Union. Send them to https://{guard.host}.",
        "host": guard.host,
    }
    return {BODY_KEY: {"ContentType": "APPLICATION_JSON", "Content": json.dumps(problem, separators=(",", ":"))}}


def dropped(label_namespace: Any) -> Shape:
    """A filter of the firewall's log that leaves them out; it must be the first.

    That WAF lets the first filter that fits decide is how its console describes it (unsure: the API reference does not say).

    Args:
        label_namespace: the web ACL's own, which ends with a colon; may be an expression of a template.
    """
    name = (
        {"Fn::Join": ["", [label_namespace, LABEL]]}
        if isinstance(label_namespace, dict)
        else f"{label_namespace}{LABEL}"
    )
    return {
        "Behavior": "DROP",
        "Requirement": "MEETS_ANY",
        "Conditions": [{"LabelNameCondition": {"LabelName": name}}],
    }


def _from(codes: Sequence[str], forwarded: ForwardedAddress | None) -> Shape:
    """By the client's address; behind a CDN by the one in its header, and by the connection's where the header is missing."""
    parts = [codes[start : start + _CODES_MAX] for start in range(0, len(codes), _CODES_MAX)]
    direct = _any([{"GeoMatchStatement": {"CountryCodes": list(part)}} for part in parts])
    if forwarded is None:
        return direct
    config = forwarded_config(forwarded)
    by_header = _any(
        [{"GeoMatchStatement": {"CountryCodes": list(part), "ForwardedIPConfig": config}} for part in parts]
    )
    absent = {"NotStatement": {"Statement": header_present(forwarded.header)}}
    return _any([by_header, _all([direct, absent])])


def _any(statements: list[Shape]) -> Shape:
    return statements[0] if len(statements) == 1 else {"OrStatement": {"Statements": statements}}


def _all(statements: list[Shape]) -> Shape:
    return {"AndStatement": {"Statements": statements}}
