"""What the page shows, as one document. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from infra.local.console.window import Window
from infra.local.control.store import RestApi
from infra.local.meter.series import Around
from infra.local.meter.services import UNKNOWN, Service

__all__ = ["canaries_of", "document"]


def canaries_of(apis: Iterable[RestApi]) -> dict[tuple[str, str], str]:
    """(region, gateway) -> the deployment that is the canary of a stage."""
    return {
        (api.region, str(api.attributes.get("name", ""))): str(settings.get("deploymentId", ""))
        for api in apis
        for stage in api.stages.values()
        if (settings := stage.get("canarySettings"))
    }


def document(
    *,
    now: float,
    apis: Collection[RestApi],
    services: Mapping[str, tuple[Service, ...]],
    around: Around,
    window: Window,
    down: Collection[str],
    traffic: Mapping[str, Any],
) -> dict[str, Any]:
    """Every gateway that was deployed, region by region.

    Args:
        services: by region.
        down: regions that are switched off.
    """

    def name_of(region: str, gateway: str, route: str) -> str:
        found = around.service_of(region, gateway, route)
        return found.name if found else UNKNOWN

    figures = window.now(name_of)
    found = []
    for api in sorted(apis, key=lambda one: (str(one.attributes.get("name")), one.region)):
        name = str(api.attributes.get("name", ""))
        mine = [one for one in services.get(api.region, ()) if one.gateway == name]
        if not mine or not api.stages:
            continue
        found.append(
            {
                "gateway": name,
                "region": api.region,
                "up": api.region not in down,
                "services": [_service(api.region, one, figures, around) for one in mine],
                "elsewhere": figures.get((api.region, name, UNKNOWN)),
                "canary": _canary(api, name, window),
            }
        )
    return {"now": now, "places": found, "traffic": dict(traffic)}


def _service(
    region: str, one: Service, figures: Mapping[tuple[str, str, str], dict[str, Any]], around: Around
) -> dict[str, Any]:
    return {
        "name": one.name,
        "path": one.path,
        "objective_ms": one.objective_ms,
        "breaker": around.breakers.get((region, one.gateway, one.name)),
        **(figures.get((region, one.gateway, one.name)) or {"per_second": 0, "history": []}),
    }


def _canary(api: RestApi, name: str, window: Window) -> dict[str, Any] | None:
    settings = next((s for stage in api.stages.values() if (s := stage.get("canarySettings"))), None)
    if not settings:
        return None
    deployment = api.deployments.get(str(settings.get("deploymentId", "")))
    return {
        "release": (deployment.description if deployment else None) or settings.get("deploymentId"),
        "percent": settings.get("percentTraffic", 0),
        "arms": window.arms(api.region, name),
    }
