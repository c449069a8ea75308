"""Sets of health states against the same sets written out."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import Refused
from infra.residency.states import ALL, CHECKS_MAX, NONE, TARGET, HealthStates

CHECKS = ("a", "b", "c", "d")
Formula = tuple[object, ...]


def formulas() -> st.SearchStrategy[Formula]:
    leaf = st.sampled_from([("check", name) for name in CHECKS] + [("all",), ("none",)])
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(["both", "either"]), inner, inner),
            st.tuples(st.just("other"), inner),
            st.tuples(st.just("least"), st.integers(0, 4), st.lists(inner, max_size=4)),
        ),
        max_leaves=12,
    )


def build(states: HealthStates, formula: Formula) -> int:
    match formula:
        case ("check", str(name)):
            return states.up(name)
        case ("both" | "either" as kind, left, right):
            return getattr(states, kind)(build(states, left), build(states, right))  # type: ignore[arg-type,no-any-return]
        case ("other", inner):
            return states.other(build(states, inner))  # type: ignore[arg-type]
        case ("least", int(wanted), list(inner)):
            return states.at_least(wanted, [build(states, one) for one in inner])
    return ALL if formula == ("all",) else NONE


def true(formula: Formula, down: set[str]) -> bool:
    match formula:
        case ("check", str(name)):
            return name not in down
        case ("both", left, right):
            return true(left, down) and true(right, down)  # type: ignore[arg-type]
        case ("either", left, right):
            return true(left, down) or true(right, down)  # type: ignore[arg-type]
        case ("other", inner):
            return not true(inner, down)  # type: ignore[arg-type]
        case ("least", int(wanted), list(inner)):
            return sum(true(one, down) for one in inner) >= wanted
    return formula == ("all",)


@given(formulas())
def test_a_set_is_what_its_formula_says(formula: Formula) -> None:
    states = HealthStates()
    for name in CHECKS:
        states.up(name)
    found = build(states, formula)
    members = []
    for bits in product((False, True), repeat=len(CHECKS)):
        down = {name for name, is_down in zip(CHECKS, bits, strict=True) if is_down}
        assert states.holds(found, down) == true(formula, down)
        members += [down] if true(formula, down) else []
    assert states.count(found) == len(members)
    fewest = states.fewest_down(found)
    assert (fewest is None) == (not members)
    if fewest is not None:
        assert set(fewest) in members
        assert len(fewest) == min(map(len, members))


def test_a_check_is_blamed_before_a_target() -> None:
    states = HealthStates()
    target, check = states.up(f"{TARGET}d-1"), states.up("check-eu")
    assert states.fewest_down(states.other(states.both(target, check))) == ("check-eu",)


def test_many_checks_cost_little_and_counts_stay_exact() -> None:
    states = HealthStates()
    every = ALL
    for number in range(200):
        every = states.both(every, states.up(f"c{number}"))
    assert states.count(states.other(every)) == 2**200 - 1
    assert len(states.fewest_down(states.other(every)) or ()) == 1


def test_too_many_checks_are_refused_not_guessed() -> None:
    states = HealthStates()
    for number in range(CHECKS_MAX):
        states.up(f"c{number}")
    with pytest.raises(Refused, match="health checks"):
        states.up("one more")
