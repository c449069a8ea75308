"""Recordings in each of their forms, and what another policy makes of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.traffic import Canary, seeded
from infra.errors import Refused
from infra.judge.replay import Recording, read_recordings, replay


def recorded(canary: Canary, *, region: str = "us-east-1", minutes: int = 60) -> list[dict[str, Any]]:
    start = {"type": "start", "region": region, "config": canary.config(seeded(1))}
    return [start, *canary.intervals(seeded(2), minutes)]


WORSE, HEALTHY = recorded(Canary(more_5xx=0.01)), recorded(Canary(rate_5xx=0.001), region="eu-west-1")
LINES = "\n".join(json.dumps(line) for line in [*WORSE, *HEALTHY])
ARRAY = json.dumps([*WORSE, *HEALTHY])
PAGE = (
    "<!doctype html><p>[1]</p><script type='application/json' id='intervals'>"
    + ARRAY.replace("<", "\\u003c")
    + "</script><script>alert(1)</script>"
)


@pytest.mark.parametrize(
    "text", [LINES, f"\n{LINES}\n\n", ARRAY, PAGE], ids=["lines", "blank lines", "array", "report"]
)
def test_every_form_holds_the_same(text: str) -> None:
    first, second = read_recordings(text, name="x")
    assert (first.region, second.region) == ("us-east-1", "eu-west-1")
    assert list(first.intervals) == WORSE[1:]
    assert first.config == WORSE[0]["config"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("", "no recorded intervals", id="empty"),
        pytest.param("[]", "no recorded intervals", id="empty array"),
        pytest.param("[1]", "line 1 is not a start line", id="a number"),
        pytest.param("{", "line 1 is no JSON", id="half a line"),
        pytest.param("[{]", "are no JSON", id="half an array"),
        pytest.param("<html></html>", "no replay is in it", id="another page"),
        pytest.param(json.dumps(WORSE[1]), "line 1 is not a start line", id="no start"),
        pytest.param(json.dumps(WORSE[0]) + "\n[]", "line 2 is not an interval line", id="not an interval"),
        pytest.param(json.dumps(WORSE[0]), "no recorded intervals", id="a start alone"),
    ],
)
def test_what_is_no_recording_is_refused(text: str, problem: str) -> None:
    with pytest.raises(Refused, match=problem):
        read_recordings(text, name="x")


def one(lines: list[dict[str, Any]]) -> Recording:
    return read_recordings(json.dumps(lines), name="x")[0]


def test_the_same_policy_decides_the_same() -> None:
    found = replay(one(WORSE), {})
    assert found.difference is None
    assert found.changed == {}
    assert found.recorded == found.replayed
    assert (found.recorded.verdict, found.recorded.reason) == ("rollback", "the canary is worse: 5xx")
    assert found.skipped == 2


def test_a_stricter_alpha_rolls_back_later() -> None:
    found = replay(one(WORSE), {"alpha": 1e-6})
    assert found.difference is not None
    assert (found.difference.recorded, found.difference.replayed) == ("rollback", "continue")
    assert found.difference.interval == found.recorded.interval
    assert found.replayed.elapsed_seconds > found.recorded.elapsed_seconds
    assert found.changed == {"alpha": (0.01, 1e-6)}


def test_a_longer_bake_promotes_later_and_maybe_not_within_the_recording() -> None:
    found = replay(one(HEALTHY), {"min_bake_s": 7200.0})
    assert (found.recorded.verdict, found.replayed.verdict) == ("promote", "continue")
    assert found.replayed.interval == 60
    assert found.replayed.reason == "safe so far, and not baked long enough"


def test_another_objective_moves_its_edge() -> None:
    found = replay(one(HEALTHY), {"slo_ms": 100.0})
    assert set(found.changed) == {"slo_ms", "slo_edge"}


def test_a_policy_that_is_none_is_refused() -> None:
    with pytest.raises(Refused, match="alpha is 3"):
        replay(one(HEALTHY), {"alpha": 3.0})
