"""Injected faults: exact when counted, refused when the settings are wrong."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lambdas.conftest import Context, event


@pytest.fixture
def runtime(cold_start):
    cold_start("checkout")
    return sys.modules["shop_runtime.faults"], sys.modules["shop_runtime.messages"]


def test_counted_errors_are_exact_for_every_percent(runtime):
    faults, messages = runtime

    @given(percent=st.integers(0, 100), count=st.integers(1, 300))
    def holds(percent, count):
        settings = faults.FaultSettings(error_percent=percent, choice="counter")
        injector, hits = faults.Faults(settings), 0
        for _ in range(count):
            try:
                injector.strike()
            except messages.Problem:
                hits += 1
        assert hits == count * percent // 100

    holds()


def test_random_errors_follow_the_draw(runtime):
    faults, messages = runtime
    draws = iter([0.099, 0.1])
    injector = faults.Faults(faults.FaultSettings(error_percent=10, error_status=500), draw=lambda: next(draws))
    with pytest.raises(messages.Problem) as caught:
        injector.strike()
    assert caught.value.status == 500
    injector.strike()


def test_latency_is_slept_in_seconds(runtime):
    faults, _ = runtime
    slept = []
    settings = faults.FaultSettings(latency_ms=250, latency_percent=50, choice="counter")
    injector = faults.Faults(settings, sleep=slept.append)
    for _ in range(4):
        injector.strike()
    assert slept == [0.25, 0.25]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FAULT_LATENCY_MS", "fast"),
        ("FAULT_LATENCY_MS", "-1"),
        ("FAULT_LATENCY_MS", "nan"),
        ("FAULT_LATENCY_PERCENT", "101"),
        ("FAULT_ERROR_PERCENT", "inf"),
        ("FAULT_ERROR_STATUS", "200"),
        ("FAULT_ERROR_STATUS", "499"),
        ("FAULT_ERROR_STATUS", "500.5"),
        ("FAULT_CHOICE", "dice"),
    ],
    ids=str,
)
def test_a_bad_setting_ends_the_cold_start_by_name(cold_start, name, value):
    with pytest.raises(ValueError, match=name):
        cold_start("checkout", {name: value})


def test_an_injected_error_is_a_declared_problem(cold_start, fragment):
    handler = cold_start("checkout", {"FAULT_ERROR_PERCENT": "100", "FAULT_ERROR_STATUS": "502"})
    answer = handler(event("GET", "/api/checkout"), Context())
    assert answer["statusCode"] == 502
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert "default" in fragment("checkout").document["paths"]["/"]["get"]["responses"]
