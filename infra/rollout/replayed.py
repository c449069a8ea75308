"""A region's evidence once more, from what was kept: the lines of a stream, and the judge's answer to each. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from infra.judge import Judge, Policy, read_interval
from infra.rollout.state import RegionState

__all__ = ["answers_again", "stream_lines"]


def stream_lines(state: RegionState, intervals: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What `gatewright canary judge --stream` and `canary replay` read: a start line, then every interval that was evidence."""
    if state.start is None:
        return []
    kept = [dict(interval) for interval in intervals if "left_out" not in interval]
    return [{"type": "start", "region": state.region, "config": state.start}, *kept]


def answers_again(state: RegionState, intervals: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The judge's answers, the same as at the time because nothing else goes into them."""
    lines = stream_lines(state, intervals)
    if not lines:
        return []
    judge = Judge(Policy.from_config(lines[0]["config"]))
    return [{**judge.look(read_interval(line, judge.policy.buckets)).to_json(), "at": line["at"]} for line in lines[1:]]
