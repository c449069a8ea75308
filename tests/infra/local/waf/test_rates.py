"""The window: exactly the limit passes in any window, for every key by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.waf import rates
from infra.local.waf.rates import EXACT_UP_TO, Window


def test_a_hundred_pass_and_the_next_does_not() -> None:
    window = Window(100, 60)
    assert [window.exceeds("a", float(n) / 10) for n in range(101)] == [False] * 100 + [True]
    assert not window.exceeds("b", 10.0)


def test_after_a_quiet_window_it_passes_again() -> None:
    window = Window(10, 60)
    assert [window.exceeds("a", 0.0) for _ in range(11)][-1]
    assert window.exceeds("a", 59.9)
    assert not window.exceeds("a", 119.91)


def test_who_does_not_slow_down_stays_blocked() -> None:
    window = Window(10, 60)
    found = [window.exceeds("a", float(second)) for second in range(600)]
    assert found[:10] == [False] * 10
    assert all(found[10:])


@given(
    limit=st.integers(1, 12),
    gaps=st.lists(st.integers(0, 30), max_size=80),
    keys=st.lists(st.sampled_from("ab"), min_size=80, max_size=80),
)
def test_it_is_the_count_of_the_window_before(limit: int, gaps: list[int], keys: list[str]) -> None:
    """The law: a request is above when more than ``limit`` of its key, itself included, lie in (now - 60, now]."""
    window, seen, now = Window(limit, 60), [], 0
    for gap, key in zip(gaps, keys, strict=False):
        now += gap
        seen.append((now, key))
        within = sum(1 for at, one in seen if one == key and at > now - 60)
        assert window.exceeds(key, float(now)) == (within > limit)


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from("abc")), max_size=60))
def test_the_keys_above_are_those_whose_last_requests_were(steps: list[tuple[int, str]]) -> None:
    window, seen, now = Window(3, 60), [], 0
    for gap, key in steps:
        now += gap
        seen.append((now, key))
        window.exceeds(key, float(now))
    expected = {key for key in "abc" if sum(1 for at, one in seen if one == key and at > now - 60) > 3}
    assert set(window.above(float(now))) == expected


def test_a_flood_takes_no_more_memory_than_decides() -> None:
    window = Window(100, 60)
    for number in range(5_000):
        window.exceeds("a", number / 1000)
    assert len(window._counts["a"].moments) <= 101


def test_a_large_limit_counts_moments_and_not_requests() -> None:
    limit = EXACT_UP_TO * 2
    window = Window(limit, 60)
    assert [window.exceeds("a", number / 10_000) for number in range(limit + 1)][-2:] == [False, True]
    assert len(window._counts["a"].moments) < 1_001


def test_the_key_that_was_quiet_for_longest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MAX_KEYS", 3)
    window = Window(1, 60)
    for key in "abca":
        window.exceeds(key, 0.0)
    window.exceeds("d", 0.0)
    assert set(window._counts) == {"c", "a", "d"}
    window.exceeds("e", 100.0)
    assert set(window._counts) == {"e"}
