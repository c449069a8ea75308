"""Names of what belongs to the breakers of a gateway. Pure."""

from __future__ import annotations

__all__ = ["BREAKER_SUFFIX", "breaker_function", "breaker_table"]

# Lambda's names end at 64 characters, and a gateway and a service of 24 each leave four. The underscore is in no service's
# name, so no service's function has this one.
BREAKER_SUFFIX = "_cb"


def breaker_table(gateway: str) -> str:
    """One table a gateway and region; string keys ``pk`` (the service) and ``sk``, TTL attribute ``expires``."""
    return f"gatewright-{gateway}-breakers"


def breaker_function(gateway: str, service: str) -> str:
    """The function in front of one service."""
    return f"gatewright-{gateway}-{service}{BREAKER_SUFFIX}"
