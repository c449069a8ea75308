"""One tick of the rollout that runs unattended. Called by its state machine, and by an alarm that wants it sooner."""

from __future__ import annotations

import os
from typing import Any

from infra.rollout.unattended import tick


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    return tick(event, gateway=os.environ["GATEWAY"], home=os.environ["AWS_REGION"])
