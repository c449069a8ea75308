"""The access log of a gateway: log groups, metric filters, and the region's permission to write them. Adds to the stack.

`AWS::ApiGateway::Account` is one setting per account and region, shared by every API there, and access logs need it. We
set it in every gateway's stack and keep it (Retain) when the stack goes: each gateway sets an equivalent role, the last
one wins, and deleting one gateway does not silence the logs of another. An account whose setting belongs to someone else
synthesizes with `-c account_role=false`; the setting must then exist before the first deploy.
Costs: a deleted gateway leaves one role and the setting.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.blueprint.access import PUSH_LOGS_POLICY, trust
from infra.config.model import Gateway
from infra.errors import Refused
from infra.signals import MOST_SERVICES, namespace, signals
from stacks import names
from stacks.names import said

__all__ = ["AccessLog"]


class AccessLog(Construct):
    """Where the stage logs, and the metrics made of it.

    Attributes:
        destination_arn: for the stage's access log setting.
        prerequisites: what must exist before the stage.

    Raises:
        Refused: more services than one log group has metric filters for.
    """

    def __init__(self, scope: Construct, construct_id: str, *, gateway: Gateway, account_role: bool) -> None:
        super().__init__(scope, construct_id)
        if len(gateway.services) > MOST_SERVICES:
            raise Refused(
                f"gateway {gateway.name}: {len(gateway.services)} services, and CloudWatch Logs has metric filters for "
                f"{MOST_SERVICES}. Split the gateway into two."
            )
        group = self._group("AccessLogs", names.access_logs(gateway.name), gateway.log_retention_days)
        # API Gateway makes this group itself at the first canary request, and then without an end to its retention.
        canary = self._group("CanaryLogs", names.canary_logs(gateway.name), gateway.log_retention_days)
        self.destination_arn = cdk.Fn.sub(
            "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${AccessLogs}"
        )
        self.prerequisites: list[cdk.CfnResource] = [group, canary]
        if account_role:
            self.prerequisites.append(self._account())
        self._add_filters(gateway, group)

    def _group(self, logical_id: str, name: str, retention_days: int) -> logs.CfnLogGroup:
        group = logs.CfnLogGroup(self, logical_id, log_group_name=name, retention_in_days=retention_days)
        # The evidence of a release is in the ledger; the lines themselves end with the gateway.
        group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        return said(group, logical_id)

    def _account(self) -> apigateway.CfnAccount:
        """The setting, with AWS's own policy: it serves every API of the region, also those we know nothing of."""
        role = said(
            iam.CfnRole(
                self,
                "LogWriterRole",
                assume_role_policy_document=trust("apigateway.amazonaws.com"),
                managed_policy_arns=[cdk.Fn.sub(PUSH_LOGS_POLICY["Fn::Sub"])],
            ),
            "LogWriterRole",
        )
        account = said(apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.attr_arn), "Account")
        for kept in (role, account):
            kept.cfn_options.deletion_policy = cdk.CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE
            kept.cfn_options.update_replace_policy = cdk.CfnDeletionPolicy.RETAIN
        return account

    def _add_filters(self, gateway: Gateway, group: logs.CfnLogGroup) -> None:
        for signal in signals(gateway.services, stage=gateway.release.stage):
            logical_id = names.metric_filter(signal.service, signal.name, total=not signal.dimensions)
            transformation: dict[str, Any] = {
                "MetricNamespace": namespace(gateway.name),
                "MetricName": signal.metric,
                "MetricValue": signal.value,
                "Unit": signal.unit,
            }
            if signal.dimensions:
                transformation["Dimensions"] = [{"Key": key, "Value": field} for key, field in signal.dimensions]
            properties = {
                "LogGroupName": group.ref,
                "FilterName": signal.filter_name,
                "FilterPattern": signal.pattern,
                "MetricTransformations": [transformation],
            }
            made = cdk.CfnResource(self, logical_id, type="AWS::Logs::MetricFilter", properties=properties)
            said(made, logical_id)
