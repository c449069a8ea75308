"""Requests through the breaker: what is called, what the client gets, what is counted and told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lambdas.breaker.circuit.journal import Journal
from lambdas.breaker.circuit.proxy import Proxy
from lambdas.breaker.circuit.settings import Settings
from lambdas.breaker.circuit.upstream import Failure
from tests.lambdas.breaker.fake_table import FakeTable

ENVIRONMENT = {
    "GATEWRIGHT_BREAKER_GATEWAY": "shop",
    "GATEWRIGHT_BREAKER_SERVICE": "orders",
    "GATEWRIGHT_BREAKER_TABLE": "breakers",
    "GATEWRIGHT_BREAKER_TARGET": "arn:aws:lambda:eu-west-1:111122223333:function:orders:7",
    "GATEWRIGHT_BREAKER_TIMEOUT_MS": "3000",
    "GATEWRIGHT_BREAKER_MINIMUM_CALLS": "2",
    "GATEWRIGHT_BREAKER_TRIAL_CALLS": "1",
}
GOOD = {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": '{"id": 1}'}


class Desk:
    """A proxy, a service that answers as told, and the lines that were written."""

    def __init__(self, **settings: str) -> None:
        self.now, self.took = 1000.0, 0.0
        self.table, self.lines = FakeTable(), list[str]()
        self.next: dict[str, Any] | Exception = dict(GOOD)
        self.called: list[float] = []
        names = {f"GATEWRIGHT_BREAKER_{name}": value for name, value in settings.items()}
        self.proxy = Proxy(
            Settings.from_environment({**ENVIRONMENT, **names}),
            call=self.table,
            upstream=self,
            journal=Journal(self.lines.append, gateway="shop", service="orders", clock=lambda: self.now),
            clock=lambda: self.now,
        )

    def answer(self, event: Any, seconds: float) -> dict[str, Any]:
        self.called.append(seconds)
        self.now += self.took
        if isinstance(self.next, Exception):
            raise self.next
        return self.next

    def ask(self, method: str = "GET", path: str = "/api/orders/1", **headers: str) -> dict[str, Any]:
        several = {name: [value] for name, value in headers.items()}
        return self.proxy.answer({"httpMethod": method, "path": path, "multiValueHeaders": several})

    def open(self) -> None:
        before, self.next = self.next, Failure("timeout")
        while self.proxy.breaker.known is None or self.proxy.breaker.known.state.value != "OPEN":
            self.ask("POST")
        self.next = before
        self.called.clear()


def test_a_good_answer_goes_through_as_it_is() -> None:
    desk = Desk()
    assert desk.ask() == GOOD
    assert desk.called == [3.0]


def test_open_answers_at_once_and_says_so() -> None:
    desk = Desk(WAIT_MS="10000", SKEW_MS="500")
    desk.open()
    answer = desk.ask()
    assert desk.called == []
    assert answer["statusCode"] == 503
    assert answer["headers"] == {
        "X-Gatewright-Breaker": "open",
        "X-Gatewright-Fallback": "static",
        "Content-Type": "application/problem+json",
        "Cache-Control": "no-store",
        "Retry-After": "11",
    }
    assert json.loads(answer["body"])["status"] == 503


def test_a_slow_service_opens_it_and_a_quick_one_closes_it() -> None:
    desk = Desk(SLOW_MS="1000")
    desk.took = 2.0
    desk.ask()
    desk.ask()
    assert desk.ask()["statusCode"] == 503
    desk.took = 0.1
    desk.now += 11
    assert desk.ask() == GOOD
    assert desk.ask() == GOOD
    told = [json.loads(line) for line in desk.lines]
    moves = [(line["from"], line["to"]) for line in told if "BreakerTransition" in line]
    assert moves == [("CLOSED", "OPEN"), ("OPEN", "HALF_OPEN"), ("HALF_OPEN", "CLOSED")]
    assert sum(line.get("BreakerRefused", 0) for line in told) == 1


@pytest.mark.parametrize(
    ("kind", "status", "problem"),
    [
        ("timeout", 504, "backend-failed"),
        ("unreachable", 502, "backend-failed"),
        ("function_error", 502, "backend-failed"),
        ("throttled", 503, "bulkhead-full"),
    ],
)
def test_a_failure_is_a_problem(kind: str, status: int, problem: str) -> None:
    desk = Desk()
    desk.next = Failure(kind)
    answer = desk.ask()
    assert answer["statusCode"] == json.loads(answer["body"])["status"] == status
    assert json.loads(answer["body"])["type"] == f"urn:gatewright:problem:{problem}"


def test_a_bulkhead_that_refuses_says_nothing_of_the_service() -> None:
    desk = Desk()
    desk.next = Failure("throttled")
    for _ in range(5):
        assert desk.ask()["statusCode"] == 503
    assert len(desk.called) == 5


@pytest.mark.parametrize(("status", "opens"), [(503, True), (404, False), (429, False)])
def test_statuses_that_count(status: int, opens: bool) -> None:
    desk = Desk()
    desk.next = {"statusCode": status, "body": "as it came"}
    assert desk.ask()["body"] == "as it came"
    desk.ask()
    assert ("X-Gatewright-Breaker" in desk.ask().get("headers", {})) is opens


def test_the_last_good_answer_is_given_to_who_got_it() -> None:
    desk = Desk(FALLBACK_CACHE_MS="60000")
    desk.ask(Authorization="ann")
    desk.now += 5
    desk.open()
    answer = desk.ask(Authorization="ann")
    assert (answer["statusCode"], answer["body"]) == (200, GOOD["body"])
    assert answer["headers"]["X-Gatewright-Fallback"] == "cached"
    assert answer["headers"]["X-Gatewright-Breaker"] == "open"
    assert answer["headers"]["Age"] == "5"
    assert desk.ask(Authorization="bob")["statusCode"] == 503
    assert desk.ask("POST", Authorization="ann")["statusCode"] == 503
    assert desk.ask(path="/api/orders/2", Authorization="ann")["statusCode"] == 503


def test_a_callers_identity_is_all_that_the_authorizer_said() -> None:
    desk = Desk(FALLBACK_CACHE_MS="60000")
    ann, bob = ({"authorizer": {"claims": {"sub": name}}} for name in ("ann", "bob"))
    desk.proxy.answer({"httpMethod": "GET", "path": "/", "requestContext": ann})
    desk.open()
    assert desk.proxy.answer({"httpMethod": "GET", "path": "/", "requestContext": ann})["statusCode"] == 200
    assert desk.proxy.answer({"httpMethod": "GET", "path": "/", "requestContext": bob})["statusCode"] == 503


@pytest.mark.parametrize(
    "headers", [{"Cache-Control": "no-store"}, {"Set-Cookie": "a=b"}, {"Vary": "*"}, {"vary": "X-Tenant"}], ids=str
)
def test_what_may_not_be_kept_is_not(headers: dict[str, str]) -> None:
    desk = Desk(FALLBACK_CACHE_MS="60000")
    desk.next = {**GOOD, "headers": headers}
    desk.ask()
    desk.open()
    assert desk.ask()["statusCode"] == 503


def test_an_answer_that_is_too_old_is_not_given() -> None:
    desk = Desk(FALLBACK_CACHE_MS="1000")
    desk.ask()
    desk.now += 2
    desk.open()
    assert desk.ask()["statusCode"] == 503


def test_a_body_of_ones_own() -> None:
    desk = Desk(FALLBACK_BODY='{"orders": []}')
    desk.open()
    answer = desk.ask()
    assert (answer["statusCode"], answer["body"]) == (503, '{"orders": []}')


@pytest.mark.parametrize("fault", ["timeout", "ThrottlingException"])
def test_without_the_table_every_order_goes_through(fault: str) -> None:
    desk = Desk()
    desk.table.fault = fault
    for _ in range(50):
        assert desk.ask() == GOOD
        desk.now += 0.1
    reasons = [json.loads(line)["reason"] for line in desk.lines]
    assert set(reasons) == {fault}
    assert len(reasons) <= 6


def test_what_the_store_took_is_the_callers_and_not_the_services() -> None:
    desk = Desk(SLOW_MS="1000")

    def slow(operation: str, body: Any) -> None:
        desk.now += 1.5

    desk.table.before = slow
    for _ in range(5):
        assert desk.ask() == GOOD
    assert desk.called[0] == 0.05  # the store took all of the time: a short try is better than none


def test_the_call_ends_before_lambda_does() -> None:
    desk = Desk()
    desk.proxy.answer({"httpMethod": "GET", "path": "/"}, remaining_ms=1150)
    assert desk.called == [1.0]


def test_a_bug_of_ours_gives_the_permit_back() -> None:
    desk = Desk()
    desk.open()
    desk.now += 11
    desk.next = RuntimeError("a bug")
    with pytest.raises(RuntimeError):
        desk.ask()
    desk.next = dict(GOOD)
    assert desk.ask() == GOOD


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TARGET", "arn:aws:lambda:eu-west-1:111122223333:function:orders"),
        ("TARGET", "ftp://x"),
        ("WINDOW", "301s"),
        ("WINDOW", "soon"),
        ("FAILURE_PERCENT", "0"),
        ("CACHE_MS", "1001"),
        ("RECORDED", '["6xx"]'),
        ("IGNORED", "{}"),
        ("TIMEOUT_MS", ""),
        ("FALLBACK_BODY", "[]"),
        ("AUTOMATIC", "yes"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="GATEWRIGHT_BREAKER_"):
        Settings.from_environment({**ENVIRONMENT, f"GATEWRIGHT_BREAKER_{name}": value})


def test_a_line_holds_nothing_of_the_request() -> None:
    desk = Desk()
    ask: Callable[..., Any] = desk.ask
    desk.next = Failure("timeout")
    for _ in range(4):
        ask("POST", "/api/orders/secret-path", Authorization="secret-token")
    assert desk.lines
    assert not any("secret" in line for line in desk.lines)
