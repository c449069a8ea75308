"""Traces in one piece, for the server. May touch: memory, loopback sockets for datagrams, and what it wraps."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from infra.local.gateway.integrations.http import Upstream
from infra.local.ports import Cloud, Functions
from infra.local.traces.api import XRayApi
from infra.local.traces.daemon import Daemon
from infra.local.traces.invocations import Invocations
from infra.local.traces.otlp import Sink
from infra.local.traces.sampling import Sampler
from infra.local.traces.stages import Stages, TracedCloud, TracedFunctions, TracedUpstream
from infra.local.traces.store import TraceStore
from infra.local.traces.surroundings import traced

__all__ = ["Traces"]


class Traces(Invocations):
    """Implements ``ports.InvocationTraces``; wraps what the data plane calls with.

    Args:
        endpoint: the engine's own address.
        clock: epoch seconds.
    """

    def __init__(self, *, endpoint: str, clock: Callable[[], float] = time.time) -> None:
        self.store, sampler = TraceStore(), Sampler(clock=clock)
        super().__init__(self.store, sampler, clock=clock)
        self.stages = Stages(self.store, sampler, clock=clock)
        self.api = XRayApi(self.store, clock=clock)
        self.sink = Sink(self.store)
        self._endpoint, self._daemon = endpoint, Daemon(self.store)

    async def environment(self, region: str, given: Mapping[str, str]) -> dict[str, str]:
        daemon = await self._daemon.address(region)
        return traced(given, region=region, daemon=daemon, engine=self._endpoint)

    def close(self) -> None:
        self._daemon.close()

    def functions(self, functions: Functions) -> Functions:
        return TracedFunctions(functions, clock=self._clock)

    def upstream(self, upstream: Upstream) -> Upstream:
        return TracedUpstream(upstream, clock=self._clock)

    def cloud(self, cloud: Cloud) -> Cloud:
        return TracedCloud(cloud, clock=self._clock)
