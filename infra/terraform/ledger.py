"""The ledger in Terraform's words, and what the root tells `gatewright` in it. Adds to a root.

CloudFormation keeps a stack's outputs where everybody can read them; Terraform keeps them in its state. So the root writes them
into the ledger as one item, and the release commands need neither Terraform nor its state. The item has only what changes with
a release, never what a canary changes.
"""

from __future__ import annotations

from infra.blueprint import names
from infra.config.model import Gateway
from infra.release.home import OUTPUTS_KEY
from infra.terraform.root import Root
from infra.terraform.syntax import json_text

__all__ = ["add_ledger", "add_outputs", "add_table"]


def add_ledger(root: Root, gateway: Gateway) -> None:
    """An on-demand table with string keys ``pk`` and ``sk``; items with ``expires`` end by themselves."""
    add_table(root, "Ledger", names.ledger(gateway.name), guard=True)


def add_table(root: Root, logical_id: str, name: str, *, guard: bool) -> None:
    """The table that the ledger and the breakers have each."""
    root.add(
        "aws_dynamodb_table",
        logical_id,
        {
            "name": name,
            "billing_mode": "PAY_PER_REQUEST",
            "hash_key": "pk",
            "range_key": "sk",
            "attribute": [{"name": "pk", "type": "S"}, {"name": "sk", "type": "S"}],
            "point_in_time_recovery": {"enabled": True},
            "ttl": {"attribute_name": "expires", "enabled": True},
        },
        guard=guard,
    )


def add_outputs(root: Root, outputs: dict[str, object]) -> None:
    """The outputs of `stacks/region.py` that the release commands read, as one item."""
    item = {
        "pk": {"S": OUTPUTS_KEY},
        "sk": {"S": OUTPUTS_KEY},
        **{name: {"S": root.text(value)} for name, value in outputs.items()},
    }
    body = {
        "table_name": {"Ref": "Ledger"},
        "hash_key": "pk",
        "range_key": "sk",
        "item": json_text(item),
    }
    root.add("aws_dynamodb_table_item", "Outputs", body)
