"""The unattended rollout in Terraform's words: its function, the state machine that calls it, the rule for alarms. Adds to a root.

Reads the function's code, which comes from this project and not from the user's folder. Idle, it costs nothing.
"""

from __future__ import annotations

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
from infra.terraform.roles import add_log_group, add_role
from infra.terraform.root import Root
from infra.terraform.services import Archive, add_function
from infra.terraform.syntax import json_text

__all__ = ["add_rollout"]


def add_rollout(root: Root, gateway: Gateway) -> Archive:
    """What `gatewright canary run --detach` starts. No part of a release. Returns the function's zip."""
    code = Archive.of(CODE, NOT_CODE)
    add_log_group(root, "RolloutLogs", rollout_logs(gateway.name), gateway.log_retention_days)
    add_role(
        root,
        "RolloutRole",
        gateway=gateway.name,
        service="lambda.amazonaws.com",
        policies=rollout_policies(gateway, "RolloutLogs"),
    )
    add_function(root, "Rollout", rollout_captured(gateway), archive=code, version=None)
    function = {"Fn::GetAtt": ["RolloutFunction", "Arn"]}
    policies = machine_policies(gateway.name, "RolloutFunction")
    add_role(root, "RolloutMachineRole", gateway=gateway.name, service="states.amazonaws.com", policies=policies)
    root.add(
        "aws_sfn_state_machine",
        "RolloutMachine",
        {
            "name": machine_name(gateway.name),
            "role_arn": {"Fn::GetAtt": ["RolloutMachineRole", "Arn"]},
            "definition": json_text(root.say(state_machine(function))),
        },
        after=[f"RolloutMachineRole{policy['PolicyName'].capitalize()}" for policy in policies],
    )
    _add_rule(root, gateway)
    return code


def _add_rule(root: Root, gateway: Gateway) -> None:
    """Nothing where gateway.yaml names no alarm."""
    pattern = alarm_pattern(gateway)
    if pattern is None:
        return
    root.add("aws_cloudwatch_event_rule", "RolloutAlarms", {"event_pattern": json_text(pattern)})
    target = {
        "rule": {"Ref": "RolloutAlarms"},
        "target_id": ALARM_TARGET,
        "arn": {"Fn::GetAtt": ["RolloutFunction", "Arn"]},
        "input": ALARM_INPUT,
    }
    root.add("aws_cloudwatch_event_target", "RolloutAlarmsTarget", target)
    allowed = {
        "action": "lambda:InvokeFunction",
        "function_name": {"Ref": "RolloutFunction"},
        "principal": "events.amazonaws.com",
        "source_arn": {"Fn::GetAtt": ["RolloutAlarms", "Arn"]},
    }
    root.add("aws_lambda_permission", "RolloutAlarmsMayCall", allowed)
