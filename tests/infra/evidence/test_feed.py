"""Only closed, settled intervals, each once and in order, whatever the clock and CloudWatch do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.evidence.feed import PATIENCE_SECONDS, SETTLE_SECONDS, Feed

START = 1_800_000_000 // 60 * 60


class Metrics:
    """Counts by interval, which may grow after it ended."""

    def __init__(self) -> None:
        self.n: dict[int, int] = {}
        self.asked: list[tuple[int, int]] = []

    def read(self, start: int, end: int) -> dict[int, dict[str, Any]]:
        self.asked.append((start, end))
        return {
            at: {"baseline": {"n": self.n.get(at, 9), "e5xx": 0, "e4xx": 0}, "canary": {"n": 1, "e5xx": 0, "e4xx": 0}}
            for at in range(start, end, 60)
        }


def test_nothing_is_taken_before_it_has_ended_and_settled_and_rests() -> None:
    feed, metrics = Feed(start=START), Metrics()
    assert feed.take(START + 59, metrics.read) == ((), ())
    assert feed.take(START + 60 + SETTLE_SECONDS - 1, metrics.read) == ((), ())
    assert metrics.asked == []
    assert (
        feed.take(START + 60 + SETTLE_SECONDS, metrics.read).intervals == ()
    )  # one reading does not show that it rests
    (taken,) = feed.take(START + 60 + SETTLE_SECONDS + 5, metrics.read).intervals
    assert (taken["i"], taken["t_end_s"], taken["share"]) == (1, 60, 0.1)
    assert feed.take(START + 60 + SETTLE_SECONDS + 6, metrics.read).intervals == ()


def test_an_interval_that_still_grows_is_waited_for_and_so_are_those_behind_it() -> None:
    feed, metrics = Feed(start=START), Metrics()
    for number in range(4):
        metrics.n[START] = 10 + number
        assert feed.take(START + 130 + 20 * number, metrics.read).intervals == ()
    taken = feed.take(START + 215, metrics.read).intervals
    assert [one["i"] for one in taken] == [1, 2]
    assert taken[0]["baseline"]["n"] == 13


def test_patience_ends() -> None:
    feed, metrics = Feed(start=START), Metrics()
    metrics.n[START] = 3
    assert [one["i"] for one in feed.take(START + 60 + PATIENCE_SECONDS, metrics.read).intervals] == [1]


def test_what_comes_after_the_verdict_is_said_once_and_changes_nothing() -> None:
    feed, metrics = Feed(start=START), Metrics()
    feed.take(START + 120, metrics.read)
    feed.take(START + 125, metrics.read)
    metrics.n[START] = 99
    taken = feed.take(START + 185, metrics.read)
    assert "interval 1" in taken.notes[0]
    assert "99" in taken.notes[0]
    assert [one["i"] for one in taken.intervals] == []
    later = feed.take(START + 190, metrics.read)
    assert (later.notes, [one["i"] for one in later.intervals]) == ((), [2])


def test_the_interval_of_a_step_is_left_out_by_name() -> None:
    feed, metrics = Feed(start=START), Metrics()
    feed.leave_out(START + 61, "the share changed")
    feed.take(START + 300, metrics.read)
    taken = feed.take(START + 301, metrics.read).intervals
    assert [one["i"] for one in taken if "left_out" in one] == [2]


def test_a_canary_begins_with_the_first_whole_interval() -> None:
    assert Feed.beginning(START + 0.5).start == START + 60
    assert Feed.beginning(START + 3.1, period_seconds=2).start == START + 4


def test_a_reading_that_fails_loses_nothing() -> None:
    feed, metrics = Feed(start=START), Metrics()
    feed.take(START + 120, metrics.read)

    def fails(start: int, end: int) -> Any:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        feed.take(START + 180, fails)
    assert [one["i"] for one in feed.take(START + 181, metrics.read).intervals] == [1]


@given(st.lists(st.tuples(st.floats(0, 400), st.booleans(), st.booleans()), max_size=30))
def test_every_interval_is_taken_once_and_in_order(looks: list[tuple[float, bool, bool]]) -> None:
    """Pauses, restarts from the saved state and clocks that go back: the sequence has no gap and no repetition."""
    feed, metrics, now, numbers = Feed(start=START), Metrics(), float(START), []
    for pause, restart, back in looks:
        now += -pause / 2 if back else pause
        if restart:
            feed = Feed.from_json(json.loads(json.dumps(feed.to_json())))
        numbers += [one["i"] for one in feed.take(now, metrics.read).intervals]
    assert numbers == list(range(1, len(numbers) + 1))
