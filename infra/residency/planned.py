"""The zone that a gateway's configuration asks for, before anything is synthesized. Pure.

The same records as in the templates, with stand-ins for the names that only a deployment knows. Good for looking; what is
proved is the templates.
"""

from __future__ import annotations

import json

from infra.config.model import Gateway
from infra.residency.shape import shape
from infra.residency.territory import Territory
from infra.residency.zone import Zone
from infra.residency.zonefile import read_zone

__all__ = ["planned_zone"]


def planned_zone(gateway: Gateway, territory: Territory | None = None) -> tuple[str, Zone]:
    """The domain and its zone.

    Raises:
        Refused: the gateway has no domain, or no region in the EU.
        ConfigError: more codes than one name can hold records.
    """
    made = shape(gateway, territory=territory)
    checks = [{"Id": check.key, "HealthCheckConfig": check.config} for check in made.health_checks]
    text = json.dumps({"name": made.domain, "records": made.records, "health_checks": checks})
    return read_zone(text, "gateway.yaml")
