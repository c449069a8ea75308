"""Web ACLs and their logs in CloudFormation's words. Pure."""

from __future__ import annotations

import base64
from typing import Any

from infra.terraform.meaning.made import Body, Made, from_json, many_blocks, one_block

__all__ = ["camel", "waf_logging", "web_acl"]

# Blocks of WAF that repeat: the provider's name -> the API's.
_WAF_LISTS = {
    "rule": "Rules",
    "response_header": "ResponseHeaders",
    "text_transformation": "TextTransformations",
    "rule_action_override": "RuleActionOverrides",
    "filter": "Filters",
    "condition": "Conditions",
    "data_protection": "DataProtections",
    "rule_label": "RuleLabels",
    "redacted_fields": "RedactedFields",
}
_WAF_NAMES = {
    "cloudwatch_metrics_enabled": "CloudWatchMetricsEnabled",
    "forwarded_ip_config": "ForwardedIPConfig",
    "none": "None",
}
# Objects and not blocks in the API, whatever their content.
_WAF_STATEMENTS = {"not_statement": "NotStatement"}

_LEFT_OUT = ("name_prefix", "custom_response_body", "rule_json")


def _waf(value: Any) -> Any:
    if isinstance(value, list):
        return [_waf(one) for one in value]
    if not isinstance(value, dict):
        return value
    said: Body = {}
    for key, one in value.items():
        if key in ("and_statement", "or_statement"):
            said[camel(key)] = {"Statements": [_waf(each) for each in many_blocks(one_block(one)["statement"])]}
        elif key in _WAF_LISTS:
            said[_WAF_LISTS[key]] = [_waf(each) for each in many_blocks(one)]
        else:
            name = _WAF_NAMES.get(key) or _WAF_STATEMENTS.get(key) or camel(key)
            said[name] = _waf(one)
    return said


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def web_acl(label: str, body: Body) -> Made:
    rest = {key: value for key, value in body.items() if key not in _LEFT_OUT}
    bodies = {
        one["key"]: {camel(key): value for key, value in one.items() if key != "key"}
        for one in many_blocks(body.get("custom_response_body", []))
    }
    properties = _waf(rest) | {"CustomResponseBodies": bodies}
    if "rule_json" in body:
        properties["Rules"] = _text_of_bytes(from_json(body["rule_json"]))
    return Made(kind="AWS::WAFv2::WebACL", label=label, properties=properties)


def _text_of_bytes(value: Any) -> Any:
    """The API's JSON has bytes in base64, CloudFormation has texts."""
    if isinstance(value, dict):
        return {
            key: base64.b64decode(one).decode() if key == "SearchString" else _text_of_bytes(one)
            for key, one in value.items()
        }
    return [_text_of_bytes(one) for one in value] if isinstance(value, list) else value


def waf_logging(label: str, body: Body) -> Made:
    return Made(kind="AWS::WAFv2::LoggingConfiguration", label=label, properties=_waf(body))
