"""One worker process, seen from outside: start it, send it a request, get the answer, kill it.

Touches: one child process with two socket pairs (frames, and what the handler writes to fd 1 and 2 directly).
The child ends when its socket does, so a killed server leaves none behind. A warm round trip is one write, one
wake-up and one parse of a five-byte head; payloads are passed on as bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from infra.local.functions.boot import ERROR, INIT_ERROR, LOGS, READY, RESULT

__all__ = ["Answer", "WorkerExited", "WorkerProcess"]

LogSink = Callable[[Sequence[tuple[int, str]]], None]
_HEAD = struct.Struct(">BI")
_REQUEST = struct.Struct(">II")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker sent back: the handler's result or its error object, as bytes."""

    payload: bytes
    failed: bool
    peak_memory_mb: int


class WorkerExited(Exception):
    """The process ended without an answer."""

    def __init__(self, return_code: int | None) -> None:
        self.return_code = return_code
        super().__init__(f"worker exited with {return_code}")


class InitFailed(Exception):
    """The handler could not be loaded; ``error`` is Lambda's error object."""

    def __init__(self, error: bytes) -> None:
        self.error = error
        super().__init__(error.decode())


class RawOutput(asyncio.Protocol):
    """Lines that the handler, or a program it started, wrote to its file descriptors 1 and 2."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._on_line(line.decode("utf-8", "replace"))

    def connection_lost(self, _: Exception | None) -> None:
        if self._rest:
            self._on_line(self._rest.decode("utf-8", "replace"))


class WorkerProcess(asyncio.Protocol):
    """A worker. One request at a time: the pool sees to that.

    ``lines`` collects the log events of the request that runs.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.lines: list[tuple[int, str]] = []
        self.requests = 0
        self.idle_since = 0.0
        self.init_ms = 0.0
        self.stream = ""
        self.process: subprocess.Popen[bytes] | None = None
        self._now_ms = now_ms
        self._buffer = bytearray()
        self._waiting: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None
        self._raw: asyncio.BaseTransport | None = None
        self._ending: asyncio.Future[int | None] | asyncio.Future[None] | None = None
        self.alive = False

    async def start(self, command: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> None:
        """Starts the process and waits until the handler is loaded.

        Raises:
            InitFailed: the module does not import, or has no such handler.
            WorkerExited: the process ended while loading.
        """
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        raw_ours, raw_theirs = socket.socketpair()
        arguments = [
            part.replace("{fd}", str(theirs.fileno())).replace("{parent}", str(os.getpid())) for part in command
        ]
        self.process = subprocess.Popen(
            arguments,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=raw_theirs.fileno(),
            stderr=raw_theirs.fileno(),
            pass_fds=(theirs.fileno(),),
            start_new_session=True,  # a timeout must end what the handler started, Ctrl-C must not end workers
        )
        theirs.close()
        raw_theirs.close()
        self.alive = True
        ready = self._waiting = loop.create_future()  # a quick worker is ready before the connection is reported made
        for end in (ours, raw_ours):
            end.setblocking(False)
        self._raw, _ = await loop.create_connection(lambda: RawOutput(self._raw_line), sock=raw_ours)
        await loop.create_connection(lambda: self, sock=ours)
        await ready

    def _raw_line(self, text: str) -> None:
        self.lines.append((self._now_ms(), text))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        while len(buffer) >= 5:
            kind, size = _HEAD.unpack_from(buffer)
            if len(buffer) < 5 + size:
                return
            body = bytes(buffer[5 : 5 + size])
            del buffer[: 5 + size]
            self._frame(kind, body)

    def _frame(self, kind: int, body: bytes) -> None:
        if kind == LOGS:
            self.lines.extend((at, text) for at, text in json.loads(body))
            return
        waiting, self._waiting = self._waiting, None
        if waiting is None or waiting.done():
            return
        if kind in (RESULT, ERROR):
            peak = int.from_bytes(body[:4], "big") // 1024
            waiting.set_result(Answer(body[4:], kind == ERROR, peak))
        elif kind == READY:
            waiting.set_result(Answer(b"", False, 0))
        elif kind == INIT_ERROR:
            waiting.set_exception(InitFailed(body))

    def connection_lost(self, _: Exception | None) -> None:
        self.alive = False
        if self._waiting is not None:
            self._ending = asyncio.ensure_future(self._report_exit(self._waiting))
            self._waiting = None
        else:
            self._ending = asyncio.ensure_future(self._return_code())

    async def _report_exit(self, waiting: asyncio.Future[Answer]) -> None:
        code = await self._return_code()
        if not waiting.done():
            waiting.set_exception(WorkerExited(code))

    async def _return_code(self) -> int | None:
        """Waits for the end of the process; one that only closed its socket is killed."""
        if self.process is None:
            return None
        try:
            code: int | None = await asyncio.to_thread(self.process.wait, 1.0)
        except subprocess.TimeoutExpired:
            self.kill()
            code = await asyncio.to_thread(self.process.wait)
        if self._raw is not None:
            await asyncio.sleep(0)  # its last raw lines are in the pipe
            self._raw.close()
        return code

    def invoke(self, header: bytes, payload: bytes) -> asyncio.Future[Answer]:
        """Sends a request. The future ends with the answer, or with WorkerExited."""
        waiting = self._waiting = asyncio.get_running_loop().create_future()
        self.requests += 1
        if self._transport is None or not self.alive:
            waiting.set_exception(WorkerExited(None))
        else:
            self._transport.write(_REQUEST.pack(len(header), len(payload)) + header + payload)
        return waiting

    def close(self) -> None:
        """Ends an idle worker in order: its socket ends, so does it."""
        self.alive = False
        if self._transport is not None:
            self._transport.close()

    def kill(self) -> None:
        """Ends a worker at once, with the programs its handler started."""
        self.alive = False
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        if self._transport is not None:
            self._transport.close()
