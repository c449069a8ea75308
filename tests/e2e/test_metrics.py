"""The engine's metrics of the real shop: as text, and as a real Prometheus server reads and answers them."""

from __future__ import annotations

import re
import shutil
import subprocess
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import Checkout
from tests.e2e.prometheus import BINARY, MISSING, prometheus

pytestmark = pytest.mark.e2e
US = "us-east-1"


def scraped(shop: Checkout, path: str = "/metrics") -> str:
    with urllib.request.urlopen(shop.environment["AWS_ENDPOINT_URL"] + path, timeout=10) as answer:
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        return str(answer.read().decode())


def value(document: str, name: str, **labels: str) -> float:
    """The sum of the samples with these labels."""
    total = 0.0
    for line in document.splitlines():
        found = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
        if found and found[1] == name:
            given = dict(re.findall(r'(\w+)="([^"]*)"', found[2] or ""))
            total += float(found[3]) if labels.items() <= given.items() else 0
    return total


def test_what_was_asked_is_counted(shop: Checkout) -> None:
    shop.get(US, "/api/users/1")  # whatever starts, has started
    before = scraped(shop)
    shop.many(US, ["/api/users/1"] * 5)
    shop.many(US, ["/api/orders"] * 2)  # without a token
    shop.many(US, ["/nobody"])
    after = scraped(shop, "/_gatewright/metrics")

    def more(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    of = {"gateway": "shop", "region": US}
    assert more("gatewright_requests_total", **of, service="users", arm="none", code_class="2xx") == 5
    assert more("gatewright_requests_total", **of, service="orders", code_class="4xx") == 2
    assert more("gatewright_requests_total", **of, service="-", code_class="4xx") == 1
    assert more("gatewright_request_duration_seconds_count", **of, service="users") == 5
    assert more("gatewright_integration_duration_seconds_count", **of, service="users") == 5
    assert more("gatewright_function_invocations_total", **of, function="gatewright-shop-users", outcome="ok") == 5
    assert value(after, "gatewright_function_cold_starts_total", **of, function="gatewright-shop-users") >= 1
    assert more("gatewright_requests_total", gateway="shop", region="eu-west-1") == 0


@pytest.mark.skipif(shutil.which("promtool") is None, reason=MISSING)
def test_promtool_finds_nothing_to_say(shop: Checkout) -> None:
    shop.get(US, "/api/users/1")
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=scraped(shop), capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.skipif(BINARY is None, reason=MISSING)
def test_a_prometheus_server_answers_from_it(shop: Checkout, tmp_path: Path) -> None:
    shop.get(US, "/api/users/1")
    address = urlsplit(shop.environment["AWS_ENDPOINT_URL"]).netloc
    with prometheus(tmp_path, address) as server:
        shop.many(US, ["/api/users/1", "/api/products"] * 20)
        server.scrapes(2)
        shop.many(US, ["/api/users/1", "/api/products"] * 20)
        server.scrapes(3)
        assert server.value("up") == 1
        services = server.ask("sum by (service) (gatewright_requests_total)")
        assert {sample["metric"]["service"] for sample in services} >= {"users", "products"}
        rate = 'sum(rate(gatewright_requests_total{service="users"}[1m]))'
        buckets = 'gatewright_request_duration_seconds_bucket{service="users"}'
        p99 = f"histogram_quantile(0.99, sum by (le) (rate({buckets}[1m])))"
        assert server.value(rate) > 0
        assert 0 < server.value(p99) < 29
