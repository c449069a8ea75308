"""What operators do: it holds for every container, is kept with who and why, ends by itself, and loses no race for good."""

from __future__ import annotations

import pytest

from infra.breaker.names import breaker_table
from infra.breaker.plan import Order, Verb, plan
from infra.errors import CloudError, NothingToDo
from infra.release.plan import Plan
from lambdas.breaker.circuit.shared import Refusal
from lambdas.breaker.circuit.states import Permit, State
from tests.infra.breaker.fake_breakers import US, FakeBreakers


def order(verb: Verb = "open", lasts: int = 1800) -> Order:
    return Order(verb=verb, gateway="shop", by="ann@laptop", why="orders is down", id="id1", lasts_seconds=lasts)


def do(aws: FakeBreakers, verb: Verb = "open", lasts: int = 1800) -> Plan:
    return aws.cloud().apply(order(verb, lasts), "users", lambda _: None)


def test_a_plan_is_the_write_its_record_and_its_metric() -> None:
    made = plan(order(), FakeBreakers().cloud().look("users"))
    assert [(step.service, step.operation) for step in made.steps] == [
        ("dynamodb", "update_item"),
        ("dynamodb", "put_item"),
        ("cloudwatch", "put_metric_data"),
    ]
    assert made.summary == "users: CLOSED -> FORCED_OPEN"
    assert made.notes == ("ends by itself at 2026-09-21T14:43:20+00:00",)
    assert {step.parameters["TableName"] for step in made.steps[:2]} == {breaker_table("shop")}


def test_forced_open_holds_for_a_container_and_ends_by_itself() -> None:
    aws = FakeBreakers()
    container = aws.container()
    assert isinstance(container.acquire(aws.now_ms), Permit)
    do(aws)
    assert isinstance(container.acquire(aws.now_ms), Refusal)
    aws.now += 1799
    assert isinstance(container.acquire(aws.now_ms), Refusal)
    aws.now += 1
    assert aws.cloud().look("users").circuit.state is State.CLOSED  # before any call made it so
    assert isinstance(container.acquire(aws.now_ms), Permit)
    assert aws.state() == "CLOSED"


def test_before_the_first_call_a_breaker_can_be_forced_too() -> None:
    aws = FakeBreakers()
    do(aws)
    assert isinstance(aws.container().acquire(aws.now_ms), Refusal)


@pytest.mark.parametrize(
    ("verb", "state"),
    [("disable", "DISABLED"), ("watch", "METRICS_ONLY"), ("close", "CLOSED"), ("reset", "CLOSED")],
)
def test_open_can_be_made_anything(verb: Verb, state: str) -> None:
    aws = FakeBreakers()
    container = aws.container()
    aws.fail(container)
    assert aws.state() == "OPEN"
    do(aws, verb)
    assert aws.state() == state
    assert isinstance(container.acquire(aws.now_ms), Permit)


def test_reset_forgets_the_calls() -> None:
    aws = FakeBreakers()
    container = aws.container(minimum_calls=3)
    aws.fail(container)
    assert aws.cloud().look("users").totals.failed == 2
    do(aws, "reset")
    assert aws.cloud().look("users").totals.failed == 0
    aws.fail(container)
    assert aws.state() == "CLOSED"


def test_auto_ends_what_was_forced() -> None:
    aws = FakeBreakers()
    do(aws)
    do(aws, "auto")
    assert isinstance(aws.container().acquire(aws.now_ms), Permit)


@pytest.mark.parametrize("verb", ["auto", "close"])
def test_nothing_to_do_is_said(verb: Verb) -> None:
    with pytest.raises(NothingToDo):
        do(FakeBreakers(), verb)


def test_a_gateway_without_breakers_says_so() -> None:
    with pytest.raises(NothingToDo, match="gatewright-shop-breakers"):
        do(FakeBreakers(bare={US}))


def test_who_when_and_why_are_kept() -> None:
    aws = FakeBreakers()
    do(aws)
    aws.now += 60
    do(aws, "auto")
    seen = aws.cloud().look("users")
    assert [(one["verb"], one["by"], one["why"]) for one in seen.audit] == [
        ("auto", "ann@laptop", "orders is down"),
        ("open", "ann@laptop", "orders is down"),
    ]
    assert seen.document()["changes"][0]["to"] == "CLOSED"
    assert seen.circuit.by == "ann@laptop"


def test_the_metric_is_the_containers_own() -> None:
    aws = FakeBreakers()
    do(aws)
    ((region, body),) = aws.metrics
    assert region == US
    assert body["Namespace"] == "Gatewright/shop"
    assert body["MetricData"][0]["Dimensions"][1] == {"Name": "to", "Value": "FORCED_OPEN"}


def test_a_transition_that_comes_between_is_planned_again() -> None:
    aws = FakeBreakers()
    container = aws.container()
    container.warm(aws.now_ms)
    aws.race = lambda: aws.fail(container)
    assert do(aws).summary == "users: OPEN -> FORCED_OPEN"
    assert aws.state() == "FORCED_OPEN"
    assert len(aws.metrics) == 1


def test_status_shows_rates_by_the_rules_that_the_proxy_wrote_down() -> None:
    aws = FakeBreakers()
    aws.fail(aws.container(minimum_calls=7, wait_ms=5000), times=6)
    row = aws.cloud().look("users").row()
    assert (row["state"], row["calls"], row["failed"]) == ("CLOSED", 6, "")
    aws.fail(aws.container(minimum_calls=7, wait_ms=5000), times=1)
    row = aws.cloud().look("users").row()
    assert (row["state"], row["calls"], row["failed"]) == ("OPEN", 7, "100 %")


def test_looking_changes_nothing() -> None:
    aws = FakeBreakers()
    aws.cloud().look("users")
    aws.container().warm(aws.now_ms)
    before = dict(aws.tables[US].items)
    aws.tables[US].calls.clear()
    aws.cloud().look("users")
    assert not aws.tables[US].writes
    assert aws.tables[US].items == before


def test_a_state_that_cannot_be_read_is_told_with_the_way_out() -> None:
    aws = FakeBreakers()
    aws.container().warm(aws.now_ms)
    aws.tables[US].items[("users", "state")]["state"] = {"S": "AJAR"}
    with pytest.raises(CloudError, match="Delete the item"):
        aws.cloud().look("users")
