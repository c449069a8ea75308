"""The web ACL of a gateway and what it may write down, as plain data for CloudFormation and Terraform alike. Pure.

What a client address is allowed comes from ``limits.per_ip`` of gateway.yaml; who is refused outside the EU from ``domain`` and
``residency``. A region with neither has no web ACL. Costs, by
AWS's price list (unsure of today's figures): a few dollars a month for the web ACL and each rule, and a fraction of a dollar
for a million requests.
"""

from __future__ import annotations

from typing import Any

from infra.config.model import Gateway, Region
from infra.limits.rules import bodies, rules, visibility
from infra.limits.territory_guard import body, dropped, misdirected, rule

__all__ = ["SECRET_HEADERS", "logging_configuration", "web_acl"]

SECRET_HEADERS = ("authorization", "cookie", "x-api-key")
"""Headers that hold credentials; written down nowhere."""

# Credentials and the query; not the address, which is what an operator looks for in a flood. That a whole ``cookie`` header
# can be named as a header is unsure: WAF documents single cookies by name.
PROTECTED: list[dict[str, Any]] = [
    {"Field": {"FieldType": "SINGLE_HEADER", "FieldKeys": list(SECRET_HEADERS)}, "Action": "SUBSTITUTION"},
    {"Field": {"FieldType": "QUERY_STRING"}, "Action": "SUBSTITUTION"},
]


def web_acl(gateway: Gateway, region: Region | None = None) -> dict[str, Any] | None:
    """Properties of ``AWS::WAFv2::WebACL`` without a name; None when there is nothing to guard.

    Args:
        region: where it stands: outside the EU it refuses who must be answered there. None leaves that out.
    """
    limit = gateway.limits.per_ip
    guard = misdirected(gateway, region) if region is not None else None
    if limit is None and guard is None:
        return None
    ordered = [rule(guard, limit.forwarded if limit else None)] if guard else []
    ordered += rules(limit) if limit else []
    told = [f"{len(guard.codes)} countries are answered in the EU"] if guard else []
    told += [f"{limit.requests} requests of one address in {limit.window_seconds} s"] if limit else []
    return {
        "Scope": "REGIONAL",
        "Description": f"{', '.join(told)} for gateway {gateway.name}",
        "DefaultAction": {"Allow": {}},
        "Rules": [{**one, "Priority": priority} for priority, one in enumerate(ordered)],
        "CustomResponseBodies": (body(guard) if guard else {}) | (bodies(limit) if limit else {}),
        "DataProtectionConfig": {"DataProtections": PROTECTED},
        "VisibilityConfig": visibility(f"gatewright-{gateway.name}"),
    }


def logging_configuration(*, label_namespace: Any = None) -> dict[str, Any]:
    """Properties of ``AWS::WAFv2::LoggingConfiguration`` without ARNs.

    Args:
        label_namespace: of the web ACL, where it refuses people whose addresses must not be written down here.

    Only what a rule matched is written: the addresses of everybody else are personal data that nobody needs. Credentials and
    the query are redacted here as well as by the web ACL's data protection, which also covers sampled requests.
    """
    matched = [{"ActionCondition": {"Action": action}} for action in ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")]
    return {
        "RedactedFields": [
            *({"SingleHeader": {"Name": name}} for name in SECRET_HEADERS),
            {"QueryString": {}},
        ],
        "LoggingFilter": {
            "DefaultBehavior": "DROP",
            "Filters": [
                *([dropped(label_namespace)] if label_namespace is not None else ()),
                {"Behavior": "KEEP", "Requirement": "MEETS_ANY", "Conditions": matched},
            ],
        },
    }
