"""Delivers logs and metrics once a second, beside the requests that cause them.

Implements `infra.local.ports.Telemetry`. Touches the embedded Logs and CloudWatch through the in-process cloud.
Taking something costs a list append; delivery gives the loop back every few milliseconds, and publishing metrics
never takes more than a twentieth of the time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence

from infra.local.ports import Cloud, CloudCallError, RequestRecord
from infra.local.telemetry import access_log
from infra.local.telemetry.embedded_metrics import embedded
from infra.local.telemetry.filter_pattern import Event
from infra.local.telemetry.gateway_metrics import add_request
from infra.local.telemetry.log_writer import MAX_EVENTS, LogWriter, capped
from infra.local.telemetry.metric_buffer import MetricBuffer, MetricKey
from infra.local.telemetry.metric_filters import FilterBook

__all__ = ["Delivery"]

_log = logging.getLogger(__name__)
INTERVAL_SECONDS = 1.0
SLICE = 200  # events worked on before the loop gets its turn
PUBLISH_SHARE = 20  # metrics are not published again before this many times the last publishing's length

Line = tuple[int, str]
Place = tuple[str, str]
"""Region and log group."""


class Delivery:
    """Takes what rooms report; delivers in the background between `start` and `stop`, or when `flush` is called.

    Args:
        clock: epoch seconds.
    """

    def __init__(self, cloud: Cloud, *, clock: Callable[[], float] = time.time) -> None:
        self._cloud = cloud
        self._clock = clock
        self._writer = LogWriter(cloud)
        self._filters = FilterBook(cloud, clock=clock)
        self._requests: list[tuple[int, RequestRecord]] = []
        self._lines: dict[tuple[str, str, str], list[Line]] = {}
        self._observed: list[tuple[Place, Sequence[Line]]] = []
        self._metrics = MetricBuffer()
        self._streams: dict[Place, str] = {}
        self._publish_after = 0.0
        self._working = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    # taking

    def request(self, record: RequestRecord) -> None:
        self._requests.append((int(self._clock() * 1000), record))

    def log(self, region: str, group: str, stream: str, lines: Sequence[Line]) -> None:
        self._lines.setdefault((region, group, stream), []).extend(lines)

    def metric(
        self, region: str, namespace: str, name: str, dimensions: Mapping[str, str], value: float, unit: str = "None"
    ) -> None:
        self._metrics.add(MetricKey(region, namespace, name, unit, tuple(dimensions.items())), value)

    def observe(self, region: str, group: str, events: Sequence[Line]) -> None:
        """Events that others put into Logs, as (epoch milliseconds, message): metric filters want to see them."""
        self._observed.append(((region, group), events))

    def filters_changed(self) -> None:
        """A metric filter or log group was made or deleted."""
        self._filters.changed()

    # delivering

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Ends the background task and delivers what is left."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self.flush()

    async def flush(self) -> None:
        await self._deliver(everything=True)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL_SECONDS)
            try:
                await self._deliver(everything=False)
            except Exception:  # telemetry must not end because of one bad batch
                _log.exception("a batch of logs or metrics was not delivered")

    async def _deliver(self, *, everything: bool) -> None:
        async with self._working:
            await self._take_requests()
            lines, self._lines = self._lines, {}
            observed, self._observed = self._observed, []
            for (region, group), events in [*(((r, g), found) for (r, g, _), found in lines.items()), *observed]:
                await self._evaluate(region, group, events)
            for region, one in self._filters.all():
                one.defaults(self._metrics, region, now_seconds=self._clock())
            await self._write(lines)
            if self._metrics and (everything or time.monotonic() >= self._publish_after):
                await self._publish()

    async def _take_requests(self) -> None:
        requests, self._requests = self._requests, []
        for number, (at_ms, record) in enumerate(requests, 1):
            add_request(self._metrics, record)
            self._log_access(at_ms, record)
            if number % SLICE == 0:
                await asyncio.sleep(0)

    def _log_access(self, at_ms: int, record: RequestRecord) -> None:
        place = access_log.log_group_of(record.access_log_group_arn or "")
        if place is None or not record.access_log_format:
            return
        line = (at_ms, access_log.render(record.access_log_format, record.context))
        region, group = place
        # A canary's request is in the stage's group and in the canary's (developer guide, canary releases).
        for name in (group, f"{group}/Canary") if record.is_canary else (group,):
            stream = self._streams.setdefault((region, name), secrets.token_hex(16))
            self._lines.setdefault((region, name, stream), []).append(line)

    def _embedded(self, region: str, events: Sequence[Line]) -> None:
        """Metrics that log events carry themselves."""
        for at_ms, message in events:
            for one in embedded(message, at_ms):
                old = self._clock() - one.at_ms / 1000 > 60
                minute = one.at_ms // 60_000 * 60 if old else 0
                key = MetricKey(region, one.namespace, one.name, one.unit, one.dimensions, minute)
                self._metrics.add(key, one.value)

    async def _evaluate(self, region: str, group: str, events: Sequence[Line]) -> None:
        self._embedded(region, events)
        filters = await self._filters.of(region, group)
        if not filters:
            return
        now = self._clock()
        for number, (at_ms, message) in enumerate(events, 1):
            event = Event(message)
            for one in filters:
                one.take(self._metrics, region, event, at_ms, now_seconds=now)
            if number % SLICE == 0:
                await asyncio.sleep(0)

    async def _write(self, lines: Mapping[tuple[str, str, str], Sequence[Line]]) -> None:
        kept: dict[Place, int] = {}
        for (region, group, stream), found in lines.items():
            left = MAX_EVENTS - kept.get((region, group), 0)
            kept[region, group] = kept.get((region, group), 0) + len(found)
            if left > 0:
                try:
                    await self._writer.write(region, group, stream, capped(found, limit=left))
                except CloudCallError as problem:
                    _log.warning("log events for %s were not kept: %s", group, problem)

    async def _publish(self) -> None:
        metrics, self._metrics = self._metrics, MetricBuffer()
        began = time.monotonic()
        for region, namespace, data in metrics.batches(self._clock()):
            await self._cloud.json(
                "monitoring",
                region,
                "GraniteServiceVersion20100801.PutMetricData",
                {"Namespace": namespace, "MetricData": data},
            )
        ended = time.monotonic()
        self._publish_after = ended + (ended - began) * PUBLISH_SHARE
