"""What a health check looks at, and in which states it calls a record healthy. Pure.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.residency.records import dns_name
from infra.residency.states import ALL, NONE, HealthStates

__all__ = ["Check", "read_check", "states_of"]

_NESTING_MAX = 8  # Route 53 refuses a calculated check of calculated checks; a loop must end all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One health check.

    Args:
        probes: the name or address it looks at, "" when it looks at an alarm or others.
        children: of a calculated check, with ``threshold`` of them for healthy.
        disabled: Route 53 calls it healthy always, or unhealthy always if inverted
            (https://docs.aws.amazon.com/Route53/latest/APIReference/API_UpdateHealthCheck.html).
    """

    probes: str = ""
    children: tuple[str, ...] = ()
    threshold: int = 0
    calculated: bool = False
    inverted: bool = False
    disabled: bool = False


def read_check(config: Mapping[str, Any]) -> Check:
    """From HealthCheckConfig; what is absent or odd leaves a check of which only the state matters."""
    probes = config.get("FullyQualifiedDomainName") or config.get("IPAddress") or ""
    children = config.get("ChildHealthChecks") or []
    threshold = config.get("HealthThreshold")
    calculated = config.get("Type") == "CALCULATED" and isinstance(threshold, int) and isinstance(children, list)
    return Check(
        probes=dns_name(probes) if isinstance(probes, str) else "",
        children=tuple(str(child) for child in children) if calculated else (),
        threshold=threshold if calculated and isinstance(threshold, int) else 0,
        calculated=calculated,
        inverted=config.get("Inverted") is True,
        disabled=config.get("Disabled") is True,
    )


def states_of(name: str, checks: Mapping[str, Check], states: HealthStates, nesting: int = 0) -> int:
    """The states in which the check calls its records healthy."""
    check = checks.get(name, Check())
    if check.disabled:
        return NONE if check.inverted else ALL
    if check.calculated and nesting < _NESTING_MAX:
        children = [states_of(child, checks, states, nesting + 1) for child in check.children]
        healthy = states.at_least(check.threshold, children)
    else:
        healthy = states.up(name)
    return states.other(healthy) if check.inverted else healthy
