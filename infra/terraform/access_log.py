"""The access log in Terraform's words: log groups, metric filters, the region's permission to write them. Adds to a root.

Why the permission is in every gateway's root, and how to leave it out: `stacks/access_log.py`.
"""

from __future__ import annotations

from infra.blueprint import names
from infra.blueprint.access import PUSH_LOGS_POLICY
from infra.config.model import Gateway
from infra.errors import Refused
from infra.signals import MOST_SERVICES, namespace, signals
from infra.terraform.roles import add_log_group, add_role
from infra.terraform.root import Root

__all__ = ["add_access_log"]


def add_access_log(root: Root, gateway: Gateway, *, account_role: bool) -> list[str]:
    """Returns the logical ids that the stage needs before it.

    Raises:
        Refused: more services than one log group has metric filters for.
    """
    if len(gateway.services) > MOST_SERVICES:
        raise Refused(
            f"gateway {gateway.name}: {len(gateway.services)} services, and CloudWatch Logs has metric filters for "
            f"{MOST_SERVICES}. Split the gateway into two."
        )
    add_log_group(root, "AccessLogs", names.access_logs(gateway.name), gateway.log_retention_days)
    add_log_group(root, "CanaryLogs", names.canary_logs(gateway.name), gateway.log_retention_days)
    needed = ["AccessLogs", "CanaryLogs"]
    if account_role:
        add_role(
            root,
            "LogWriterRole",
            gateway=gateway.name,
            service="apigateway.amazonaws.com",
            managed=[PUSH_LOGS_POLICY],
            guard=True,
        )
        body = {"cloudwatch_role_arn": {"Fn::GetAtt": ["LogWriterRole", "Arn"]}}
        root.add("aws_api_gateway_account", "Account", body, after=["LogWriterRoleManaged0"], guard=True)
        needed.append("Account")
    _add_filters(root, gateway)
    return needed


def _add_filters(root: Root, gateway: Gateway) -> None:
    for signal in signals(gateway.services, stage=gateway.release.stage):
        transformation = {
            "namespace": namespace(gateway.name),
            "name": signal.metric,
            "value": signal.value,
            "unit": signal.unit,
            "dimensions": dict(signal.dimensions) or None,
        }
        root.add(
            "aws_cloudwatch_log_metric_filter",
            names.metric_filter(signal.service, signal.name, total=not signal.dimensions),
            {
                "log_group_name": {"Ref": "AccessLogs"},
                "name": signal.filter_name,
                "pattern": signal.pattern,
                "metric_transformation": {key: one for key, one in transformation.items() if one is not None},
            },
        )
