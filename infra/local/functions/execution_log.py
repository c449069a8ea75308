"""The log lines Lambda writes around a handler's own. Pure.

Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html and, for the JSON form,
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html.
"""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from infra.local.functions.catalog import Target

__all__ = ["execution_lines", "log_tail", "new_stream", "timeout_line"]

TAIL_BYTES = 4096


def new_stream(version: str, now_seconds: float) -> str:
    """The name of an environment's log stream: ``2026/11/24/[$LATEST]<32 hex digits>``."""
    return f"{datetime.fromtimestamp(now_seconds, UTC):%Y/%m/%d}/[{version}]{secrets.token_hex(16)}"


def iso(at_ms: float) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def timeout_line(request_id: str, at_ms: int, limit_seconds: float) -> str:
    return f"{iso(at_ms)} {request_id} Task timed out after {limit_seconds:.2f} seconds"


def execution_lines(
    target: Target,
    request_id: str,
    *,
    started_ms: int,
    ended_ms: int,
    duration_ms: float,
    init_ms: float | None,
    peak_memory_mb: int,
    handler_lines: Sequence[tuple[int, str]],
) -> list[tuple[int, str]]:
    """START, what the handler wrote, END and REPORT, as (epoch milliseconds, message)."""
    billed = math.ceil(duration_ms)
    if target.json_logs:
        metrics: dict[str, float] = {
            "durationMs": round(duration_ms, 3),
            "billedDurationMs": billed,
            "memorySizeMB": target.memory_mb,
            "maxMemoryUsedMB": peak_memory_mb,
        }
        if init_ms is not None:
            metrics["initDurationMs"] = round(init_ms, 3)
        start = platform_event(started_ms, "platform.start", requestId=request_id, version=target.version)
        report = platform_event(ended_ms, "platform.report", requestId=request_id, metrics=metrics)
        return [(started_ms, start), *handler_lines, (ended_ms, report)]
    init = "" if init_ms is None else f"\tInit Duration: {init_ms:.2f} ms"
    return [
        (started_ms, f"START RequestId: {request_id} Version: {target.version}"),
        *handler_lines,
        (ended_ms, f"END RequestId: {request_id}"),
        (
            ended_ms,
            f"REPORT RequestId: {request_id}\tDuration: {duration_ms:.2f} ms\tBilled Duration: {billed} ms"
            f"\tMemory Size: {target.memory_mb} MB\tMax Memory Used: {peak_memory_mb} MB{init}\t",
        ),
    ]


def platform_event(at_ms: int, kind: str, **record: object) -> str:
    return json.dumps({"time": iso(at_ms), "type": kind, "record": record}, separators=(",", ":"))


def log_tail(lines: Sequence[tuple[int, str]]) -> bytes:
    """The last 4 KB of the execution log, as ``X-Amz-Log-Result`` carries them."""
    return ("\n".join(text for _, text in lines) + "\n").encode()[-TAIL_BYTES:]
