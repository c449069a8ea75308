"""Every millisecond of a request has one owner, by the name that an operator knows."""

from __future__ import annotations

import math

from hypothesis import given

from infra.traces.span import spans_of
from infra.traces.time import parts
from infra.traces.tree import tree_of
from tests.infra.traces.cases import segment, slow_order
from tests.infra.traces.test_tree import any_spans


def spent(documents: list[dict[str, object]]) -> dict[str, int]:
    tree = tree_of(spans_of(documents).spans)
    assert tree is not None
    return {part.name: round(part.ms) for part in parts(tree)}


def test_the_slow_order_spent_its_time_in_orders() -> None:
    assert spent(slow_order()) == {
        "orders": 1800,
        "orders_cb": 50,
        "on the way to orders": 50,
        "authorizer": 40,
        "API Gateway": 30,
        "on the way to orders_cb": 20,
        "on the way to authorizer": 10,
    }


def test_a_dependency_that_writes_no_trace_has_the_time_of_its_call() -> None:
    call = segment("5" * 16, "payments.example", 0.2, 1.9, namespace="remote", parent_id="4" * 16)
    assert next(iter(spent([*slow_order(), call]).items())) == ("payments.example", 1700)


def test_what_lambda_writes_within_a_function_is_the_functions() -> None:
    within = [
        segment("6" * 16, "Initialization", 0, 0.3),
        segment("7" * 16, "Invocation", 0.3, 0.9),
        segment("8" * 16, "Overhead", 0.9, 1.0),
    ]
    service = segment("9" * 16, "orders", 0, 1.1, origin="AWS::Lambda")
    function = segment(
        "1" * 16, "orders", 0, 1.0, origin="AWS::Lambda::Function", parent_id="9" * 16, subsegments=within
    )
    assert spent([service, function]) == {
        "orders": 700,
        "orders (cold start)": 300,
        "Lambda, before and after orders": 100,
    }


def test_a_cold_start_before_its_function_began_is_a_cold_start_all_the_same() -> None:
    within = [segment("6" * 16, "Initialization", 0.1, 0.4), segment("7" * 16, "Invocation", 0.4, 1.0)]
    service = segment("9" * 16, "orders", 0, 1.1, origin="AWS::Lambda")
    function = segment(
        "1" * 16, "orders", 0.4, 1.0, origin="AWS::Lambda::Function", parent_id="9" * 16, subsegments=within
    )
    assert spent([service, function]) == {
        "orders": 600,
        "orders (cold start)": 300,
        "Lambda, before and after orders": 200,
    }


@given(any_spans())
def test_the_parts_add_up_to_the_time_of_the_caller(spans: list) -> None:  # type: ignore[type-arg]
    tree = tree_of(spans)
    assert tree is not None
    assert math.isclose(sum(part.ms for part in parts(tree)), tree.root.span.ms, abs_tol=1e-6)


def test_between_the_parts_of_a_request_nobody_has_the_time() -> None:
    assert spent([segment("1" * 16, "authorizer", 0, 0.1), segment("2" * 16, "orders_cb", 0.3, 1.0)]) == {
        "orders_cb": 700,
        "not traced": 200,
        "authorizer": 100,
    }
