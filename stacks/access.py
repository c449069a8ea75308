"""Two shapes that every role has: who may take it, and what it may do. Pure."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_iam as iam

from infra.blueprint import access
from infra.blueprint.access import trust

__all__ = ["policies", "policy", "trust"]


def policies(*shapes: dict[str, Any]) -> list[iam.CfnRole.PolicyProperty]:
    """Inline policies of `infra.blueprint.access` as constructs take them."""
    return [
        iam.CfnRole.PolicyProperty(policy_name=shape["PolicyName"], policy_document=shape["PolicyDocument"])
        for shape in shapes
    ]


def policy(name: str, actions: list[str], resource: Any) -> iam.CfnRole.PolicyProperty:
    """An inline policy with one statement."""
    (made,) = policies(access.policy(name, actions, resource))
    return made
