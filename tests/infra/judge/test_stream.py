"""The stream: one answer a line, nothing that ends it, and no verdict out of a line that was not understood."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.traffic import Canary, seeded
from infra.judge import answers
from infra.judge.stream import Session


def line(message: Any) -> bytes:
    return json.dumps(message).encode() + b"\n"


START = line({"type": "start", "config": Canary().config(seeded(1))})


def asked(*lines: bytes) -> list[dict[str, Any]]:
    return [json.loads(answer) for answer in answers(lines)]


def test_every_interval_has_one_answer_and_a_start_none() -> None:
    intervals = [line(message) for message in Canary().intervals(seeded(2), 5)]
    replies = asked(START, *intervals)
    assert [reply["i"] for reply in replies] == [1, 2, 3, 4, 5]
    assert {reply["verdict"] for reply in replies} == {"continue"}
    assert {"e_value", "harm", "safety", "reason", "skipped", "notes", "share", "rollback_at"} <= set(replies[0])


def test_a_stream_has_the_rates_of_both_arms_when_it_asks() -> None:
    interval = line({**next(Canary().intervals(seeded(2))), "i": 5, "t_end_s": 300})
    config = Canary().config(seeded(1))
    without = asked(START, interval)[0]
    told = asked(line({"type": "start", "config": {**config, "rates": True}}), interval)[0]
    assert not {"rates", "counts"} & set(without)
    low, rate, high = told["rates"]["5xx"]["canary"]
    assert 0 <= low <= rate <= high <= 1
    assert told["rates"]["5xx"]["difference"] == told["difference"]["5xx"] == without["difference"]["5xx"]
    assert told["counts"]["5xx"][3] == told["canary_requests"]


def test_an_answer_is_there_before_the_next_line_is_read() -> None:
    read = []

    def lines() -> Any:
        for one in (START, *(line(message) for message in Canary().intervals(seeded(2), 3))):
            read.append(one)
            yield one

    stream = answers(lines())
    for number in (1, 2, 3):
        assert next(stream).endswith(b"}\n")
        assert len(read) == number + 1


@pytest.mark.parametrize("size", [1, 7, 1000, 10**6], ids="{} bytes".format)
def test_chunks_may_end_anywhere(size: int) -> None:
    lines = [START, *(line(message) for message in Canary().intervals(seeded(2), 2)), b"{"]
    whole, session = b"".join(lines), Session()
    replies = b"".join(session.feed(whole[at : at + size]) for at in range(0, len(whole), size)) + session.end()
    assert replies == b"".join(answers(lines))
    assert session.end() == b""


def test_a_new_start_begins_a_new_canary() -> None:
    worse = [line(message) for message in Canary(more_5xx=0.5).intervals(seeded(2), 5)]
    replies = asked(START, *worse, START, *worse[:1])
    assert replies[4]["verdict"] == "rollback"
    assert replies[5]["i"] == 1
    assert replies[5]["canary_requests"] == 0


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(b"{", "not JSON", id="half a line"),
        pytest.param(b"\xff\xfe\n", "not JSON", id="no text"),
        pytest.param(b"[" * 100_000, "not JSON", id="deep"),
        pytest.param(b"[1]\n", "not a JSON object", id="a list"),
        pytest.param(b'"interval"\n', "not a JSON object", id="a string"),
        pytest.param(line({"type": "stop"}), "neither start nor interval", id="another type"),
        pytest.param(line({}), "neither start nor interval", id="no type"),
        pytest.param(line({"type": "interval"}), "baseline is missing", id="empty"),
        pytest.param(
            line({"type": "interval", "baseline": {"n": float("nan")}, "canary": {"n": -1, "e5xx": 0, "e4xx": 0}}),
            "baseline: n is nan",
            id="NaN",
        ),
    ],
)
def test_what_is_not_understood_is_answered_and_decides_nothing(bad: bytes, reason: str) -> None:
    good = line(next(Canary().intervals(seeded(2))))
    first, second = asked(START, bad, good)
    assert first["verdict"] == "continue"
    assert reason in first["skipped"]
    assert second["i"] == 1


def test_a_rolled_back_canary_stays_so_whatever_comes() -> None:
    worse = [line(message) for message in Canary(more_5xx=0.9).intervals(seeded(2), 1)]
    assert [reply["verdict"] for reply in asked(START, *worse, b"{", b"\n")] == ["rollback", "rollback"]


def test_a_refused_start_is_told_once_and_with_every_interval() -> None:
    complaints: list[str] = []
    session = Session(complain=complaints.append)
    assert session.answer(START) is None
    assert session.answer(line({"type": "start", "config": {"alpha": 3}})) is None
    answer = session.answer(line({"type": "interval"}))
    assert answer is not None
    assert "alpha is 3" in json.loads(answer)["skipped"]
    assert len(complaints) == 1


def test_an_interval_before_any_start_is_answered() -> None:
    assert "no canary has begun" in asked(line({"type": "interval"}))[0]["reason"]
