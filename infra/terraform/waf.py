"""The firewall in Terraform's words: web ACL, its log, the association. Adds to a root; everything it says is from `infra.limits`."""

from __future__ import annotations

from typing import Any

from infra.blueprint import names
from infra.config.model import Gateway
from infra.limits import logging_configuration, web_acl
from infra.terraform.roles import add_log_group
from infra.terraform.root import Root
from infra.terraform.words import blocks

__all__ = ["add_firewall"]


def add_firewall(root: Root, gateway: Gateway) -> None:
    """Nothing at all for a gateway without ``limits.per_ip``."""
    properties = web_acl(gateway)
    if properties is None:
        return
    root.add("aws_wafv2_web_acl", "WebAcl", _web_acl(gateway, properties))
    add_log_group(root, "FirewallLogs", names.firewall_logs(gateway.name), gateway.log_retention_days)
    group = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${FirewallLogs}"
    root.add(
        "aws_wafv2_web_acl_logging_configuration",
        "FirewallLogging",
        {
            "resource_arn": {"Fn::GetAtt": ["WebAcl", "Arn"]},
            "log_destination_configs": [{"Fn::Sub": group}],
            **_logging(logging_configuration()),
        },
    )
    stage = "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${RestApi}/stages/${Stage}"
    body = {"web_acl_arn": {"Fn::GetAtt": ["WebAcl", "Arn"]}, "resource_arn": {"Fn::Sub": stage}}
    root.add("aws_wafv2_web_acl_association", "WebAclAssociation", body)


def _web_acl(gateway: Gateway, properties: dict[str, Any]) -> dict[str, Any]:
    bodies = properties.pop("CustomResponseBodies", {})
    said: dict[str, Any] = blocks(properties)
    said["name_prefix"] = f"gatewright-{gateway.name}-"
    said["custom_response_body"] = [{"key": key, **blocks(body)} for key, body in bodies.items()]
    return said


def _logging(properties: dict[str, Any]) -> dict[str, Any]:
    """Redacted fields are one list in the API and repeated blocks here; a header is named in lower case."""
    redacted = [blocks(field) for field in properties["RedactedFields"]]
    conditions = blocks(properties["LoggingFilter"])
    for one in conditions["filter"]:
        one["condition"] = [{"action_condition": condition["action_condition"]} for condition in one["condition"]]
    return {"redacted_fields": redacted, "logging_filter": conditions}
