"""What the authorizer is told of the gateway: its environment, for CloudFormation and Terraform alike. Pure."""

from __future__ import annotations

from infra.auth.environment import authorizer_environment, user_pool_facts

__all__ = ["authorizer_environment", "user_pool_facts"]
