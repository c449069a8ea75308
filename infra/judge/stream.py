"""JSON lines in, one answer a line out: the judge for programs in any language. Pure: bytes in, bytes out.

A `start` line begins a canary and has no answer; every other line has exactly one, so that a caller may read after each. A line that
cannot be understood is answered by "continue" with the reason: silence would look like a judge that hangs, and a verdict like evidence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson

from infra.errors import Refused
from infra.judge.judge import Judge
from infra.judge.policy import Policy
from infra.judge.readings import read_interval
from infra.judge.verdict import Verdict

__all__ = ["MAX_LINE_BYTES", "Session", "answers"]

MAX_LINE_BYTES = 1_000_000  # an interval is about a thousand bytes; whoever sends no line feed must not fill the memory
_TOO_LONG = b"(a line longer than 1000000 bytes)"
_NO_START = "no canary has begun: the first line is a start line"


class Session:
    """The judge behind a stream: which canary is judged now, if any."""

    def __init__(self, *, complain: Callable[[str], None] = lambda _: None) -> None:
        self.judge: Judge | None = None
        self._refusal = _NO_START
        self._rest, self._overlong = b"", False
        self._complain = complain

    def feed(self, chunk: bytes) -> bytes:
        """The answers to all lines that `chunk` completes; what is left of it waits for the next one, up to a limit."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if lines and self._overlong:
            lines[0], self._overlong = _TOO_LONG, False
        if len(self._rest) > MAX_LINE_BYTES:
            self._rest, self._overlong = b"", True
        return b"".join(filter(None, map(self.answer, lines))) if lines else b""

    def end(self) -> bytes:
        """The answer to a last line without a line feed."""
        line, self._rest = _TOO_LONG if self._overlong else self._rest, b""
        self._overlong = False
        return self.answer(line) or b""

    def answer(self, line: bytes) -> bytes | None:
        """The answer to one line, with its line feed; None for a start line and for a blank one."""
        message = _parse(line)
        if isinstance(message, dict):
            kind = message.get("type")
            if kind == "interval" and self.judge is not None:
                interval = read_interval(message, self.judge.policy.buckets)
                return orjson.dumps(self.judge.answer(interval), option=orjson.OPT_APPEND_NEWLINE)
            if kind == "start":
                self._start(message)
                return None
            if kind == "interval":
                return self._refuse(self._refusal)
            return self._refuse(f"the line's type is {kind!r}, neither start nor interval")
        return self._refuse(message) if line.strip() else None

    def _start(self, message: dict[str, Any]) -> None:
        try:
            self.judge = Judge(Policy.from_config(message.get("config")))
        except Refused as refusal:
            self.judge, self._refusal = None, str(refusal)
            self._complain(self._refusal)

    def _refuse(self, reason: str) -> bytes:
        """An answer that decides nothing; a canary that was rolled back stays so."""
        verdict = Verdict.ROLLBACK if self.judge is not None and self.judge.rolled_back else Verdict.CONTINUE
        answer = {"verdict": verdict, "reason": reason, "skipped": reason, "notes": []}
        return orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE)


def answers(lines: Iterable[bytes], *, complain: Callable[[str], None] = lambda _: None) -> Iterator[bytes]:
    """Every answer, as soon as its line is there. `complain` hears why a start line was refused."""
    session = Session(complain=complain)
    for line in lines:
        answer = session.answer(line)
        if answer is not None:
            yield answer


def _parse(line: bytes) -> dict[str, Any] | str:
    """The line's object, or what is wrong with it. NaN is not JSON; Python's reader takes it, so that its place can be named."""
    try:
        message = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            return f"the line is not JSON: {error}"
    return message if isinstance(message, dict) else "the line is not a JSON object"
