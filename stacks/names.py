"""Names of stacks and resources: those of `infra.blueprint.names`, and how a construct gets one. Pure; touches nothing."""

from __future__ import annotations

from typing import TypeVar

import aws_cdk as cdk

from infra.blueprint.names import (
    access_logs,
    canary_logs,
    dns_stack,
    firewall_logs,
    function,
    function_logs,
    ledger,
    logical,
    metric_filter,
    stack,
    zone_stack,
)

__all__ = [
    "access_logs",
    "canary_logs",
    "dns_stack",
    "firewall_logs",
    "function",
    "function_logs",
    "ledger",
    "logical",
    "metric_filter",
    "said",
    "stack",
    "zone_stack",
]

Element = TypeVar("Element", bound=cdk.CfnElement)


def said(element: Element, logical_id: str) -> Element:
    """The element, with exactly this logical id."""
    element.override_logical_id(logical_id)
    return element
