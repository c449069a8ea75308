"""Rollouts on the embedded AWS with real traffic: harmful releases are taken back by themselves, a healthy one goes from region to region.

A minute lasts three seconds here, and the tolerances are wide enough for the requests of one machine; the decisions are those of an hour.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import Checkout, new_checkout, started

pytestmark = pytest.mark.e2e

US, EU = "us-east-1", "eu-west-1"
# A rollout of two regions takes a minute or two of real time, which `make test` has not.
SLOW = pytest.mark.skipif(not os.environ.get("GATEWRIGHT_SLOW"), reason="two minutes; GATEWRIGHT_SLOW=1 runs it")
RULES = """  bake: 6m
  later_bake: 3m
  pause: 1m
  warmup: 1m
  tolerances: {errors: 2%, client_errors: 2%, slow: 2%}
  alarms: [payments]
"""
# What a checkout waits for at its payment provider, say: without it, twice as slow would be a millisecond more.
USUAL_MS = 40
_CLIENTS = count()


def _ask(checkout: Checkout, prefix: str, stop: threading.Event) -> None:
    """One client after another, twenty requests a second."""
    parts = urlsplit(checkout.environment["AWS_ENDPOINT_URL"])
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    while not stop.is_set():
        number = next(_CLIENTS)
        address = f"198.18.{number // 256 % 256}.{number % 256}"
        connection.request("GET", f"{prefix}/api/checkout", headers={"x-viewer-address": address})
        connection.getresponse().read()
        stop.wait(0.01)
    connection.close()


@contextlib.contextmanager
def traffic(checkout: Checkout) -> Iterator[None]:
    stop, threads = threading.Event(), []
    for region in (US, EU):
        outputs = checkout.stack(region)
        prefix = f"/_aws/execute-api/{outputs['RestApiId']}/{outputs['StageName']}"
        threads += [threading.Thread(target=_ask, args=(checkout, prefix, stop)) for _ in range(6)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """The shop with quick rules, up and with an hour of traffic behind it."""
    checkout = new_checkout(tmp_path_factory.mktemp("rollout"))
    file = checkout.folder / "gateway.yaml"
    lines = [line for line in file.read_text().splitlines(keepends=True) if not line.startswith("  bake:")]
    file.write_text("".join(line + (RULES if line.startswith("release:") else "") for line in lines))
    _set(checkout)
    with started(checkout), traffic(checkout):
        for region in (US, EU):
            _set_alarm(checkout, region, "OK")
        yield checkout


def _set_alarm(checkout: Checkout, region: str, state: str) -> None:
    """An alarm of somebody else's, which the rollout obeys."""
    cloudwatch = checkout.client("cloudwatch", region)
    if not cloudwatch.describe_alarms(AlarmNames=["payments"])["MetricAlarms"]:
        cloudwatch.put_metric_alarm(
            AlarmName="payments",
            Namespace="Payments",
            MetricName="Refused",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    cloudwatch.set_alarm_state(AlarmName="payments", StateValue=state, StateReason="a test")


def _set(checkout: Checkout, *, latency_ms: int = USUAL_MS, errors: int = 0) -> None:
    file = checkout.folder / "gateway.yaml"
    lines = [line for line in file.read_text().splitlines(keepends=True) if "FAULT" not in line]
    fault = f'    environment: {{FAULT_LATENCY_MS: "{latency_ms}", FAULT_ERROR_PERCENT: "{errors}"}}\n'
    text = "".join(line + (fault if line.strip() == "lambda: lambdas/checkout" else "") for line in lines)
    file.write_text(text)


def _deploy(checkout: Checkout, *, latency_ms: int = USUAL_MS, errors: int = 0) -> None:
    """Another release of the checkout, which behaves like this."""
    _set(checkout, latency_ms=latency_ms, errors=errors)
    done = checkout.run("deploy", "--yes")
    assert done.code == 0, done.out + done.err


def _rollout(checkout: Checkout, report: Path) -> tuple[int, str]:
    """Exit code, and the outcome that the last line tells."""
    done = checkout.run("canary", "run", "--yes", "--minute-seconds", "3", "--report", str(report), "--output", "json")
    assert done.out, done.err
    return done.code, json.loads(done.out.splitlines()[-1])["outcome"]


@pytest.mark.parametrize(
    ("latency_ms", "errors"),
    [
        pytest.param(USUAL_MS, 5, id="five points of 5xx"),
        pytest.param(2 * USUAL_MS, 0, id="a doubled latency"),
    ],
)
def test_1_a_harmful_checkout_is_taken_back_and_the_second_region_never_sees_it(
    busy: Checkout, latency_ms: int, errors: int, tmp_path: Path
) -> None:
    _deploy(busy, latency_ms=latency_ms, errors=errors)
    before = busy.stage(EU)["deploymentId"]
    baseline = busy.stage(US)["deploymentId"]
    code, outcome = _rollout(busy, tmp_path / "report.html")
    assert (code, outcome) == (3, "rolled back")
    assert (busy.stage(US)["deploymentId"], busy.stage(EU)["deploymentId"]) == (baseline, before)
    assert "canarySettings" not in busy.stage(US)
    assert "It never saw the release." in (tmp_path / "report.html").read_text()


@SLOW
def test_2_a_healthy_checkout_is_promoted_in_one_region_and_then_in_the_other(busy: Checkout, tmp_path: Path) -> None:
    busy.change_checkout('RELEASE = "v1"', 'RELEASE = "v2"')
    _deploy(busy)
    code, outcome = _rollout(busy, tmp_path / "report.html")
    assert (code, outcome) == (0, "promoted")
    for region in (US, EU):
        assert busy.releases_seen(region, 20) == {"v2": 20}
    history = busy.run("canary", "history", "--region", EU, "--output", "json")
    assert "rollout" in history.out


def test_3_a_rollout_that_nobody_watches_is_stopped_by_an_alarm_and_not_at_the_next_minute(busy: Checkout) -> None:
    _deploy(busy, latency_ms=USUAL_MS + 1)
    baseline = busy.stage(US)["deploymentId"]
    done = busy.run("canary", "run", "--detach", "--yes")
    assert done.code == 0, done.err
    assert _within(busy, 30, lambda stage: "canarySettings" in stage), "the state machine begins at once"
    _set_alarm(busy, US, "ALARM")
    assert _within(busy, 20, lambda stage: "canarySettings" not in stage), "a tick is a minute away, EventBridge is not"
    assert busy.stage(US)["deploymentId"] == baseline
    for _ in range(100):
        told = busy.run("canary", "progress").out
        if "in ALARM: payments" in told:
            break
    assert "rolled back us-east-1: in ALARM: payments" in told
    assert "canarySettings" not in busy.stage(EU)


def _within(checkout: Checkout, seconds: float, holds: Callable[[dict[str, Any]], bool]) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds(checkout.stage(US)):
            return True
        time.sleep(0.05)
    return False
