"""Puts log events into the embedded Logs: groups and streams are made when missing, batches are small.

Touches the embedded Logs through the in-process cloud. A batch holds the loop for about two milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from infra.local.ports import Cloud, CloudCallError

__all__ = ["MAX_EVENTS", "LogWriter", "capped"]

BATCH = 250
MAX_EVENTS = 6000  # of one group in one delivery; the embedded Logs keep everything in memory

Line = tuple[int, str]


def capped(lines: Sequence[Line], *, limit: int = MAX_EVENTS) -> list[Line]:
    """At most ``limit`` lines, and one that says how many more there were. A difference to AWS; metric filters see all."""
    if len(lines) <= limit:
        return list(lines)
    dropped = len(lines) - limit
    return [
        *lines[:limit],
        (lines[-1][0], f"({dropped} further events were not kept: local limit of {limit} a second)"),
    ]


class LogWriter:
    """PutLogEvents with what it needs."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def write(self, region: str, group: str, stream: str, lines: Sequence[Line]) -> None:
        """Raises CloudCallError when the embedded Logs refuse."""
        for at in range(0, len(lines), BATCH):
            events = [{"timestamp": at_ms, "message": text} for at_ms, text in lines[at : at + BATCH]]
            parameters = {"logGroupName": group, "logStreamName": stream, "logEvents": events}
            try:
                await self._call(region, "PutLogEvents", parameters)
            except CloudCallError as problem:
                if problem.code != "ResourceNotFoundException":
                    raise
                await self._make(region, group, stream)
                await self._call(region, "PutLogEvents", parameters)

    async def _make(self, region: str, group: str, stream: str) -> None:
        for action, parameters in (
            ("CreateLogGroup", {"logGroupName": group}),
            ("CreateLogStream", {"logGroupName": group, "logStreamName": stream}),
        ):
            try:
                await self._call(region, action, parameters)
            except CloudCallError as problem:
                if problem.code != "ResourceAlreadyExistsException":
                    raise

    async def _call(self, region: str, action: str, parameters: Mapping[str, object]) -> None:
        await self._cloud.json("logs", region, f"Logs_20140328.{action}", parameters)
