"""Roles and log groups in Terraform's words. Adds to a root; touches nothing.

Inline policies are resources of their own, as the provider recommends. Role names are generated from a prefix: IAM is global, and
one name would be claimed by the roots of two regions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from infra.blueprint.access import trust
from infra.terraform.root import Root
from infra.terraform.syntax import Hcl, json_text

__all__ = ["add_log_group", "add_role"]

# CreateRole takes 64 characters, and the provider puts 26 of its own behind a prefix.
_PREFIX_LENGTH = 38


def add_log_group(root: Root, logical_id: str, name: str, retention_days: int) -> None:
    root.add("aws_cloudwatch_log_group", logical_id, {"name": name, "retention_in_days": retention_days})


def add_role(
    root: Root,
    logical_id: str,
    *,
    gateway: str,
    service: str,
    policies: Iterable[Mapping[str, Any]] = (),
    managed: Iterable[Any] = (),
    guard: bool = False,
) -> None:
    """A role that ``service`` may take, with inline policies in the shape of ``AWS::IAM::Role.Policy``."""
    prefix = f"{gateway}-{logical_id}"[: _PREFIX_LENGTH - 1] + "-"
    body: dict[str, Any] = {"name_prefix": prefix, "assume_role_policy": json_text(trust(service))}
    root.add("aws_iam_role", logical_id, body, guard=guard)
    role = root.say({"Ref": logical_id})
    for policy in policies:
        name = policy["PolicyName"]
        body = {"name": name, "role": role, "policy": json_text(root.say(policy["PolicyDocument"]))}
        root.add("aws_iam_role_policy", f"{logical_id}{name.capitalize()}", body)
    for number, arn in enumerate(managed):
        body = {"role": Hcl(role), "policy_arn": root.text(arn)}
        root.add("aws_iam_role_policy_attachment", f"{logical_id}Managed{number}", body)
