"""What the unattended rollout's resources are in CloudFormation's words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from infra.terraform.meaning.made import Body, Made, from_json, one_block, renamed

__all__ = ["alarm_rule", "alarm_target", "state_machine"]

_RULE = "aws_cloudwatch_event_rule"


def state_machine(label: str, body: Body) -> Made:
    """One that says nothing of it is a standard one (for both), and not traced (the stack says so).

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
    """
    rest = {"tracing_configuration": {"enabled": False}, **body}
    rest["definition"] = from_json(rest.get("definition"))
    rest["tracing_configuration"] = renamed(one_block(rest["tracing_configuration"]), {"enabled": "Enabled"})
    names = {
        "name": "StateMachineName",
        "role_arn": "RoleArn",
        "definition": "DefinitionString",
        "tracing_configuration": "TracingConfiguration",
        "type": "StateMachineType",
    }
    return Made(kind="AWS::StepFunctions::StateMachine", label=label, properties=renamed(rest, names))


def alarm_rule(label: str, body: Body) -> Made:
    rest = {**body, "event_pattern": from_json(body.get("event_pattern"))}
    return Made(kind="AWS::Events::Rule", label=label, properties=renamed(rest, {"event_pattern": "EventPattern"}))


def alarm_target(body: Body, owners: Mapping[tuple[str, str], Made]) -> Made | None:
    """A part of its rule; None when that is not there."""
    found = re.fullmatch(r"<([a-z0-9_]+)>", str(body.get("rule")))
    owner = owners.get((_RULE, found.group(1))) if found else None
    if owner is not None:
        rest: dict[str, Any] = {key: value for key, value in body.items() if key != "rule"}
        said = renamed(rest, {"arn": "Arn", "target_id": "Id", "input": "Input"})
        owner.properties.setdefault("Targets", []).append(said)
    return owner
