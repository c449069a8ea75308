"""The unattended rollout of one region: a function, a state machine that calls it a minute a tick, a rule for alarms. Adds to the stack.

It costs nothing while no rollout is detached. It is no part of a release: a rollout of the old code goes on with the new one's function.
"""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.blueprint.code import NOT_CODE
from infra.blueprint.rollout import (
    ALARM_INPUT,
    ALARM_TARGET,
    CODE,
    alarm_pattern,
    machine_policies,
    rollout_captured,
    rollout_logs,
    rollout_policies,
    state_machine,
)
from infra.config.model import Gateway
from infra.rollout.names import machine_name
from stacks.access import policies, trust
from stacks.names import said

__all__ = ["Unattended"]


class Unattended(Construct):
    """What `gatewright canary run --detach` starts.

    Attributes:
        machine_arn: for the stack's outputs.
    """

    def __init__(self, scope: Construct, construct_id: str, *, gateway: Gateway) -> None:
        super().__init__(scope, construct_id)
        function = self._function(gateway)
        role = said(
            iam.CfnRole(
                self,
                "MachineRole",
                assume_role_policy_document=trust("states.amazonaws.com"),
                policies=policies(*machine_policies(gateway.name, "RolloutFunction")),
            ),
            "RolloutMachineRole",
        )
        machine = said(
            sfn.CfnStateMachine(
                self,
                "Machine",
                state_machine_name=machine_name(gateway.name),
                role_arn=role.attr_arn,
                definition_string=json.dumps(state_machine("${Tick}"), separators=(",", ":")),
                definition_substitutions={"Tick": function.attr_arn},
                tracing_configuration=sfn.CfnStateMachine.TracingConfigurationProperty(enabled=False),
            ),
            "RolloutMachine",
        )
        self.machine_arn = machine.ref
        self._rule(gateway, function)

    def _function(self, gateway: Gateway) -> lambda_.CfnFunction:
        code = assets.Asset(
            self,
            "Code",
            path=str(CODE),
            exclude=list(NOT_CODE),
            ignore_mode=cdk.IgnoreMode.GLOB,
            follow_symlinks=cdk.SymlinkFollowMode.ALWAYS,
            display_name="rollout code",
        )
        group = said(
            logs.CfnLogGroup(
                self,
                "Logs",
                log_group_name=rollout_logs(gateway.name),
                retention_in_days=gateway.log_retention_days,
            ),
            "RolloutLogs",
        )
        group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        role = said(
            iam.CfnRole(
                self,
                "Role",
                assume_role_policy_document=trust("lambda.amazonaws.com"),
                policies=policies(*rollout_policies(gateway, "RolloutLogs")),
            ),
            "RolloutRole",
        )
        return said(
            lambda_.CfnFunction(
                self,
                "Function",
                code=lambda_.CfnFunction.CodeProperty(s3_bucket=code.s3_bucket_name, s3_key=code.s3_object_key),
                role=role.attr_arn,
                **rollout_captured(gateway),
            ),
            "RolloutFunction",
        )

    def _rule(self, gateway: Gateway, function: lambda_.CfnFunction) -> None:
        """An alarm is looked at within seconds, and not at the next minute; the tick itself sees which one it is."""
        pattern = alarm_pattern(gateway)
        if pattern is None:
            return
        target = events.CfnRule.TargetProperty(arn=function.attr_arn, id=ALARM_TARGET, input=ALARM_INPUT)
        rule = said(events.CfnRule(self, "Alarms", event_pattern=pattern, targets=[target]), "RolloutAlarms")
        said(
            lambda_.CfnPermission(
                self,
                "AlarmsMayCall",
                action="lambda:InvokeFunction",
                function_name=function.ref,
                principal="events.amazonaws.com",
                source_arn=rule.attr_arn,
            ),
            "RolloutAlarmsMayCall",
        )
