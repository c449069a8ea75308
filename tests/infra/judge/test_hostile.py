"""What a stream may hold on a bad day: every line is answered, nothing is raised, and nothing that is wrong decides anything."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.traffic import Canary, seeded
from infra.judge import Judge
from infra.judge.stream import MAX_LINE_BYTES, Session

CONFIG = {**Canary().config(seeded(1)), "min_bake_s": 0}
START = json.dumps({"type": "start", "config": CONFIG}).encode()
HEALTHY = list(Canary(rate_5xx=0.001).intervals(seeded(2), 60))

wrong = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text("a1-", max_size=5),
    st.lists(st.integers(-5, 5), max_size=3),
    st.dictionaries(st.sampled_from("ab"), st.integers(), max_size=2),
)
arms = st.fixed_dictionaries({}, optional=dict.fromkeys(("n", "e5xx", "e4xx", "hist"), wrong))
messages = st.fixed_dictionaries(
    {"type": st.just("interval")},
    optional={"i": wrong, "t_end_s": wrong, "share": wrong, "baseline": arms | wrong, "canary": arms | wrong},
)


def _proven() -> Any:
    session = Session()
    session.answer(START)
    for message in HEALTHY:
        last = session.answer(json.dumps(message).encode())
    assert last is not None
    assert json.loads(last)["verdict"] == "promote"
    assert session.judge is not None
    return session.judge.to_json()


STATE = _proven()


def proven() -> Session:
    """A session whose canary is safe: the next good interval promotes."""
    session = Session()
    session.judge = Judge.from_json(STATE)
    return session


def reply(session: Session, line: bytes) -> dict[str, Any]:
    answer = session.answer(line)
    assert answer is not None
    assert answer.count(b"\n") == 1
    told: dict[str, Any] = json.loads(answer)
    return told


@given(messages)
def test_an_interval_of_wrong_parts_is_answered_and_never_promotes(message: dict[str, Any]) -> None:
    told = reply(proven(), json.dumps(message).encode())
    assert told["verdict"] == "continue" or not told["skipped"]
    if told["verdict"] == "promote":  # then both arms were whole: chance may make them
        assert message["baseline"]["n"] > 0 < message["canary"]["n"]


@given(st.binary(min_size=1, max_size=60).map(lambda line: b"{" + line.replace(b"\n", b"")))
def test_bytes_are_answered_and_never_promote(line: bytes) -> None:
    assert reply(proven(), line)["verdict"] == "continue"


@given(st.dictionaries(st.sampled_from([*CONFIG, "alpha", "beta", "horizon_intervals", "tol_error", "rates"]), wrong))
def test_a_config_of_wrong_parts_begins_a_canary_or_says_why_not(parts: dict[str, Any]) -> None:
    complaints: list[str] = []
    session = Session(complain=complaints.append)
    assert session.answer(json.dumps({"type": "start", "config": {**CONFIG, **parts}}).encode()) is None
    told = reply(session, json.dumps(HEALTHY[0]).encode())
    assert told["verdict"] == "continue"
    if session.judge is None:
        assert complaints
        assert "no canary begins" in told["skipped"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"i": 60}, "is not after interval 60", id="again"),
        pytest.param({"i": 7}, "is not after interval 60", id="backwards"),
        pytest.param({"t_end_s": 60}, "is not after one that ended", id="time backwards"),
        pytest.param({"canary": None}, "canary is missing", id="no canary"),
        pytest.param({"canary": {"n": -5, "e5xx": 0, "e4xx": 0}}, "n is -5", id="negative"),
        pytest.param({"canary": {"n": 5, "e5xx": 4, "e4xx": 2}}, "more than n", id="more errors than requests"),
        pytest.param({"canary": {"n": 10**18, "e5xx": 0, "e4xx": 0}}, "too large", id="huge"),
        pytest.param({"canary": {"n": 0, "e5xx": 0, "e4xx": 0}}, "no canary traffic", id="no traffic"),
        pytest.param({"baseline": {"n": 0, "e5xx": 0, "e4xx": 0}}, "no baseline traffic", id="no baseline"),
    ],
)
def test_what_is_wrong_is_said_and_holds_back_a_promotion(change: dict[str, Any], reason: str) -> None:
    told = reply(proven(), json.dumps({**HEALTHY[-1], "i": 61, "t_end_s": 3660, **change}).encode())
    assert told["verdict"] == "continue"
    assert reason in told["skipped"]


def test_numbers_may_be_skipped() -> None:
    told = reply(proven(), json.dumps({**HEALTHY[-1], "i": 90, "t_end_s": 5400}).encode())
    assert (told["verdict"], told["skipped"]) == ("promote", "")


@pytest.mark.parametrize("size", [1 << 16, 3 * MAX_LINE_BYTES], ids="chunks of {}".format)
def test_a_line_without_end_is_forgotten_and_answered_once(size: int) -> None:
    session = Session()
    endless = b"x" * (3 * MAX_LINE_BYTES)
    told = b"".join(session.feed(endless[at : at + size]) for at in range(0, len(endless), size))
    assert told == b""
    assert len(session._rest) <= MAX_LINE_BYTES
    told = session.feed(b"xx\n" + START + b"\n" + json.dumps(HEALTHY[0]).encode() + b"\n")
    first, second = (json.loads(line) for line in told.splitlines())
    assert "not JSON" in first["skipped"]
    assert second["i"] == 1
