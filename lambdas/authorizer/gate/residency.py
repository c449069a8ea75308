"""Whether a token may be used in this region. Pure. DNS is routing; this is where a token is held to its jurisdiction."""

from __future__ import annotations

__all__ = ["fits"]


def fits(residency: frozenset[str] | None, jurisdiction: str) -> bool:
    """A token without the claim fits everywhere; one with it only where it names, so an unknown word fits nowhere."""
    return residency is None or jurisdiction in residency
