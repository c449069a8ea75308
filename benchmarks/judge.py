"""The verdict's cost: a look, the size of its state, intervals a second through ``canary judge --stream``, and how fast it starts."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
import tracemalloc
from typing import Any

from benchmarks.traffic import Canary, seeded
from infra.judge import Judge, Policy, read_interval

COMMAND = [sys.executable, "-m", "infra.cli", "canary", "judge", "--stream"]
INTERVALS = 30_000


def measure(*, runs: int = 5) -> list[dict[str, Any]]:
    """Medians; the goals are of issue 6."""
    canary = Canary()
    config = canary.config(seeded(1))
    messages = [message for k in range(10) for message in canary.intervals(seeded(k))]
    starts = [_seconds(b"") for _ in range(runs)]
    start = statistics.median(starts)
    lines = _lines(config, messages)
    through = statistics.median(INTERVALS / (_seconds(lines) - start) for _ in range(runs))
    return [
        {"what": "a look", "measured": f"{_look_ms(config, messages):.4f} ms", "goal": "< 1 ms"},
        {"what": "state as JSON after 180 / 1800 looks", "measured": _state(config, messages), "goal": "the same"},
        {
            "what": "memory that 1800 looks leave behind",
            "measured": f"{_kept(config, messages):.1f} KB",
            "goal": "O(1)",
        },
        {"what": "canary judge --stream", "measured": f"{through:,.0f} intervals/s", "goal": ">= 20,000 intervals/s"},
        {
            "what": "its start-up, to the end of an empty stream",
            "measured": f"{start * 1000:.0f} ms",
            "goal": "<= 300 ms",
        },
    ]


def _lines(config: dict[str, Any], messages: list[dict[str, Any]]) -> bytes:
    many = ({**messages[i % len(messages)], "i": i + 1, "t_end_s": 60 * (i + 1)} for i in range(INTERVALS))
    lines = [json.dumps(message) for message in ({"type": "start", "config": config}, *many)]
    return ("\n".join(lines) + "\n").encode()


def _seconds(lines: bytes) -> float:
    """Of the whole command, the pipe included."""
    begin = time.perf_counter()
    done = subprocess.run(COMMAND, input=lines, capture_output=True, check=True)
    seconds = time.perf_counter() - begin
    assert done.stdout.count(b"\n") == max(lines.count(b"\n") - 1, 0)
    return seconds


def _judged(config: dict[str, Any], messages: list[dict[str, Any]]) -> Judge:
    judge = Judge(Policy.from_config(config))
    for i, message in enumerate(messages):
        judge.look(read_interval({**message, "i": i + 1, "t_end_s": 60 * (i + 1)}, judge.policy.buckets))
    return judge


def _look_ms(config: dict[str, Any], messages: list[dict[str, Any]]) -> float:
    begin = time.perf_counter()
    _judged(config, messages)
    return (time.perf_counter() - begin) / len(messages) * 1000


def _state(config: dict[str, Any], messages: list[dict[str, Any]]) -> str:
    sizes = [len(json.dumps(_judged(config, messages[:count]).to_json())) for count in (180, 1800)]
    return f"{sizes[0]} / {sizes[1]} bytes"


def _kept(config: dict[str, Any], messages: list[dict[str, Any]]) -> float:
    judge = _judged(config, messages[:10])
    tracemalloc.start()
    for i, message in enumerate(messages):
        judge.look(read_interval({**message, "i": 100 + i, "t_end_s": 6000 + 60 * i}, judge.policy.buckets))
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return kept / 1024
