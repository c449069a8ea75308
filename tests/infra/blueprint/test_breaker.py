"""What the breaker's function is told: whatever gateway.yaml accepts, its settings accept, and mean the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.blueprint.breaker import (
    breaker_concurrency,
    breaker_environment,
    breaker_policies,
    breaker_timeout_seconds,
)
from infra.breaker.names import breaker_function
from infra.config import parse
from infra.config.breaker_rules import FALLBACK_BODY_BYTES_MAX
from infra.config.document import NAME_LENGTH_MAX
from infra.config.model import Gateway
from infra.errors import ConfigError
from lambdas.breaker.circuit.settings import Settings

TARGET = "arn:aws:lambda:eu-west-1:111122223333:function:gatewright-g-orders:7"
LAMBDA_ENVIRONMENT_BYTES = 4_096  # Lambda quotas, "Function environment variables"
LAMBDA_NAME_LENGTH = 64  # CreateFunction, FunctionName


def gateway(service: str, breaker: str = "on") -> Gateway:
    text = f"gateway: g\nregions:\n  eu-west-1: {{jurisdiction: eu}}\nservices:\n  orders: {{path: /o, {service}, breaker: {breaker}}}\n"
    return parse(text, file="gateway.yaml", folder=None)


def settings(made: Gateway) -> Settings:
    return Settings.from_environment(breaker_environment(made, made.services[0], target=TARGET))


def test_the_words_mean_what_they_meant() -> None:
    rules = """{failure_rate_threshold: 33.5%, slow_call_rate_threshold: 100%, slow_call_duration_threshold: 800ms,
      sliding_window: 100 calls, minimum_number_of_calls: 7, wait_duration_in_open_state: 1m,
      exponential_backoff_multiplier: 1.5, exponential_max_wait_duration_in_open_state: 1h,
      permitted_number_of_calls_in_half_open_state: 3, max_wait_duration_in_half_open_state: 30s,
      automatic_transition_from_open_to_half_open_enabled: true, record: [503], ignore: [501],
      fallback: {cached: 5m, body: {message: "später"}}}"""
    told = settings(gateway("lambda: l", rules))
    assert told.rules._asdict() | {"lease_ms": 0, "skew_ms": 0} == {
        "time_based": False,
        "size": 100,
        "minimum_calls": 7,
        "failure_percent": 33.5,
        "slow_percent": 100.0,
        "slow_ms": 800,
        "wait_ms": 60_000,
        "wait_factor": 1.5,
        "wait_max_ms": 3_600_000,
        "permitted": 3,
        "half_open_max_ms": 30_000,
        "half_open_then_closed": False,
        "automatic": True,
        "lease_ms": 0,
        "skew_ms": 0,
    }
    assert (told.gateway, told.service, told.table, told.target) == ("g", "orders", "gatewright-g-breakers", TARGET)
    assert (told.recorded, told.ignored, told.fallback_cache_ms) == ({"503"}, {"501"}, 300_000)
    assert json.loads(told.fallback_body) == {"message": "später"}


def test_the_defaults_of_the_file_are_those_of_the_function() -> None:
    """So that whoever reads either page reads the truth."""
    needed = {"GATEWAY", "SERVICE", "TABLE", "TARGET", "PREFIX", "TIMEOUT_MS"}
    made = gateway("lambda: l")
    told = breaker_environment(made, made.services[0], target=TARGET)
    only_needed = {name: value for name, value in told.items() if name.removeprefix("GATEWRIGHT_BREAKER_") in needed}
    assert Settings.from_environment(told) == Settings.from_environment(only_needed)


times = st.builds(lambda n, unit: f"{n}{unit}", st.integers(0, 5000), st.sampled_from(["ms", "s", "m", "h"]))
percents = st.decimals(0, 100, places=6).map(lambda n: f"{n:f}%")
words = st.sampled_from(["5xx", "503", "200", "timeout", "unreachable", "throttled", "function_error", "bad_answer"])
RULES = st.fixed_dictionaries(
    {},
    optional={
        "failure_rate_threshold": percents,
        "slow_call_rate_threshold": percents,
        "slow_call_duration_threshold": times,
        "sliding_window": st.builds(
            lambda n, u: f"{n}{u}", st.integers(0, 1100), st.sampled_from(["s", "m", " calls"])
        ),
        "minimum_number_of_calls": st.integers(0, 100_001),
        "wait_duration_in_open_state": times,
        "exponential_backoff_multiplier": st.floats(0.9, 10.1),
        "exponential_max_wait_duration_in_open_state": times,
        "permitted_number_of_calls_in_half_open_state": st.integers(0, 101),
        "max_wait_duration_in_half_open_state": times,
        "record": st.lists(words, unique=True),
        "ignore": st.lists(words, unique=True),
        "fallback": st.fixed_dictionaries({}, optional={"cached": times, "body": st.just({"a": "ü" * 300})}),
    },
)
SERVICES = (
    "lambda: l",
    "url: 'https://h.example/base'",
    "url: 'http://localhost:8080'",
    "url: 'https://[2001:db8::1]/x'",
)


@given(rules=RULES, service=st.sampled_from(SERVICES), timeout=times)
def test_whatever_the_file_accepts_starts_the_function(rules: dict[str, object], service: str, timeout: str) -> None:
    try:
        made = gateway(f"{service}, timeout: {timeout}", json.dumps(rules))
    except ConfigError:
        return
    told = settings(made)
    protected = made.services[0]
    assert told.timeout_ms + 150 <= breaker_timeout_seconds(protected) * 1000 < protected.timeout_ms
    assert told.rules.slow_ms < told.timeout_ms
    assert told.rules.wait_max_ms >= told.rules.wait_ms


def test_the_largest_environment_fits_into_lambda() -> None:
    body = {"a": "x" * (FALLBACK_BODY_BYTES_MAX - len('{"a":""}'))}
    every = ["5xx", "timeout", "unreachable", "throttled", "function_error", "bad_answer", *map(str, range(500, 512))]
    url = "https://h.example/" + "x" * 480
    made = gateway(f"url: '{url}'", json.dumps({"fallback": {"body": body}, "record": every}))
    told = breaker_environment(made, made.services[0], target="")
    assert sum(len(f"{name}{value}".encode()) for name, value in told.items()) <= LAMBDA_ENVIRONMENT_BYTES


def test_a_name_always_fits_and_is_no_services() -> None:
    longest = "x" * NAME_LENGTH_MAX
    assert len(breaker_function(longest, longest)) <= LAMBDA_NAME_LENGTH
    with pytest.raises(ConfigError):
        parse("gateway: g\nservices: {orders_cb: {path: /o, lambda: l}}\n", file="g", folder=None)


@pytest.mark.parametrize(
    ("service", "breaker", "where"),
    [
        pytest.param("lambda: l", "{max_concurrent_calls: 7}", {"service": 7}, id="function"),
        pytest.param("url: 'https://h.example'", "{max_concurrent_calls: 7}", {"breaker": 7}, id="address"),
        pytest.param("lambda: l", "on", {}, id="no limit"),
        pytest.param("lambda: l", "{enabled: false, max_concurrent_calls: 7}", {}, id="off"),
    ],
)
def test_the_bulkhead_stands_where_its_refusal_is_a_503(service: str, breaker: str, where: dict[str, int]) -> None:
    assert breaker_concurrency(gateway(service, breaker).services[0]) == where


def test_a_breaker_may_touch_its_own_items_only() -> None:
    made = gateway("lambda: l")
    found = {one["PolicyName"]: one for one in breaker_policies(made, made.services[0], log_group="L", table="arn")}
    (statement,) = found["state"]["PolicyDocument"]["Statement"]
    assert statement["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["orders"]}}
    assert statement["Action"] == ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"]
