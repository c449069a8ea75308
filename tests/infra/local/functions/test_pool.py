from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, cast

import pytest

from infra.local.functions.pool import Pool
from infra.local.functions.process import WorkerProcess


class FakeWorker:
    """What the pool needs of a worker."""

    def __init__(self) -> None:
        self.alive = True
        self.idle_since = 0.0

    def close(self) -> None:
        self.alive = False

    kill = close


class Starter:
    """Starts fake workers, or fails."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.started = 0

    async def __call__(self) -> WorkerProcess:
        self.started += 1
        await asyncio.sleep(0)
        if self.fails:
            raise OSError("no")
        return cast(WorkerProcess, FakeWorker())


async def test_the_worker_idle_last_goes_first() -> None:
    pool = Pool(Starter(), limit=4)
    first, second = await pool.take(), await asyncio.wait_for(pool.take(), 1)
    pool.give_back(second)
    pool.give_back(first)
    assert await pool.take() is first


async def test_a_free_worker_goes_to_the_one_who_waits_longest() -> None:
    starter = Starter()
    pool = Pool(starter, limit=1)
    worker = await pool.take()
    waiting = [asyncio.ensure_future(pool.take()) for _ in range(3)]
    await asyncio.sleep(0)
    for task in waiting:
        assert not task.done()
        pool.give_back(worker)
        assert await task is worker
    assert starter.started == 1


async def test_a_failed_start_reaches_everyone_who_waits() -> None:
    pool = Pool(Starter(fails=True), limit=2)
    done = await asyncio.wait_for(asyncio.gather(*(pool.take() for _ in range(9)), return_exceptions=True), 2)
    assert [type(one) for one in done] == [OSError] * 9
    assert pool.unused


async def test_one_who_leaves_the_queue_does_not_take_a_worker_along() -> None:
    pool = Pool(Starter(), limit=1)
    worker = await pool.take()
    waiting = asyncio.ensure_future(pool.take())
    await asyncio.sleep(0)
    waiting.cancel()
    pool.give_back(worker)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await pool.take() is worker


async def test_a_dead_worker_is_replaced_for_those_who_wait() -> None:
    starter = Starter()
    pool = Pool(starter, limit=1)
    worker = await pool.take()
    waiting = asyncio.ensure_future(pool.take())
    await asyncio.sleep(0)
    worker.kill()
    pool.give_back(worker)
    assert await asyncio.wait_for(waiting, 1) is not worker
    assert (starter.started, pool.size) == (2, 1)


async def test_a_retired_pool_keeps_nobody() -> None:
    pool = Pool(Starter(), limit=2)
    busy, idle = await pool.take(), await asyncio.wait_for(pool.take(), 1)
    pool.give_back(idle)
    pool.retire()
    assert (idle.alive, busy.alive) == (False, True)
    pool.give_back(busy)
    assert not busy.alive
    assert pool.unused


SERVER = """
import asyncio, pathlib, sys, time
sys.path.insert(0, {root!r})
from infra.local.functions.workers import Workers
from tests.infra.local.functions.fakes import *
async def main():
    control = FakeLambda()
    workers = Workers(control, telemetry=FakeTelemetry(), endpoint="", account=ACCOUNT,
                      state_folder=pathlib.Path({folder!r}), version_code=None)
    arn = control.put("f", zipped(app_py="import os, time\\ndef handler(e, c):\\n    while e: time.sleep(1)\\n    return os.getpid()"), Timeout=60)
    print((await workers.invoke(arn, b"false")).payload.decode(), flush=True)
    await workers.invoke(arn, {event!r})
    await asyncio.sleep(60)
asyncio.run(main())
"""


@pytest.mark.parametrize("event", [b"false", b"true"], ids=["idle worker", "busy worker"])
def test_a_killed_server_leaves_no_worker_behind(tmp_path: Path, event: bytes) -> None:
    root = str(Path(__file__).parents[4])
    code = SERVER.format(root=root, folder=str(tmp_path), event=event)
    server: subprocess.Popen[Any] = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert server.stdout is not None
    worker = int(server.stdout.readline())
    os.kill(server.pid, signal.SIGKILL)
    server.wait()
    for _ in range(200):
        if not Path(f"/proc/{worker}").exists() or "\nState:\tZ" in Path(f"/proc/{worker}/status").read_text():
            return
        time.sleep(0.03)
    raise AssertionError("the worker still runs")
