"""What would another policy have decided? Recorded intervals, judged twice. Pure: text in, findings out.

A recording is what a stream is fed (`stream`): a start line, then the intervals of that canary; several may follow each other, one for each
region. It comes as JSON lines, as a JSON array of the same objects, or within an HTML report, in the element
`<script type="application/json" id="intervals">`. A canary that was decided is not recorded any further, so a stricter policy may have
no decision at the end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from infra.errors import Refused
from infra.judge.judge import Judge
from infra.judge.policy import Policy
from infra.judge.readings import read_interval
from infra.judge.verdict import Look, Verdict

__all__ = ["Decision", "Difference", "Recording", "Replay", "read_recordings", "replay"]

_EMBEDDED = re.compile(r"<script\b[^>]*\bid=[\"']intervals[\"'][^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One canary as it was fed to the judge.

    Args:
        region: where it ran; "" when that was not recorded.
        config: of its start line.
        intervals: as they came.
    """

    region: str
    config: Mapping[str, Any]
    intervals: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The first promotion or rollback; `continue` and the last interval when there is none."""

    verdict: str
    interval: int | None
    elapsed_seconds: float
    canary_requests: int
    e_value: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first interval at which the two policies answer differently."""

    interval: int | None
    elapsed_seconds: float
    recorded: str
    replayed: str
    recorded_reason: str
    replayed_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One recording under both policies.

    Args:
        changed: by key of the config, what was recorded and what it is replayed with.
        skipped: intervals that were no evidence for the other policy, warm-up included.
        difference: None when the policies agree at every interval.
    """

    region: str
    intervals: int
    skipped: int
    changed: dict[str, tuple[Any, Any]]
    recorded: Decision
    replayed: Decision
    difference: Difference | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def read_recordings(text: str, *, name: str) -> list[Recording]:
    """All canaries in a file's text; `name` is for messages.

    Raises:
        Refused: it is no recording, or holds a line that is none of one.
    """
    found = _EMBEDDED.search(text)
    stripped = (found[1] if found else text).strip()
    if not found and stripped[:1] == "<":
        raise Refused(f'{name}: the page has no <script type="application/json" id="intervals">; no replay is in it.')
    lines = _array(stripped, name) if stripped.startswith("[") else _lines(stripped, name)
    starts: list[Mapping[str, Any]] = []
    intervals: list[list[Mapping[str, Any]]] = []
    for number, line in lines:
        kind = line.get("type") if isinstance(line, dict) else None
        if kind == "start" and isinstance(line.get("config"), dict):
            starts.append(line)
            intervals.append([])
        elif kind == "interval" and starts:
            intervals[-1].append(line)
        else:
            expected = "an interval line" if starts else "a start line with its config"
            raise Refused(
                f"{name}: line {number} is not {expected}. A recording is what `canary judge --stream` is fed."
            )
    if not any(intervals):
        raise Refused(
            f"{name}: there are no recorded intervals in it. Give a report of `canary run`, or a stream's lines."
        )
    return [_recording(start, those) for start, those in zip(starts, intervals, strict=True) if those]


def _recording(start: Mapping[str, Any], intervals: Sequence[Mapping[str, Any]]) -> Recording:
    region = start.get("region")
    return Recording(
        region=region if isinstance(region, str) else "", config=start["config"], intervals=tuple(intervals)
    )


def _array(text: str, name: str) -> Iterable[tuple[int, Any]]:
    try:
        lines = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{name}: the recorded intervals are no JSON: {error}.") from error
    return enumerate(lines, 1)


def _lines(text: str, name: str) -> Iterable[tuple[int, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except (ValueError, RecursionError) as error:
            raise Refused(f"{name}: line {number} is no JSON: {error}.") from error


def replay(recording: Recording, changes: Mapping[str, Any]) -> Replay:
    """Judge a recording as it was and with `changes` to its config, keys as in a start line.

    Raises:
        Refused: the recorded config or the changed one is no policy.
    """
    config = {**recording.config, **changes}
    if "slo_ms" in changes and "slo_edge" not in changes:
        config.pop("slo_edge", None)  # it was the edge of the objective as it was
    before, after = Policy.from_config(recording.config), Policy.from_config(config)
    old, new = _looks(before, recording.intervals), _looks(after, recording.intervals)
    return Replay(
        region=recording.region,
        intervals=len(new),
        skipped=sum(bool(look.skipped) for look in new),
        changed=_changed(before, after),
        recorded=_decision(old),
        replayed=_decision(new),
        difference=_first_difference(old, new),
    )


def _looks(policy: Policy, intervals: Sequence[Mapping[str, Any]]) -> list[Look]:
    judge = Judge(policy)
    return [judge.look(read_interval(interval, policy.buckets)) for interval in intervals]


def _changed(before: Policy, after: Policy) -> dict[str, tuple[Any, Any]]:
    old, new = before.to_config(), after.to_config()
    return {key: (old.get(key), new.get(key)) for key in sorted({*old, *new}) if old.get(key) != new.get(key)}


def _decision(looks: Sequence[Look]) -> Decision:
    look = next((one for one in looks if one.verdict is not Verdict.CONTINUE), looks[-1])
    return Decision(
        verdict=look.verdict.value,
        interval=look.number,
        elapsed_seconds=look.elapsed_seconds,
        canary_requests=look.canary_requests,
        e_value=look.e_value,
        reason=look.reason,
    )


def _first_difference(old: Sequence[Look], new: Sequence[Look]) -> Difference | None:
    for before, after in zip(old, new, strict=True):
        if before.verdict is not after.verdict:
            return Difference(
                interval=after.number,
                elapsed_seconds=after.elapsed_seconds,
                recorded=before.verdict.value,
                replayed=after.verdict.value,
                recorded_reason=before.reason,
                replayed_reason=after.reason,
            )
    return None
