"""The web ACL of a gateway and what it may write down, as plain data for CloudFormation and Terraform alike. Pure.

What a client address is allowed comes from ``limits.per_ip`` of gateway.yaml; a gateway without it has no web ACL. Costs, by
AWS's price list (unsure of today's figures): a few dollars a month for the web ACL and each rule, and a fraction of a dollar
for a million requests.
"""

from __future__ import annotations

from typing import Any

from infra.config.model import Gateway
from infra.limits.rules import bodies, rules, visibility

__all__ = ["SECRET_HEADERS", "logging_configuration", "web_acl"]

SECRET_HEADERS = ("authorization", "cookie", "x-api-key")
"""Headers that hold credentials; written down nowhere."""

# Credentials and the query; not the address, which is what an operator looks for in a flood. That a whole ``cookie`` header
# can be named as a header is unsure: WAF documents single cookies by name.
PROTECTED: list[dict[str, Any]] = [
    {"Field": {"FieldType": "SINGLE_HEADER", "FieldKeys": list(SECRET_HEADERS)}, "Action": "SUBSTITUTION"},
    {"Field": {"FieldType": "QUERY_STRING"}, "Action": "SUBSTITUTION"},
]


def web_acl(gateway: Gateway) -> dict[str, Any] | None:
    """Properties of ``AWS::WAFv2::WebACL`` without a name; None when addresses are not limited."""
    limit = gateway.limits.per_ip
    if limit is None:
        return None
    return {
        "Scope": "REGIONAL",
        "Description": f"{limit.requests} requests of one address in {limit.window_seconds} s for gateway {gateway.name}",
        "DefaultAction": {"Allow": {}},
        "Rules": rules(limit),
        "CustomResponseBodies": bodies(limit),
        "DataProtectionConfig": {"DataProtections": PROTECTED},
        "VisibilityConfig": visibility(f"gatewright-{gateway.name}"),
    }


def logging_configuration() -> dict[str, Any]:
    """Properties of ``AWS::WAFv2::LoggingConfiguration`` without ARNs.

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
            "Filters": [{"Behavior": "KEEP", "Requirement": "MEETS_ANY", "Conditions": matched}],
        },
    }
