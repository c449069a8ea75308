"""Which service a route belongs to, and what it promises: read from the metric filters that the gateway deployed.

The engine does not know gateway.yaml, and a stage is deployed by cdk as well as by us. What says it is what was deployed: the
filter `checkout.overSlo` counts for the resource paths in its pattern. Reads the embedded Logs; a change is seen after two seconds.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.ports import Cloud, CloudCallError

__all__ = ["Service", "Services", "found_in"]

_log = logging.getLogger(__name__)
_NAMESPACE = "Gatewright/"
_SLOW = ".overSlo"
_PATHS = re.compile(r'\$\.resourcePath = "([^"]*)"')
_ABOVE = re.compile(r"\$\.responseLatency > (\d+)")
FRESH_SECONDS = 2.0
UNKNOWN = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service as it is deployed.

    Args:
        path: its prefix.
        objective_ms: a slower answer counts against what it promises.
    """

    gateway: str
    name: str
    path: str
    objective_ms: int

    def has(self, route: str) -> bool:
        return route == self.path or route.startswith(f"{self.path.rstrip('/')}/")


class Services:
    """The services of every region.

    Args:
        clock: seconds, of any beginning.
    """

    def __init__(self, cloud: Cloud, *, clock: Callable[[], float]) -> None:
        self._cloud, self._clock = cloud, clock
        self._known: dict[str, tuple[Service, ...]] = {}
        self._read_at: dict[str, float] = {}

    async def refresh(self, regions: Iterable[str]) -> None:
        """Read what may have changed. A region whose filters cannot be read keeps what was known of it."""
        now = self._clock()
        for region in regions:
            if now - self._read_at.get(region, float("-inf")) < FRESH_SECONDS:
                continue
            self._read_at[region] = now
            try:
                self._known[region] = found_in(await self._filters(region))
            except CloudCallError as problem:
                _log.info("metric filters of %s cannot be read: %s", region, problem)

    def in_region(self, region: str) -> tuple[Service, ...]:
        return self._known.get(region, ())

    def of(self, region: str, gateway: str, route: str) -> Service | None:
        """The one with the longest path that has the route."""
        found = [one for one in self.in_region(region) if one.gateway == gateway and one.has(route)]
        return max(found, key=lambda one: len(one.path), default=None)

    async def _filters(self, region: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        token: str | None = None
        while True:
            parameters = {"nextToken": token} if token else {}
            answer = await self._cloud.json("logs", region, "Logs_20140328.DescribeMetricFilters", parameters)
            found.extend(answer.get("metricFilters") or ())
            token = answer.get("nextToken")
            if not token:
                return found


def found_in(filters: Iterable[Mapping[str, Any]]) -> tuple[Service, ...]:
    """The services that these metric filters are of."""
    found = {}
    for one in filters:
        for transformation in one.get("metricTransformations") or ():
            namespace, name = str(transformation.get("metricNamespace")), str(transformation.get("metricName"))
            pattern = str(one.get("filterPattern"))
            paths, above = _PATHS.findall(pattern), _ABOVE.search(pattern)
            if namespace.startswith(_NAMESPACE) and name.endswith(_SLOW) and paths and above:
                service = Service(
                    gateway=namespace.removeprefix(_NAMESPACE),
                    name=name.removesuffix(_SLOW),
                    path=paths[0],
                    objective_ms=int(above[1]),
                )
                found[service.gateway, service.name] = service
    return tuple(sorted(found.values(), key=lambda one: (one.gateway, one.name)))
