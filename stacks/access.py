"""Two shapes that every role has: who may take it, and what it may do. Pure."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_iam as iam

__all__ = ["policy", "trust"]


def trust(service: str) -> dict[str, Any]:
    """A service of AWS may take the role."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def policy(name: str, actions: list[str], resource: Any) -> iam.CfnRole.PolicyProperty:
    """An inline policy with one statement."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return iam.CfnRole.PolicyProperty(
        policy_name=name, policy_document={"Version": "2012-10-17", "Statement": [statement]}
    )
