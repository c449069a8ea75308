"""Rates of the last seconds, and a canary's arms since it began."""

from __future__ import annotations

from infra.local.console.window import SECONDS, Window
from infra.local.meter.counts import Counts
from tests.infra.local.telemetry.fakes import record

US = "us-east-1"


def name_of(region: str, gateway: str, route: str) -> str:
    return "users" if route.startswith("/api/users") else "-"


def test_rates_are_of_the_last_seconds_only():
    counts = Counts()
    window = Window(counts)
    assert window.now(name_of) == {}
    for second in range(2 * SECONDS + 1):
        for _ in range(20 if second <= SECONDS else 4):
            counts.take(record(status=503 if second > SECONDS else 200, latency_ms=7.0))
        window.tick(float(second), {})
    shown = window.now(name_of)[US, "shop", "users"]
    assert (shown["per_second"], shown["failed_percent"], shown["p99_ms"]) == (4.0, 100.0, 7.0)
    assert shown["history"] == [20] * SECONDS + [4] * SECONDS


def test_arms_count_from_the_canarys_first_tick_and_anew_for_the_next_one():
    counts = Counts()
    window = Window(counts)
    counts.take(record(stage_has_canary=True, is_canary=True, status=500))
    window.tick(0.0, {(US, "shop"): "one"})
    assert window.arms(US, "shop")["canary"]["requests"] == 0
    for status in (200, 500):
        counts.take(record(stage_has_canary=True, is_canary=True, status=status))
    counts.take(record(stage_has_canary=True, status=200))
    window.tick(1.0, {(US, "shop"): "one"})
    arms = window.arms(US, "shop")
    assert (arms["canary"]["requests"], arms["canary"]["failed"], arms["baseline"]["requests"]) == (2, 1, 1)
    low, middle, high = arms["canary"]["failed_percent"]
    assert 0 <= low < middle == 50 < high <= 100
    window.tick(2.0, {(US, "shop"): "two"})
    assert window.arms(US, "shop")["canary"]["requests"] == 0
    window.tick(3.0, {})
    assert window.arms(US, "shop") == {}
