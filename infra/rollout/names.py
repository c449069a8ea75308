"""What the parts of an unattended rollout are called. Pure."""

from __future__ import annotations

__all__ = ["driver_name", "machine_name"]


def machine_name(gateway: str) -> str:
    """The state machine, in every region of the gateway."""
    return f"gatewright-{gateway}-rollout"


def driver_name(home: str) -> str:
    """What the state says of who drives it."""
    return f"the state machine in {home}"
