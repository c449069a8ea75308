"""When a pool starts another process: only when that can help."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from infra.local.functions import pool as pool_module
from infra.local.functions.pool import Pool
from infra.local.functions.process import WorkerProcess


class Quick:
    """A worker that is always alive and counts nothing."""

    alive = True
    idle_since = 0.0

    def close(self) -> None:
        self.alive = False


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "PROCESSORS", 2)
    monkeypatch.setattr(pool_module, "GROWTH_DELAY_SECONDS", 0.001)
    monkeypatch.setattr(pool_module, "CROWDED_DELAY_SECONDS", 0.02)


def pool() -> Pool:
    async def start() -> WorkerProcess:
        return cast(WorkerProcess, cast(Any, Quick()))

    return Pool(start, limit=32)


async def test_quick_handlers_share_one_worker_a_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    one = pool()
    done = 0

    async def client() -> None:
        nonlocal done
        for _ in range(10):
            worker = one.take_idle() or await one.take()
            await asyncio.sleep(0.001)
            one.give_back(worker)
            done += 1

    await asyncio.gather(*(client() for _ in range(12)))
    assert (done, one.size) == (120, 2)


async def test_workers_that_are_stuck_get_company() -> None:
    one = pool()
    held = [one.take_idle() or await one.take() for _ in range(2)]
    waiting = [asyncio.ensure_future(one.take()) for _ in range(3)]
    taken = await asyncio.wait_for(asyncio.gather(*waiting), 2)
    assert one.size == 5
    for worker in (*held, *taken):
        one.give_back(worker)
    assert one.take_idle() is not None
