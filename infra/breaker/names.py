"""Where the breakers of a gateway are kept. Pure."""

from __future__ import annotations

__all__ = ["breaker_table"]


def breaker_table(gateway: str) -> str:
    """One table a gateway and region; string keys ``pk`` (the service) and ``sk``, TTL attribute ``expires``."""
    return f"gatewright-{gateway}-breakers"
