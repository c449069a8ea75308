"""The ledger of a gateway in a region: the lock of whoever changes it, and the history of decisions. One table.

Kept when the stack goes, because the history is the audit trail. Its name is fixed so that the CLI finds it without the
stack; so a gateway that was deleted and comes back meets its old table: `cdk import`, or delete the table first.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from stacks import names
from stacks.names import said

__all__ = ["Ledger"]


class Ledger(Construct):
    """An on-demand table with string keys `pk` and `sk`; items with `expires` (epoch seconds) end by themselves."""

    def __init__(self, scope: Construct, construct_id: str, *, gateway_name: str) -> None:
        super().__init__(scope, construct_id)
        table = dynamodb.CfnTable(
            self,
            "Ledger",
            table_name=names.ledger(gateway_name),
            billing_mode="PAY_PER_REQUEST",
            attribute_definitions=[
                dynamodb.CfnTable.AttributeDefinitionProperty(attribute_name=key, attribute_type="S")
                for key in ("pk", "sk")
            ],
            key_schema=[
                dynamodb.CfnTable.KeySchemaProperty(attribute_name="pk", key_type="HASH"),
                dynamodb.CfnTable.KeySchemaProperty(attribute_name="sk", key_type="RANGE"),
            ],
            point_in_time_recovery_specification=dynamodb.CfnTable.PointInTimeRecoverySpecificationProperty(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_specification=dynamodb.CfnTable.TimeToLiveSpecificationProperty(
                attribute_name="expires", enabled=True
            ),
        )
        # Except on create: a first deploy that fails must not leave a table that blocks the second.
        table.cfn_options.deletion_policy = cdk.CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE
        table.cfn_options.update_replace_policy = cdk.CfnDeletionPolicy.RETAIN
        self.table_name = said(table, "Ledger").ref
