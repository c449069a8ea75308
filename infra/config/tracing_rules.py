"""Rules about traces that need more than one value of gateway.yaml. Pure; touches nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.config.source import Source
from infra.errors import Finding

__all__ = ["RULES"]

# OpenTelemetry's names and what they hold besides the address: sampler, share, name of the function.
_OWN_BYTES = 190
_ENVIRONMENT_BYTES_MAX = 4_096


def room(source: Source) -> Iterator[Finding]:
    """A function's own variables and those of a collector share Lambda's 4 kB."""
    plain: Any = source.plain
    tracing = plain.get("tracing") if isinstance(plain, dict) else None
    endpoint = tracing.get("otlp") if isinstance(tracing, dict) else None
    services = plain.get("services") if isinstance(plain, dict) else None
    if not isinstance(endpoint, str) or not isinstance(services, dict):
        return
    taken = _OWN_BYTES + len(endpoint.encode())
    for name, entry in services.items():
        environment = entry.get("environment") if isinstance(entry, dict) else None
        if not isinstance(environment, dict):
            continue
        own = sum(len(f"{key}{value}".encode()) for key, value in environment.items())
        if own <= _ENVIRONMENT_BYTES_MAX < own + taken:
            yield source.finding(
                ("services", name, "environment"),
                f"{own} bytes, and the variables of 'tracing' take up to {taken} of Lambda's {_ENVIRONMENT_BYTES_MAX}",
                "Shorten it, or keep large values elsewhere",
            )


RULES = (room,)
