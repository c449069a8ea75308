"""Rules about objectives that need more than one value of gateway.yaml. Pure; touches nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.config import model
from infra.config.source import Source
from infra.config.units import Quantity, shown
from infra.errors import Finding

__all__ = ["RULES"]

_TIME = Quantity({"ms": 1, "s": 1000}, 0, model.TIMEOUT_MS_MAX, "up to 29s")


def _mapping(value: Any, *where: str) -> dict[str, Any]:
    for step in where:
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def recipients(source: Source) -> Iterator[Finding]:
    """CloudWatch sends to topics of its own region only; for an EU region that also keeps what an alarm says in the EU."""
    regions = _mapping(source.plain, "regions")
    for name, recipient in _mapping(source.plain, "objectives", "notify").items():
        where = ("objectives", "notify", name)
        parts = recipient.split(":") if isinstance(recipient, str) else []
        if name not in regions:
            yield source.finding(where, f"the gateway does not run in {name}", "Remove it", at_key=True)
        elif len(parts) > 3 and parts[3] != name:
            yield source.finding(
                where, f"{shown(recipient)} is not in {name}", "Give a topic of this region; alarms reach no other"
            )


def promises(source: Source) -> Iterator[Finding]:
    """A time above the timeout promises nothing: what is slower has ended as a 504."""
    for name, entry in _mapping(source.plain, "services").items():
        under = _ms(_mapping(entry, "objectives", "latency").get("under"))
        timeout = _ms(entry.get("timeout", f"{model.TIMEOUT_MS_DEFAULT}ms")) if isinstance(entry, dict) else None
        if under is not None and timeout is not None and under > timeout:
            yield source.finding(
                ("services", name, "objectives", "latency", "under"),
                f"{under} ms is above the service's timeout of {timeout} ms, so no answer is ever slower",
                "Give less than the timeout",
            )


def _ms(value: object) -> float | None:
    try:
        return _TIME.parse(value)
    except ValueError:
        return None


RULES = (recipients, promises)
