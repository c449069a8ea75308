"""The engine's own metrics in one piece: it listens to telemetry, and answers `/metrics`.

May touch: the embedded Logs (which route is whose) and DynamoDB (state of the breakers), reading only, when somebody asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from infra.local.control.store import Store
from infra.local.meter.breakers import BreakerStates
from infra.local.meter.counts import Counts
from infra.local.meter.exposition import CONTENT_TYPE, text
from infra.local.meter.listening import Counted
from infra.local.meter.series import Around, families
from infra.local.meter.services import Services
from infra.local.ports import Cloud, HttpResponse, Telemetry

__all__ = ["METRICS", "Meter"]

METRICS = "/_gatewright/metrics"


class Meter:
    """What passes, counted.

    Args:
        telemetry: where everything goes on to.
        busy: invocations under way by (region, function).
        clock: epoch seconds.

    Attributes:
        telemetry: what the rooms report to.
    """

    def __init__(
        self,
        cloud: Cloud,
        store: Store,
        telemetry: Telemetry,
        *,
        busy: Callable[[], Mapping[tuple[str, str], int]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._busy = store, busy
        self.counts = Counts()
        self.telemetry = Counted(telemetry, self.counts)
        self.services = Services(cloud, clock=time.monotonic)
        self._breakers = BreakerStates(cloud, clock=clock)

    async def metrics(self) -> HttpResponse:
        """Everything, for Prometheus."""
        document = text(families(self.counts, await self.around()))
        return HttpResponse(status=200, headers=[("Content-Type", CONTENT_TYPE)], body=document.encode())

    async def around(self) -> Around:
        """What the counts do not say themselves, as it is now."""
        apis = [api for state in self._store.regions() for api in state.rest_apis.values()]
        regions = sorted({api.region for api in apis})
        await self.services.refresh(regions)
        deployed = [(region, one.gateway, one.name) for region in regions for one in self.services.in_region(region)]
        return Around(
            gateways=frozenset(str(api.attributes.get("name", "")) for api in apis),
            service_of=self.services.of,
            breakers=await self._breakers.read(deployed),
            busy=self._busy(),
        )
