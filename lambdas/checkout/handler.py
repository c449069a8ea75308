"""Checkout: what it is, and the total of a cart. The Lambda entry point: wires logic to events, nothing else."""

from __future__ import annotations

import os
from typing import Any

import logic
from shop_runtime.service import Service

_service = Service.from_environment(
    {"GET /": logic.describe, "POST /": logic.total_cart},
    os.environ,
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return _service.answer(event, context)
