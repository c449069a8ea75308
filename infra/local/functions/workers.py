"""Runs Lambda functions: ARN to worker, worker to answer, answer to logs and metrics.

Implements `infra.local.ports.Functions`. Touches processes and the state folder. A warm invocation costs about
150 microseconds around the handler.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from infra.errors import LocalError
from infra.local.functions import execution_log, faults
from infra.local.functions.arn import parse_reference
from infra.local.functions.catalog import Catalog, Resolution, Target
from infra.local.functions.environment import worker_environment
from infra.local.functions.package import CodeStore, VersionCode
from infra.local.functions.pool import Pool
from infra.local.functions.process import Answer, InitFailed, WorkerExited, WorkerProcess
from infra.local.functions.records import published_code
from infra.local.functions.runtimes import command_for
from infra.local.functions.trouble import Troubles
from infra.local.ports import Cloud, FunctionThrottled, Invocation, InvocationTraces, Telemetry, TracedInvocation

__all__ = ["Workers"]

IDLE_SECONDS = 300.0  # Lambda keeps an environment for minutes; so do we
REAP_SECONDS = 15.0
MAX_WORKERS = 32  # of one function version without reserved concurrency; further requests queue (AWS: 1,000 an account)
INIT_SECONDS = 10.0  # https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html, "Init phase"


@dataclass(slots=True)
class Run:
    """One invocation under way: what its log lines and metrics need."""

    target: Target
    arn: str
    request_id: str
    trace_id: str | None
    client_context: str | None
    started: float = 0.0
    started_ms: int = 0
    worker: WorkerProcess | None = None
    init_ms: float | None = None
    init_lines: Sequence[tuple[int, str]] = ()
    detached: bool = False
    traced: TracedInvocation | None = None
    peak_memory_mb: int = 0


class Workers:
    """Lambda's execution environments on this machine.

    Args:
        endpoint: what ``AWS_ENDPOINT_URL`` is for a handler.
        account: the account of function references that name none.
        state_folder: unpacked code goes to its ``code`` folder.
        clock: epoch seconds.
        max_workers: most workers of one function version when it has no reserved concurrency.
        version_code: where the code of a published version comes from; the default reads ministack.
        surroundings: asked when a worker starts: variables of this machine that every handler gets (`environment`).
        traces: told of every invocation, for X-Ray.

    Attributes:
        troubles: which functions are slow or fail on purpose.
    """

    def __init__(
        self,
        cloud: Cloud,
        *,
        telemetry: Telemetry,
        endpoint: str,
        account: str,
        state_folder: Path,
        clock: Callable[[], float] = time.time,
        max_workers: int = MAX_WORKERS,
        version_code: VersionCode | None = published_code,
        surroundings: Callable[[], Mapping[str, str]] = dict,
        traces: InvocationTraces | None = None,
    ) -> None:
        self.catalog = Catalog(cloud, account=account)
        self._code = CodeStore(cloud, folder=state_folder / "code", version_code=version_code)
        self._telemetry = telemetry
        self._endpoint = endpoint
        self._surroundings = surroundings
        self._traces = traces
        self._clock = clock
        self._max_workers = max_workers
        self._pools: dict[tuple[str, ...], Pool] = {}
        self._busy: Counter[tuple[str, str]] = Counter()
        self.troubles = Troubles()
        self._detached: set[asyncio.Task[None]] = set()
        self._reaper: asyncio.Task[None] | None = None

    def changed(self, region: str, function_name: str | None = None) -> None:
        """Tells that a function (None: any function of the region) was changed. Safe from any thread.

        Args:
            function_name: a name or ARN, as it stands in a request's path.
        """
        reference = parse_reference(unquote(function_name), region=region, account="") if function_name else None
        self.catalog.changed(region, reference.name if reference else None)

    async def invoke(
        self, arn: str, payload: bytes, *, trace_id: str | None = None, client_context: str | None = None
    ) -> Invocation:
        """Runs a function.

        Raises:
            FunctionNotFound: no such function, version or alias.
            FunctionThrottled: its reserved concurrency is in use.
        """
        resolution = self.catalog.known(arn) or await self.catalog.resolve(arn)
        target = resolution.pick()
        owner = (target.region, target.name)
        run = Run(target, arn, str(uuid.uuid4()), trace_id, client_context, traced=self._traced(target, arn, trace_id))
        self._admit(resolution, run, owner)
        self._busy[owner] += 1
        try:
            return await self._run(resolution, run, payload)
        finally:
            if not run.detached:
                self._busy[owner] -= 1

    @property
    def busy(self) -> Mapping[tuple[str, str], int]:
        """Invocations under way by region and function."""
        return self._busy

    def _traced(self, target: Target, arn: str, header: str | None) -> TracedInvocation | None:
        if self._traces is None:
            return None
        region, account, function = target.region, target.account, target.name
        return self._traces.begin(
            header, region=region, account=account, function=function, arn=arn, active=target.traced
        )

    def _admit(self, resolution: Resolution, run: Run, owner: tuple[str, str]) -> None:
        reserved = resolution.reserved_concurrency
        if reserved is not None and self._busy[owner] >= reserved:
            self._metric(run.target, "Throttles", 1.0, "Count")
            if run.traced is not None:
                run.traced.refuse(request_id=run.request_id)
            raise FunctionThrottled("Rate Exceeded.")

    async def _run(self, resolution: Resolution, run: Run, payload: bytes) -> Invocation:
        target = run.target
        pool = self._pools.get(target.key) or self._new_pool(target)
        pool.limit = resolution.reserved_concurrency or self._max_workers
        self._start_clock(run)
        try:
            worker = pool.take_idle() or await pool.take()
        except (InitFailed, WorkerExited, RuntimeMissing, LocalError, TimeoutError) as problem:
            return self._not_started(run, problem)
        run.worker = worker
        if worker.requests == 0:
            run.init_ms, run.init_lines, worker.lines = worker.init_ms, worker.lines, []
        self._start_clock(run)
        waiting = self._invoked(run, worker, payload)
        try:
            done = await self._settle(run, worker, waiting)
        except asyncio.CancelledError:
            self._detach(run, worker, pool, waiting)
            raise
        except BaseException:
            worker.kill()
            pool.give_back(worker)
            raise
        pool.give_back(worker)
        return done

    def _invoked(self, run: Run, worker: WorkerProcess, payload: bytes) -> asyncio.Future[Answer]:
        header = self._header(run)
        trouble = self.troubles.of(run.target.region, run.target.name)
        if trouble is None:
            return worker.invoke(header, payload)
        return asyncio.ensure_future(trouble.befall(lambda: worker.invoke(header, payload), draw=self.troubles.draw))

    def _start_clock(self, run: Run) -> None:
        run.started = time.perf_counter()
        run.started_ms = int(self._clock() * 1000)

    def _header(self, run: Run) -> bytes:
        header: dict[str, object] = {
            "id": run.request_id,
            "arn": run.arn,
            "deadline_ms": run.started_ms + int(run.target.timeout_seconds * 1000),
            "trace": run.traced.header if run.traced else run.trace_id or new_trace(run.started_ms),
        }
        if run.client_context:
            header["client_context"] = json.loads(run.client_context)
        return json.dumps(header).encode()

    async def _settle(self, run: Run, worker: WorkerProcess, waiting: asyncio.Future[Answer]) -> Invocation:
        """Waits for the answer, the end of the worker, or the function's timeout."""
        left = run.target.timeout_seconds - (time.perf_counter() - run.started)
        timer = asyncio.get_running_loop().call_later(max(left, 0.0), waiting.cancel)
        try:
            answer = await asyncio.shield(waiting)  # a caller that leaves must not end the handler
        except asyncio.CancelledError:
            if not waiting.cancelled():
                raise
            worker.kill()
            return self._timed_out(run, worker)
        except WorkerExited as problem:
            error = faults.exit_fault(run.request_id, problem.return_code)
            message = json.loads(error)
            worker.lines.append((int(self._clock() * 1000), f"{message['errorMessage']}\n{message['errorType']}"))
            return self._finish(run, error, failed=True)
        finally:
            timer.cancel()
        return self._answered(run, answer)

    def _detach(self, run: Run, worker: WorkerProcess, pool: Pool, waiting: asyncio.Future[Answer]) -> None:
        """The caller left (API Gateway after its own timeout, say): Lambda runs the handler to its end all the same."""

        async def alone() -> None:
            try:
                await self._settle(run, worker, waiting)
            finally:
                pool.give_back(worker)
                self._busy[run.target.region, run.target.name] -= 1

        run.detached = True
        task = asyncio.ensure_future(alone())
        self._detached.add(task)
        task.add_done_callback(self._detached.discard)

    def _not_started(self, run: Run, problem: Exception) -> Invocation:
        target, timed_out = run.target, isinstance(problem, TimeoutError)
        if isinstance(problem, InitFailed):
            error = faults.with_request_id(problem.error, run.request_id)
        elif isinstance(problem, WorkerExited):
            error = faults.exit_fault(run.request_id, problem.return_code)
        elif timed_out:
            error = faults.timed_out(run.request_id, target.timeout_seconds)
        else:
            error = faults.runtime_fault(run.request_id, target.runtime or target.package_type, str(problem))
        return self._finish(run, error, failed=True, timed_out=timed_out)

    def _answered(self, run: Run, answer: Answer) -> Invocation:
        run.peak_memory_mb = answer.peak_memory_mb
        if len(answer.payload) > faults.MAX_RESPONSE_BYTES:
            return self._finish(run, faults.response_too_large(), failed=True)
        return self._finish(run, answer.payload, failed=answer.failed)

    def _timed_out(self, run: Run, worker: WorkerProcess) -> Invocation:
        limit, now_ms = run.target.timeout_seconds, int(self._clock() * 1000)
        worker.lines.append((now_ms, execution_log.timeout_line(run.request_id, now_ms, limit)))
        return self._finish(run, faults.timed_out(run.request_id, limit), failed=True, timed_out=True)

    def _finish(self, run: Run, payload: bytes, *, failed: bool, timed_out: bool = False) -> Invocation:
        duration_ms = (time.perf_counter() - run.started) * 1000
        if run.traced is not None:
            _tell(run, run.traced, duration_ms, failed=failed)
        target, worker = run.target, run.worker
        handler_lines: list[tuple[int, str]] = []
        if worker is not None:
            handler_lines, worker.lines = worker.lines, []
        elif failed:
            handler_lines = [(run.started_ms, json.loads(payload)["errorMessage"])]
        lines = execution_log.execution_lines(
            target,
            run.request_id,
            started_ms=run.started_ms,
            ended_ms=run.started_ms + int(duration_ms),
            duration_ms=duration_ms,
            init_ms=run.init_ms,
            peak_memory_mb=run.peak_memory_mb,
            handler_lines=handler_lines,
        )
        lines[:0] = run.init_lines
        stream = worker.stream if worker is not None else execution_log.new_stream(target.version, self._clock())
        self._telemetry.log(target.region, target.log_group, stream, lines)
        self._count(target, duration_ms, failed=failed)
        return Invocation(
            payload=payload,
            function_error="Unhandled" if failed else None,
            executed_version=target.version,
            log_tail=execution_log.log_tail(lines),
            duration_ms=duration_ms,
            timed_out=timed_out,
        )

    def _count(self, target: Target, duration_ms: float, *, failed: bool) -> None:
        self._metric(target, "Invocations", 1.0, "Count")
        self._metric(target, "Errors", float(failed), "Count")
        self._metric(target, "Duration", round(duration_ms, 2), "Milliseconds")
        self._metric(target, "ConcurrentExecutions", float(self._busy[target.region, target.name]), "Count")

    def _metric(self, target: Target, name: str, value: float, unit: str) -> None:
        self._telemetry.metric(target.region, "AWS/Lambda", name, {"FunctionName": target.name}, value, unit)

    def _new_pool(self, target: Target) -> Pool:
        if target.version == "$LATEST":
            for key, old in list(self._pools.items()):
                if key[:3] == target.key[:3]:
                    old.retire()
                    del self._pools[key]
        pool = self._pools[target.key] = Pool(lambda: self._start_worker(target), limit=self._max_workers)
        if self._reaper is None:
            self._reaper = asyncio.ensure_future(self._reap())
        return pool

    async def _start_worker(self, target: Target) -> WorkerProcess:
        if target.package_type != "Zip":
            raise RuntimeMissing("The embedded AWS runs zip packages only.")
        found = [await self._code.layer(target.region, arn) for arn in target.layers]
        layers = [folder for folder in found if folder is not None]
        command = command_for(target.runtime, layers)
        if command is None:
            raise RuntimeMissing("The embedded AWS runs python3.* and nodejs*.x.")
        folder = await self._code.path(target)
        worker = WorkerProcess(lambda: int(self._clock() * 1000))
        worker.stream = execution_log.new_stream(target.version, self._clock())
        environment = worker_environment(
            target,
            endpoint=self._endpoint,
            task_root=str(folder),
            stream=worker.stream,
            inherited=os.environ,
            surroundings=self._surroundings(),
        )
        if self._traces is not None:
            environment = await self._traces.environment(target.region, environment)
        began = time.perf_counter()
        try:
            async with asyncio.timeout(INIT_SECONDS + target.timeout_seconds):
                await worker.start(command, folder=folder, environment=environment)
        except InitFailed:
            worker.close()
            raise
        except BaseException:
            worker.kill()
            raise
        worker.init_ms = (time.perf_counter() - began) * 1000
        return worker

    async def _reap(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(REAP_SECONDS)
            for key, pool in list(self._pools.items()):
                pool.reap(loop.time() - IDLE_SECONDS)
                if pool.unused:
                    del self._pools[key]

    async def close(self) -> None:
        """Ends all workers."""
        if self._reaper is not None:
            self._reaper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reaper
            self._reaper = None
        for task in list(self._detached):
            task.cancel()
        for pool in self._pools.values():
            pool.kill()
        self._pools.clear()


class RuntimeMissing(Exception):
    """No program on this machine runs the function's runtime."""


def new_trace(at_ms: int) -> str:
    """A trace header of our own, when the caller brought none and nobody records the invocation."""
    return f"Root=1-{math.floor(at_ms / 1000):08x}-{uuid.uuid4().hex[:24]};Sampled=0"


def _tell(run: Run, traced: TracedInvocation, duration_ms: float, *, failed: bool) -> None:
    started = run.worker is not None
    traced.finish(
        request_id=run.request_id, started=started, duration_ms=duration_ms, init_ms=run.init_ms, failed=failed
    )
