"""The firewall in Terraform's words: web ACL, its log, the association. Adds to a root; everything it says is from `infra.limits`.

The provider's blocks nest statements three deep; a rule that is deeper (the guard of the territory behind a CDN) is given as the
API's own JSON, which the provider takes for all rules or for none.
"""

from __future__ import annotations

import base64
from typing import Any

from infra.blueprint import names
from infra.config.model import Gateway, Region
from infra.limits import logging_configuration, misdirected, web_acl
from infra.terraform.roles import add_log_group
from infra.terraform.root import Root
from infra.terraform.syntax import Hcl, json_text
from infra.terraform.words import blocks

__all__ = ["add_firewall"]

_DEPTH_MAX = 3


def add_firewall(root: Root, gateway: Gateway, region: Region) -> None:
    """Nothing at all where addresses are not limited and everybody may be answered."""
    properties = web_acl(gateway, region)
    if properties is None:
        return
    root.add("aws_wafv2_web_acl", "WebAcl", _web_acl(gateway, properties))
    # What CloudFormation's LabelNamespace is.
    # https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-label-requirements.html
    acl = "${aws_wafv2_web_acl.web_acl.name}"
    root.know("WebAcl.LabelNamespace", Hcl(f"awswaf:{root.text({'Ref': 'AWS::AccountId'})}:webacl:{acl}:"))
    namespace = {"Fn::GetAtt": ["WebAcl", "LabelNamespace"]} if misdirected(gateway, region) is not None else None
    add_log_group(root, "FirewallLogs", names.firewall_logs(gateway.name), gateway.log_retention_days)
    group = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${FirewallLogs}"
    root.add(
        "aws_wafv2_web_acl_logging_configuration",
        "FirewallLogging",
        {
            "resource_arn": {"Fn::GetAtt": ["WebAcl", "Arn"]},
            "log_destination_configs": [{"Fn::Sub": group}],
            **_logging(root.say(logging_configuration(label_namespace=namespace))),
        },
    )
    stage = "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${RestApi}/stages/${Stage}"
    body = {"web_acl_arn": {"Fn::GetAtt": ["WebAcl", "Arn"]}, "resource_arn": {"Fn::Sub": stage}}
    root.add("aws_wafv2_web_acl_association", "WebAclAssociation", body)


def _web_acl(gateway: Gateway, properties: dict[str, Any]) -> dict[str, Any]:
    rest = dict(properties)
    bodies = rest.pop("CustomResponseBodies", {})
    rules = rest.pop("Rules")
    said: dict[str, Any] = blocks(rest)
    said["name_prefix"] = f"gatewright-{gateway.name}-"
    said["custom_response_body"] = [{"key": key, **blocks(body)} for key, body in bodies.items()]
    if any(_depth(rule["Statement"]) > _DEPTH_MAX for rule in rules):
        return said | {"rule_json": json_text(_bytes(rules))}
    return said | {"rule": blocks(rules)}


def _depth(statement: dict[str, Any]) -> int:
    """How many statements are inside one another."""
    (body,) = statement.values()
    inner = [body[key] for key in ("Statement", "ScopeDownStatement") if key in body] + body.get("Statements", [])
    return 1 + max((_depth(one) for one in inner), default=0)


def _bytes(value: Any) -> Any:
    """What the API takes as bytes is base64 in JSON."""
    if isinstance(value, dict):
        return {
            key: base64.b64encode(one.encode()).decode() if key == "SearchString" else _bytes(one)
            for key, one in value.items()
        }
    return [_bytes(one) for one in value] if isinstance(value, list) else value


def _logging(properties: dict[str, Any]) -> dict[str, Any]:
    """Redacted fields are one list in the API and repeated blocks here."""
    redacted = [blocks(field) for field in properties["RedactedFields"]]
    return {"redacted_fields": redacted, "logging_filter": blocks(properties["LoggingFilter"])}
