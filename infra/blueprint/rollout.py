"""The unattended rollout of a region: its state machine, what its function may do, and the rule for alarms. Pure.

    Tick (Lambda) -> running? -> Wait a minute -> Tick ...
                  -> promoted: Succeed; rolled back, undecided, taken over: Succeed with the outcome as output
                  -> too many ticks: a new execution goes on

It ends well whatever the verdict was: a rollback is what it is for. It fails only when the function cannot run at all; errors of a tick are
retried with patience and then waited out, because nothing is promoted meanwhile and the ledger has the state.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from infra.blueprint.access import function_policies, policy
from infra.blueprint.functions import Captured, function_captured
from infra.config.model import Gateway
from infra.rollout.names import machine_name

__all__ = [
    "ALARM_INPUT",
    "ALARM_TARGET",
    "CODE",
    "alarm_pattern",
    "machine_policies",
    "rollout_captured",
    "rollout_function",
    "rollout_logs",
    "rollout_policies",
    "state_machine",
]

CODE = Path(__file__).resolve().parents[2] / "lambdas" / "rollout"
# What the rule for alarms calls the function with: a tick of no execution.
ALARM_TARGET, ALARM_INPUT = "tick", "{}"

# A tick may carry out a promotion in several regions, each waiting for a stack update.
TIMEOUT_SECONDS = 600
MEMORY_MB = 512


def rollout_function(gateway: str) -> str:
    return f"gatewright-{gateway}_rollout"  # no service's function has an underscore there


def rollout_logs(gateway: str) -> str:
    return f"/aws/lambda/{rollout_function(gateway)}"


def rollout_captured(gateway: Gateway) -> Captured:
    """The function, as CDK and Terraform take it."""
    return function_captured(
        gateway,
        rollout_function(gateway.name),
        memory_mb=MEMORY_MB,
        timeout_seconds=TIMEOUT_SECONDS,
        environment={"variables": {"GATEWAY": gateway.name}},
    )


def state_machine(function_arn: Any) -> dict[str, Any]:
    """The machine in Amazon States Language; the ARN in the notation of whoever writes it.

    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
    """
    patience = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 10, "BackoffRate": 2, "MaxAttempts": 4}
    return {
        "Comment": "One tick of the rollout a minute, until it has ended.",
        "StartAt": "Tick",
        "States": {
            "Tick": {
                "Type": "Task",
                "Resource": function_arn,
                "TimeoutSeconds": TIMEOUT_SECONDS,
                "Retry": [patience],
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Rest"}],
                "Next": "Ended?",
            },
            "Ended?": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.running", "BooleanEquals": False, "Next": "Ended"},
                    {"Variable": "$.again", "BooleanEquals": True, "Next": "Again"},
                ],
                "Default": "Wait",
            },
            "Wait": {"Type": "Wait", "SecondsPath": "$.wait_seconds", "Next": "Tick"},
            "Rest": {"Type": "Wait", "Seconds": 60, "Next": "Tick"},
            "Again": {
                "Type": "Task",
                "Resource": "arn:aws:states:::states:startExecution",
                "Parameters": {"StateMachineArn.$": "$$.StateMachine.Id", "Input": {"ticks": 0}},
                "Next": "Ended",
            },
            "Ended": {"Type": "Succeed"},
        },
    }


def rollout_policies(gateway: Gateway, log_group: str) -> list[dict[str, Any]]:
    """What the function may do: look, move the canary, write the ledger; in every region of this gateway, and to no other gateway.

    A parameter update of the stack is carried out with the role that deployed it, which CloudFormation remembers:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
    """
    name = gateway.name

    def arns(service: str, resource: str) -> list[dict[str, str]]:
        return [
            {"Fn::Sub": f"arn:${{AWS::Partition}}:{service}:{region.name}:{resource}"} for region in gateway.regions
        ]

    tables = arns("dynamodb", f"${{AWS::AccountId}}:table/gatewright-{name}-ledger")
    tables += arns("dynamodb", f"${{AWS::AccountId}}:table/gatewright-{name}-breakers")
    stacks = [
        {
            "Fn::Sub": f"arn:${{AWS::Partition}}:cloudformation:{region.name}:${{AWS::AccountId}}:stack/Gatewright-{name}-{region.name}/*"
        }
        for region in gateway.regions
    ]
    write = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem"]
    change = ["cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents", "cloudformation:UpdateStack"]
    return [
        *function_policies(log_group, gateway.tracing),
        policy("ledger", write, tables),
        policy("stacks", change, stacks),
        # The API's id is not known before the first deploy; the stage is what is patched.
        policy("stages", ["apigateway:GET", "apigateway:PATCH"], arns("apigateway", ":/restapis/*")),
        # Metrics have no resources to name, and neither have the states of all alarms.
        policy("evidence", ["cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms"], "*"),
    ]


def machine_policies(gateway: str, function: str) -> list[dict[str, Any]]:
    """What the state machine may do: call the function (by logical id), and go on in a new execution of itself."""
    itself = f"arn:${{AWS::Partition}}:states:${{AWS::Region}}:${{AWS::AccountId}}:stateMachine:{machine_name(gateway)}"
    return [
        policy("tick", ["lambda:InvokeFunction"], {"Fn::GetAtt": [function, "Arn"]}),
        policy("again", ["states:StartExecution"], {"Fn::Sub": itself}),
    ]


def alarm_pattern(gateway: Gateway) -> dict[str, Any] | None:
    """Events of the alarms that take a canary back; None when gateway.yaml names none.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
    """
    if not gateway.release.alarms:
        return None
    return {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": list(gateway.release.alarms), "state": {"value": ["ALARM"]}},
    }
