"""What observing costs: requests a second of the local gateway, alone, scraped, and with the console open; how late the console is;
and how long `gatewright incident` takes with 30 minutes of data. Ratios are of turns taken one after the other on one engine.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import threading
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.servers import REGION, SILENT, Server, lambda_proxy, load, running
from infra.config.model import Gateway, Jurisdiction, Region, Service
from infra.incident.asked import asked
from infra.incident.reader import read_metrics, spans
from infra.local.meter.counts import Counts
from infra.local.ports import RequestRecord

CONNECTIONS = 8
ROUNDS = 6
SCRAPE_SECONDS, CONSOLE_SECONDS = 1.0, 0.5  # ten times as often as Prometheus' default; what the page does


def measure(*, seconds: float = 3.0) -> list[dict[str, Any]]:
    """Rows of requests a second, then of times."""
    with running("gatewright") as server:
        url = lambda_proxy(server, source=SILENT)
        load(url, connections=2, seconds=1)  # warm workers
        found: dict[str, list[float]] = {"alone": [], "scraped": [], "console": [], "both": []}
        cpu_us: dict[str, list[float]] = {name: [] for name in found}
        late_ms: list[float] = []
        for _ in range(ROUNDS):
            for name, per_second in found.items():  # in turns, so that drift of the machine hits all
                with _watching(server, name, late_ms):
                    before = server.cpu_seconds()
                    done = load(url, connections=CONNECTIONS, seconds=seconds)
                    spent = server.cpu_seconds() - before
                per_second.append(done["per_second"])
                cpu_us[name].append(spent / done["requests"] * 1e6)
        rows = [
            {
                "observed by": name,
                "per_second": round(statistics.median(values), 1),
                "ratio": round(statistics.median(a / b for a, b in zip(values, found["alone"], strict=True)), 3),
                "engine's us a request": round(statistics.median(cpu_us[name])),
                "of alone": round(statistics.median(cpu_us[name]) / statistics.median(cpu_us["alone"]), 3),
            }
            for name, values in found.items()
        ]
        rows.append({"what": "console's state under load, p50", "ms": round(statistics.median(late_ms), 1)})
        rows.append({"what": "console's state under load, worst", "ms": round(max(late_ms), 1)})
        rows.append({"what": "counting one request", "ms": _counting()})
        rows.append({"what": "incident: 30 minutes and the 30 before, one region", "ms": round(_incident(server), 1)})
    return rows


@contextlib.contextmanager
def _watching(server: Server, who: str, late_ms: list[float]) -> Iterator[None]:
    stop = threading.Event()
    asked_for = {
        "scraped": [("/metrics", SCRAPE_SECONDS)],
        "console": [("/_gatewright/console/state", CONSOLE_SECONDS)],
    }
    asked_for["both"] = asked_for["scraped"] + asked_for["console"]
    threads = [
        threading.Thread(target=_ask, args=(server.endpoint + path, every, stop, late_ms))
        for path, every in asked_for.get(who, [])
    ]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join()


def _ask(url: str, every_seconds: float, stop: threading.Event, late_ms: list[float]) -> None:
    while not stop.is_set():
        began = time.perf_counter()
        with urllib.request.urlopen(url, timeout=30) as answer:
            answer.read()
        if url.endswith("state"):
            late_ms.append((time.perf_counter() - began) * 1000)
        stop.wait(every_seconds)


def _counting() -> float:
    """What every request pays for being counted; a few thousandths of its time, so the ratios above are mostly noise of the machine."""
    record = RequestRecord(
        account="1",
        region=REGION,
        api_id="a",
        api_name="shop",
        stage="live",
        method="GET",
        resource_path="/api/users",
        status=200,
        latency_ms=1.2,
        integration_latency_ms=1.0,
        is_canary=False,
        stage_has_canary=False,
        detailed_metrics=False,
        access_log_group_arn=None,
        access_log_format=None,
    )
    counts, many = Counts(), 100_000
    began = time.perf_counter()
    for _ in range(many):
        counts.take(record)
    return round((time.perf_counter() - began) * 1000 / many, 5)


def _incident(server: Server) -> float:
    """The metrics of an incident, read as the command does, from an hour of a busy service."""
    service = Service(name="orders", path="/api/orders", lambda_folder="lambdas/orders")
    gateway = Gateway(name="bench", regions=(Region(name=REGION, jurisdiction=Jurisdiction.US),), services=(service,))
    cloudwatch = server.client("cloudwatch")
    metrics = asked(gateway, service, REGION)
    now = datetime.now(UTC)
    for metric in {(one.namespace, one.name, one.dimensions) for one in metrics}:
        namespace, name, dimensions = metric
        data = [
            {
                "MetricName": name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions],
                "Timestamp": now - timedelta(minutes=back),
                "Values": [float(value) for value in range(1, 101)],
                "Counts": [60.0] * 100,
            }
            for back in range(60)
        ]
        for first in range(0, len(data), 20):
            cloudwatch.put_metric_data(Namespace=namespace, MetricData=data[first : first + 20])
    window, before, period = spans(time.time(), 30)

    def call(_: str, operation: str, **parameters: Any) -> Any:
        return getattr(cloudwatch, operation)(**parameters)

    times = []
    for _ in range(5):
        began = time.perf_counter()
        found = read_metrics(call, metrics, before.start, window.end, period)
        times.append((time.perf_counter() - began) * 1000)
        assert len(found["requests"]) >= 59
    return statistics.median(times)


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
