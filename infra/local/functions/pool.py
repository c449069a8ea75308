"""The workers of one function version: reuse, growth, queue, retirement. One asyncio loop, no locks.

A request takes the worker that was idle last. When none is idle it waits, and the pool grows only when the wait
lasts: a few milliseconds up to one worker a processor, and from there only while some worker has been at one request for
as long as a new process takes (30 ms). For a quick handler waiting is cheaper than a new process, and more busy processes
than processors only get into one another's way; where handlers wait for something, the next worker comes a moment later. Lambda would start a new environment at once; that is a
difference to AWS that only cold starts show.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Awaitable, Callable
from typing import cast

from infra.local.functions.process import WorkerProcess

__all__ = ["GROWTH_DELAY_SECONDS", "Pool"]

GROWTH_DELAY_SECONDS = 0.004  # several warm round trips; a fraction of what a new process costs
CROWDED_DELAY_SECONDS = 0.03  # what a new process costs: below that, waiting is never worse
PROCESSORS = os.cpu_count() or 1


class Pool:
    """Workers of one target.

    Args:
        start: makes a worker with the handler loaded; its exception reaches the request that waits.
        limit: most workers at once; further requests queue. May change: reserved concurrency does.
    """

    def __init__(self, start: Callable[[], Awaitable[WorkerProcess]], *, limit: int) -> None:
        self._start = start
        self.limit = limit
        self._idle: list[WorkerProcess] = []
        self._queue: deque[asyncio.Future[WorkerProcess]] = deque()
        self._starting: set[asyncio.Task[None]] = set()
        self._all: set[WorkerProcess] = set()
        self._busy_since: dict[WorkerProcess, float] = {}
        self.retired = False

    @property
    def size(self) -> int:
        return len(self._all) + len(self._starting)

    @property
    def unused(self) -> bool:
        """Nobody works here and nobody waits."""
        return self.size == 0 and not self._queue

    def take_idle(self) -> WorkerProcess | None:
        """A warm worker, at once, or None."""
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                self._busy_since[worker] = asyncio.get_running_loop().time()
                return worker
            self._all.discard(worker)
        return None

    async def take(self) -> WorkerProcess:
        """A warm worker, or the first that becomes free, or a new one. Raises what starting a worker raises."""
        worker = self.take_idle()
        if worker is not None:
            return worker
        loop = asyncio.get_running_loop()
        ticket: asyncio.Future[WorkerProcess] = loop.create_future()
        self._queue.append(ticket)
        if self.size == 0:
            self._grow()
        self._watch(ticket)
        try:
            return await ticket
        except asyncio.CancelledError:
            if ticket.done() and not ticket.cancelled() and ticket.exception() is None:
                self.give_back(ticket.result())
            raise

    def _watch(self, ticket: asyncio.Future[WorkerProcess]) -> None:
        delay = GROWTH_DELAY_SECONDS if self.size < PROCESSORS else CROWDED_DELAY_SECONDS
        asyncio.get_running_loop().call_later(delay, self._grow_for, ticket)

    def _grow_for(self, ticket: asyncio.Future[WorkerProcess]) -> None:
        if ticket.done():
            return
        if self.size < PROCESSORS or self._stuck():
            self._grow()
        else:
            self._watch(ticket)  # the queue moves

    def _stuck(self) -> bool:
        """Whether some worker has been at its request for longer than a new process takes."""
        before = asyncio.get_running_loop().time() - CROWDED_DELAY_SECONDS
        return any(since <= before for since in self._busy_since.values())

    def _grow(self) -> None:
        waiting = sum(not ticket.done() for ticket in self._queue)
        if self.size < self.limit and waiting > len(self._starting):
            task = asyncio.ensure_future(self._start_one())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def _start_one(self) -> None:
        try:
            worker = await self._start()
        except Exception as problem:
            self._starting.discard(_this_task())
            self._refuse_one(problem)
            self._grow()  # the others in the queue may have no start of their own
            return
        self._starting.discard(_this_task())
        self._all.add(worker)
        self.give_back(worker)

    def _refuse_one(self, problem: Exception) -> None:
        while self._queue:
            ticket = self._queue.popleft()
            if not ticket.done():
                ticket.set_exception(problem)
                return

    def give_back(self, worker: WorkerProcess) -> None:
        """The request is answered; the next one in the queue gets the worker."""
        if not worker.alive:
            self.drop(worker)
            return
        while self._queue:
            ticket = self._queue.popleft()
            if not ticket.done():
                self._busy_since[worker] = asyncio.get_running_loop().time()
                ticket.set_result(worker)
                return
        self._busy_since.pop(worker, None)
        if self.retired:
            self.drop(worker)
            return
        worker.idle_since = asyncio.get_running_loop().time()
        self._idle.append(worker)

    def drop(self, worker: WorkerProcess) -> None:
        """The worker is dead or not wanted; someone who waits may need another."""
        self._all.discard(worker)
        self._busy_since.pop(worker, None)
        worker.close()
        self._grow()

    def reap(self, before: float) -> None:
        """Ends workers that are idle since before a moment of the loop's clock."""
        kept = []
        for worker in self._idle:
            if worker.idle_since < before or not worker.alive:
                self.drop(worker)
            else:
                kept.append(worker)
        self._idle = kept

    def retire(self) -> None:
        """No new requests will come: idle workers end now, busy ones when they have answered."""
        self.retired = True
        self.reap(float("inf"))

    def kill(self) -> None:
        """Ends everything at once."""
        for task in self._starting:
            task.cancel()
        for worker in self._all:
            worker.kill()
        self._all.clear()
        self._idle.clear()
        self._busy_since.clear()


def _this_task() -> asyncio.Task[None]:
    return cast("asyncio.Task[None]", asyncio.current_task())
