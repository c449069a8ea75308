"""The local gateway's Lambda proxy against plain ministack's: requests a second and latency at 1, 8 and 32 connections."""

from __future__ import annotations

from typing import Any

from benchmarks.servers import LOGGING, SILENT, lambda_proxy, load, running

CONNECTIONS = (1, 8, 32)


def measure(*, seconds: float = 4.0) -> list[dict[str, Any]]:
    """Rows of server, handler and connections; the two servers take turns, so that drift of the machine hits both."""
    rows: list[dict[str, Any]] = []
    with running("gatewright") as ours, running("ministack") as theirs:
        for label, source in (("silent", SILENT), ("logs a line", LOGGING)):
            urls = {server.name: lambda_proxy(server, source=source) for server in (ours, theirs)}
            for url in urls.values():
                load(url, connections=2, seconds=1)  # warm workers
            for connections in CONNECTIONS:
                pair = {name: load(url, connections=connections, seconds=seconds) for name, url in urls.items()}
                rows.append(
                    {
                        "handler": label,
                        "connections": connections,
                        "ratio": round(pair["gatewright"]["per_second"] / max(pair["ministack"]["per_second"], 0.1), 1),
                        **{f"{name} {key}": value for name, result in pair.items() for key, value in result.items()},
                    }
                )
    return rows
