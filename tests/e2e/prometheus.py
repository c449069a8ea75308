"""A real Prometheus server that scrapes one target; for the tests that find one installed."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BINARY = shutil.which("prometheus")
MISSING = "needs a Prometheus server on the PATH (Debian's package prometheus)"


@dataclass(frozen=True, slots=True)
class Prometheus:
    endpoint: str

    def ask(self, query: str) -> list[dict[str, Any]]:
        """The samples of an instant query; a query that Prometheus refuses is an AssertionError."""
        url = f"{self.endpoint}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{query}: {error.read().decode()}") from error
        return found

    def value(self, query: str) -> float:
        (sample,) = self.ask(query)
        return float(sample["value"][1])

    def target(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.endpoint}/api/v1/targets", timeout=10) as answer:
            (target,) = json.load(answer)["data"]["activeTargets"]
        found: dict[str, Any] = target
        return found

    def scrapes(self, many: int) -> None:
        """Wait until so many more scrapes are in."""
        seen, until = {str(self.target()["lastScrape"])}, time.monotonic() + 30
        while len(seen) <= many and time.monotonic() < until:
            time.sleep(0.05)
            seen.add(str(self.target()["lastScrape"]))
        assert len(seen) > many, self.target()


@contextlib.contextmanager
def prometheus(folder: Path, address: str, *, path: str = "/metrics") -> Iterator[Prometheus]:
    """Scrapes ``http://<address><path>`` five times a second."""
    assert BINARY is not None
    config = folder / "prometheus.yml"
    config.write_text(
        "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\n"
        f"scrape_configs: [{{job_name: engine, metrics_path: {path}, static_configs: [{{targets: ['{address}']}}]}}]\n"
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [BINARY, f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
               f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = Prometheus(f"http://127.0.0.1:{port}")
    try:
        _await_up(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(10)


def _await_up(server: Prometheus, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        assert process.poll() is None, "Prometheus ended at once"
        with contextlib.suppress(OSError, ValueError):
            if server.target()["health"] == "up":
                return
        time.sleep(0.05)
    raise AssertionError("Prometheus did not scrape within 30 s")
