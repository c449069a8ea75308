"""What the file may say and this version does not build yet. Pure; touches nothing.

Fail closed: a gateway that asks for tokens or for a limit per address and is deployed without them would be open,
and its owner would not know. So it is refused until the authorizer and the firewall are built.
"""

from __future__ import annotations

from infra.config.model import Gateway
from infra.config.source import Plain, Source, Where
from infra.errors import Finding

__all__ = ["asked", "findings", "unsupported"]

_JWT = ("tokens are not checked by this version, the service would be open", "Remove it until the authorizer is built")
_PER_IP = ("limits per address are not built in this version", "Remove it; limits.stage and plans do work")


def unsupported(gateway: Gateway, *, file: str = "gateway.yaml") -> tuple[Finding, ...]:
    """The same refusal for a gateway that was built in Python and never was a file."""
    asks: list[Where] = [("services", service.name, "auth") for service in gateway.services if service.requires_jwt]
    if gateway.auth is not None:
        asks.append(("auth",))
    if gateway.limits.per_ip_requests is not None:
        asks.append(("limits", "per_ip"))
    return findings(Source(file=file), asks)


def asked(plain: Plain) -> list[Where]:
    """The places of the file that ask for it."""
    if not isinstance(plain, dict):
        return []
    services, limits = plain.get("services"), plain.get("limits")
    asks: list[Where] = []
    if isinstance(services, dict):
        asks += [
            ("services", name, "auth")
            for name, entry in services.items()
            if isinstance(entry, dict) and entry.get("auth") == "jwt"
        ]
    if plain.get("auth") is not None:
        asks.append(("auth",))
    if isinstance(limits, dict) and limits.get("per_ip") is not None:
        asks.append(("limits", "per_ip"))
    return asks


def findings(source: Source, asks: list[Where]) -> tuple[Finding, ...]:
    """One finding for each place."""
    return tuple(source.finding(where, *(_PER_IP if where[0] == "limits" else _JWT), at_key=True) for where in asks)
