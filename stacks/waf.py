"""The firewall in front of a gateway's stage: web ACL, its log, and the association. Adds to the stack of one region.

Everything it says comes from `infra.limits`. Three traps: the association needs the stage to be there (a stage has no ARN to
refer to, so the order is said here); a log group for WAF must be named ``aws-waf-logs-...``; and WAF runs before resource
policy, authorizer and keys, so what it blocks costs no invocation.
https://docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html
https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from infra.config.model import Gateway, Region
from infra.limits import logging_configuration, misdirected, web_acl
from stacks import names
from stacks.names import said

__all__ = ["Firewall"]


class Firewall(Construct):
    """Nothing at all where addresses are not limited and everybody may be answered."""

    def __init__(
        self, scope: Construct, construct_id: str, *, gateway: Gateway, region: Region, stage: apigateway.CfnStage
    ) -> None:
        super().__init__(scope, construct_id)
        properties = web_acl(gateway, region)
        if properties is None:
            return
        acl = cdk.CfnResource(self, "WebAcl", type="AWS::WAFv2::WebACL", properties=properties)
        arn = said(acl, "WebAcl").get_att("Arn").to_string()
        self._log(gateway, arn, guarded=misdirected(gateway, region) is not None)
        association = wafv2.CfnWebACLAssociation(
            self,
            "WebAclAssociation",
            web_acl_arn=arn,
            resource_arn=cdk.Fn.sub(
                "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${RestApi}/stages/${Stage}"
            ),
        )
        association.add_resource_dependency(stage)
        said(association, "WebAclAssociation")

    def _log(self, gateway: Gateway, arn: str, *, guarded: bool) -> None:
        group = logs.CfnLogGroup(
            self,
            "FirewallLogs",
            log_group_name=names.firewall_logs(gateway.name),
            retention_in_days=gateway.log_retention_days,
        )
        group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        said(group, "FirewallLogs")
        namespace = {"Fn::GetAtt": ["WebAcl", "LabelNamespace"]}
        configuration = cdk.CfnResource(
            self,
            "FirewallLogging",
            type="AWS::WAFv2::LoggingConfiguration",
            properties={
                "ResourceArn": arn,
                # Without the ":*" that the group's own ARN ends with: WAF drops it, and the stack would have drifted.
                "LogDestinationConfigs": [
                    cdk.Fn.sub("arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${FirewallLogs}")
                ],
                **logging_configuration(label_namespace=namespace if guarded else None),
            },
        )
        said(configuration, "FirewallLogging")
