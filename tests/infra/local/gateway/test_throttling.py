from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.gateway.throttling import Throttles, method_setting
from tests.infra.local.gateway.fakes import Clock, World, header, mock


def test_a_full_bucket_gives_its_burst_then_its_rate() -> None:
    clock = Clock()
    throttles = Throttles(clock)
    assert [throttles.allow("k", 2.0, 3) for _ in range(4)] == [True, True, True, False]
    clock.now += 1
    assert [throttles.allow("k", 2.0, 3) for _ in range(3)] == [True, True, False]
    assert throttles.allow("other", 2.0, 3)


@pytest.mark.parametrize(("rate", "burst", "allowed"), [(None, 1, True), (-1, 5, True), (1, -1, True), (0, 0, False)])
def test_special_limits(rate: float | None, burst: float | None, allowed: bool) -> None:
    throttles = Throttles(Clock())
    assert [throttles.allow("k", rate, burst) for _ in range(3)] == [allowed] * 3


@given(st.lists(st.floats(0, 3), max_size=60), st.floats(0.5, 5), st.integers(1, 5))
def test_never_more_than_burst_and_rate(gaps: list[float], rate: float, burst: int) -> None:
    clock = Clock()
    throttles, start, passed = Throttles(clock), clock.now, 0
    for gap in gaps:
        clock.now += gap
        passed += throttles.allow("k", rate, burst)
        assert passed <= burst + rate * (clock.now - start) + 1e-3


def test_a_changed_limit_starts_full() -> None:
    throttles = Throttles(Clock())
    assert [throttles.allow("k", 1, 1), throttles.allow("k", 1, 1), throttles.allow("k", 1, 2)] == [True, False, True]


SETTINGS = {"*/*": {"x": 1}, "pets~1{id}/GET": {"x": 2}, "a/b/POST": {"x": 3}, "/GET": {"x": 4}}


@pytest.mark.parametrize(
    ("path", "verb", "found"),
    [("/pets/{id}", "GET", 2), ("/pets/{id}", "POST", 1), ("/a/b", "POST", 3), ("/", "GET", 4), ("/a", "GET", 1)],
)
def test_method_setting(path: str, verb: str, found: int) -> None:
    setting = method_setting(SETTINGS, path, verb)
    assert setting is not None
    assert setting["x"] == found


@pytest.mark.parametrize("key", ["*/*", "test/GET"], ids=["stage", "method"])
async def test_a_stage_limit(key: str) -> None:
    world = World()
    world.method("/test", integration=mock())
    settings: dict[str, Any] = {"throttlingBurstLimit": 1, "throttlingRateLimit": 1.0}
    world.stage["methodSettings"] = {key: settings}
    first, second = await world.call("/test"), await world.call("/test")
    assert (first.status, second.status, second.body) == (200, 429, b'{"message":"Too Many Requests"}')
    assert header(second, "x-amzn-ErrorType") == "TooManyRequestsException"
