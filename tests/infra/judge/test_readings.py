"""Interval lines: what is believed, what is left out, and what is said about it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from infra.judge import Counts, read_interval

GOOD: dict[str, Any] = {
    "type": "interval",
    "i": 3,
    "t_end_s": 180,
    "baseline": {"n": 90, "e5xx": 1, "e4xx": 2, "hist": [60, 25, 5], "p50": 80.0},
    "canary": {"n": 10, "e5xx": 0, "e4xx": 1, "hist": [7, 2, 1]},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    message = copy.deepcopy(GOOD)
    *folders, name = path.split(".")
    place: Any = message
    for folder in folders:
        place = place[folder]
    if value is KeyError:
        del place[name]
    else:
        place[name] = value
    return message


def test_a_good_line() -> None:
    interval = read_interval(GOOD, 3)
    assert (interval.number, interval.end_seconds, interval.skipped, interval.notes) == (3, 180, "", [])
    assert interval.baseline == Counts(90, 1, 2, [60, 25, 5])
    assert interval.latency


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        pytest.param("canary", KeyError, "canary is missing", id="no canary"),
        pytest.param("baseline", None, "baseline is missing", id="null baseline"),
        pytest.param("canary", [1, 2], "canary is missing", id="a list"),
        pytest.param("canary.n", KeyError, "canary: n is missing", id="no n"),
        pytest.param("canary.n", float("nan"), "canary: n is nan", id="NaN"),
        pytest.param("canary.n", float("inf"), "canary: n is inf", id="infinite"),
        pytest.param("canary.n", 10**400, "canary: n is", id="huge"),
        pytest.param("canary.n", True, "canary: n is True", id="bool"),
        pytest.param("canary.n", "10", "canary: n is '10'", id="text"),
        pytest.param("canary.n", 10.5, "canary: n is 10.5", id="half a request"),
        pytest.param("baseline.e5xx", -1, "baseline: e5xx is -1", id="negative"),
        pytest.param("baseline.e5xx", 89, "89 5xx and 2 4xx are more than n = 90", id="more errors than requests"),
        pytest.param("canary.hist", [7, 2, 2], "hist holds 11 requests, more than n = 10", id="more in the histogram"),
    ],
)
def test_an_interval_that_cannot_be_trusted_is_skipped(path: str, value: Any, reason: str) -> None:
    interval = read_interval(changed(path, value), 3)
    assert reason in interval.skipped
    assert interval.canary.n == interval.baseline.n == 0


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(KeyError, "canary: hist is missing", id="missing"),
        pytest.param([7, 3], "canary: hist is not a list of 3 buckets", id="short"),
        pytest.param({"0": 1}, "canary: hist is not a list of 3 buckets", id="an object"),
        pytest.param([11, -2, 1], "not a whole number", id="negative"),
        pytest.param([7, 2, None], "not a whole number", id="null"),
        pytest.param([7, 2, True], "not a whole number", id="bool"),
        pytest.param([7, float("nan"), 1], "not a whole number", id="NaN"),
        pytest.param([7, 2, 0], "hist holds 9 requests, fewer than n = 10", id="fewer requests"),
    ],
)
def test_errors_are_judged_without_a_histogram(value: Any, reason: str) -> None:
    interval = read_interval(changed("canary.hist", value), 3)
    assert (interval.skipped, interval.latency) == ("", False)
    assert reason in interval.notes[0]
    assert interval.canary[:3] == (10, 0, 1)


def test_sums_that_came_as_floats_are_counts() -> None:
    message = changed("canary", {"n": 10.0, "e5xx": 0.0, "e4xx": 1.0, "hist": [7.0, 2.0, 1.0]})
    assert read_interval(message, 3).canary == Counts(10, 0, 1, [7, 2, 1])


@pytest.mark.parametrize("value", ["soon", -1, float("nan"), [1]], ids=str)
def test_a_position_that_is_none_is_ignored_and_said(value: Any) -> None:
    interval = read_interval(changed("t_end_s", value), 3)
    assert interval.end_seconds is None
    assert "t_end_s" in interval.notes[0]
