"""Trouble on purpose: slower calls and failing ones, of one function in one region, until it is taken away."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.local.functions.trouble import PATH, Trouble, Troubles
from infra.local.functions.workers import Workers
from infra.local.ports import HttpRequest, HttpResponse
from tests.infra.local.functions.fakes import REGION, FakeLambda, zipped

ECHO = zipped(app_py="def handler(event, context): return event")


def ask(troubles: Troubles, function: str = "", *, method: str = "PUT", body: Any = None) -> HttpResponse:
    content = b"" if body is None else json.dumps(body).encode()
    path = f"{PATH}/{function}" if function else PATH
    return troubles.answer(HttpRequest(method=method, path=path, query="", headers=[], body=content))


def listed(response: HttpResponse) -> list[dict[str, Any]]:
    assert response.status == 200
    found: list[dict[str, Any]] = json.loads(response.body)["troubles"]
    return found


async def test_a_slow_function_takes_longer_and_answers_as_ever(workers: Workers, control: FakeLambda) -> None:
    arn = control.put("echo", ECHO)
    workers.troubles.put([REGION], "echo", Trouble(slow_ms=40))
    done = await workers.invoke(arn, b'{"a": 1}')
    assert (done.function_error, json.loads(done.payload)) == (None, {"a": 1})
    assert done.duration_ms >= 40


async def test_lambdas_own_timeout_counts_the_wait(workers: Workers, control: FakeLambda) -> None:
    arn = control.put("echo", ECHO, Timeout=0.03)
    workers.troubles.put([REGION], "echo", Trouble(slow_ms=60_000))
    done = await workers.invoke(arn, b"{}")
    assert done.timed_out
    workers.troubles.put([REGION], "echo", Trouble())
    control.put("echo", ECHO, Timeout=3)
    workers.changed(REGION, "echo")
    assert (await workers.invoke(arn, b"1")).payload == b"1"


async def test_a_failing_function_fails_by_share(workers: Workers, control: FakeLambda) -> None:
    arn = control.put("echo", ECHO)
    draws = iter([0.49, 0.5, 0.0, 0.99])
    workers.troubles.draw = lambda: next(draws)
    workers.troubles.put([REGION], "echo", Trouble(fail_percent=50))
    errors = [(await workers.invoke(arn, b"{}")).function_error for _ in range(4)]
    assert errors == ["Unhandled", None, "Unhandled", None]


async def test_other_functions_other_regions_and_later_calls_have_none(workers: Workers, control: FakeLambda) -> None:
    arn, other = control.put("echo", ECHO), control.put("other", ECHO)
    all_fail = Trouble(fail_percent=100)
    workers.troubles.put(["eu-west-1"], "echo", all_fail)
    assert (await workers.invoke(arn, b"1")).payload == b"1"
    workers.troubles.put([REGION], "echo", all_fail)
    assert (await workers.invoke(other, b"1")).payload == b"1"
    workers.troubles.put([REGION], "echo", Trouble())
    assert (await workers.invoke(arn, b"1")).payload == b"1"


def test_over_http_it_is_set_listed_and_taken_away() -> None:
    troubles = Troubles()
    set_to = {"regions": ["b", "a"], "slow_ms": 3000}
    expected = [
        {"region": name, "function": "gatewright-shop-orders", "slow_ms": 3000, "fail_percent": 0.0} for name in "ab"
    ]
    assert listed(ask(troubles, "gatewright-shop-orders", body=set_to)) == expected
    assert listed(ask(troubles, method="GET")) == expected
    assert listed(ask(troubles, "gatewright-shop-orders", body={"regions": ["a", "b"]})) == []


@pytest.mark.parametrize(
    ("method", "body", "status"),
    [
        pytest.param("PUT", None, 400, id="no body"),
        pytest.param("PUT", [], 400, id="no object"),
        pytest.param("PUT", {"slow_ms": 1}, 400, id="no regions"),
        pytest.param("PUT", {"regions": ["a"], "slow_ms": -1}, 400, id="quicker"),
        pytest.param("PUT", {"regions": ["a"], "slow_ms": 60_001}, 400, id="too long"),
        pytest.param("PUT", {"regions": ["a"], "fail_percent": 101}, 400, id="more than all"),
        pytest.param("PUT", {"regions": ["a"], "slow_ms": "x"}, 400, id="no number"),
        pytest.param("PUT", {"regions": ["a"], "more": 1}, 400, id="unknown"),
        pytest.param("DELETE", None, 405, id="method"),
    ],
)
def test_nonsense_changes_nothing(method: str, body: Any, status: int) -> None:
    troubles = Troubles()
    assert ask(troubles, "f", method=method, body=body).status == status
    assert listed(ask(troubles, method="GET")) == []
