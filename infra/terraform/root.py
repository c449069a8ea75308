"""A root module as plain data: resources under the logical ids of the stacks, variables, locals, outputs. Pure.

A resource keeps the logical id that it has in CloudFormation, in Terraform's spelling (``UsersFunction`` is
``aws_lambda_function.users_function``). So both outputs name the same thing the same way, and values that refer to a logical
id need no table of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.terraform.syntax import Hcl, literal, translate

__all__ = ["PROVIDER", "REFERENCES", "Resource", "Root", "alias_of", "label"]

# 5.100 is the first that has everything we say; 6 only adds `region` to resources; 7 is not there to be tried.
PROVIDER = {"source": "hashicorp/aws", "version": ">= 5.100, < 7"}

# Terraform type -> what CloudFormation's Ref ("") and attributes are there. {} stands for the resource's address.
REFERENCES: Mapping[str, Mapping[str, str]] = {
    "aws_api_gateway_rest_api": {"": "${{{}.id}}"},
    "aws_api_gateway_stage": {"": "${{{}.stage_name}}"},
    "aws_cloudwatch_log_group": {"": "${{{}.name}}", "Arn": "${{{}.arn}}:*"},  # the provider cuts the ":*" off
    "aws_cloudwatch_event_rule": {"": "${{{}.name}}", "Arn": "${{{}.arn}}"},
    "aws_dynamodb_table": {"": "${{{}.name}}", "Arn": "${{{}.arn}}"},
    "aws_iam_role": {"": "${{{}.name}}", "Arn": "${{{}.arn}}"},
    "aws_lambda_function": {"": "${{{}.function_name}}", "Arn": "${{{}.arn}}"},
    "aws_lambda_layer_version": {"": "${{{}.arn}}"},
    "aws_route53_health_check": {"": "${{{}.id}}"},
    "aws_route53_zone": {"": "${{{}.zone_id}}"},
    "aws_sfn_state_machine": {"": "${{{}.arn}}"},
    "aws_sns_topic": {"": "${{{}.arn}}"},
    "aws_wafv2_web_acl": {"Arn": "${{{}.arn}}"},
}


def alias_of(region: str) -> str:
    """``us-east-1`` -> ``us_east_1``: the provider of another region."""
    return region.replace("-", "_")


def label(logical_id: str) -> str:
    """``UsersErrors5xx`` -> ``users_errors5xx``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", logical_id).lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource block. ``body`` is in Terraform's names, with `Hcl` where it is an expression."""

    type: str
    label: str
    body: Mapping[str, Any]

    @property
    def address(self) -> str:
        return f"{self.type}.{self.label}"


@dataclass(slots=True, kw_only=True)
class Root:
    """One root module.

    Args:
        name: its folder: the region, or ``dns``.
        region: where its provider works.
        other_regions: regions that its resources work in by a provider of their own.
        guarded: whether what must not be lost is guarded by ``prevent_destroy``.
    """

    name: str
    region: str
    guarded: bool = True
    other_regions: tuple[str, ...] = ()
    resources: list[Resource] = field(default_factory=list)
    data: dict[str, dict[str, Any]] = field(default_factory=dict)
    variables: dict[str, dict[str, Any]] = field(default_factory=dict)
    locals: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    backend: dict[str, Any] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._names |= {
            "AWS::Region": self.region,
            "AWS::Partition": Hcl("${data.aws_partition.current.partition}"),
            "AWS::URLSuffix": Hcl("${data.aws_partition.current.dns_suffix}"),
        }
        self.data["aws_partition"] = {"current": {}}

    def add(
        self,
        type_: str,
        logical_id: str,
        body: Mapping[str, Any],
        *,
        after: Iterable[str] = (),
        guard: bool = False,
        region: str = "",
    ) -> None:
        """Adds a resource; values may be in CloudFormation's notation.

        Args:
            after: logical ids that must be there before, where no value says it.
            region: where it works, if not in the root's own.
            guard: losing it would lose what cannot be made again.
        """
        said = self._body(body, after, guard=guard)
        if region:
            said["provider"] = Hcl(f"aws.{alias_of(region)}")
        made = Resource(type=type_, label=label(logical_id), body=said)
        self.resources.append(made)
        for attribute, form in REFERENCES.get(type_, {}).items():
            name = f"{logical_id}.{attribute}" if attribute else logical_id
            self._names[name] = Hcl(form.format(made.address))
        self._names[f"{logical_id}!"] = made.address

    def _body(self, body: Mapping[str, Any], after: Iterable[str], *, guard: bool) -> dict[str, Any]:
        said = {key: self.say(value) for key, value in body.items() if value is not None}
        if needed := [Hcl(self._names[f"{name}!"]) for name in after]:
            said["depends_on"] = needed
        if guard and self.guarded:
            said["lifecycle"] = {**said.get("lifecycle", {}), "prevent_destroy": True}
        return said

    def take_account_from(self, logical_id: str) -> None:
        """The account's number is the fifth part of this resource's ARN: no lookup, so a plan needs no answer of AWS."""
        arn = self._names[f"{logical_id}!"]
        self.locals["account_id"] = Hcl(f'${{split(":", {arn}.arn)[4]}}')
        self.know("AWS::AccountId", Hcl("${local.account_id}"))

    def knows(self, logical_id: str) -> bool:
        return f"{logical_id}!" in self._names

    def know(self, name: str, value: str) -> None:
        """Another name that values may refer to."""
        self._names[name] = value

    def say(self, value: Any) -> Any:
        """A value in CloudFormation's notation, in Terraform's words."""
        return translate(value, self._names.__getitem__)

    def text(self, value: Any) -> Hcl:
        """`say` for a text."""
        said = self.say(value)
        return said if isinstance(said, Hcl) else literal(said)

    def output(self, name: str, value: Any, description: str) -> None:
        self.outputs[name] = {"value": self.say(value), "description": description}
