"""Who may take a role and what it may do: every IAM statement of a gateway, as plain data. Pure.

Resources are CloudFormation expressions; `??????` stands for what Secrets Manager appends to a secret's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from infra.blueprint import names
from infra.config.tracing_model import Tracing
from infra.keys.secret import secret_name

__all__ = [
    "PUSH_LOGS_POLICY",
    "every_version",
    "function_policies",
    "invoke_policy",
    "key_secret_policy",
    "policy",
    "trust",
]

# AWS's own policy: the role serves every API of the region, also those we know nothing of.
PUSH_LOGS_POLICY = {
    "Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}


def trust(service: str) -> dict[str, Any]:
    """A service of AWS may take the role."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def policy(name: str, actions: Sequence[str], resource: Any) -> dict[str, Any]:
    """An inline policy with one statement, in the shape of ``AWS::IAM::Role.Policy``."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {"PolicyName": name, "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


def function_policies(log_group: str, tracing: Tracing) -> list[dict[str, Any]]:
    """What every function may do: write its own log group (by logical id), and send traces where X-Ray has them.

    X-Ray has no resources to name: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
    """
    found = [policy("logs", ["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": [log_group, "Arn"]})]
    if tracing.xray:
        found.append(policy("traces", ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*"))
    return found


def key_secret_policy(gateway: str) -> dict[str, Any]:
    """Read the secret of this gateway's keys; Secrets Manager puts a hyphen and six characters behind a secret's name."""
    arn = f"arn:${{AWS::Partition}}:secretsmanager:${{AWS::Region}}:${{AWS::AccountId}}:secret:{secret_name(gateway)}"
    return policy("keys", ["secretsmanager:GetSecretValue"], {"Fn::Sub": f"{arn}-??????"})


def every_version(gateway: str, function: str) -> dict[str, Any]:
    """ARN of any version of exactly this function: older releases, which a rollback returns to, call older versions."""
    return {
        "Fn::Sub": "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:"
        f"{names.function(gateway, function)}:*"
    }


def invoke_policy(arns: Any) -> dict[str, Any]:
    """What API Gateway's own role may do: invoke these."""
    return policy("invoke", ["lambda:InvokeFunction"], arns)
