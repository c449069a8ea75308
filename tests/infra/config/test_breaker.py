"""`breaker` of a service in gateway.yaml: short forms, what it means, every finding with its place, the schema."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from infra.config import parse, schema
from infra.config.breaker_model import Breaker
from infra.errors import ConfigError, Finding

HEAD = "gateway: g\nregions:\n  eu-west-1: {jurisdiction: eu}\nservices:\n"


def text(breaker: str, *, service: str = "lambda: l") -> str:
    return f"{HEAD}  orders: {{path: /o, {service}, breaker: {breaker}}}\n"


def accepted(breaker: str, *, service: str = "lambda: l") -> Breaker:
    found = parse(text(breaker, service=service), file="gateway.yaml", folder=None).services[0].breaker
    assert found is not None
    return found


def findings(breaker: str, *, service: str = "lambda: l") -> dict[str, Finding]:
    with pytest.raises(ConfigError) as caught:
        parse(text(breaker, service=service), file="gateway.yaml", folder=None)
    return {finding.path.removeprefix("services.orders."): finding for finding in caught.value.findings}


def fits(breaker: str, *, service: str = "lambda: l") -> bool:
    return Draft202012Validator(schema()).is_valid(
        yaml.safe_load(text(breaker, service=service).replace(": on", ": 'on'"))
    )


@pytest.mark.parametrize("breaker", ["on", "true", "{}", "'on'"])
@pytest.mark.parametrize("service", ["lambda: l", "url: 'https://orders.example'"], ids=["function", "address"])
def test_the_defaults(breaker: str, service: str) -> None:
    assert accepted(breaker, service=service) == Breaker(
        enabled=True,
        call_timeout_ms=3850,
        failure_rate_percent=50,
        slow_call_rate_percent=50,
        slow_call_ms=1925,
        window_size=60,
        window_unit="seconds",
        minimum_calls=20,
        wait_ms=10_000,
        wait_factor=2,
        wait_max_ms=120_000,
        trial_calls=5,
        trial_max_ms=0,
        automatic=False,
        recorded=("5xx", "timeout", "unreachable", "function_error", "bad_answer"),
        ignored=("throttled",),
        max_concurrent_calls=None,
        fallback_cache_ms=0,
        fallback_body=None,
    )


def test_no_breaker_without_the_key() -> None:
    assert parse(f"{HEAD}  orders: {{path: /o, lambda: l}}\n", file="g", folder=None).services[0].breaker is None


@pytest.mark.parametrize("breaker", ["off", "false", "{enabled: false}"])
def test_one_that_is_off_is_there_and_takes_no_requests(breaker: str) -> None:
    service = parse(text(breaker), file="g", folder=None).services[0]
    assert service.breaker is not None
    assert service.active_breaker is None


def test_everything_in_resilience4js_words() -> None:
    everything = """{failure_rate_threshold: 33.5%, slow_call_rate_threshold: 100%, slow_call_duration_threshold: 800ms,
      sliding_window: 100 calls, minimum_number_of_calls: 7, wait_duration_in_open_state: 1m,
      exponential_backoff_multiplier: 1.5, exponential_max_wait_duration_in_open_state: 1h,
      permitted_number_of_calls_in_half_open_state: 3, max_wait_duration_in_half_open_state: 30s,
      automatic_transition_from_open_to_half_open_enabled: true, record: [503, 5xx, timeout], ignore: [501, throttled],
      max_concurrent_calls: 40, fallback: {cached: 5m, body: {message: later, codes: [1, 2.5]}}}"""
    service = "lambda: l, timeout: 3s"
    assert accepted(everything, service=service) == Breaker(
        call_timeout_ms=1850,
        failure_rate_percent=33.5,
        slow_call_rate_percent=100,
        slow_call_ms=800,
        window_size=100,
        window_unit="calls",
        minimum_calls=7,
        wait_ms=60_000,
        wait_factor=1.5,
        wait_max_ms=3_600_000,
        trial_calls=3,
        trial_max_ms=30_000,
        automatic=True,
        recorded=("503", "5xx", "timeout"),
        ignored=("501", "throttled"),
        max_concurrent_calls=40,
        fallback_cache_ms=300_000,
        fallback_body={"message": "later", "codes": [1, 2.5]},
    )
    assert fits(everything, service=service)


def test_the_last_good_answer_in_a_word() -> None:
    assert accepted("{fallback: cached}").fallback_cache_ms == 60_000
    assert fits("{fallback: cached}")


def test_a_first_wait_above_the_longest_is_the_longest() -> None:
    assert accepted("{wait_duration_in_open_state: 5m}").wait_max_ms == 300_000


@pytest.mark.parametrize(
    ("window", "size", "unit"),
    [("1s", 1, "seconds"), ("5m", 300, "seconds"), ("1calls", 1, "calls"), ("1000 calls", 1000, "calls")],
)
def test_windows(window: str, size: int, unit: str) -> None:
    made = accepted(f"{{sliding_window: {window}}}")
    assert (made.window_size, made.window_unit) == (size, unit)


@pytest.mark.parametrize(
    ("breaker", "path", "problem"),
    [
        pytest.param("maybe", "", "'maybe' is not accepted. Write 'on'", id="no switch"),
        pytest.param("[a]", "", "is not accepted", id="a list"),
        pytest.param("1", "", "is not accepted", id="a number"),
        pytest.param("", "", "there is no value", id="nothing"),
        pytest.param("{failure_rate: 5%}", ".failure_rate", "Did you mean 'failure_rate_threshold'", id="a short word"),
        pytest.param("{failure_rate_threshold: 50}", ".failure_rate_threshold", "has no unit", id="no unit"),
        pytest.param("{failure_rate_threshold: 0%}", ".failure_rate_threshold", "out of range", id="never"),
        pytest.param("{slow_call_rate_threshold: 101%}", ".slow_call_rate_threshold", "out of range", id="beyond all"),
        pytest.param("{sliding_window: 301s}", ".sliding_window", "1 to 300 seconds", id="window too long"),
        pytest.param("{sliding_window: 6m}", ".sliding_window", "1 to 300 seconds", id="window in minutes"),
        pytest.param("{sliding_window: 0s}", ".sliding_window", "1 to 300 seconds", id="no window"),
        pytest.param("{sliding_window: 1001 calls}", ".sliding_window", "1 to 1000 calls", id="too many calls"),
        pytest.param("{sliding_window: 100}", ".sliding_window", "is not text", id="window without a unit"),
        pytest.param("{minimum_number_of_calls: 0}", ".minimum_number_of_calls", "at least 1", id="no minimum"),
        pytest.param("{record: [600]}", ".record[0]", "'600' is not accepted", id="no status"),
        pytest.param("{record: []}", ".record", "empty", id="nothing fails"),
        pytest.param("{record: [5xx, 5xx]}", ".record", "twice", id="twice"),
        pytest.param("{record: [5xx], ignore: [5xx]}", ".ignore", "also in 'record'", id="both"),
        pytest.param(
            "{exponential_backoff_multiplier: 0.5}", ".exponential_backoff_multiplier", "at least", id="shrinks"
        ),
        pytest.param("{enabled: 1}", ".enabled", "not a truth value", id="no truth"),
        pytest.param("{max_concurrent_calls: 0}", ".max_concurrent_calls", "at least 1", id="nobody"),
        pytest.param("{fallback: stale}", ".fallback", "'stale' is not accepted", id="no fallback"),
        pytest.param("{fallback: {body: text}}", ".fallback.body", "not a mapping", id="a body that is no object"),
        pytest.param("{fallback: {cache: 1s}}", ".fallback.cache", "Did you mean 'cached'", id="a key of a fallback"),
        pytest.param(
            "{slow_call_duration_threshold: 3850ms}",
            ".slow_call_duration_threshold",
            "never reached",
            id="slow too late",
        ),
        pytest.param(
            "{wait_duration_in_open_state: 1m, exponential_max_wait_duration_in_open_state: 59s}",
            ".exponential_max_wait_duration_in_open_state",
            "shorter than the first",
            id="longest below first",
        ),
        pytest.param(
            f"{{fallback: {{body: {{a: {'x' * 2048}}}}}}}", ".fallback.body", "2056 bytes", id="a body too large"
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_place(breaker: str, path: str, problem: str) -> None:
    found = findings(breaker)
    assert list(found) == [f"breaker{path}"]
    assert problem in str(found[f"breaker{path}"])


@pytest.mark.parametrize(("timeout", "good"), [("1s", False), ("50ms", False), ("1001ms", True), ("29s", True)])
def test_a_breaker_needs_time_to_answer(timeout: str, good: bool) -> None:
    service = f"lambda: l, timeout: {timeout}"
    if good:
        assert accepted("on", service=service).call_timeout_ms >= 850
    else:
        assert "no time to answer" in findings("on", service=service)["timeout"].problem


def test_everything_that_is_wrong_is_said_at_once() -> None:
    many = "{failure_rate_threshold: 0%, record: [x], sliding_window: 9999s, fallback: no, unknown: 1}"
    assert set(findings(many, service="lambda: l, timeout: 1s")) == {
        "timeout",
        "breaker.failure_rate_threshold",
        "breaker.record[0]",
        "breaker.sliding_window",
        "breaker.fallback",
        "breaker.unknown",
    }


@pytest.mark.parametrize("breaker", ["on", "off", "true", "{}", "{record: [503]}"])
def test_the_schema_lets_pass_what_is_accepted(breaker: str) -> None:
    assert fits(breaker)


@pytest.mark.parametrize("breaker", ["maybe", "[a]", "{failure_rate: 5%}", "{fallback: stale}", "{record: [600]}"])
def test_the_schema_marks_what_is_not(breaker: str) -> None:
    assert not fits(breaker)


def test_the_schemas_words_for_the_model_have_no_default_of_the_models_units() -> None:
    entry: dict[str, Any] = schema()["$defs"]["BreakerEntry"]
    assert all("default" not in one and "Default" in one["description"] for one in entry["properties"].values())
