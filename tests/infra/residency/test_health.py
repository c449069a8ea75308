"""Health checks that are made of others, turned around, or switched off."""

from __future__ import annotations

import pytest

from infra.residency.health import Check, read_check, states_of
from infra.residency.states import ALL, NONE, HealthStates

TWO_OF_THREE = {"Type": "CALCULATED", "ChildHealthChecks": ["a", "b", "c"], "HealthThreshold": 2}


@pytest.mark.parametrize(
    ("config", "down", "healthy"),
    [
        ({"Type": "HTTPS"}, {"it"}, False),
        ({"Type": "HTTPS", "Inverted": True}, {"it"}, True),
        ({"Type": "HTTPS", "Inverted": True}, set(), False),
        ({"Type": "HTTPS", "Disabled": True}, {"it"}, True),
        ({"Type": "HTTPS", "Disabled": True, "Inverted": True}, set(), False),
        (TWO_OF_THREE, {"a"}, True),
        (TWO_OF_THREE, {"a", "b"}, False),
        ({**TWO_OF_THREE, "HealthThreshold": 0}, {"a", "b", "c"}, True),
        ({**TWO_OF_THREE, "HealthThreshold": 4}, set(), False),
        ({**TWO_OF_THREE, "Inverted": True}, {"a", "b"}, True),
        ({**TWO_OF_THREE, "HealthThreshold": None}, {"it"}, False),
    ],
)
def test_when_a_check_is_healthy(config: dict[str, object], down: set[str], healthy: bool) -> None:
    states = HealthStates()
    for name in ("it", "a", "b", "c"):
        states.up(name)
    assert states.holds(states_of("it", {"it": read_check(config)}, states), down) == healthy


def test_checks_of_checks_in_a_circle_end() -> None:
    circle = {"it": Check(children=("it",), threshold=1, calculated=True)}
    states = HealthStates()
    assert states_of("it", circle, states) not in (ALL, NONE)


def test_what_it_looks_at() -> None:
    assert read_check({"FullyQualifiedDomainName": "EU.Shop.example."}).probes == "eu.shop.example"
    assert read_check({"Type": "CLOUDWATCH_METRIC"}).probes == ""
